import json
import unittest
from datetime import datetime, timezone

from mercadolibre_sync.meli.errors import UnexpectedShape
from mercadolibre_sync.meli.notification import MAX_BODY, Notification, Reference, parse, resource_reference
from simulator.meli_world import PAYLOADS


def body(**changes: object) -> bytes:
	data = json.loads((PAYLOADS / "notification_orders_v2.json").read_bytes())
	data.update(changes)
	return json.dumps({key: value for key, value in data.items() if value != "left out"}).encode()


class TestDocumentedNotifications(unittest.TestCase):
	def test_orders_v2(self):
		self.assertEqual(
			parse((PAYLOADS / "notification_orders_v2.json").read_bytes()),
			Notification(
				topic="orders_v2",
				resource="/orders/2195160686",
				user_id="468424240",
				application_id="5503910054141466",
				sent=datetime(2019, 10, 30, 16, 19, 20, 129000, timezone.utc),
				id=None,
			),
		)

	def test_general_model_with_id(self):
		found = parse((PAYLOADS / "notification_general_with_id.json").read_bytes())
		self.assertEqual(
			(found.id, found.topic, found.resource, found.user_id, found.application_id),
			(
				"f9f08571-1f65-4c46-9e0a-c0f43faa1557e",
				"items",
				"/items/MLA686791111",
				"123456789",
				"2069392825111111",
			),
		)
		self.assertIsNone(found.reference)

	def test_model_with_sub_topic(self):
		found = parse((PAYLOADS / "notification_subtopic_post_purchase.json").read_bytes())
		self.assertEqual(
			(found.id, found.topic, found.resource),
			("5e2827f2-99b7-474e-b68b-6a86e934cc7e", "post_purchase", "post-purchase/v1/claims/5108684499"),
		)
		self.assertIsNone(found.reference)


class TestTolerance(unittest.TestCase):
	def test_user_id_as_a_string(self):
		self.assertEqual(parse(body(user_id="123456789")).user_id, "123456789")

	def test_user_id_beyond_32_bits(self):
		self.assertEqual(parse(body(user_id=3037674934)).user_id, "3037674934")

	def test_nanoseconds_and_a_missing_date(self):
		self.assertEqual(parse(body(sent="2019-10-30T16:19:20.129456789Z")).sent.microsecond, 129456)
		self.assertIsNone(parse(body(sent="left out")).sent)

	def test_fields_we_do_not_know_are_left_alone(self):
		self.assertEqual(parse(body(recieved="x", actions=["created"])).topic, "orders_v2")


class TestRefusal(unittest.TestCase):
	def refuse(self, raw: bytes) -> None:
		with self.assertRaises(UnexpectedShape):
			parse(raw)

	def test_not_a_json_object(self):
		for raw in (b"", b"null", b"[]", b'"x"', b"{", b"\xff", b"[" * MAX_BODY, b"user_id=1"):
			self.refuse(raw)

	def test_larger_than_any_notification(self):
		self.refuse(body(filler="x" * MAX_BODY))

	def test_a_missing_field(self):
		for key in ("topic", "resource", "user_id", "application_id"):
			self.refuse(body(**{key: "left out"}))

	def test_a_malformed_field(self):
		for key in ("topic", "resource"):
			for value in (None, "", 5, [], "x" * 141, "a\nb", "a\x00b", "\ud800"):
				self.refuse(body(**{key: value}))
		for key in ("user_id", "application_id"):
			for value in (None, "", 0, -1, True, 1.5, "abc", "1" * 21, [1], {"a": 1}):
				self.refuse(body(**{key: value}))
		self.refuse(body(_id="x" * 141))
		self.refuse(body(_id={"a": 1}))


class TestResource(unittest.TestCase):
	def test_orders_and_shipments_with_or_without_the_first_slash(self):
		for topic, resource, kind in (
			("orders_v2", "/orders/2195160686", "order"),
			("orders_v2", "orders/2195160686", "order"),
			("orders", "/orders/2195160686", "order"),
			("shipments", "/shipments/2195160686", "shipment"),
		):
			self.assertEqual(resource_reference(topic, resource), Reference(kind, "2195160686"))

	def test_nothing_else_leads_to_a_number(self):
		for topic, resource in (
			("items", "/items/MLA1"),
			("orders_v2", "/shipments/1"),
			("shipments", "/orders/1"),
			("orders feedback", "/orders/1/feedback"),
			("orders_v2", "/orders/1/feedback"),
			("orders_v2", "/orders/1?x=1"),
			("orders_v2", "/orders/1\n"),
			("orders_v2", "//evil.example/orders/1"),
			("orders_v2", "https://evil.example/orders/1"),
			("orders_v2", "/orders/../users/1"),
			("orders_v2", "/orders/१"),
			("orders_v2", "/orders/0"),
			("orders_v2", "/orders/" + "1" * 21),
			("orders_v2", "/orders/"),
			("", ""),
		):
			self.assertIsNone(resource_reference(topic, resource), (topic, resource))
