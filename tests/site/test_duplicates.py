"""A buyer whose document a customer of the seller's own has: noted, joined by a person, never by itself."""

import unittest
from importlib.util import find_spec

import frappe
from frappe.utils import today

from mercadolibre_sync import duplicates_api
from mercadolibre_sync.sync import duplicates
from mercadolibre_sync.sync.duplicates import DUPLICATE_OF
from mercadolibre_sync.sync.versions import ORDER
from tests.ground import masters
from tests.ground.process import outputs, python
from tests.site.base import SiteTestCase
from tests.site.fiscal import make_user

HAS_SALES_ORDER = bool(find_spec("erpnext") and find_spec("erpnext.selling.doctype.sales_order"))
# Of nobody: numbers are not given out so high.
DNI, CUIL = "99887766", "20998877661"
DOTTED, HYPHENED = "99.887.766", "20-99887766-1"
COMPANY = "30998877667"
ITEM = "MLA-VENDIDO"


def make_document(kind: str, customer: str, **values) -> str:
	"""A draft of a sales document of this customer; returns its name."""
	if not frappe.db.exists("Item", ITEM):
		item = frappe.new_doc("Item")
		group, unit = frappe.db.get_value("Item Group", {"is_group": 0}), frappe.db.get_value("UOM", {})
		item.update({"item_code": ITEM, "item_group": group, "stock_uom": unit, "is_stock_item": 0})
		item.insert()
	document = frappe.new_doc(kind)
	document.update({"customer": customer, "company": masters.company(), "delivery_date": today(), **values})
	item = {"item_code": ITEM, "qty": 1, "rate": 100, "income_account": masters.income_account()}
	document.append("items", item)
	document.insert()
	frappe.db.commit()
	return document.name


class DuplicatesTestCase(SiteTestCase):
	def make_own(self, number: str, name: str = "Cliente de siempre", **values):
		"""A customer of the seller's own."""
		customer = frappe.new_doc("Customer")
		customer.update({"customer_name": name, "customer_type": "Individual", "tax_id": number, **values})
		customer.update({"customer_group": masters.customer_group(), "territory": masters.territory()})
		customer.insert()
		frappe.db.commit()
		self.addCleanup(self.forget, customer.name)
		return customer

	def forget(self, name: str) -> None:
		# What the next test makes is not to be taken for the same person.
		frappe.db.set_value("Customer", name, "tax_id", None)
		frappe.db.commit()

	def buyer_with(self, kind: str, number: str):
		"""The Customer of a new buyer with this document."""
		buyer = self.add_buyer(document=(kind, number))
		self.assertEqual(self.sync_order(self.add_order(buyer, shipment={})).status, "Done")
		return self.customer(buyer)


class TestNoting(DuplicatesTestCase):
	def test_the_same_document_is_found_however_it_is_written(self):
		for own, kind, number in (
			(DNI, "DNI", DNI),
			(DOTTED, "DNI", DNI),
			(HYPHENED, "CUIT", CUIL),
			(CUIL, "DNI", DNI),
			(DOTTED, "CUIL", CUIL),
			("30-99887766-7", "CUIT", COMPANY),
		):
			with self.subTest(own=own, number=number):
				customer = self.make_own(own)
				self.assertEqual(self.buyer_with(kind, number).get(DUPLICATE_OF), customer.name)
				self.forget(customer.name)

	def test_another_document_is_nobodys(self):
		self.make_own(DOTTED)
		for kind, number in (("DNI", "99887767"), ("Pasaporte", "AB3265943"), ("CUIT", COMPANY)):
			with self.subTest(number):
				self.assertIsNone(self.buyer_with(kind, number).get(DUPLICATE_OF))

	def test_a_document_that_comes_later_is_looked_for_then(self):
		own = self.make_own(DNI)
		buyer = self.add_buyer(document=None)
		self.sync_order(self.add_order(buyer))
		self.assertIsNone(self.customer(buyer).get(DUPLICATE_OF))
		self.meli.set_user(buyer, document=("DNI", DNI))
		self.sync_order(self.add_order(buyer))
		self.assertEqual(self.customer(buyer).get(DUPLICATE_OF), own.name)

	def test_two_buyers_with_one_document_are_not_offered(self):
		self.buyer_with("DNI", DNI)
		self.assertIsNone(self.buyer_with("DNI", DNI).get(DUPLICATE_OF))

	def test_who_was_there_before_anybody_looked_is_found_by_the_migration(self):
		own, buyers = self.make_own(DNI), self.buyer_with("DNI", DNI)
		frappe.db.set_value("Customer", buyers.name, DUPLICATE_OF, None)
		duplicates.note_all()
		self.assertEqual(self.customer(buyers.name).get(DUPLICATE_OF), own.name)

	def test_that_they_are_two_is_remembered(self):
		self.make_own(DNI)
		buyers = self.buyer_with("DNI", DNI)
		duplicates_api.keep_apart(buyers.name)
		self.sync_order(self.add_order(buyers.name, shipment={"street_name": "Belgrano"}))
		self.assertIsNone(self.customer(buyers.name).get(DUPLICATE_OF))

	def test_the_other_one_can_be_deleted(self):
		own, buyers = self.make_own(DNI), self.buyer_with("DNI", DNI)
		frappe.delete_doc("Customer", own.name)
		self.assertIsNone(self.customer(buyers.name).get(DUPLICATE_OF))


