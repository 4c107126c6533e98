"""Histories that the model (test_model.py) has found, each as short as it gets."""

import frappe

from mercadolibre_sync.inbox.states import NOTIFICATION
from tests.model import desk
from tests.site.base import SiteTestCase
from tests.site.fiscal import FiscalTestCase
from tests.site.test_model import before_writing


class TestPeople(SiteTestCase):
	"""What people do with whole customers."""

	def test_a_customer_whom_somebody_made_under_the_buyers_id_keeps_its_name(self):
		buyer = self.add_buyer("GUZMARIANA")
		desk.make(buyer, "Mariana Guzmán", None)
		self.sync_order(self.add_order(buyer))
		customer = self.customer(buyer)
		self.assertEqual(
			(customer.customer_name, customer.mercadolibre_nickname), ("Mariana Guzmán", "GUZMARIANA")
		)
		self.meli.set_nickname(buyer, "MARIGUZ")
		self.sync_order(self.add_order(buyer))
		self.assertEqual(self.customer(buyer).customer_name, "MARIGUZ")

	def test_addresses_and_contacts_come_along_where_nobody_had_any_before(self):
		# What Frappe remembers on a site where no address has led to a customer yet.
		frappe.cache.set_value("dynamic_link_map::Dynamic Link::link_doctype", [])
		buyer = self.add_buyer()
		self.sync_order(self.add_order(buyer, shipment={}))
		desk.rename(buyer, f"99-RENAMED-{buyer}")
		frappe.db.commit()
		self.assertEqual(self.linked_to(f"99-RENAMED-{buyer}"), (1, 1))

	def test_whoever_was_merged_into_another_customer_is_not_made_anew(self):
		buyer, old = self.add_buyer("ANTES"), "99-CLIENTE-VIEJO"
		desk.make(old, "Mariana, la de siempre", None)
		self.addCleanup(desk.delete, old)
		self.sync_order(self.add_order(buyer, shipment={}))
		before = frappe.db.get_value("Customer", buyer, "mercadolibre_profile")
		desk.rename(buyer, old, merge=True)
		frappe.db.commit()
		row = self.sync_order(self.add_order(buyer, shipment={"street_name": "Rivadavia"}))
		self.assertEqual((row.status, row.customer), ("Done", old))
		self.assertFalse(frappe.db.exists("Customer", buyer))
		self.assertEqual(self.linked_to(old), (2, 1))
		customer = self.customer(old)
		self.assertEqual((customer.mercadolibre_id, customer.mercadolibre_profile), (buyer, before))
		self.assertEqual(customer.mercadolibre_account, self.account.name)
		self.meli.set_nickname(buyer, "DESPUES")
		self.sync_order(self.add_order(buyer))
		self.assertEqual(self.customer(old).customer_name, "DESPUES")

	def test_of_two_buyers_customers_the_one_that_remains_stays_its_own_buyers(self):
		buyer, other = self.add_buyer(), self.add_buyer("OTRAPERSONA")
		for each in (buyer, other):
			self.sync_order(self.add_order(each, shipment={}))
		desk.rename(buyer, other, merge=True)
		frappe.db.commit()
		self.assertEqual(self.customer(other).mercadolibre_nickname, "OTRAPERSONA")
		self.sync_order(self.add_order(buyer))
		self.assertEqual(self.customer(buyer).mercadolibre_id, buyer)

	def test_an_address_that_came_with_a_merged_customer_was_not_preferred_by_a_person(self):
		buyer, other = self.add_buyer(), self.add_buyer("OTRAPERSONA")
		self.sync_order(self.add_order(buyer, shipment={}))
		self.sync_order(self.add_order(other, shipment={"street_name": "Olmos"}))
		desk.rename(other, buyer, merge=True)
		frappe.db.commit()
		self.sync_order(self.add_order(buyer, shipment={}))
		self.assertEqual(self.preferred(buyer), ["Santa Fe 1234"])
		self.sync_order(self.add_order(buyer, shipment={"street_name": "Rivadavia"}))
		self.assertEqual(self.preferred(buyer), ["Rivadavia 1234"])

	def preferred(self, customer: str) -> list[str]:
		return [each.address_line1 for each in self.addresses(customer) if each.is_shipping_address]

	def test_a_customer_can_be_deleted_and_is_a_new_buyer_the_next_time(self):
		buyer = self.add_buyer()
		order = self.add_order(buyer, shipment={})
		self.sync_order(order)
		desk.delete(buyer)
		frappe.db.commit()
		self.assertEqual(self.linked_to(buyer), (0, 0))
		row = self.sync_order(order)
		self.assertEqual((row.status, row.reason), ("Done", "New customer."))
		self.assertEqual(self.linked_to(buyer), (1, 1))

	def linked_to(self, customer: str) -> tuple[int, int]:
		return len(self.addresses(customer)), len(self.contacts(customer))


class TestMeanwhile(FiscalTestCase):
	def test_the_registry_is_asked_where_the_customer_was_deleted_between_asking_and_writing(self):
		buyer = self.add_company()
		order = self.add_order(buyer)
		self.sync_order(order)
		self.meli.set_nickname(buyer, "OTROAPODO")
		with before_writing(lambda: desk.delete(buyer) or frappe.db.commit()):
			name = self.notify("orders_v2", f"/orders/{self.add_order(buyer)}")
			self.assertEqual(self.drained(name).status, "Waiting for retry")
		frappe.db.set_value(NOTIFICATION, name, "next_attempt", "2026-01-01 00:00:00")
		frappe.db.commit()
		self.assertEqual(self.drained(name).status, "Done")
		customer = self.customer(buyer)
		self.assertEqual((customer.arca_status, customer.arca_condicion_iva_source), ("Determined", "ARCA"))
