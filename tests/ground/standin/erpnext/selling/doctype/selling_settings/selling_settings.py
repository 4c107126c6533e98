import frappe
from frappe.model.document import Document


class SellingSettings(Document):
	def on_update(self):
		# Where Customer.autoname reads it.
		frappe.db.set_default("cust_master_name", self.cust_master_name)
