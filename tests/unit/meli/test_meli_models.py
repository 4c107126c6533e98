import json
import unittest
from datetime import datetime, timezone
from typing import Any

from mercadolibre_sync.meli.errors import UnexpectedShape
from mercadolibre_sync.meli.models import (
	BillingInfo,
	Destination,
	MissedPage,
	Order,
	OrderBuyer,
	OrdersPage,
	Shipment,
	User,
)
from simulator.meli_world import PAYLOADS

NO_BUYER = OrderBuyer(None, None, None, None, None, None, None, None, None, None)


def payload(name: str) -> Any:
	return json.loads((PAYLOADS / f"{name}.json").read_bytes())


def buyer(**fields: str) -> OrderBuyer:
	return OrderBuyer(**{**{name: None for name in OrderBuyer.__slots__}, **fields})


class TestDocumentedOrders(unittest.TestCase):
	def test_order_of_2024_with_the_buyers_id_only(self):
		self.assertEqual(
			Order.from_json(payload("mlb_order_2024_pack_order_buyer_id_only")),
			Order(
				id="2000009713473608",
				status="paid",
				date_created=datetime(2024, 11, 1, 13, 34, 59, tzinfo=timezone.utc),
				last_updated=datetime(2024, 11, 1, 13, 37, 20, tzinfo=timezone.utc),
				seller_id="779432305",
				pack_id="2000006556183755",
				shipment_id="44028792542",
				tags=frozenset({"pack_order", "order_has_discount", "catalog", "paid", "not_delivered"}),
				site_id="MLB",
				buyer=buyer(id="6427433"),
				missing=frozenset(),
			),
		)

	def test_partial_order_without_buyer(self):
		self.assertEqual(
			Order.from_json(payload("order_206_partial_buyer_empty"), missing=["buyer", "feedback"]),
			Order(
				id="768570754",
				status="paid",
				date_created=datetime(2013, 5, 27, 14, 1, 50, tzinfo=timezone.utc),
				last_updated=None,
				seller_id="123456789",
				pack_id=None,
				shipment_id="20676482441",
				tags=frozenset({"paid", "not_delivered"}),
				site_id=None,
				buyer=NO_BUYER,
				missing=frozenset({"buyer", "feedback"}),
			),
		)

	def test_billing_info_id_of_2026_is_a_string(self):
		found = Order.from_json(payload("order_buyer_billing_info_id"))
		self.assertEqual(found.id, "2000010733434062")
		self.assertEqual(found.buyer, buyer(id="2212631646", billing_info_id="677487519924852462"))

	def test_order_of_2016_carries_the_buyers_contact(self):
		found = Order.from_json(payload("mla_orders_search_2016_to_be_agreed")["results"][0])
		self.assertEqual(
			found.buyer,
			buyer(
				id="207040551",
				nickname="TETE5029382",
				first_name="Test",
				last_name="Test",
				email="test_user_97424966@testuser.com",
				phone="1 11111111",
			),
		)
		self.assertEqual(found.last_updated, datetime(2016, 2, 25, 15, 55, 44, 973000, timezone.utc))
		self.assertIsNone(found.shipment_id)