class TestJoining(DuplicatesTestCase):
	def test_the_own_one_stays_with_all_that_is_the_buyers(self):
		own, buyers = self.make_own(DOTTED), self.buyer_with("DNI", DNI)
		order = frappe.db.get_value(ORDER, {"customer": buyers.name})
		places, people = self.addresses(buyers.name), self.contacts(buyers.name)
		self.assertEqual(duplicates_api.join(buyers.name), own.name)
		frappe.db.commit()
		now = self.customer(own.name)
		self.assertFalse(frappe.db.exists("Customer", buyers.name))
		self.assertEqual((now.mercadolibre_id, now.customer_name), (buyers.name, own.customer_name))
		self.assertEqual((now.tax_id, now.arca_condicion_iva), (DOTTED, buyers.arca_condicion_iva))
		self.assertIsNone(now.get(DUPLICATE_OF))
		self.assertEqual(frappe.db.get_value(ORDER, order, "customer"), own.name)
		self.assertEqual([row.name for row in self.addresses(own.name)], [row.name for row in places])
		self.assertEqual([row.name for row in self.contacts(own.name)], [row.name for row in people])
		self.sync_order(self.add_order(buyers.name, shipment={}))
		self.assertFalse(frappe.db.exists("Customer", buyers.name))
		self.assertEqual(frappe.db.count(ORDER, {"customer": own.name}), 2)

	def test_a_condicion_of_its_own_stays(self):
		own = self.make_own(DNI, arca_condicion_iva="IVA Sujeto Exento")
		buyers = self.buyer_with("DNI", DNI)
		duplicates_api.join(buyers.name)
		now = self.customer(own.name)
		self.assertEqual(
			(now.arca_condicion_iva, now.arca_condicion_iva_source), ("IVA Sujeto Exento", "By hand")
		)

	def test_both_are_shown_side_by_side_before(self):
		own, buyers = self.make_own(DOTTED), self.buyer_with("DNI", DNI)
		shown = duplicates_api.compare(buyers.name)
		rows = [(row["stays"], row["goes"]) for row in shown["rows"]]
		self.assertEqual(
			rows[:3], [(own.name, buyers.name), (own.customer_name, buyers.customer_name), (DOTTED, DNI)]
		)
		self.assertIn(["Address", 1], shown["moves"])

	def test_who_may_not_delete_customers_may_not_join_them(self):
		self.make_own(DNI)
		buyers = self.buyer_with("DNI", DNI)
		frappe.set_user(make_user("vende@example.com", "Sales User"))
		for method in (duplicates_api.compare, duplicates_api.join):
			with self.subTest(method.__name__), self.assertRaises(frappe.PermissionError):
				method(buyers.name)

	def test_a_sync_of_the_buyer_that_is_under_way_is_waited_for(self):
		self.make_own(DNI)
		buyers = self.buyer_with("DNI", DNI)
		holder = python(
			"import time, frappe\n"
			"from mercadolibre_sync.sync.lock import buyer_lock\n"
			f"with buyer_lock('{buyers.name}'):\n"
			"\tprint('held', flush=True)\n"
			"\ttime.sleep(1)\n"
		)
		self.assertEqual(holder.stdout.readline().strip(), "held")
		stays = duplicates.join(buyers.name)
		outputs(holder)
		self.assertEqual(self.customer(stays).mercadolibre_id, buyers.name)

	def test_what_somebody_has_settled_meanwhile_is_said(self):
		self.make_own(DNI)
		buyers = self.buyer_with("DNI", DNI)
		duplicates_api.keep_apart(buyers.name)
		with self.assertRaisesRegex(frappe.ValidationError, "meantime"):
			duplicates_api.join(buyers.name)


@unittest.skipUnless(HAS_SALES_ORDER, "needs ERPNext's Sales Order: run it on a bench")
class TestDocuments(DuplicatesTestCase):
	def test_orders_and_invoices_of_the_buyer_are_the_own_ones_afterwards(self):
		own, buyers = self.make_own(DNI), self.buyer_with("DNI", DNI)
		kinds = ("Sales Order", "Sales Invoice")
		documents = {kind: make_document(kind, buyers.name) for kind in kinds}
		moves = duplicates_api.compare(buyers.name)["moves"]
		for kind in kinds:
			self.assertIn([kind, 1], moves)
		duplicates_api.join(buyers.name)
		frappe.db.commit()
		for kind, name in documents.items():
			self.assertEqual(frappe.db.get_value(kind, name, "customer"), own.name)
