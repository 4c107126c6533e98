import frappe

from mercadolibre_sync import custom_fields, guided_start
from mercadolibre_sync.roles import ROLES

DESK_ENTRY = "MercadoLibre"


def before_uninstall() -> None:
	"""Remove what the app made on other doctypes; customers, addresses and contacts stay as they are."""
	doctypes = frappe.get_all("DocType", filters={"module": custom_fields.MODULE}, pluck="name")
	# Frappe drops the doctypes and leaves their passwords, tokens and keys where it keeps them.
	frappe.db.delete("__Auth", {"doctype": ("in", doctypes)})
	frappe.db.delete("Logs To Clear", {"ref_doctype": ("in", doctypes)})
	custom_fields.delete()
	_delete_scheduled_jobs()
	_delete_desk_entries()
	_delete_guided_start()
	frappe.db.delete("Has Role", {"role": ("in", ROLES)})
	for role in ROLES:
		frappe.delete_doc("Role", role, ignore_missing=True, force=True)


def after_uninstall() -> None:
	"""Take back what is done to tables: Frappe has committed by then, and this does."""
	custom_fields.drop_indexes()


def _delete_scheduled_jobs() -> None:
	"""Frappe drops them at the next migration, and until then runs them on tables that are gone."""
	for job in frappe.get_all(
		"Scheduled Job Type", {"method": ("like", "mercadolibre_sync.%")}, pluck="name"
	):
		frappe.delete_doc("Scheduled Job Type", job, force=True)


def _delete_desk_entries() -> None:
	"""Frappe 16 leaves an app's icon and sidebar on the desk.

	Not by `delete_doc`, which in developer mode deletes the files they were made from, too.
	"""
	for doctype in ("Desktop Icon", "Workspace Sidebar"):
		if frappe.db.table_exists(doctype):
			frappe.db.delete(doctype, {"name": DESK_ENTRY})
	if frappe.db.table_exists("Workspace Sidebar Item"):
		frappe.db.delete("Workspace Sidebar Item", {"parent": DESK_ENTRY})


def _delete_guided_start() -> None:
	"""Frappe deletes the guide with its module, and leaves the steps. By their rows, for the reason above."""
	steps = frappe.get_all("Onboarding Step Map", {"parent": guided_start.GUIDE}, pluck="step")
	frappe.db.delete("Onboarding Step", {"name": ("in", steps)})
