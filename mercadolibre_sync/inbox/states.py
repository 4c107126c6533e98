"""The states of a notification and the only functions that change them.

Queued -> Processing -> Done | Ignored | Waiting for retry | Failed
Waiting for retry -> Queued when its time has come; Failed -> Queued when somebody presses Retry;
Processing -> Queued when the worker that claimed it is gone.

None of these functions commits: the caller decides what belongs to the same transaction. What ends a claim takes the
mark of the worker that made it, and does nothing where the rows are no longer that worker's.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import frappe
from frappe.utils import now_datetime

from mercadolibre_sync.inbox import clock
from mercadolibre_sync.sync.outcome import Outcome
from mercadolibre_sync.words import Text

NOTIFICATION = "MercadoLibre Notification"

QUEUED = "Queued"
PROCESSING = "Processing"
DONE = "Done"
IGNORED = "Ignored"
WAITING = "Waiting for retry"
FAILED = "Failed"

# A row with a higher number comes after all rows of its account with a lower one.
PRIORITY_FRESH = 0
PRIORITY_RETRIED = 5
PRIORITY_BACKFILL = 10


class LeaseLost(Exception):
	"""The worker was taken for dead and somebody else has its rows: what it found out is not to be written."""


def claim(names: Sequence[str], attempts: int, mark: str) -> None:
	"""Mark rows, which the caller has locked, as being processed by a worker for the `attempts`-th time."""
	_move(
		names,
		QUEUED,
		status=PROCESSING,
		claimed_at=clock.now(),
		claimed_by=mark,
		attempts=attempts,
		next_attempt=None,
	)


def renew(names: Sequence[str], mark: str, moment: datetime) -> None:
	"""Say that the worker was at it at a moment in system time."""
	_move(names, PROCESSING, mark, claimed_at=moment)


def hold(names: Sequence[str], mark: str) -> None:
	"""Keep the claim until the end of the transaction. Raises LeaseLost."""
	if not _move(names, PROCESSING, mark, claimed_at=clock.now()):
		raise LeaseLost


def finish(names: Sequence[str], outcome: Outcome, mark: str) -> None:
	"""Write the outcome of a claimed notification. Raises LeaseLost."""
	is_ours = _end(
		names,
		mark,
		status=IGNORED if outcome.ignored else DONE,
		reason=outcome.reason.stored,
		customer=outcome.customer,
		order_id=outcome.order_id,
		finished_at=clock.now(),
	)
	if not is_ours:
		raise LeaseLost


def wait(names: Sequence[str], reason: Text, until: datetime | None, mark: str) -> None:
	"""Put a claimed notification aside until a moment in system time, or until something else frees it."""
	_end(names, mark, status=WAITING, reason=reason.stored, next_attempt=until)


def fail(names: Sequence[str], reason: Text, mark: str) -> None:
	"""Give a claimed notification up until a person retries it."""
	_end(names, mark, status=FAILED, reason=reason.stored, finished_at=clock.now())


def release(names: Sequence[str], mark: str) -> None:
	"""Put a claimed notification back into the queue, as if nobody had taken it."""
	_end(names, mark, status=QUEUED, attempts=0)


def requeue(names: Sequence[str], since: str, *, fresh_start: bool = False) -> None:
	"""Queue again what is in state `since`, behind what has not failed yet.

	A fresh start forgets the attempts made so far and goes to where the row came from.
	"""
	values: dict = {"status": QUEUED, "next_attempt": None, "finished_at": None}
	priority = _instead(PRIORITY_FRESH, PRIORITY_RETRIED)
	if fresh_start:
		values["attempts"], priority = 0, _instead(PRIORITY_RETRIED, PRIORITY_FRESH)
	_move(names, since, also_set=priority, **values)


def requeue_abandoned(names: Sequence[str], renewed_before: datetime) -> None:
	"""Queue again what is being processed by workers that have not renewed their leases since then."""
	_move(names, PROCESSING, renewed_before=renewed_before, status=QUEUED, claimed_at=None, claimed_by=None)


def _instead(old: int, new: int) -> str:
	return f"priority = if(priority = {old}, {new}, priority)"


def _end(names: Sequence[str], mark: str, **values: Any) -> bool:
	return _move(names, PROCESSING, mark, claimed_at=None, claimed_by=None, **values)


def _move(
	names: Sequence[str],
	since: str,
	mark: str | None = None,
	*,
	renewed_before: datetime | None = None,
	also_set: str = "",
	**values: Any,
) -> bool:
	"""Change rows that are in state `since`, claimed with that mark and not renewed since; False if there is none.

	As text: built with objects it would take longer than the server takes for it, for each order twice.
	"""
	if not names:
		return False
	values["modified"] = now_datetime()
	changes = [f"{fieldname} = %({fieldname})s" for fieldname in values]
	where = {
		"name in %(_names)s": True,
		"status = %(_since)s": True,
		"claimed_by = %(_mark)s": mark,
		"claimed_at < %(_renewed_before)s": renewed_before,
	}
	frappe.db.sql(
		f"update `tab{NOTIFICATION}` set {', '.join(filter(None, [*changes, also_set]))} "
		f"where {' and '.join(condition for condition, is_asked in where.items() if is_asked)}",
		values | {"_names": names, "_since": since, "_mark": mark, "_renewed_before": renewed_before},
	)
	return bool(frappe.db._cursor.rowcount)
