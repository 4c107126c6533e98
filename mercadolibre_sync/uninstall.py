import frappe

from mercadolibre_sync import custom_fields
from mercadolibre_sync.roles import ROLES


def before_uninstall() -> None:
	"""Remove what the app made on other doctypes; customers, addresses and contacts stay as they are."""
	_forget_secrets()
	custom_fields.delete()
	for role in ROLES:
		frappe.delete_doc("Role", role, ignore_missing=True, force=True)


def _forget_secrets() -> None:
	# Frappe drops the doctypes and leaves their passwords, tokens and keys where it keeps them.
	doctypes = frappe.get_all("DocType", filters={"module": custom_fields.MODULE}, pluck="name")
	frappe.db.delete("__Auth", {"doctype": ("in", doctypes)})
