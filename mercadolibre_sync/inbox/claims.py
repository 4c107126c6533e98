"""Taking notifications off the inbox, by any number of workers on any number of machines."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import ParamSpec, TypeVar

import frappe
from frappe.utils import add_to_date

from mercadolibre_sync.inbox import clock, failures, states, wake
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.sync.accounts import ACCOUNT, CONNECTED
from mercadolibre_sync.sync.errors import TryLater
from mercadolibre_sync.sync.lock import present
from mercadolibre_sync.sync.transaction import is_conflict

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

# A worker's claims are somebody else's so long after it last renewed them.
LEASE_SECONDS = 15
# In the middle of a buyer it cannot renew them. While its connection is open it is waited for, though not for longer
# than its job may take: the server does not notice when a machine vanishes.
LONGEST_SECONDS = wake.TIMEOUT
# So often a lost claim may be the worker's fault. After that it may be the order's, which then waits as after an
# error, and no longer with those that were claimed together with it.
MISHAPS = 2
# What comes for a resource so shortly after it was read shares the next fetch with what else comes in that time.
HOLD_SECONDS = 3
BATCH = 1000
# Looked at when all of the next ones are being taken by other workers.
MORE = 20


@dataclass(frozen=True)
class Claim:
	"""Notifications of one resource, to be answered by one fetch, and the mark of the worker that has them.

	`attempts` counts this one.
	"""

	names: tuple[str, ...]
	account: str | None
	topic: str
	resource: str
	attempts: int
	mark: str


def _or_next_time(action: Callable[Parameters, Result]) -> Callable[Parameters, Result | None]:
	"""Where another transaction is in the way, let it pass: whoever looks after the inbox does so again in seconds."""

	@wraps(action)
	def careful(*arguments: Parameters.args, **options: Parameters.kwargs) -> Result | None:
		try:
			return action(*arguments, **options)
		except Exception as error:
			frappe.db.rollback()
			if not is_conflict(error):
				raise
			return None

	return careful


def claim(mark: str, limit: int, below: int | None = None) -> list[Claim]:
	"""Claim up to `limit` resources with all their notifications, the same number for every account. Commits.

	`below`: only what has a lower priority number.

	Candidates are read without a lock and then locked by primary key: a lock on the range that the index
	scan reads would hold up the endpoint's inserts.
	"""
	candidates = _candidates(limit, below)
	if not candidates:
		# While MercadoLibre is waited for, nobody is to wait for a transaction that only looked.
		frappe.db.rollback()
		return []
	return _claim(candidates, mark, limit) or _claim(_candidates(limit + MORE, below), mark, limit) or []


@_or_next_time
def _claim(resources: Sequence[tuple[str, str]], mark: str, limit: int) -> list[Claim]:
	names = _names(resources)
	# A new transaction: the lock below must see what others committed since the reads above.
	frappe.db.commit()
	claims = [_make(rows, mark) for rows in _by_resource(_lock(names))[:limit]]
	for made in claims:
		states.claim(made.names, made.attempts, mark)
	frappe.db.commit()
	return claims


def _candidates(limit: int, below: int | None) -> list[tuple[str, str]]:
	"""Resources and sellers that are next: one of each account in turn, as long as there are any."""
	accounts = _accounts_waiting()
	# Workers on other machines take their turns by chance, too, so that they need not agree on an order.
	random.shuffle(accounts)
	queues = [_next_of(account, limit, below) for account in accounts]
	turns = [queue[turn] for turn in range(limit) for queue in queues if turn < len(queue)]
	return turns[:limit]


def _accounts_waiting() -> list[str | None]:
	table = frappe.qb.DocType(NOTIFICATION)
	# Until the first question is asked nothing here is read with the filters of `frappe.get_all`: in a new process
	# those import what makes up the desk, and a buyer waits for it.
	query = frappe.qb.from_(table).select(table.account).where(table.status == states.QUEUED)
	return query.distinct().run(pluck=True)


def _next_of(account: str | None, limit: int, below: int | None) -> list[tuple[str, str]]:
	rows = frappe.db.sql(
		f"""
		select waiting.resource, waiting.user_id from `tab{NOTIFICATION}` as waiting
		where waiting.status = %(queued)s and waiting.account <=> %(account)s and waiting.priority < %(below)s
			and not exists (
				select 1 from `tab{NOTIFICATION}` as done
				where done.resource = waiting.resource and done.user_id = waiting.user_id
					and (done.status = %(processing)s or done.finished_at > %(just_now)s)
			)
		order by waiting.priority, waiting.received limit %(limit)s
		""",
		{
			"queued": states.QUEUED,
			"processing": states.PROCESSING,
			"account": account,
			"below": below or 1_000,
			"just_now": add_to_date(clock.now(), seconds=-HOLD_SECONDS),
			# A sale brings about five notifications, of the order and of its shipment.
			"limit": 5 * limit,
		},
	)
	return list(dict.fromkeys(rows))


def _names(resources: Sequence[tuple[str, str]]) -> list[str]:
	"""The queued notifications of these resources and sellers."""
	if not resources:
		return []
	table = frappe.qb.DocType(NOTIFICATION)
	is_meant = table.resource.isin([resource for resource, _user in resources])
	query = frappe.qb.from_(table).select(table.name, table.resource, table.user_id)
	rows = query.where(is_meant & (table.status == states.QUEUED)).run(as_dict=True)
	return [row.name for row in rows if (row.resource, row.user_id) in set(resources)]


def _lock(names: Sequence[str]) -> list[frappe._dict]:
	if not names:
		return []
	return frappe.db.sql(
		f"""
		select name, account, topic, resource, user_id, attempts, received from `tab{NOTIFICATION}`
		where name in %(names)s and status = %(queued)s
		order by name for update skip locked
		""",
		{"names": names, "queued": states.QUEUED},
		as_dict=True,
	)


def _by_resource(rows: Sequence[frappe._dict]) -> list[list[frappe._dict]]:
	resources: dict[tuple[str, str], list[frappe._dict]] = {}
	for row in rows:
		resources.setdefault((row.resource, row.user_id), []).append(row)
	return list(resources.values())


def _make(rows: Sequence[frappe._dict], mark: str) -> Claim:
	return Claim(
		names=tuple(row.name for row in rows),
		account=rows[0].account,
		topic=rows[0].topic,
		resource=rows[0].resource,
		attempts=max(row.attempts for row in rows) + 1,
		mark=mark,
	)


def backlog(limit: int) -> int:
	"""How many notifications are queued, counted up to `limit`."""
	query = f"select count(*) from (select 1 from `tab{NOTIFICATION}` where status = %s limit %s) as waiting"
	return frappe.db.sql(query, (states.QUEUED, limit))[0][0]


def is_waiting(below: int) -> bool:
	"""Whether anything with a lower priority number is queued and free."""
	return bool(_candidates(1, below))


def is_anything_open(mark: str) -> bool:
	"""Whether something is queued, or claimed by another worker, who may be dead."""
	table = frappe.qb.DocType(NOTIFICATION)
	is_others = (table.status == states.PROCESSING) & (table.claimed_by != mark)
	query = frappe.qb.from_(table).select(1).where((table.status == states.QUEUED) | is_others).limit(1)
	return bool(query.run())


@_or_next_time
def renew(claims: Sequence[Claim], until: datetime) -> None:
	"""Renew the leases of one worker's claims, as if at that moment in system time. Commits."""
	if claims:
		names = [name for each in claims for name in each.names]
		states.renew(names, claims[0].mark, until)
		frappe.db.commit()


