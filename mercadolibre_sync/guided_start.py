"""The guided start on the workspace: Frappe's onboarding, whose steps are ticked off by what is there."""

import frappe

from mercadolibre_sync.roles import MANAGER
from mercadolibre_sync.sync.accounts import ACCOUNT, NOT_CONNECTED

GUIDE = "MercadoLibre"


@frappe.whitelist(methods=["POST"])
def look() -> None:
	"""Look how far the site is; the workspace asks for it when a manager opens it. Raises PermissionError for others."""
	frappe.only_for((MANAGER, "System Manager"))
	tick_off()


def tick_off() -> None:
	"""Tick off the steps that are done, and only those; the guide is over when each is done or was skipped."""
	steps = _done()
	for step, is_done in steps.items():
		_set("Onboarding Step", step, is_done)
	left = {"name": ("in", list(steps)), "is_complete": 0, "is_skipped": 0}
	_set("Module Onboarding", GUIDE, not frappe.db.exists("Onboarding Step", left))


def _done() -> dict[str, bool]:
	"""Whether what a step asks for is there, by step."""
	settings = frappe.get_single("MercadoLibre Settings")
	return {
		"MercadoLibre Application": bool(settings.application_id),
		"MercadoLibre Credentials": bool(settings.application_id and settings.client_secret),
		"MercadoLibre Account": _is_there(ACCOUNT, name=("is", "set")),
		"MercadoLibre Authorisation": _is_there(ACCOUNT, status=("!=", NOT_CONNECTED)),
		"MercadoLibre First Order": _is_there("MercadoLibre Order", customer=("is", "set")),
		"MercadoLibre Registry": bool(frappe.db.get_single_value("ARCA Settings", "enabled")),
	}


def _is_there(doctype: str, **filters: tuple[str, str]) -> bool:
	return bool(frappe.db.exists(doctype, filters))


def _set(doctype: str, name: str, is_complete: bool) -> None:
	if bool(frappe.db.get_value(doctype, name, "is_complete")) != is_complete:
		frappe.db.set_value(doctype, name, "is_complete", int(is_complete))
