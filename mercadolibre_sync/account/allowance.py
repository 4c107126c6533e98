"""How many calls MercadoLibre allows the application: `sync.pace` keeps below it."""

import frappe

from mercadolibre_sync.meli.client import Client
from mercadolibre_sync.meli.errors import MeliError
from mercadolibre_sync.sync.accounts import ACCOUNT, CONNECTED
from mercadolibre_sync.sync.connection import connected
from mercadolibre_sync.sync.errors import SyncError
from mercadolibre_sync.sync.pace import SETTINGS


def refresh() -> None:
	"""Ask anew in the name of the first account that can (every day)."""
	for account in frappe.get_all(ACCOUNT, filters={"enabled": 1, "status": CONNECTED}, pluck="name"):
		try:
			with connected(account) as client:
				return note(client)
		except (MeliError, SyncError):
			# Another account's token may serve; if none does, what was said yesterday stands.
			frappe.db.rollback()


def note(client: Client) -> None:
	"""Ask MercadoLibre and write the answer to Settings. Commits. Raises MeliError."""
	application_id = frappe.db.get_single_value(SETTINGS, "application_id")
	frappe.db.rollback()
	allowed = client.application(application_id).calls_per_hour
	frappe.db.set_single_value(SETTINGS, "calls_per_hour_allowed", allowed or 0, update_modified=False)
	frappe.db.commit()