@_or_next_time
def requeue_due() -> None:
	"""Queue again what waited for a retry whose time has come. Commits."""
	table = frappe.qb.DocType(NOTIFICATION)
	# Not as a filter, in which Frappe takes an empty time for an early one: without a time an account is waited for.
	is_due = (table.status == states.WAITING) & (table.next_attempt <= clock.now())
	names = frappe.qb.from_(table).select(table.name).where(is_due).limit(BATCH).run(pluck=True)
	states.requeue(names, states.WAITING)
	frappe.db.commit()


@_or_next_time
def requeue_abandoned() -> None:
	"""Queue again what a worker claimed and never finished, later and later where that goes on. Commits."""
	long_ago = add_to_date(clock.now(), seconds=-LEASE_SECONDS)
	rows = _abandoned(long_ago)
	names = [row.name for row in rows if row.attempts <= MISHAPS]
	states.requeue_abandoned(names, long_ago)
	for row in rows:
		if row.attempts > MISHAPS:
			failures.record([row.name], TryLater(failures.KILLED), row.attempts, row.claimed_by)
	frappe.db.commit()


def _abandoned(renewed_before: datetime) -> list[frappe._dict]:
	table = frappe.qb.DocType(NOTIFICATION)
	is_old = (table.status == states.PROCESSING) & (table.claimed_at < renewed_before)
	query = frappe.qb.from_(table).select(table.name, table.attempts, table.claimed_at, table.claimed_by)
	rows = query.where(is_old).limit(BATCH).run(as_dict=True)
	alive = present(list({row.claimed_by for row in rows}))
	too_long_ago = add_to_date(clock.now(), seconds=-LONGEST_SECONDS)
	return [row for row in rows if row.claimed_by not in alive or row.claimed_at < too_long_ago]


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
