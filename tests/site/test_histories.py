"""Histories that the model (test_model.py) has found, each as short as it gets."""

import frappe

from tests.model import desk
from tests.site.base import SiteTestCase


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

	def linked_to(self, customer: str) -> tuple[int, int]:
		return len(self.addresses(customer)), len(self.contacts(customer))
