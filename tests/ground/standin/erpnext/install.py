"""The records that ERPNext's setup makes, as far as our app meets them."""

import frappe


def after_install() -> None:
	_make_tree("Customer Group", "All Customer Groups", ("Individual", "Commercial"))
	_make_tree("Territory", "All Territories", ("Argentina", "Rest Of The World"))
	frappe.get_doc(
		{
			"doctype": "Company",
			"company_name": "Demo SA",
			"abbr": "DE",
			"default_currency": "ARS",
			"country": "Argentina",
		}
	).insert()
	frappe.get_single("Selling Settings").save()
	# Without one, no form of a customer with an address opens.
	frappe.get_doc({"doctype": "Address Template", "country": "Argentina", "is_default": 1}).insert()


def _make_tree(doctype: str, root: str, leaves: tuple[str, ...]) -> None:
	field = frappe.scrub(doctype)
	frappe.get_doc({"doctype": doctype, f"{field}_name": root, "is_group": 1}).insert(ignore_mandatory=True)
	for leaf in leaves:
		frappe.get_doc({"doctype": doctype, f"{field}_name": leaf, f"parent_{field}": root}).insert()
