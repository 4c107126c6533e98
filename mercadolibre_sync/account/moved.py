"""Saying so where this site no longer speaks for an account, because it is a copy or has moved (see `sync.moving`)."""

import frappe

from mercadolibre_sync import people
from mercadolibre_sync.sync import moving
from mercadolibre_sync.sync.accounts import ACCOUNT, CONNECTED, RECONNECT_NEEDED
from mercadolibre_sync.sync.errors import SiteMoved
from mercadolibre_sync.words import Text, text


def look() -> None:
	"""Turn accounts that were authorised at another address to "Reconnect needed" and tell managers (every minute)."""
	for account, site_address in frappe.get_all(
		ACCOUNT, filters={"status": CONNECTED}, fields=["name", "site_address"], as_list=True
	):
		try:
			moving.check(account, site_address)
		except SiteMoved as moved:
			_leave(account, moved.reason)


def _leave(account: str, reason: Text) -> None:
	frappe.db.set_value(ACCOUNT, account, "status", RECONNECT_NEEDED)
	subject = text("This site no longer speaks for the MercadoLibre account {0}", account)
	people.tell_managers(subject, reason, ACCOUNT, account)
	frappe.db.commit()
