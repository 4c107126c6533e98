"""The fields and properties this app adds to ERPNext's doctypes, and their removal.

Every field carries the app's module, so that uninstalling the app deletes it (`installer.remove_app`
deletes whatever links to the app's Module Def); columns and their data stay in the database.
"""

import frappe
from frappe.custom.doctype.custom_field.custom_field import create_custom_fields
from frappe.custom.doctype.property_setter.property_setter import make_property_setter

from mercadolibre_sync.arca.condicion import Condicion

MODULE = "MercadoLibre Sync"


def _(text: str) -> str:
	"""Mark a label for the translation catalogue; it is stored in English and translated on display."""
	return text


def customer_fields() -> list[dict]:
	"""The Customer's custom fields, in the order in which they stand on the form."""
	return [
		{
			"fieldname": "arca_document_type",
			"label": _("Document Type"),
			"fieldtype": "Data",
			"insert_after": "tax_id",
			"description": _("Kind of document the number above is: DNI, CUIT, CUIL or what the buyer gave."),
		},
		{
			"fieldname": "arca_condicion_iva",
			"label": _("IVA Condition"),
			"fieldtype": "Select",
			"options": "\n".join(("", *(condicion.label for condicion in Condicion))),
			"insert_after": "arca_document_type",
			"in_standard_filter": 1,
			"description": _("Condición frente al IVA, which decides the class of the invoice."),
		},
		{
			"fieldname": "arca_condicion_iva_source",
			"label": _("IVA Condition From"),
			"fieldtype": "Select",
			"options": "\nARCA\nMercadoLibre\nBy hand",
			"insert_after": "arca_condicion_iva",
			"read_only": 1,
			"description": _("Who said so. A value set by hand is never overwritten."),
		},
		{
			"fieldname": "arca_status",
			"label": _("Registry Lookup"),
			"fieldtype": "Select",
			"options": "\nPending\nDetermined\nTo Review\nUndetermined",
			"insert_after": "arca_condicion_iva_source",
			"read_only": 1,
			"no_copy": 1,
			"search_index": 1,
			"in_standard_filter": 1,
			"depends_on": "arca_status",
			"description": _("How far ARCA's taxpayer registry has told the condition."),
		},
		{
			"fieldname": "arca_checked_on",
			"label": _("Registry Answered On"),
			"fieldtype": "Datetime",
			"insert_after": "arca_status",
			"read_only": 1,
			"no_copy": 1,
			"depends_on": "arca_checked_on",
		},
		{
			"fieldname": "arca_changed_on",
			"label": _("Registry Changed Its Answer On"),
			"fieldtype": "Datetime",
			"insert_after": "arca_checked_on",
			"read_only": 1,
			"no_copy": 1,
			"depends_on": "arca_changed_on",
		},
		{
			"fieldname": "arca_message",
			"label": _("Registry Says"),
			"fieldtype": "Small Text",
			"insert_after": "arca_changed_on",
			"read_only": 1,
			"no_copy": 1,
			"depends_on": "arca_message",
		},
		{
			"fieldname": "arca_declared",
			"label": _("Declared at MercadoLibre"),
			"fieldtype": "Data",
			"insert_after": "arca_message",
			"read_only": 1,
			"no_copy": 1,
			"depends_on": "arca_declared",
			"description": _("What the buyer states there to be."),
		},
		{
			"fieldname": "arca_disagrees",
			"label": _("Registry Disagrees"),
			"fieldtype": "Check",
			"insert_after": "arca_declared",
			"read_only": 1,
			"no_copy": 1,
			"in_standard_filter": 1,
			"depends_on": "arca_disagrees",
			"description": _("The registry says otherwise than the buyer states at MercadoLibre."),
		},
		{
			"fieldname": "arca_next_lookup",
			"label": _("Next Registry Lookup"),
			"fieldtype": "Datetime",
			"insert_after": "arca_disagrees",
			"read_only": 1,
			"no_copy": 1,
			"hidden": 1,
		},
		{
			"fieldname": "arca_attempts",
			"label": _("Registry Lookups"),
			"fieldtype": "Int",
			"insert_after": "arca_next_lookup",
			"read_only": 1,
			"no_copy": 1,
			"hidden": 1,
		},
		{
			"fieldname": "mercadolibre_tab",
			"label": _("MercadoLibre"),
			"fieldtype": "Tab Break",
			"insert_after": "portal_users",
			"depends_on": "mercadolibre_id",
		},
		{
			"fieldname": "mercadolibre_id",
			"label": _("MercadoLibre ID"),
			"fieldtype": "Data",
			"insert_after": "mercadolibre_tab",
			# Brings its own index.
			"unique": 1,
			"read_only": 1,
			"no_copy": 1,
			"in_standard_filter": 1,
			"description": _(
				"The buyer's number at MercadoLibre. It never changes and identifies the customer."
			),
		},
		{
			"fieldname": "mercadolibre_nickname",
			"label": _("MercadoLibre Nickname"),
			"fieldtype": "Data",
			"insert_after": "mercadolibre_id",
			"read_only": 1,
			"no_copy": 1,
			"description": _(
				"Nickname seen last. The customer's name follows when it changes at MercadoLibre."
			),
		},
		{
			"fieldname": "mercadolibre_account",
			"label": _("MercadoLibre Account"),
			"fieldtype": "Link",
			"options": "MercadoLibre Account",
			"insert_after": "mercadolibre_nickname",
			"read_only": 1,
			"no_copy": 1,
			"description": _("Account through which the buyer came first."),
		},
		{
			"fieldname": "mercadolibre_profile",
			"label": _("MercadoLibre Profile"),
			"fieldtype": "Data",
			"options": "URL",
			"insert_after": "mercadolibre_account",
			"read_only": 1,
			"no_copy": 1,
			"description": _("Public page of the buyer at MercadoLibre."),
		},
		{
			"fieldname": "mercadolibre_duplicate_of",
			"label": _("Possible Duplicate Of"),
			"fieldtype": "Link",
			"options": "Customer",
			"insert_after": "mercadolibre_profile",
			"read_only": 1,
			"no_copy": 1,
			"in_standard_filter": 1,
			"depends_on": "mercadolibre_duplicate_of",
			"description": _("Another customer has the same CUIT, CUIL or DNI."),
		},
		{
			"fieldname": "mercadolibre_erased_on",
			"label": _("Personal Data Erased On"),
			"fieldtype": "Datetime",
			"insert_after": "mercadolibre_duplicate_of",
			"read_only": 1,
			"no_copy": 1,
			"depends_on": "mercadolibre_erased_on",
			"description": _("Orders made before bring nothing back."),
		},
		{
			"fieldname": "mercadolibre_erased_by",
			"label": _("Personal Data Erased By"),
			"fieldtype": "Link",
			"options": "User",
			"insert_after": "mercadolibre_erased_on",
			"read_only": 1,
			"no_copy": 1,
			"depends_on": "mercadolibre_erased_on",
		},
		{
			"fieldname": "mercadolibre_orders",
			"label": _("MercadoLibre Orders"),
			"fieldtype": "HTML",
			"insert_after": "mercadolibre_erased_by",
			"no_copy": 1,
		},
	]


