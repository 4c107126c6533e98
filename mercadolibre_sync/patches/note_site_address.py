import frappe

from mercadolibre_sync.sync import moving
from mercadolibre_sync.sync.accounts import ACCOUNT, NOT_CONNECTED


def execute() -> None:
	"""Accounts that were authorised before their site's address was noted are those of the site that migrates."""
	frappe.db.set_value(
		ACCOUNT, {"status": ("!=", NOT_CONNECTED)}, "site_address", moving.address(), update_modified=False
	)
