"""The records that ERPNext's setup makes, as far as our app meets them."""

import frappe

# ERPNext makes them in the language of whoever sets the site up, who renames them afterwards.
NAMES = {
	"en": {
		"Company": "Prairie Goods",
		"Customer Group": ("All Customer Groups", "Individual", "Commercial"),
		"Territory": ("All Territories", "Argentina", "Rest Of The World"),
	},
	"es": {
		"Company": 'Ñandú & Hijos "SRL"',
		"Customer Group": ("Clientela toda", "Vecinos", "Mayoristas del sur"),
		"Territory": ("El mundo entero", "Pampa húmeda", "Puerto Madryn"),
	},
}


def after_install() -> None:
	names = NAMES[frappe.db.get_single_value("System Settings", "language")]
	for tree in ("Customer Group", "Territory"):
		_make_tree(tree, *names[tree])
	frappe.get_doc(
		{
			"doctype": "Company",
			"company_name": names["Company"],
			"abbr": "CO",
			"default_currency": "ARS",
			"country": "Argentina",
		}
	).insert()
	frappe.get_single("Selling Settings").save()
	# Without one, no form of a customer with an address opens.
	frappe.get_doc({"doctype": "Address Template", "country": "Argentina", "is_default": 1}).insert()


def _make_tree(doctype: str, root: str, *leaves: str) -> None:
	field = frappe.scrub(doctype)
	frappe.get_doc({"doctype": doctype, f"{field}_name": root, "is_group": 1}).insert(ignore_mandatory=True)
	for leaf in leaves:
		frappe.get_doc({"doctype": doctype, f"{field}_name": leaf, f"parent_{field}": root}).insert()
