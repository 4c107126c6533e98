import frappe
from frappe.model.document import Document


class MercadoLibreOrder(Document):
	pass


def on_doctype_update() -> None:
	"""For finding the newest order of a customer (`sync.versions`)."""
	frappe.db.add_index("MercadoLibre Order", ["customer", "last_updated"])
