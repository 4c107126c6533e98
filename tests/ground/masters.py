"""What accounts and customers refer to: a site's own, under whatever names; brought along where it has none."""

import frappe
from frappe.utils.nestedset import get_root_of


def company() -> str:
	"""A company."""
	return _found("Company") or _brought("Company", "Empresa de prueba", abbr="EDP")


def income_account() -> str | None:
	"""An account of that company for what it sells; some charts, Argentina's among them, leave it without a default."""
	return _found("Account", company=company(), root_type="Income", is_group=0)


def customer_group() -> str:
	"""A customer group that customers may be in: one with no others below it."""
	return _leaf("Customer Group")


def territory() -> str:
	"""A territory with no others below it."""
	return _leaf("Territory")


def root(doctype: str) -> str:
	"""The root of a tree, such as that of Customer Group, which has others below it."""
	return get_root_of(doctype) or _brought(doctype, f"{doctype} de prueba", is_group=1)


def country(code: str = "ar") -> str:
	"""What the site calls the country with this ISO code."""
	return frappe.db.get_value("Country", {"code": code})


def _leaf(doctype: str) -> str:
	top = root(doctype)
	parent = f"parent_{frappe.scrub(doctype)}"
	return _found(doctype, is_group=0) or _brought(doctype, f"{doctype} sin otros", **{parent: top})


def _found(doctype: str, **filters) -> str | None:
	return frappe.db.get_value(doctype, filters, order_by="creation asc, name asc")


def _brought(doctype: str, name: str, **values) -> str:
	"""A row and nothing else: a Company's own insert would make hundreds of accounts."""
	document = frappe.new_doc(doctype)
	document.update({"name": name, f"{frappe.scrub(doctype)}_name": name, **values})
	document.db_insert()
	return document.name
