"""The contract, "Always": what does not fit a field is not lost and does not fail the sync. Each by an example.

`sync` of tests/site/values.py brings every purchase in twice: the second time must change nothing.
"""

import importlib
import importlib.util

import frappe
from frappe.contacts.doctype.address.address import get_default_address
from frappe.contacts.doctype.contact.contact import get_default_contact
from frappe.utils import escape_html

from mercadolibre_sync.sync import versions
from mercadolibre_sync.sync.comments import comment_once
from mercadolibre_sync.words import text
from tests.ground import masters
from tests.site.values import ValuesTestCase, delivery

MARKUP_ONLY = "<b></b>"
LONG_EMAIL = f"ana@{'a.' * 80}example.com"
LONG_PROFILE = f"https://perfil.mercadolibre.com.ar/{'A' * 140}"


def bought_by(**buyer) -> dict:
	"""The answer about an order, with this buyer."""
	return {"buyer": {"nickname": "GUZMARIANA", **buyer}}


def billed_to(number: object, kind: object = "DNI", declared: object = None) -> dict:
	"""The answer about an order's billing information."""
	identification = {"type": kind, "number": number}
	info = {"identification": identification, "taxes": {"taxpayer_type": {"description": declared}}}
	return {"buyer": {"billing_info": info}}


class TestCustomer(ValuesTestCase):
	def test_a_nickname_of_nothing_but_markup_stays_legible(self):
		buyer = self.new_buyer()
		self.sync(buyer, order=bought_by(nickname=MARKUP_ONLY))
		customer = self.customer(buyer)
		self.assertEqual((customer.customer_name, customer.mercadolibre_nickname), ("‹b›‹/b›", "‹b›‹/b›"))
		self.assertIn(MARKUP_ONLY, self.comments(customer)[0])

	def test_a_nickname_that_does_not_fit_is_kept_in_a_comment_also_when_it_comes_later(self):
		buyer = self.new_buyer()
		self.sync(buyer, order=bought_by())
		self.sync(buyer, order=bought_by(nickname="😀" * 141))
		customer = self.customer(buyer)
		self.assertEqual(customer.customer_name, "😀" * 140)
		self.assertIn("😀" * 141, self.comments(customer)[0])

	def test_a_nickname_that_shows_nothing_is_none(self):
		buyer = self.new_buyer()
		self.sync(buyer, order=bought_by(nickname="\u200b \u202e"), user={"nickname": "ANAPAZ"})
		self.assertEqual(self.customer(buyer).customer_name, "ANAPAZ")

	def test_a_profile_that_the_field_does_not_take_is_kept_in_a_comment(self):
		for permalink in (LONG_PROFILE, "https://[", "https://perfil.example.com/<b>", "javascript:alert(1)"):
			with self.subTest(permalink):
				buyer = self.new_buyer()
				self.sync(buyer, order=bought_by(), user={"permalink": permalink})
				customer = self.customer(buyer)
				built = "https://perfil.mercadolibre.com.ar/GUZMARIANA"
				self.assertEqual(customer.mercadolibre_profile, built)
				self.assertIn(permalink, self.comments(customer)[0])

	def test_a_document_that_does_not_fit_is_kept_in_a_comment(self):
		number, kind, declared = "A1" * 80, "<b>Otro</b>", "Exento " * 30
		buyer = self.new_buyer()
		self.sync(buyer, order=bought_by(), billing=billed_to(number, kind, declared))
		customer = self.customer(buyer)
		self.assertEqual((customer.tax_id, customer.arca_document_type), (number[:140], "‹b›Otro‹/b›"))
		comments = "".join(self.comments(customer))
		for said in (number, kind, declared.strip()):
			self.assertIn(said, comments)

	def test_a_blank_inside_a_number_does_not_keep_its_type_out(self):
		buyer = self.new_buyer()
		self.sync(buyer, order=bought_by(), billing=billed_to("32\t659\t430"))
		self.assertEqual(self.customer(buyer).arca_document_type, "DNI")

	def test_numbers_for_text_are_text_and_what_is_no_value_is_nothing(self):
		buyer = self.new_buyer()
		odd = bought_by(
			nickname=12345, first_name={"a": 1}, last_name=["b"], email=7, phone=[], alternative_phone=0.5
		)
		self.sync(buyer, order=odd, billing=billed_to(32659430, kind=None))
		customer = self.customer(buyer)
		self.assertEqual((customer.customer_name, customer.tax_id), ("12345", "32659430"))
		self.assertEqual([contact.full_name for contact in self.contacts(buyer)], ["12345"])

	def test_a_comment_with_signs_of_html_is_not_doubled(self):
		buyer = self.new_buyer()
		self.sync(buyer, order=bought_by())
		remark = text("Full name: {0}", "Ana & \"Hijos\" <SRL> 'a'")
		self.assertEqual([comment_once("Customer", buyer, remark) for _time in "12"], [True, False])
		self.assertEqual(len(self.comments(self.customer(buyer))), 1)

	def test_a_state_and_a_date_that_no_column_holds(self):
		for moment in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
			with self.subTest(moment):
				buyer = self.new_buyer()
				self.sync(buyer, order={**bought_by(), "status": "<paid> " * 40, "last_updated": moment})
				self.assertIsNone(frappe.db.get_value(versions.ORDER, {"customer": buyer}, "last_updated"))