class TestOrderRules(unittest.TestCase):
	def order(self, **fields: object) -> Order:
		return Order.from_json({"id": 1, **fields})

	def test_an_order_without_its_id_is_refused(self):
		for data in (None, [], "x", {}, {"id": None}, {"id": "abc"}, {"id": {}}):
			with self.assertRaises(UnexpectedShape):
				Order.from_json(data)

	def test_fields_of_another_type_are_unknown(self):
		found = self.order(
			buyer=[],
			seller="x",
			shipping=None,
			tags={"a": 1},
			context=5,
			status=None,
			last_updated=7,
			pack_id="",
		)
		self.assertEqual(
			found, Order("1", None, None, None, None, None, None, frozenset(), None, NO_BUYER, frozenset())
		)

	def test_buyer_id_as_a_string(self):
		self.assertEqual(self.order(buyer={"id": "123456789"}).buyer.id, "123456789")

	def test_document_of_an_order_of_2018(self):
		found = self.order(buyer={"id": 1, "billing_info": {"doc_type": "DNI", "doc_number": "32659430"}})
		self.assertEqual(found.buyer, buyer(id="1", document_type="DNI", document_number="32659430"))

	def test_what_is_paid_and_what_is_cancelled(self):
		for status, paid, cancelled in (
			("paid", True, False),
			("partially_refunded", True, False),
			("confirmed", False, False),
			("payment_required", False, False),
			("payment_in_process", False, False),
			("partially_paid", False, False),
			("pending_cancel", False, False),
			("cancelled", False, True),
			("invalid", False, True),
			("something_new", False, False),
			(None, False, False),
		):
			found = self.order(status=status)
			self.assertEqual((found.is_paid, found.is_cancelled), (paid, cancelled), status)

	def test_fraud_risk_is_a_tag(self):
		self.assertTrue(self.order(tags=["paid", "fraud_risk_detected"]).is_fraud_risk)
		self.assertFalse(self.order(tags=["paid"]).is_fraud_risk)

	def test_whole_name_given_twice_is_said_once(self):
		self.assertEqual(buyer(first_name="Ana Paz", last_name="Ana Paz").full_name, "Ana Paz")
		self.assertEqual(buyer(first_name="Ana", last_name="Paz").full_name, "Ana Paz")
		self.assertEqual(buyer(last_name="Paz").full_name, "Paz")
		self.assertIsNone(NO_BUYER.full_name)


class TestDocumentedBillingInfo(unittest.TestCase):
	def test_current_person(self):
		found = BillingInfo.from_json(payload("mla_billing_info_v2_persona_fisica"))
		self.assertEqual(found, BillingInfo("Juan Soares", "Sanchez", "DNI", "307722738", "Consumidor Final"))
		self.assertEqual(found.full_name, "Juan Soares Sanchez")

	def test_current_company(self):
		found = BillingInfo.from_json(payload("mla_billing_info_v2_persona_juridica_iibb"))
		self.assertEqual(
			found, BillingInfo("Apple Argentina", None, "CUIT", "307722738", "IVA Responsable Inscripto")
		)
		self.assertEqual(found.full_name, "Apple Argentina")

	def test_uruguay_has_ids_at_the_root(self):
		found = BillingInfo.from_json(payload("mlu_billing_info_v2_city_key_root_ids"))
		self.assertEqual(found, BillingInfo("Name", "Last", "CI", "64856596", None))

	def test_first_generation_person(self):
		found = BillingInfo.from_json(payload("mla_billing_info_v1_persona_fisica"))
		self.assertEqual(found, BillingInfo("María Lupita", "Gomez Blanco", "DNI", "32659430", None))

	def test_first_generation_company(self):
		found = BillingInfo.from_json(payload("mla_billing_info_v1_persona_juridica"))
		self.assertEqual(
			found,
			BillingInfo("Mercado Libre S.R.L", None, "CUIT", "30703088534", "IVA Responsable Inscripto"),
		)


class TestBillingInfoRules(unittest.TestCase):
	def test_nulls_while_the_document_is_being_processed(self):
		info = {
			"name": None,
			"identification": None,
			"taxes": {"taxpayer_type": {}},
			"address": {"country_id": "AR"},
		}
		found = BillingInfo.from_json({"buyer": {"billing_info": info}})
		self.assertEqual(found, BillingInfo(None, None, None, None, None))
		self.assertIsNone(found.full_name)

	def test_first_generation_without_the_list(self):
		found = BillingInfo.from_json({"billing_info": {"doc_type": "DNI", "doc_number": 32659430}})
		self.assertEqual(found, BillingInfo(None, None, "DNI", "32659430", None))

	def test_odd_rows_of_the_list_are_passed_over(self):
		rows = [None, 5, {"type": None}, {"type": []}, {"value": "x"}, {"type": "FIRST_NAME", "value": "Ana"}]
		self.assertEqual(BillingInfo.from_json({"billing_info": {"additional_info": rows}}).name, "Ana")

	def test_none_of_the_forms_is_refused(self):
		for data in (None, [], {}, {"buyer": {}}, {"error": "x"}):
			with self.assertRaises(UnexpectedShape):
				BillingInfo.from_json(data)


