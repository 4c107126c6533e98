"""A salesperson's next step: a sales order for a buyer, on the real ERPNext."""

import unittest
from importlib.util import find_spec

import frappe

from tests.browser.base import DeskTestCase

HAS_SALES_ORDER = bool(find_spec("erpnext") and find_spec("erpnext.selling.doctype.sales_order"))


@unittest.skipUnless(HAS_SALES_ORDER, "needs ERPNext's Sales Order: run it on a bench")
class TestSalesOrder(DeskTestCase):
	def test_choosing_the_buyer_fills_in_contact_and_delivery_address(self):
		buyer = self.add_buyer()
		self.sync_order(self.add_order(buyer, shipment={"street_name": "Lavalle", "street_number": "740"}))
		(address,), (contact,) = self.addresses(buyer), self.contacts(buyer)

		self.page.goto(f"{self.address}/app/sales-order/new")
		self.page.wait_for_function("window.cur_frm?.doctype === 'Sales Order' && cur_frm.script_manager")
		field = self.page.locator('[data-fieldname="customer"]:visible input').first
		field.fill(buyer)
		self.page.get_by_role("option").filter(has_text=buyer).locator("visible=true").first.click()
		self.page.wait_for_function("cur_frm.doc.contact_person && cur_frm.doc.shipping_address_name")

		self.assertEqual(self.value("contact_person"), contact.name)
		self.assertEqual(self.value("shipping_address_name"), address.name)
		self.assertEqual(self.value("customer_name"), frappe.db.get_value("Customer", buyer, "customer_name"))
