import frappe


def linked_to(customer: str, doctype: str, fields: list[str]) -> list[frappe._dict]:
	"""Fields of the customer's addresses or contacts, newest first."""
	names = frappe.get_all(
		"Dynamic Link",
		filters={"parenttype": doctype, "link_doctype": "Customer", "link_name": customer},
		pluck="parent",
		order_by=None,
	)
	return frappe.get_all(doctype, filters={"name": ("in", names)}, fields=fields, order_by="creation desc")