class TestAddress(ValuesTestCase):
	def test_a_country_that_the_erp_does_not_know_is_the_accounts_and_in_a_comment(self):
		buyer = self.new_buyer()
		country = {"id": "ZZ", "name": "Sildavia"}
		self.sync(buyer, order=bought_by(), shipment=delivery(country=country))
		(address,) = self.addresses(buyer)
		self.assertEqual(address.country, masters.country())
		self.assertIn("ZZ Sildavia", self.comments(address)[0])

	def test_a_value_that_does_not_fit_is_kept_in_a_comment(self):
		long_name = "Palermo " * 20
		for shipment in (
			delivery(city={"name": long_name}),
			delivery(state={"name": long_name}),
			delivery(zip_code=long_name),
			delivery({"receiver_name": f"<i>{long_name}</i>"}),
			delivery(street_name=f"Calle <b>{long_name}</b>"),
		):
			with self.subTest(shipment):
				buyer = self.new_buyer()
				self.sync(buyer, order=bought_by(), shipment=shipment)
				self.assertIn(long_name.strip(), self.comments(self.addresses(buyer)[0])[0])

	def test_an_email_that_frappe_does_not_take_whole_is_kept_in_a_comment(self):
		for email in (LONG_EMAIL, "ana@", "Ana <ana@example.com>", "ana@example.com, no tengo otro @"):
			with self.subTest(email):
				buyer = self.new_buyer()
				self.sync(buyer, order=bought_by(email=email), shipment=delivery())
				for document in (*self.addresses(buyer), *self.contacts(buyer)):
					self.assertFalse(document.email_id)
					self.assertIn(email, self.comments(document)[0])

	def test_sin_numero_stays_in_line_1(self):
		for number in ("SN", "S/N"):
			with self.subTest(number):
				buyer = self.new_buyer()
				self.sync(buyer, order=bought_by(), shipment=delivery(street_number=number))
				self.assertEqual(self.addresses(buyer)[0].address_line1, f"Santa Fe {number}")

	def test_an_address_stored_without_sin_numero_is_not_doubled(self):
		buyer = self.new_buyer()
		self.sync(buyer, order=bought_by(), shipment=delivery(street_number=None, comment="Timbre 2"))
		self.sync(buyer, order=bought_by(), shipment=delivery(street_number="SN", comment="Timbre 2"))
		self.assertEqual(len(self.addresses(buyer)), 1)

	def test_another_street_without_number_is_another_address(self):
		buyer = self.new_buyer()
		self.sync(buyer, order=bought_by(), shipment=delivery())
		self.sync(buyer, order=bought_by(), shipment=delivery(street_number="SN"))
		self.assertEqual(len(self.addresses(buyer)), 2)