# (doctype, field, property, value, type of the property)
PROPERTIES = (
	("Customer", "tax_id", "label", "CUIT/CUIL", "Data"),
	# ERPNext looks for the customers of every address that is saved by this field, and has no index on it: with
	# 300,000 customers that takes four times as long as everything else about a new buyer.
	("Customer", "customer_primary_address", "search_index", "1", "Check"),
	# Each new buyer's document is looked for among all customers.
	("Customer", "tax_id", "search_index", "1", "Check"),
)


def create() -> None:
	"""Create or bring up to date every custom field and property. Safe to run again."""
	for doctype, fieldname, name, value, kind in PROPERTIES:
		_set_property(doctype, fieldname, name, value, kind)
	common = {"module": MODULE, "translatable": 0}
	create_custom_fields({"Customer": [{"search_index": 0} | common | field for field in customer_fields()]})
	_update_indexes()


def _set_property(doctype: str, fieldname: str, name: str, value: str, kind: str) -> None:
	known = {"doc_type": doctype, "field_name": fieldname, "property": name}
	# Somebody else's with the same value stays theirs: what we uninstall is ours.
	if not frappe.db.exists("Property Setter", {**known, "value": value}):
		make_property_setter(doctype, fieldname, name, value, kind, validate_fields_for_doctype=False)
		frappe.db.set_value("Property Setter", known, "module", MODULE)


def _update_indexes() -> None:
	# Only where something is missing, or left over beside the unique index: it commits.
	indexed = (fieldname for _doctype, fieldname, name, *_value in PROPERTIES if name == "search_index")
	if not all(map(_is_indexed, indexed)) or _is_indexed("mercadolibre_id"):
		frappe.db.updatedb("Customer")


def _is_indexed(fieldname: str) -> bool:
	return bool(frappe.db.get_column_index("tabCustomer", fieldname, unique=False))


def delete() -> None:
	"""Remove what `create` made. The columns stay, so that no customer loses data."""
	frappe.db.delete("Custom Field", {"module": MODULE})
	frappe.db.delete("Property Setter", {"module": MODULE})
	frappe.clear_cache(doctype="Customer")


def drop_indexes() -> None:
	"""Drop the index that no property asks for any more. Commits, as every change of a table does."""
	frappe.db.updatedb("Customer")
