from frappe.model.document import Document


class ARCATicket(Document):
	"""WSAA's ticket for one service, CUIT and environment, written by `sync.fiscal.tickets` alone."""
