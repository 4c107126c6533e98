"""Reading a span of time through MercadoLibre's search, which knows full hours and no more than 10,000 orders.

The span is cut into windows, each of which is read from its last page to its first. An order that changes
meanwhile leaves its window (it is found in a later one) and moves those behind it one place to the front: read
backwards, they are met twice, where read forwards they would be missed. Only the window that ends now can grow.
It starts an hour before the last full hour, and the next back-fill overlaps it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import frappe
from frappe.utils import get_datetime

from mercadolibre_sync.inbox import intake, states
from mercadolibre_sync.inbox.claims import Claim
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.meli.client import MAX_SEARCH_OFFSET, Client
from mercadolibre_sync.meli.models import Order
from mercadolibre_sync.sync import versions
from mercadolibre_sync.sync.accounts import Account
from mercadolibre_sync.sync.errors import NeedsAttention
from mercadolibre_sync.sync.versions import aware, system_time
from mercadolibre_sync.words import text

PAGE = 50
OVERLAP = timedelta(hours=1)
LONGEST_WINDOW = timedelta(days=30)
CANCELLED = ("cancelled", "invalid")


def open_window(
	client: Client, account: Account, position: datetime, until: datetime
) -> tuple[dict, tuple[Order, ...]]:
	"""The next window after `position` (system time), as values of the back-fill, and its first page.

	That page is worth something where it is the only one: of several it is read again, as the last of them.
	Raises NeedsAttention when the shortest window has more orders than MercadoLibre lists.
	"""
	end = _window_end(position, until)
	while True:
		page = client.orders(account.user_id, aware(position - OVERLAP), aware(end), limit=PAGE)
		if page.total <= MAX_SEARCH_OFFSET:
			values = {"window_end": end, "window_rows": page.total, "next_offset": _last_page(page.total)}
			return values, page.rows
		shorter = _full_hour(position + (end - position) / 2)
		if shorter <= position:
			raise NeedsAttention(
				text(
					"More than {0} orders changed around {1}: MercadoLibre does not list them all.",
					MAX_SEARCH_OFFSET,
					str(position),
				)
			)
		end = shorter


def _window_end(position: datetime, until: datetime) -> datetime:
	last_full_hour = _full_hour(until)
	return min(position + LONGEST_WINDOW, last_full_hour) if position < last_full_hour else until


def _full_hour(moment: datetime) -> datetime:
	return moment.replace(minute=0, second=0, microsecond=0)


def _last_page(total: int) -> int:
	return max(total - 1, 0) // PAGE * PAGE


def read_page(
	client: Client, account: Account, position: datetime, end: datetime, offset: int
) -> tuple[Order, ...]:
	"""One page of an open window."""
	return client.orders(account.user_id, aware(position - OVERLAP), aware(end), offset, PAGE).rows


def take_in(rows: Sequence[Order], account: Account, mark: str) -> list[tuple[Claim, Order]]:
	"""Put the orders that are not known in this version into the inbox, claimed by the worker with this mark.

	The caller commits.
	"""
	known = _known(rows, account)
	wanted = [row for row in rows if row.id not in known]
	notifications = [intake.order_notification(row.id, account.user_id) for row in wanted]
	names = intake.store_all(notifications, account.name, intake.SOURCE_BACKFILL, states.PRIORITY_BACKFILL)
	states.claim(names, 1, mark)
	return [
		(Claim((name,), account.name, each.topic, each.resource, 1, mark), row)
		for name, each, row in zip(names, notifications, wanted, strict=True)
	]


def _known(rows: Sequence[Order], account: Account) -> set[str]:
	synced = versions.synced([row.id for row in rows])
	waiting = _waiting(rows, account)
	return {
		row.id
		for row in rows
		if _is_synced(row, synced.get(row.id)) or _is_waiting(row, waiting.get(row.id, ()))
	}


def _is_synced(row: Order, version: frappe._dict | None) -> bool:
	"""Whether this version was read, and led to a customer or rightly never will."""
	if not version or not version.last_updated or not row.last_updated:
		return False
	is_settled = version.customer or row.status in CANCELLED
	return bool(is_settled) and system_time(row.last_updated) <= version.last_updated


def _waiting(rows: Sequence[Order], account: Account) -> dict[str, list[frappe._dict]]:
	"""What the inbox still has to do for these orders, by number."""
	waiting: dict[str, list[frappe._dict]] = {}
	for notification in frappe.get_all(
		NOTIFICATION,
		filters={
			"resource": ("in", [f"/orders/{row.id}" for row in rows]),
			"user_id": account.user_id,
			"status": ("in", (states.QUEUED, states.WAITING, states.FAILED)),
		},
		fields=["resource", "status", "received"],
	):
		waiting.setdefault(notification.resource.rpartition("/")[2], []).append(notification)
	return waiting


def _is_waiting(row: Order, notifications: Sequence[frappe._dict]) -> bool:
	"""Whether the inbox will read this version. One that failed waits for a person; a newer version gets its chance."""
	return any(
		notification.status != states.FAILED
		or (row.last_updated and system_time(row.last_updated) <= get_datetime(notification.received))
		for notification in notifications
	)
