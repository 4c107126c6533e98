"""Noticing that MercadoLibre has gone silent: it disables a topic without a word, and then nothing arrives."""

from datetime import datetime, timedelta

import frappe
from frappe.utils import format_datetime, get_datetime, now_datetime

from mercadolibre_sync import people
from mercadolibre_sync.inbox import sweep
from mercadolibre_sync.meli.client import MAX_SEARCH_LIMIT
from mercadolibre_sync.meli.errors import MeliError
from mercadolibre_sync.sync import accounts
from mercadolibre_sync.sync.accounts import ACCOUNT, CONNECTED
from mercadolibre_sync.sync.connection import connected
from mercadolibre_sync.sync.errors import SyncError
from mercadolibre_sync.sync.versions import aware
from mercadolibre_sync.words import text

DEFAULT_HOURS = 12
# MercadoLibre repeats a notification for an hour: what changed later may still be on its way.
DELIVERY = timedelta(hours=1)
# Of a longer silence the last days tell enough.
LOOK_BACK = timedelta(days=30)


def watch() -> None:
	"""Look after every account from which nothing has come for the hours set in Settings (every hour)."""
	sweep.note_last_notifications()
	hours = frappe.db.get_single_value("MercadoLibre Settings", "silence_hours") or DEFAULT_HOURS
	silent = now_datetime() - timedelta(hours=hours)
	for account in frappe.get_all(
		ACCOUNT,
		filters={"enabled": 1, "status": CONNECTED, "silent_since": ("is", "not set")},
		fields=["name", "last_notification", "authorised_at", "creation"],
	):
		since = _heard_last(account)
		if since < silent:
			_look(account.name, since)


def _heard_last(account: frappe._dict) -> datetime:
	"""When the account was last known to be heard of; before it was authorised nothing could come."""
	moments = (account.last_notification, account.authorised_at or account.creation)
	return max(get_datetime(moment) for moment in moments if moment)


def _look(account: str, since: datetime) -> None:
	try:
		if _has_newer_orders(account, max(since, now_datetime() - LOOK_BACK)):
			_raise_alert(account, since)
	except (MeliError, SyncError):
		# A connection that does not work shows elsewhere; this looks again in an hour.
		frappe.db.rollback()


def _has_newer_orders(account: str, since: datetime) -> bool:
	user_id = accounts.read(account).user_id
	until = now_datetime() - DELIVERY
	with connected(account) as client:
		# The search knows full hours only. From the hour after `since` on, all it finds is newer.
		page = client.orders(user_id, aware(since + timedelta(hours=1)), aware(until), limit=MAX_SEARCH_LIMIT)
	return any(row.last_updated and row.last_updated <= aware(until) for row in page.rows)


def _raise_alert(account: str, since: datetime) -> None:
	frappe.db.set_value(ACCOUNT, account, "silent_since", since)
	people.tell_managers(
		text("MercadoLibre no longer notifies the account {0}", account),
		text(
			"Nothing has been received for the account {0} since {1}, but its orders have changed since. MercadoLibre disables a topic whose notifications were not answered: subscribe orders_v2 and shipments again in the application at developers.mercadolibre.com.ar. Then open the account and press Synchronise for what was missed.",
			account,
			format_datetime(since),
		),
		ACCOUNT,
		account,
	)
	frappe.db.commit()