class TestDocumentedShipments(unittest.TestCase):
	def test_mexico_2021_with_the_phone_masked(self):
		found = Shipment.from_json(payload("mlm_shipment_new_format_2021_test_shipment"))
		self.assertEqual((found.id, found.order_id), ("40531399184", "2000013668125782"))
		self.assertEqual(
			found.destination,
			Destination(
				type="buying_address",
				receiver_id="650079057",
				receiver_name="Mara asas",
				receiver_phone=None,
				comments=("Referencia: asdasd",),
				street_name="lalalalala",
				street_number="12312",
				address_line="lalalalala 12312",
				city="Alvaro Obregón",
				neighborhood="Axotla",
				municipality=None,
				state="Distrito Federal",
				state_id="MX-DIF",
				zip_code="01030",
				country_id="MX",
				country_name="Mexico",
				agency_id=None,
			),
		)
		self.assertFalse(found.destination.is_agency)

	def test_brazil_2019_with_a_phone(self):
		found = Shipment.from_json(payload("mlb_shipment_new_format_2019_test_shipment"))
		self.assertEqual((found.id, found.order_id), ("123456789", None))
		self.assertEqual(
			found.destination,
			Destination(
				type="buying_address",
				receiver_id="4322312345",
				receiver_name="Teste Joaozinho",
				receiver_phone="48 12345678",
				comments=(),
				street_name="Avenida Brigadeiro Faria",
				street_number="123456",
				address_line="Avenida Brigadeiro Faria 123456",
				city="Guarulhos",
				neighborhood="Cocaia",
				municipality=None,
				state="São Paulo",
				state_id="BR-SP",
				zip_code="0713123456",
				country_id="BR",
				country_name="Brasil",
				agency_id=None,
			),
		)

	def test_the_sellers_masked_address_reads_as_unknown(self):
		origin = payload("mlm_shipment_new_format_2021_test_shipment")["origin"]
		found = Destination.from_json(origin)
		self.assertEqual(
			(found.street_name, found.street_number, found.address_line, found.zip_code, found.comments),
			(None, None, None, None, ()),
		)


class TestShipmentRules(unittest.TestCase):
	def destination(self, address: object, **fields: object) -> Destination:
		shipment = Shipment.from_json({"id": 1, "destination": {"shipping_address": address, **fields}})
		assert shipment.destination
		return shipment.destination

	def test_old_format(self):
		found = Shipment.from_json(
			{
				"id": 21111111111,
				"order_id": 1068825849,
				"receiver_id": 207040551,
				"receiver_address": {
					"address_line": "Arias 3571",
					"street_name": "Arias",
					"street_number": "3571",
					"comment": "7b",
					"zip_code": "1430",
					"city": {"id": None, "name": "Saavedra"},
					"state": {"id": "AR-C", "name": "Capital Federal"},
					"country": {"id": "AR", "name": "Argentina"},
					"neighborhood": {"id": None, "name": "Divino"},
					"municipality": {"id": None, "name": None},
					"receiver_name": "María Gomez",
					"receiver_phone": "1144445555",
				},
			}
		)
		self.assertEqual((found.id, found.order_id), ("21111111111", "1068825849"))
		self.assertEqual(
			found.destination,
			Destination(
				type=None,
				receiver_id="207040551",
				receiver_name="María Gomez",
				receiver_phone="1144445555",
				comments=("7b",),
				street_name="Arias",
				street_number="3571",
				address_line="Arias 3571",
				city="Saavedra",
				neighborhood="Divino",
				municipality=None,
				state="Capital Federal",
				state_id="AR-C",
				zip_code="1430",
				country_id="AR",
				country_name="Argentina",
				agency_id=None,
			),
		)

	def test_both_comments_in_order_and_none_twice(self):
		self.assertEqual(
			self.destination({"comment": "timbre 2"}, comments="7b").comments, ("7b", "timbre 2")
		)
		self.assertEqual(
			self.destination({"comment": " Timbre 2"}, comments="timbre 2").comments, ("timbre 2",)
		)
		self.assertEqual(self.destination({"comment": "XXXXXXX"}, comments="").comments, ())

	def test_sin_numero_is_what_the_buyer_wrote(self):
		for value, has_no_number in (("SN", True), ("s/n", True), ("km 14", False), (None, False)):
			found = self.destination({"street_number": value})
			self.assertEqual((found.street_number, found.has_no_number), (value, has_no_number))
		self.assertIsNone(self.destination({"street_number": ""}).street_number)

	def test_pick_up_points_are_told_apart(self):
		self.assertTrue(self.destination({}, type="agency").is_agency)
		self.assertTrue(self.destination({"agency": {"agency_id": "123"}}, type="buying_address").is_agency)
		self.assertFalse(self.destination({"agency": {"agency_id": None}}, type="buying_address").is_agency)

	def test_a_shipment_without_destination(self):
		for data in ({"id": 1}, {"id": 1, "destination": None}, {"id": 1, "destination": "x"}):
			self.assertIsNone(Shipment.from_json(data).destination)

	def test_an_address_that_is_null(self):
		found = self.destination(None, receiver_name="Ana")
		self.assertEqual((found.receiver_name, found.street_name, found.city), ("Ana", None, None))


