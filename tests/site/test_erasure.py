"""A buyer's wish to be forgotten: what is held is shown, what may go goes at once, and old orders bring nothing back."""

import unittest
from datetime import datetime, timedelta, timezone

import frappe

import mercadolibre_sync
from mercadolibre_sync import erasure_api
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.sync.versions import ORDER
from tests.site.base import SiteTestCase
from tests.site.fiscal import make_user
from tests.site.test_duplicates import HAS_SALES_ORDER, make_document
from tests.site.traces import tables_with

# Words that no site has by itself.
NICKNAME, FIRST, LAST, PHONE = "ZAFIRUNDIA", "Zunildandra", "Zafirundova", "351 99887744"
STREET, DNI = "Pasaje Zafirundio", "99887755"
WORDS = ("zafirund", "zunildandra", "99887744", DNI)


class ErasureTestCase(SiteTestCase):
	def buy(self, **details) -> str:
		"""An order of the buyer, made an hour ago unless said otherwise, and synced."""
		details = {"created": moment(hours=-1), "shipment": self.parcel(), **details}
		order = self.add_order(self.buyer, **details)
		self.assertEqual(self.sync_order(order).status, "Done")
		return order

	def parcel(self) -> dict:
		return {"street_name": STREET, "receiver_phone": PHONE, "receiver_name": f"{FIRST} {LAST}"}

	def setUp(self) -> None:
		super().setUp()
		self.buyer = self.add_buyer(NICKNAME, first_name=FIRST, last_name=LAST, document=("DNI", DNI))
		self.order = self.buy()

	def erase(self) -> None:
		erasure_api.erase(self.buyer)
		frappe.db.commit()


class TestErasing(ErasureTestCase):
	def test_all_that_is_held_is_shown_with_what_stays_and_why(self):
		shown = erasure_api.show(self.buyer)
		stays = {row["value"]: row["stays"] for row in shown}
		self.assertTrue(stays[self.buyer])
		for word in (NICKNAME, DNI):
			self.assertEqual(stays[word], "")
		for part in (STREET, PHONE):
			self.assertTrue(any(part in row["value"] and not row["stays"] for row in shown), part)

	def test_no_word_of_the_buyers_is_left_in_any_table(self):
		customer = self.customer(self.buyer)
		customer.add_comment("Comment", f"{FIRST} llama a la tarde")
		customer.customer_name = f"{FIRST} {LAST}"
		customer.save()
		frappe.db.commit()
		self.erase()
		self.assertEqual(tables_with(WORDS), {})
		now = self.customer(self.buyer)
		self.assertEqual((now.customer_name, now.mercadolibre_id), (f"MercadoLibre {self.buyer}", self.buyer))
		self.assertEqual(now.mercadolibre_erased_by, "Administrator")
		self.assertIsNotNone(now.mercadolibre_erased_on)

	def test_the_next_copy_of_an_old_order_brings_nothing_back_and_asks_for_nothing(self):
		self.erase()
		self.meli.set_order(self.order, status="cancelled")
		self.meli.forget_calls()
		row = self.sync_order(self.order)
		self.assertIn("erased", row.reason)
		self.assertEqual(len(self.meli.calls("^/(orders|shipments|users)")), 1)
		self.buy(created=moment(hours=-2))
		self.assertEqual(tables_with(WORDS), {})
		self.assertEqual(frappe.db.get_value(ORDER, self.order, "order_status"), "cancelled")

	def test_a_new_order_finds_the_customer_and_brings_what_it_needs(self):
		self.erase()
		order = self.buy(created=moment(minutes=5))
		now = self.customer(self.buyer)
		self.assertEqual(
			(now.mercadolibre_nickname, now.customer_name, now.tax_id), (NICKNAME, NICKNAME, DNI)
		)
		self.assertEqual(len(self.addresses(self.buyer)), 1)
		self.assertEqual(len(self.contacts(self.buyer)), 1)
		self.assertEqual(
			frappe.db.get_value(NOTIFICATION, {"resource": f"/orders/{order}"}, "customer"), self.buyer
		)

	def test_an_address_that_is_somebody_elses_too_stays(self):
		other = frappe.copy_doc(self.customer(self.buyer))
		other.update({"customer_name": "Otra persona", "mercadolibre_id": None, "tax_id": None})
		other.update({"mercadolibre_nickname": None, "mercadolibre_profile": None})
		other.insert()
		(row,) = self.addresses(self.buyer)
		address = frappe.get_doc("Address", row.name)
		address.append("links", {"link_doctype": "Customer", "link_name": other.name})
		address.save()
		frappe.db.commit()
		(shown,) = (row for row in erasure_api.show(self.buyer) if STREET in row["value"])
		self.assertIn(other.name, shown["stays"])
		self.erase()
		self.assertTrue(frappe.db.exists("Address", address.name))
		self.assertFalse(self.contacts(self.buyer))

	def test_who_is_no_manager_may_neither_see_nor_erase(self):
		frappe.set_user(make_user("vende@example.com", "Sales Manager"))
		for method in (erasure_api.show, erasure_api.erase):
			with self.subTest(method.__name__), self.assertRaises(frappe.PermissionError):
				method(self.buyer)

	def test_a_customer_of_others_is_refused_in_words(self):
		frappe.db.set_value("Customer", self.buyer, "mercadolibre_id", None)
		with self.assertRaisesRegex(frappe.ValidationError, "MercadoLibre"):
			erasure_api.erase(self.buyer)

	def test_what_fails_half_way_erases_nothing(self):
		before = self.fingerprint(self.buyer)

		def refuse(_contact, _event: str) -> None:
			frappe.throw("No se puede.")

		hooks = frappe.get_doc_hooks().setdefault("Contact", {}).setdefault("on_trash", [])
		mercadolibre_sync.site_hook = refuse
		hooks.append("mercadolibre_sync.site_hook")
		self.addCleanup(hooks.remove, "mercadolibre_sync.site_hook")
		with self.assertRaisesRegex(frappe.ValidationError, "No se puede"):
			erasure_api.erase(self.buyer)
		self.assertEqual(self.fingerprint(self.buyer), before)


@unittest.skipUnless(HAS_SALES_ORDER, "needs ERPNext's Sales Order: run it on a bench")
class TestSalesDocuments(ErasureTestCase):
	def test_what_a_sales_order_names_stays(self):
		(address,) = self.addresses(self.buyer)
		order = make_document("Sales Order", self.buyer, shipping_address_name=address.name)
		shown = {row["value"]: row["stays"] for row in erasure_api.show(self.buyer)}
		self.assertTrue(shown[DNI])
		self.erase()
		now = self.customer(self.buyer)
		self.assertEqual((now.customer_name, now.tax_id), (NICKNAME, DNI))
		self.assertIsNone(now.mercadolibre_nickname)
		self.assertTrue(frappe.db.exists("Address", address.name))
		self.assertEqual(frappe.db.get_value("Sales Order", order, "customer"), self.buyer)


def moment(**away: float) -> str:
	return (datetime.now(timezone.utc) + timedelta(**away)).isoformat(timespec="milliseconds")
