"""ERPNext's Customer: naming, the contact and address that it makes by itself, and what it refuses."""

import frappe
from frappe import _
from frappe.contacts.address_and_contact import delete_contact_and_address, load_address_and_contact
from frappe.contacts.doctype.address.address import get_address_display
from frappe.model.document import Document
from frappe.model.naming import set_name_by_naming_series, set_name_from_naming_options


class Customer(Document):
	def onload(self):
		load_address_and_contact(self)

	def autoname(self):
		naming = frappe.defaults.get_global_default("cust_master_name")
		if naming == "Customer Name":
			self.name = self._free_name()
		elif naming == "Naming Series":
			set_name_by_naming_series(self)
		else:
			set_name_from_naming_options(self.meta.autoname, self)

	def validate(self):
		self.flags.is_new_doc = self.is_new()
		# ERPNext 16; 15 accepts a group.
		if self.customer_group and frappe.db.get_value("Customer Group", self.customer_group, "is_group"):
			frappe.throw(
				_("Cannot select a Group type Customer Group. Please select a non-group Customer Group.")
			)

	def on_update(self):
		if frappe.db.exists("Customer Group", self.name):
			frappe.throw(_("A Customer Group exists with same name"), frappe.NameError)
		self._create_primary_contact()
		self._create_primary_address()

	def on_trash(self):
		self.db_set({"customer_primary_contact": None, "customer_primary_address": None})
		delete_contact_and_address("Customer", self.name)

	def after_rename(self, old, new, merge=False):
		if frappe.defaults.get_global_default("cust_master_name") == "Customer Name":
			self.db_set("customer_name", new)

	def _free_name(self) -> str:
		"""The customer's name, with " - 1", " - 2" and so on where it is taken."""
		name, number = self.customer_name, 0
		while frappe.db.exists("Customer", name):
			number += 1
			name = f"{self.customer_name} - {number}"
		return name

	def _create_primary_contact(self):
		if self.customer_primary_contact or not (self.mobile_no or self.email_id):
			return
		contact = frappe.new_doc("Contact", first_name=self.customer_name, is_primary_contact=1)
		contact.append("links", {"link_doctype": "Customer", "link_name": self.name})
		if self.email_id:
			contact.add_email(self.email_id, is_primary=True)
		if self.mobile_no:
			contact.add_phone(self.mobile_no, is_primary_mobile_no=True)
		contact.insert(ignore_permissions=self.flags.ignore_permissions)
		self.db_set("customer_primary_contact", contact.name)

	def _create_primary_address(self):
		# A form field that lives only in the request, not in the table.
		if not (self.flags.is_new_doc and self.get("address_line1")):
			return
		address = frappe.new_doc("Address", address_title=self.customer_name, address_type="Billing")
		for field in ("address_line1", "address_line2", "city", "state", "pincode", "country"):
			address.set(field, self.get(field))
		address.append("links", {"link_doctype": "Customer", "link_name": self.name})
		address.insert(ignore_permissions=self.flags.ignore_permissions)
		self.db_set("customer_primary_address", address.name)
		self.db_set("primary_address", get_address_display(address.name))