class TestUsers(unittest.TestCase):
	def test_public_view(self):
		found = User.from_json(
			{
				"id": 202593498,
				"nickname": "TETE2870021",
				"country_id": "AR",
				"site_id": "MLA",
				"permalink": "http://perfil.mercadolibre.com.ar/TETE2870021",
			}
		)
		self.assertEqual(
			found,
			User("202593498", "TETE2870021", "MLA", "http://perfil.mercadolibre.com.ar/TETE2870021", "AR"),
		)

	def test_partial_user(self):
		self.assertEqual(User.from_json({"id": "5"}), User("5", None, None, None, None))


class TestDocumentedLists(unittest.TestCase):
	def test_search_of_2016(self):
		data = payload("mla_orders_search_2016_to_be_agreed")
		page = OrdersPage.from_json(data)
		self.assertEqual((page.total, page.offset, page.limit), (1, 0, 50))
		self.assertEqual(page.rows, (Order.from_json(data["results"][0]),))
		(order,) = page.rows
		self.assertEqual((order.id, order.status, order.buyer.id), ("1068825849", "paid", "207040551"))
		self.assertEqual(order.last_updated, datetime(2016, 2, 25, 15, 55, 44, 973000, timezone.utc))

	def test_a_search_that_cannot_be_paged_is_refused(self):
		paging = {"total": 1, "offset": 0, "limit": 50}
		for data in (
			None,
			{},
			{"results": [], "paging": {}},
			{"results": None, "paging": paging},
			{"results": [{"status": "paid"}], "paging": paging},
			{"results": [], "paging": {**paging, "total": "1"}},
		):
			with self.assertRaises(UnexpectedShape):
				OrdersPage.from_json(data)

	def test_missed_feeds(self):
		found = MissedPage.from_json(payload("missed_feeds_200"))
		self.assertEqual(found.rows, 2)
		self.assertEqual(
			[(row.id, row.topic, row.resource, row.user_id) for row in found.notifications],
			[
				("5da8a1b24be30a49eb66c52a", "messages", "a35cf79864a845ca9a3bf6aee59bb4d7", "465432224"),
				("5da87eea5b35b865994cfd7d", "items", "/items/MLA820048955", "468424240"),
			],
		)

	def test_one_odd_missed_feed_does_not_hide_the_others(self):
		rows = [{"topic": 5}, None, payload("notification_orders_v2")]
		found = MissedPage.from_json({"messages": rows})
		self.assertEqual(found.rows, 3)
		self.assertEqual([row.resource for row in found.notifications], ["/orders/2195160686"])

	def test_a_list_of_missed_feeds_without_list_is_refused(self):
		with self.assertRaises(UnexpectedShape):
			MissedPage.from_json({"messages": None})
