from frappe.model.document import Document


class ARCATaxCategory(Document):
	pass
