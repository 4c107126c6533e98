"""The button "Traer datos fiscales": old beside new, and only what the person chose is written."""

import json

import frappe
import requests

from mercadolibre_sync import fiscal_api
from mercadolibre_sync.fiscal_api import compare
from mercadolibre_sync.roles import USER
from tests.ground import masters
from tests.ground.process import web_server
from tests.site.fiscal import FiscalTestCase, configure, make_user


def take(customer: str, keys: list[str]) -> None:
	"""Take these rows over; a request commits at its end."""
	fiscal_api.take(customer, keys)
	frappe.db.commit()


class ButtonTestCase(FiscalTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.cuit = next(self.cuits)
		self.arca.add_taxpayer(self.cuit, "responsable_inscripto", name="EJEMPLO SRL")

	def new_customer(self, **values):
		"""A customer of the desk, who never bought at MercadoLibre."""
		customer = frappe.new_doc("Customer")
		customer.update(
			{
				"customer_name": "Ejemplo",
				"customer_type": "Company",
				"customer_group": masters.customer_group(),
				"territory": masters.territory(),
				"tax_id": self.cuit,
				**values,
			}
		)
		customer.insert(set_name=f"990000-{frappe.generate_hash(length=5)}")
		frappe.db.commit()
		return customer

	def offered(self, customer: str) -> dict[str, dict]:
		return {row["key"]: row for row in compare(customer)["rows"]}


class TestComparing(ButtonTestCase):
	def test_old_and_new_stand_side_by_side(self):
		customer = self.new_customer(arca_condicion_iva="Responsable Monotributo", arca_document_type="CUIL")
		rows = self.offered(customer.name)
		pairs = {key: (row["old"], row["new"]) for key, row in rows.items()}
		self.assertEqual(
			pairs,
			{
				"arca_condicion_iva": ("Responsable Monotributo", "IVA Responsable Inscripto"),
				"customer_name": ("Ejemplo", "EJEMPLO SRL"),
				"arca_document_type": ("CUIL", "CUIT"),
				"fiscal_address": (
					"",
					"CORRIENTES 1234, Ciudad Autónoma de Buenos Aires, Ciudad Autónoma de Buenos Aires, 1043",
				),
			},
		)

	def test_comparing_changes_nothing(self):
		customer = self.new_customer()
		before = self.fingerprint(customer.name)
		compare(customer.name)
		self.assertEqual(self.fingerprint(customer.name), before)

	def test_what_was_set_by_hand_and_a_nickname_are_not_suggested(self):
		by_hand = self.new_customer(arca_condicion_iva="Consumidor Final")
		self.assertFalse(self.offered(by_hand.name)["arca_condicion_iva"]["suggested"])
		self.assertTrue(self.offered(by_hand.name)["customer_name"]["suggested"])
		buyer = self.add_buyer(document=("DNI", "32659430"))
		self.synced(buyer)
		frappe.db.set_value("Customer", buyer, "tax_id", self.cuit)
		rows = self.offered(buyer)
		self.assertFalse(rows["customer_name"]["suggested"])
		self.assertTrue(rows["arca_condicion_iva"]["suggested"])

	def test_what_is_the_same_is_not_offered(self):
		customer = self.new_customer(
			customer_name="EJEMPLO SRL",
			arca_document_type="CUIT",
			arca_condicion_iva="IVA Responsable Inscripto",
		)
		take(customer.name, ["fiscal_address"])
		self.assertEqual(self.offered(customer.name), {})

	def test_an_answer_without_condicion_says_why_and_offers_none(self):
		self.arca.add_taxpayer(self.cuit, "no_vat_tax")
		customer = self.new_customer()
		answer = compare(customer.name)
		self.assertIn("No tax is registered", answer["message"])
		self.assertNotIn("arca_condicion_iva", [row["key"] for row in answer["rows"]])

	def test_failures_are_told_in_plain_words(self):
		customer = self.new_customer()
		wrong = self.new_customer(tax_id="30703088535")
		self.assert_told(wrong.name, "correct it on the customer")
		self.arca.go_down()
		self.assert_told(customer.name, "not available")
		configure(enabled=0)
		self.assert_told(customer.name, "Ask the Taxpayer Registry")

	def assert_told(self, customer: str, words: str) -> None:
		with self.assertRaisesRegex(frappe.ValidationError, words):
			compare(customer)
		frappe.clear_messages()


class TestTaking(ButtonTestCase):
	def test_only_what_was_chosen_is_taken(self):
		customer = self.new_customer()
		compare(customer.name)
		take(customer.name, ["arca_document_type"])
		customer.reload()
		self.assertEqual((customer.arca_document_type, customer.customer_name), ("CUIT", "Ejemplo"))
		self.assertFalse(customer.arca_condicion_iva)
		self.assertEqual(self.addresses(customer.name), [])
		self.assertEqual(customer.arca_status, "Determined")

	def test_the_condicion_replaces_also_what_was_set_by_hand(self):
		customer = self.new_customer(arca_condicion_iva="Consumidor Final")
		self.assertEqual(customer.arca_condicion_iva_source, "By hand")
		take(customer.name, ["arca_condicion_iva"])
		customer.reload()
		self.assertEqual(customer.arca_condicion_iva, "IVA Responsable Inscripto")
		self.assertEqual((customer.arca_condicion_iva_source, customer.arca_message), ("ARCA", None))

	def test_the_fiscal_address_becomes_a_billing_address_once(self):
		customer = self.new_customer()
		for _time in range(2):
			take(customer.name, ["fiscal_address"])
		(address,) = self.addresses(customer.name)
		self.assertEqual((address.address_type, address.address_title), ("Billing", "Domicilio fiscal"))
		self.assertEqual((address.address_line1, address.pincode), ("CORRIENTES 1234", "1043"))
		self.assertEqual(
			(address.city, address.country), ("Ciudad Autónoma de Buenos Aires", masters.country())
		)

	def test_an_address_at_the_same_place_is_not_doubled(self):
		customer = self.new_customer()
		take(customer.name, ["fiscal_address"])
		(address,) = self.addresses(customer.name)
		address.update({"address_type": "Shipping", "address_line1": "Corrientes  1234"})
		address.save()
		frappe.db.commit()
		self.assertNotIn("fiscal_address", self.offered(customer.name))

	def test_a_person_lives_where_the_registry_says(self):
		person = "20201797064"
		self.arca.add_taxpayer(person, "monotributista")
		customer = self.new_customer(tax_id=person)
		take(customer.name, ["fiscal_address", "customer_name"])
		(address,) = self.addresses(customer.name)
		self.assertEqual(
			(address.address_line1, address.address_line2, address.city, address.state, address.pincode),
			("SAN MANUEL 9", "BARRIO ANTONIO CARLOS", "SAN MANUEL", "Buenos Aires", "7007"),
		)
		customer.reload()
		self.assertEqual(customer.customer_name, "OGIEK KPSGR SKIOGEK OGIUPE")

	def test_the_tax_category_is_taken_only_if_chosen(self):
		for category in ("Inscripto", "Otra"):
			if not frappe.db.exists("Tax Category", category):
				frappe.get_doc({"doctype": "Tax Category", "title": category}).insert()
		configure(
			tax_categories=[{"condicion_iva": "IVA Responsable Inscripto", "tax_category": "Inscripto"}]
		)
		customer = self.new_customer(tax_category="Otra")
		take(customer.name, ["arca_condicion_iva"])
		customer.reload()
		self.assertEqual(customer.tax_category, "Otra")
		take(customer.name, ["tax_category"])
		customer.reload()
		self.assertEqual(customer.tax_category, "Inscripto")

	def test_what_was_shown_is_taken_without_asking_again(self):
		customer = self.new_customer()
		compare(customer.name)
		take(customer.name, ["arca_condicion_iva"])
		self.assertEqual(self.queries(), 1)

	def test_a_key_that_was_not_offered_is_passed_over(self):
		customer = self.new_customer()
		take(customer.name, ["customer_group", "tax_id", "name"])
		customer.reload()
		self.assertEqual((customer.tax_id, customer.customer_group), (self.cuit, masters.customer_group()))


class TestWhoMay(ButtonTestCase):
	def test_only_who_may_write_the_customer(self):
		customer = self.new_customer()
		for role, allowed in ((USER, False), ("Sales Master Manager", True)):
			user = make_user("ventas@example.com", role)
			self.assertEqual(frappe.has_permission("Customer", "write", user=user), allowed)
			frappe.set_user(user)
			for call in (lambda: compare(customer.name), lambda: take(customer.name, ["arca_document_type"])):
				if allowed:
					call()
				else:
					self.assertRaises(frappe.PermissionError, call)
			frappe.set_user("Administrator")

	def test_the_desk_reaches_it_over_http_and_a_guest_does_not(self):
		customer = self.new_customer()
		with web_server() as address:
			url = f"{address}/api/method/mercadolibre_sync.fiscal_api"
			arguments = {"customer": customer.name, "keys": json.dumps(["arca_condicion_iva"])}
			self.assertEqual(requests.post(f"{url}.compare", data=arguments, timeout=30).status_code, 403)
			headers = {"Authorization": f"token {self.api_key()}"}
			shown = requests.post(f"{url}.compare", data=arguments, headers=headers, timeout=30)
			self.assertEqual(len(shown.json()["message"]["rows"]), 4, shown.text)
			taken = requests.post(f"{url}.take", data=arguments, headers=headers, timeout=30)
			self.assertEqual(taken.status_code, 200, taken.text)
			self.assertEqual(
				requests.get(f"{url}.compare", params=arguments, headers=headers, timeout=30).status_code, 403
			)
		frappe.db.rollback()
		customer.reload()
		self.assertEqual(customer.arca_condicion_iva, "IVA Responsable Inscripto")
		self.assertEqual(self.queries(), 1)

	def api_key(self) -> str:
		user = frappe.get_doc("User", "Administrator")
		user.api_key, secret = "fiscal-test", "fiscal-test-secret"
		user.api_secret = secret
		user.save()
		frappe.db.commit()
		return f"{user.api_key}:{secret}"
