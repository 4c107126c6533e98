"""ERPNext's documents of a customer, of which MercadoLibre knows nothing."""

import frappe

# With the field that names the customer. A site may lack some.
DOCUMENTS = {
	"Quotation": "party_name",
	"Sales Order": "customer",
	"Delivery Note": "customer",
	"Sales Invoice": "customer",
	"Payment Entry": "party",
}


def counts(customer: str) -> dict[str, int]:
	"""How many of each kind name the customer; only kinds of which there are any."""
	found = {
		kind: frappe.db.count(kind, {fieldname: customer})
		for kind, fieldname in DOCUMENTS.items()
		if frappe.db.table_exists(kind)
	}
	return {kind: count for kind, count in found.items() if count}
