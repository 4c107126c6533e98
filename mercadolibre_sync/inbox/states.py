"""The states of a notification and the only functions that change them.

Queued -> Processing -> Done | Ignored | Waiting for retry | Failed
Waiting for retry -> Queued when its time has come; Failed -> Queued when somebody presses Retry;
Processing -> Queued when the worker that claimed it is gone.

None of these functions commits: the caller decides what belongs to the same transaction.
"""

from collections.abc import Sequence
from datetime import datetime

import frappe
from frappe.utils import now_datetime

from mercadolibre_sync.sync.outcome import Outcome
from mercadolibre_sync.words import Text

NOTIFICATION = "MercadoLibre Notification"

QUEUED = "Queued"
PROCESSING = "Processing"
DONE = "Done"
IGNORED = "Ignored"
WAITING = "Waiting for retry"
FAILED = "Failed"


def claim(names: Sequence[str], attempts: int) -> None:
	"""Mark rows, which the caller has locked, as being processed for the `attempts`-th time."""
	_move(names, QUEUED, status=PROCESSING, claimed_at=now_datetime(), attempts=attempts, next_attempt=None)


def finish(names: Sequence[str], outcome: Outcome) -> None:
	"""Write the outcome of a claimed notification."""
	_move(
		names,
		PROCESSING,
		status=IGNORED if outcome.ignored else DONE,
		reason=outcome.reason.stored,
		customer=outcome.customer,
		order_id=outcome.order_id,
		finished_at=now_datetime(),
		claimed_at=None,
	)


def wait(names: Sequence[str], reason: Text, until: datetime | None) -> None:
	"""Put a claimed notification aside until a moment in system time, or until something else frees it."""
	_move(names, PROCESSING, status=WAITING, reason=reason.stored, next_attempt=until, claimed_at=None)


def fail(names: Sequence[str], reason: Text) -> None:
	"""Give a claimed notification up until a person retries it."""
	_move(names, PROCESSING, status=FAILED, reason=reason.stored, finished_at=now_datetime(), claimed_at=None)


def requeue(names: Sequence[str], since: str, *, fresh_start: bool = False) -> None:
	"""Queue again what is in state `since`. A fresh start forgets the attempts made so far."""
	values: dict = {"status": QUEUED, "next_attempt": None, "claimed_at": None, "finished_at": None}
	if fresh_start:
		values["attempts"] = 0
	_move(names, since, **values)


def _move(names: Sequence[str], since: str, **values) -> None:
	# The guard on the old state: a worker that was taken for dead must not undo what its successor did.
	if not names:
		return
	table = frappe.qb.DocType(NOTIFICATION)
	query = frappe.qb.update(table).where(table.name.isin(list(names))).where(table.status == since)
	for fieldname, value in {**values, "modified": now_datetime()}.items():
		query = query.set(table[fieldname], value)
	query.run()
