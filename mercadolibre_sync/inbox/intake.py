"""What happens to a posted notification: the least possible, because MercadoLibre waits 500 ms."""

from collections.abc import Sequence

import frappe
from frappe.utils import now_datetime

from mercadolibre_sync.inbox import door, states
from mercadolibre_sync.inbox.states import NOTIFICATION, PRIORITY_FRESH
from mercadolibre_sync.meli.errors import UnexpectedShape
from mercadolibre_sync.meli.notification import Notification, parse
from mercadolibre_sync.sync.versions import system_time
from mercadolibre_sync.words import text

SOURCE_POSTED = "MercadoLibre"
SOURCE_MISSED = "Missed feed"
SOURCE_BACKFILL = "Back-fill"
SOURCE_BY_HAND = "By hand"

NO_USE = text("This app has no use for this topic.")


COLUMNS = (
	"name, creation, modified, owner, modified_by, status, reason, topic, resource, source, account, user_id, "
	"sent, received, attempts, priority"
)
INSERT = f"insert into `tab{NOTIFICATION}` ({COLUMNS}) values "
PLACEHOLDERS = "(" + ", ".join(["%s"] * len(COLUMNS.split(","))) + ")"


def receive(body: bytes, address: str) -> bool:
	"""Store a notification posted from this address; True if a worker has something to do.

	What is malformed, or not for our application or one of our sellers, is dropped without a trace:
	anybody can post here, and a stranger must neither fill the database nor learn who we are. Raises
	RateLimitExceededError for who posts too much.
	"""
	known = door.knock(address)
	notification = _parse(body)
	account = door.account_of(notification, known) if notification else None
	if not notification or not account:
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

	No Document API: a single INSERT, without hooks, versions or realtime events, and its text ready
	beforehand, because building it would take longer than running it.
	"""
	rows = [_row(notification, account, source, priority) for notification in notifications]
	if rows:
		frappe.db.sql(
			INSERT + ", ".join([PLACEHOLDERS] * len(rows)), [value for row in rows for value in row]
		)
	return tuple(row[0] for row in rows)


def _row(notification: Notification, account: str, source: str, priority: int) -> tuple:
	"""Values of COLUMNS."""
	reference = notification.reference
	now = now_datetime()
	return (
		frappe.generate_hash(length=16),
		now,
		now,
		"Administrator",
		"Administrator",
		states.QUEUED if reference else states.IGNORED,
		None if reference else NO_USE.stored,
		notification.topic,
		stored_resource(notification),
		source,
		account,
		notification.user_id,
		system_time(notification.sent),
		now,
		0,
		priority,
	)


def order_notification(order_id: str, user_id: str) -> Notification:
	"""What MercadoLibre would post about an order, for orders it did not tell us about."""
	return Notification("orders_v2", f"/orders/{order_id}", user_id, _application_id() or "", None, None)


def stored_resource(notification: Notification) -> str:
	"""The resource in one spelling, by which repeated notifications are folded into one."""
	reference = notification.reference
	return f"/{reference.kind}s/{reference.id}" if reference else notification.resource


def _parse(body: bytes) -> Notification | None:
	try:
		return parse(body)
	except UnexpectedShape:
		return None


def _application_id() -> str | None:
	return frappe.db.get_single_value("MercadoLibre Settings", "application_id")
