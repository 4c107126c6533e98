import frappe
from frappe import _
from frappe.utils import get_url

from mercadolibre_sync import custom_fields, guided_start


def before_install() -> None:
	"""Make Frappe's map of modules anew, or it may install none of our doctypes.

	On a bench in use Redis holds the map from before the app was added. This process read it when it started,
	and clearing the cache, as Frappe does before an installation, empties Redis only (frappe PR #41437).
	"""
	frappe.cache.delete_value("app_modules")
	frappe.setup_module_map()


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
	print(_next_step())


def after_migrate() -> None:
	"""Bring custom fields up to date with the installed version, and the guided start with the site."""
	custom_fields.create()
	guided_start.tick_off()


def _next_step() -> str:
	"""Where whoever installs goes next, in the site's language: a terminal has none."""
	text = _(
		"MercadoLibre Sync is installed. A guided start says what to do next, step by step: {0}",
		lang=frappe.db.get_default("lang"),
	)
	return text.format(get_url("/app/mercadolibre"))
