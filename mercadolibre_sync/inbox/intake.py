"""What happens to a posted notification: the least possible, because MercadoLibre waits 500 ms."""

from collections.abc import Sequence

import frappe
from frappe import _
from frappe.utils import now_datetime

from mercadolibre_sync.inbox import states
from mercadolibre_sync.inbox.states import NOTIFICATION, PRIORITY_FRESH
from mercadolibre_sync.meli.errors import UnexpectedShape
from mercadolibre_sync.meli.notification import Notification, parse
from mercadolibre_sync.sync.versions import system_time

SOURCE_POSTED = "MercadoLibre"
SOURCE_MISSED = "Missed feed"
SOURCE_BACKFILL = "Back-fill"
SOURCE_BY_HAND = "By hand"


def receive(body: bytes) -> bool:
	"""Store a posted notification; True if a worker has something to do.

	What is malformed, or not for our application or one of our sellers, is dropped without a trace:
	anybody can post here, and a stranger must neither fill the database nor learn who we are.
	"""
	notification = _parse(body)
	if not notification or notification.application_id != _application_id():
		return False
	account = frappe.db.get_value("MercadoLibre Account", {"user_id": notification.user_id})
	if not account:
		return False
	return store(notification, account, SOURCE_POSTED, PRIORITY_FRESH)


def store(notification: Notification, account: str, source: str, priority: int) -> bool:
	"""Insert one row, Queued or, for a topic that is not ours, Ignored; True if it was queued."""
	store_all([notification], account, source, priority)
	return bool(notification.reference)


def store_all(
	notifications: Sequence[Notification], account: str, source: str, priority: int
) -> tuple[str, ...]:
	"""Insert rows and return their names.

	No Document API: a single INSERT, without hooks, versions or realtime events.
	"""
	rows = [_row(notification, account, source, priority) for notification in notifications]
	if rows:
		frappe.db.bulk_insert(NOTIFICATION, list(rows[0]), [tuple(row.values()) for row in rows])
	return tuple(row["name"] for row in rows)


def _row(notification: Notification, account: str, source: str, priority: int) -> dict:
	reference = notification.reference
	now = now_datetime()
	return {
		"name": frappe.generate_hash(length=16),
		"creation": now,
		"modified": now,
		"owner": "Administrator",
		"modified_by": "Administrator",
		"status": states.QUEUED if reference else states.IGNORED,
		"reason": None if reference else _no_use(),
		"topic": notification.topic,
		"resource": stored_resource(notification),
		"source": source,
		"account": account,
		"user_id": notification.user_id,
		"sent": system_time(notification.sent),
		"received": now,
		"attempts": 0,
		"priority": priority,
	}


def order_notification(order_id: str, user_id: str) -> Notification:
	"""What MercadoLibre would post about an order, for orders it did not tell us about."""
	return Notification("orders_v2", f"/orders/{order_id}", user_id, _application_id() or "", None, None)


def stored_resource(notification: Notification) -> str:
	"""The resource in one spelling, by which repeated notifications are folded into one."""
	reference = notification.reference
	return f"/{reference.kind}s/{reference.id}" if reference else notification.resource


def _no_use() -> str:
	# In the site's language: a guest's is whatever the sender says it accepts.
	return _("This app has no use for this topic.", lang=frappe.db.get_default("lang"))


def _parse(body: bytes) -> Notification | None:
	try:
		return parse(body)
	except UnexpectedShape:
		return None


def _application_id() -> str | None:
	return frappe.db.get_single_value("MercadoLibre Settings", "application_id")
