"""What stands in a site's ERP, in the words of the model, and what people do to it by hand."""

from collections.abc import Collection
from datetime import datetime, timedelta, timezone
from unittest.mock import patch

import frappe

from mercadolibre_sync.sync import versions
from tests.ground import masters
from tests.model.contract import Erp
from tests.site.base import linked

# The model counts minutes.
BEGINNING = datetime(2026, 3, 1, tzinfo=timezone.utc)

Picture = dict[str, object]
"""Customers by name, each as a dictionary, and under "versions" those of the orders."""


def moment(minutes: int) -> str:
	return (BEGINNING + timedelta(minutes=minutes)).isoformat(timespec="milliseconds")


def expected(erp: Erp) -> Picture:
	"""The model's ERP."""
	picture: Picture = {}
	for customer in erp.customers.values():
		fields = {**vars(customer)}
		fields["addresses"] = [
			(each.line1, each.city, each.receiver, each.is_preferred) for each in customer.addresses
		]
		fields["contacts"] = [(each.name, each.phone, each.is_primary) for each in customer.contacts]
		picture[customer.name] = fields
	picture["versions"] = {
		order: (each.moment, each.customer, each.seen) for order, each in erp.versions.items()
	}
	return picture


def found(customers: Collection[str], buyers: Collection[str], orders: Collection[str]) -> Picture:
	"""The site's: customers with these names, or of these buyers."""
	filters = {"name": ("in", list(customers)), "mercadolibre_id": ("in", list(buyers))}
	rows = frappe.get_all("Customer", or_filters=filters, fields=list(COLUMNS))
	picture: Picture = {row.name: _customer(row) for row in rows}
	return {**picture, "versions": _versions(orders)}


# Columns of Customer, and what the model calls them.
COLUMNS = {
	"name": "name",
	"customer_name": "customer_name",
	"mercadolibre_id": "mercadolibre_id",
	"mercadolibre_nickname": "nickname",
	"mercadolibre_account": "account",
	"tax_id": "number",
	"arca_document_type": "document_type",
	"arca_declared": "declared",
	"arca_condicion_iva": "condicion",
	"arca_condicion_iva_source": "source",
	"arca_status": "status",
}


def _customer(row: frappe._dict) -> dict[str, object]:
	addresses = _linked("Address", row.name, "address_line1", "city", "address_line2", "is_shipping_address")
	contacts = _linked("Contact", row.name, "full_name", "phone", "is_primary_contact")
	return {
		**{name: row[column] or None for column, name in COLUMNS.items()},
		"addresses": [(*values, bool(mark)) for *values, mark in addresses],
		"contacts": [(name, phone or None, bool(mark)) for name, phone, mark in contacts],
	}


def _linked(doctype: str, customer: str, *columns: str) -> tuple[tuple, ...]:
	"""Those columns of the customer's addresses or contacts, the oldest first."""
	return frappe.db.sql(
		f"""
		select {", ".join(f"document.{column}" for column in columns)} from `tab{doctype}` as document
		join `tabDynamic Link` as link on link.parenttype = %(doctype)s and link.parent = document.name
		where link.link_doctype = 'Customer' and link.link_name = %(customer)s
		order by document.creation, document.name
		""",
		{"doctype": doctype, "customer": customer},
	)


def _versions(orders: Collection[str]) -> dict[str, tuple]:
	rows = frappe.get_all(
		versions.ORDER,
		filters={"name": ("in", list(orders))},
		fields=["name", "last_updated", "customer", "seen_shipment"],
	)
	minutes = {
		row.name: (versions.aware(row.last_updated) - BEGINNING) // timedelta(minutes=1) for row in rows
	}
	return {row.name: (minutes[row.name], row.customer, row.seen_shipment) for row in rows}


def written(customers: Collection[str]) -> dict[str, object]:
	"""What would differ if anything of these customers had been written again."""
	modified = dict(
		frappe.get_all("Customer", {"name": ("in", list(customers))}, ["name", "modified"], as_list=True)
	)
	for customer in list(modified):
		for doctype in ("Address", "Contact"):
			modified |= dict(_linked(doctype, customer, "name", "modified"))
	names = ("in", list(modified))
	return {
		"modified": modified,
		"versions": frappe.db.count("Version", {"docname": names}) if modified else 0,
		"comments": frappe.db.count("Comment", {"reference_name": names}) if modified else 0,
	}


# People.


def make(name: str, customer_name: str, number: str | None) -> None:
	customer = frappe.new_doc("Customer")
	customer.update(
		{
			"customer_name": customer_name,
			"customer_type": "Individual",
			"customer_group": masters.customer_group(),
			"territory": masters.territory(),
			"tax_id": number,
		}
	)
	customer.insert(set_name=name)


FIELDS = {"customer_name": "customer_name", "condicion": "arca_condicion_iva", "number": "tax_id"}


def edit(customer: str, field: str, value: object) -> None:
	"""Set a field of the model's Customer."""
	document = frappe.get_doc("Customer", customer)
	document.set(FIELDS[field], value)
	document.save()


def edit_address(customer: str, number: int, **values: object) -> None:
	"""Save one of the customer's addresses; `number`: counted from the oldest."""
	document = linked("Address", customer)[number]
	document.update(values)
	document.save()


def edit_contact(customer: str, number: int, name: str) -> None:
	document = linked("Contact", customer)[number]
	document.update({"first_name": name, "middle_name": None, "last_name": None})
	document.save()


def delete_linked(doctype: str, customer: str, number: int) -> None:
	frappe.delete_doc(doctype, linked(doctype, customer)[number].name)


def rename(old: str, new: str, *, merge: bool = False) -> None:
	# Frappe remembers for the process which doctypes are linked to, and on an empty site that is none yet.
	frappe.local.dynamic_link_map = None
	# It also empties every cache, and half of a history's time would go into filling them again.
	with patch("frappe.clear_cache"):
		frappe.rename_doc("Customer", old, new, merge=merge, show_alert=False, rebuild_search=False)


def delete(customer: str) -> None:
	frappe.local.dynamic_link_map = None
	frappe.delete_doc("Customer", customer)