class TestContact(ValuesTestCase):
	def test_a_name_that_frappe_takes_for_a_new_documents(self):
		for name in ("New Contact 3", "New Contact"):
			with self.subTest(name):
				buyer = self.new_buyer()
				self.sync(buyer, order=bought_by(first_name=name))
				(contact,) = self.contacts(buyer)
				self.assertEqual((contact.name, contact.full_name), (f"{buyer}-{name}", name))

	def test_names_that_frappe_refuses_or_rewrites(self):
		for name, stored in (
			("Ana <3 Boca", "Ana ‹3 Boca"),
			("<script>alert(1)</script>", "‹script›alert(1)‹/script›"),
			("a > b", "a › b"),
		):
			with self.subTest(name):
				buyer = self.new_buyer()
				self.sync(buyer, order=bought_by(first_name=name, last_name="Paz"))
				(contact,) = self.contacts(buyer)
				self.assertEqual((contact.first_name, contact.last_name), (stored, "Paz"))
				self.assertIn(f"{name} Paz", self.comments(contact)[0])

	def test_names_of_any_alphabet_stay_as_they_are(self):
		for name in (
			"مريم بنت عمران",
			"👩‍👩‍👧 Ana",
			"50% \\ 'Ana' \"Paz\" `x`",
			"{0} %s",
			"..",
			"&lt;b&gt;",
			"a\u0301",
			"\u0301",
		):
			with self.subTest(name):
				buyer = self.new_buyer()
				self.sync(buyer, order=bought_by(first_name=name), shipment=delivery({"receiver_name": name}))
				self.assertEqual([contact.first_name for contact in self.contacts(buyer)], [name])
				self.assertEqual(self.addresses(buyer)[0].address_line2, name)

	def test_control_characters_and_blanks_around_a_name_are_no_part_of_it(self):
		buyer = self.new_buyer()
		self.sync(buyer, order=bought_by(first_name=" \x00Ana\x1f\x85", last_name="\tde\r\nla  Paz\ud800"))
		(contact,) = self.contacts(buyer)
		self.assertEqual((contact.first_name, contact.last_name), ("Ana", "de la Paz"))

	def test_first_and_last_name_that_fit_alone_and_not_together(self):
		first, last = "Ana " * 30, "Paz " * 30
		buyer = self.new_buyer()
		self.sync(buyer, order=bought_by(first_name=first, last_name=last))
		(contact,) = self.contacts(buyer)
		self.assertEqual((contact.first_name, contact.last_name), (first.strip(), "Paz Paz Paz Paz Paz"))
		self.assertIn(f"{first.strip()} {last.strip()}", self.comments(contact)[0])

	def test_first_and_last_name_of_the_billing_information(self):
		buyer = self.new_buyer()
		billing = {"buyer": {"billing_info": {"name": "Ana María", "last_name": "de la Paz"}}}
		self.sync(buyer, order=bought_by(), billing=billing)
		(contact,) = self.contacts(buyer)
		self.assertEqual((contact.first_name, contact.last_name), ("Ana María", "de la Paz"))

	def test_a_contact_of_an_earlier_version_is_not_doubled_and_gets_its_last_name_when_it_is_written(self):
		buyer = self.new_buyer()
		ana = {"first_name": "Ana", "last_name": "Paz"}
		self.sync(buyer, order=bought_by(**ana))
		(contact,) = self.contacts(buyer)
		contact.db_set({"first_name": "Ana Paz", "last_name": None, "is_primary_contact": 0})
		self.sync(buyer, order=bought_by(**ana))
		self.assertEqual(self.contacts(buyer)[0].first_name, "Ana Paz")
		self.sync(buyer, order=bought_by(**ana, phone="351 5550001"))
		(contact,) = self.contacts(buyer)
		self.assertEqual((contact.first_name, contact.last_name), ("Ana", "Paz"))
		self.assertEqual(contact.is_primary_contact, 1)

	def test_a_name_that_a_person_divided_stays_so(self):
		buyer = self.new_buyer()
		name = {"first_name": "Ana", "last_name": "María Paz"}
		self.sync(buyer, order=bought_by(**name))
		self.contacts(buyer)[0].db_set({"first_name": "Ana María", "last_name": "Paz"})
		self.sync(buyer, order=bought_by(**name, phone="351 5550001"))
		(contact,) = self.contacts(buyer)
		self.assertEqual((contact.first_name, contact.last_name), ("Ana María", "Paz"))

	def test_an_alternative_phone_with_the_digits_of_the_phone_is_not_stored_twice(self):
		for sent in ({"phone": "2215550089"}, {}):
			with self.subTest(sent):
				buyer = self.new_buyer()
				self.sync(buyer, order=bought_by(phone="2215550089"))
				self.sync(buyer, order=bought_by(**sent, alternative_phone="221 5550089"))
				(contact,) = self.contacts(buyer)
				self.assertEqual([row.phone for row in contact.phone_nos], ["2215550089"])

	def test_the_first_contact_is_the_primary_one_and_stays_it(self):
		buyer = self.new_buyer()
		self.sync(buyer, order=bought_by(first_name="Ana"))
		self.sync(buyer, order=bought_by(first_name="Berta"))
		self.assertEqual([contact.is_primary_contact for contact in self.contacts(buyer)], [1, 0])

	def test_whom_a_person_made_the_primary_contact_stays_it(self):
		buyer = self.new_buyer()
		self.sync(buyer, order=bought_by(first_name="Ana"))
		self.sync(buyer, order=bought_by(first_name="Berta"))
		ana, berta = self.contacts(buyer)
		ana.db_set("is_primary_contact", 0)
		berta.db_set("is_primary_contact", 1)
		self.sync(buyer, order=bought_by(first_name="Ana", phone="351 5550001"))
		self.assertEqual([contact.is_primary_contact for contact in self.contacts(buyer)], [0, 1])


