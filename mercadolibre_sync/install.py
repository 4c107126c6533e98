import frappe

from mercadolibre_sync import custom_fields


def after_install() -> None:
	custom_fields.create()
	# Customers of an earlier installation keep their data, but its accounts are gone, and ERPNext refuses
	# to save a link to nothing. The next order fills it again.
	frappe.db.set_value(
		"Customer",
		{"mercadolibre_account": ("is", "set")},
		"mercadolibre_account",
		None,
		update_modified=False,
	)


def after_migrate() -> None:
	"""Bring custom fields up to date with the installed version."""
	custom_fields.create()
