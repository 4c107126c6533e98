"""What MercadoLibre could not deliver: it keeps a list of the last two days."""

import frappe
from frappe.utils import add_to_date, now_datetime

from mercadolibre_sync.inbox import intake, wake
from mercadolibre_sync.inbox.states import NOTIFICATION, PRIORITY_FRESH
from mercadolibre_sync.meli.client import Client
from mercadolibre_sync.meli.errors import MeliError
from mercadolibre_sync.meli.notification import TOPICS, Notification
from mercadolibre_sync.sync.accounts import ACCOUNT, CONNECTED
from mercadolibre_sync.sync.connection import connected
from mercadolibre_sync.sync.errors import SyncError, TryLater
from mercadolibre_sync.sync.lock import named_lock
from mercadolibre_sync.sync.versions import system_time

# MercadoLibre's default. A higher limit is documented nowhere.
PAGE = 10
# More than could pile up in two days; a list that never ends must not keep a worker for ever.
MAX_PAGES = 1000
KEPT_DAYS = 2


def fetch() -> None:
	"""Put the notifications that were missed into the inbox (every hour).

	The list is the application's: one account's token reads it for all sellers.
	"""
	try:
		with named_lock("missed_feeds", wait_seconds=0):
			_fetch()
	except TryLater:
		# Another worker is at it.
		return


def _fetch() -> None:
	for account in frappe.get_all(ACCOUNT, filters={"enabled": 1, "status": CONNECTED}, pluck="name"):
		try:
			with connected(account) as client:
				for topic in TOPICS:
					_take_topic(client, topic)
			return
		except (MeliError, SyncError):
			# Another account's token may serve; if none does, the list is there again in an hour.
			frappe.db.rollback()


def _take_topic(client: Client, topic: str) -> None:
	application_id = frappe.db.get_single_value("MercadoLibre Settings", "application_id")
	frappe.db.rollback()
	for number in range(MAX_PAGES):
		page = client.missed_feeds(application_id, topic, offset=number * PAGE, limit=PAGE)
		for notification in page.notifications:
			_take(notification, application_id)
		frappe.db.commit()
		wake.wake()
		if page.rows < PAGE:
			return


def _take(notification: Notification, application_id: str) -> None:
	account = frappe.db.get_value(ACCOUNT, {"user_id": notification.user_id})
	is_ours = account and notification.reference and notification.application_id == application_id
	if is_ours and not _is_known(notification):
		intake.store(notification, account, intake.SOURCE_MISSED, PRIORITY_FRESH)


def _is_known(notification: Notification) -> bool:
	"""Whether the inbox has it. Orders are posted without an id of their own; when they were sent tells them apart."""
	filters: dict[str, object] = {
		"resource": intake.stored_resource(notification),
		"user_id": notification.user_id,
	}
	if notification.sent:
		filters["sent"] = system_time(notification.sent)
	else:
		filters["received"] = (">", add_to_date(now_datetime(), days=-KEPT_DAYS))
	return bool(frappe.db.exists(NOTIFICATION, filters))