class TestSalesDocuments(ValuesTestCase):
	"""What ERPNext takes for a sales order of the buyer."""

	def setUp(self) -> None:
		super().setUp()
		self.buyer = self.new_buyer()

	def buy(self, street: str, when: int, **buyer) -> None:
		moment = f"2026-11-{when:02}T10:00:00.000-04:00"
		order = {**bought_by(**buyer), "last_updated": moment}
		self.sync(self.buyer, order=order, shipment=delivery(street_name=street))

	def preferred(self) -> list[str]:
		return [row.address_line1 for row in self.addresses(self.buyer) if row.is_shipping_address]

	def test_contact_and_address_of_the_newest_order_are_in_a_sales_order(self):
		self.buy("Santa Fe", 1, first_name="Ana", phone="351 5550001")
		self.buy("Rivadavia", 2)
		contact, address = self.contacts(self.buyer)[0].name, self.addresses(self.buyer)[1].name
		# What a sales document looks for.
		self.assertEqual(get_default_contact("Customer", self.buyer), contact)
		self.assertEqual(get_default_address("Customer", self.buyer, "is_shipping_address"), address)
		# The document itself, which the stand-in for ERPNext does not have.
		if importlib.util.find_spec("erpnext.accounts.party"):
			party = importlib.import_module("erpnext.accounts.party")
			found = party._get_party_details(self.buyer, company=masters.company(), party_type="Customer")
			self.assertEqual((found.contact_person, found.shipping_address_name), (contact, address))

	def test_the_preferred_address_is_that_of_the_newest_order_also_where_it_is_known(self):
		for street, when in (
			("Santa Fe", 1),
			("Rivadavia", 2),
			("Santa Fe", 3),
			("Rivadavia", 4),
			("Callao", 5),
		):
			self.buy(street, when)
			self.assertEqual(self.preferred(), [f"{street} 1234"])

	def test_an_older_order_does_not_change_the_preferred_address(self):
		self.buy("Santa Fe", 3)
		self.buy("Rivadavia", 2)
		self.assertEqual(self.preferred(), ["Santa Fe 1234"])

	def test_the_address_that_a_person_prefers_stays_preferred(self):
		self.buy("Santa Fe", 1)
		self.buy("Rivadavia", 2)
		self.addresses(self.buyer)[0].update({"is_shipping_address": 1}).save()
		for street, when in (("Rivadavia", 3), ("Callao", 4)):
			self.buy(street, when)
			self.assertEqual(self.preferred(), ["Santa Fe 1234"])

	def test_an_address_from_which_a_person_took_the_preference_does_not_get_it_back(self):
		self.buy("Santa Fe", 1)
		self.addresses(self.buyer)[0].update({"is_shipping_address": 0}).save()
		self.buy("Santa Fe", 2)
		self.assertEqual(self.preferred(), [])


class TestStored(ValuesTestCase):
	def test_comments_are_stored_as_text_and_not_as_markup(self):
		buyer = self.new_buyer()
		script = "<script>alert(1)</script>"
		self.sync(buyer, order=bought_by(nickname=script))
		stored = frappe.get_all("Comment", filters={"reference_name": buyer}, pluck="content")
		self.assertIn(escape_html(script), stored[0])
		self.assertNotIn(script, stored[0])
