"""Taking notifications off the inbox, by any number of workers on any number of machines."""

from dataclasses import dataclass

import frappe
from frappe.utils import add_to_date, now_datetime

from mercadolibre_sync.inbox import states, wake
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.sync.accounts import ACCOUNT, CONNECTED

# More candidates than workers that usually run at once: the one that loses a race finds another row.
CANDIDATES = 20
# Longer than a worker's job may take (`wake.TIMEOUT`), so that whatever is older belongs to a dead one.
ABANDONED_AFTER_MINUTES = 15


@dataclass(frozen=True)
class Claim:
	"""Notifications of one resource, to be answered by one fetch. `attempts` counts this one."""

	names: tuple[str, ...]
	account: str | None
	topic: str
	resource: str
	attempts: int


def claim_next() -> Claim | None:
	"""Claim the next resource in the queue with all its notifications, or None if nothing is free.

	Candidates are read without a lock and then locked by primary key: a lock on the range that the index
	scan reads would hold up the endpoint's inserts. Commits.
	"""
	for resource, user_id in _candidates():
		if claim := _claim(resource, user_id):
			return claim
	return None


def _candidates() -> list[tuple[str, str]]:
	rows = frappe.get_all(
		NOTIFICATION,
		filters={"status": states.QUEUED},
		fields=["resource", "user_id"],
		order_by="priority asc, received asc",
		limit=CANDIDATES,
		as_list=True,
	)
	return list(dict.fromkeys((resource, user_id) for resource, user_id in rows))


def _claim(resource: str, user_id: str) -> Claim | None:
	filters = {"resource": resource, "user_id": user_id, "status": states.QUEUED}
	names = frappe.get_all(NOTIFICATION, filters=filters, pluck="name", order_by="name asc")
	# A new transaction: the lock below must see what others committed since the reads above.
	frappe.db.commit()
	rows = _lock(names)
	if not rows:
		frappe.db.rollback()
		return None
	attempts = max(row.attempts for row in rows) + 1
	claim = Claim(
		names=tuple(row.name for row in rows),
		account=rows[0].account,
		topic=rows[0].topic,
		resource=resource,
		attempts=attempts,
	)
	states.claim(claim.names, attempts)
	frappe.db.commit()
	return claim


def _lock(names: list[str]) -> list[frappe._dict]:
	if not names:
		return []
	return frappe.db.sql(
		f"""
		select name, account, topic, attempts from `tab{NOTIFICATION}`
		where name in %(names)s and status = %(queued)s
		order by name for update skip locked
		""",
		{"names": names, "queued": states.QUEUED},
		as_dict=True,
	)


def requeue_due() -> None:
	"""Queue again what waited for a retry whose time has come."""
	_requeue(states.WAITING, {"next_attempt": ("<=", now_datetime())})


def requeue_abandoned() -> None:
	"""Queue again what a worker claimed and never finished."""
	_requeue(
		states.PROCESSING,
		{"claimed_at": ("<", add_to_date(now_datetime(), minutes=-ABANDONED_AFTER_MINUTES))},
	)


def _requeue(since: str, filters: dict) -> None:
	names = frappe.get_all(NOTIFICATION, filters={"status": since, **filters}, pluck="name", limit=1000)
	states.requeue(names, since)
	frappe.db.commit()


def requeue_waiting_for_account(account: str) -> None:
	"""Queue again what waited, without a time, for the account to be connected. The caller commits."""
	table = frappe.qb.DocType(NOTIFICATION)
	waiting = (table.status == states.WAITING) & (table.account == account)
	# Not the filter ("is", "not set"), which hides the column from the index in ifnull().
	query = frappe.qb.from_(table).select(table.name).where(waiting & table.next_attempt.isnull())
	if names := query.run(pluck=True):
		states.requeue(names, states.WAITING, fresh_start=True)
		frappe.db.after_commit.add(wake.wake)


def requeue_connected() -> None:
	"""Queue again what began to wait for its account while that was being connected."""
	for account in frappe.get_all(ACCOUNT, filters={"status": CONNECTED}, pluck="name"):
		requeue_waiting_for_account(account)
	frappe.db.commit()
