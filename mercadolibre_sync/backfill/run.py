"""The background job of a back-fill. Whatever becomes of the worker, the next one goes on at the same page."""

import time
from datetime import timedelta

import frappe
from frappe.utils import add_to_date, now_datetime

from mercadolibre_sync import jobs
from mercadolibre_sync.backfill import search
from mercadolibre_sync.inbox import failures
from mercadolibre_sync.inbox.worker import Shift
from mercadolibre_sync.meli.client import Client
from mercadolibre_sync.meli.errors import ReauthorisationNeeded, TemporaryError
from mercadolibre_sync.sync import accounts
from mercadolibre_sync.sync.accounts import ACCOUNT, CONNECTED, Account
from mercadolibre_sync.sync.connection import connected
from mercadolibre_sync.sync.errors import TryLater
from mercadolibre_sync.sync.lock import named_lock

BACKFILL = "MercadoLibre Back-fill"

RUNNING = "Running"
STOPPED = "Stopped"
COMPLETED = "Completed"
FAILED = "Failed"

BUDGET_SECONDS = 240
# For the orders of one page; what is left then waits in the inbox.
PAGE_SECONDS = 120
TIMEOUT = 600
# A page takes seconds, with waiting for MercadoLibre and for our turn well under this.
INTERRUPTED_AFTER_MINUTES = 2


def enqueue(backfill: str) -> None:
	"""Queue a job that carries the back-fill on; where that is not possible `resume_interrupted` does so later."""
	jobs.enqueue("mercadolibre_sync.backfill.run.run", "long", timeout=TIMEOUT, backfill=backfill)


def resume_interrupted() -> None:
	"""Carry on what a worker left behind, or what waited for MercadoLibre or the account (every minute)."""
	long_ago = add_to_date(now_datetime(), minutes=-INTERRUPTED_AFTER_MINUTES)
	filters = {"status": RUNNING, "modified": ("<", long_ago)}
	for backfill, account in frappe.get_all(
		BACKFILL, filters=filters, fields=["name", "account"], as_list=True
	):
		if frappe.db.get_value(ACCOUNT, {"name": account, "enabled": 1, "status": CONNECTED}):
			enqueue(backfill)


def run(backfill: str) -> None:
	"""Bring the orders of a back-fill through the inbox, until it is done, stopped, or this job's time is up."""
	frappe.set_user("Administrator")
	try:
		with named_lock(f"backfill:{backfill}", wait_seconds=0):
			is_unfinished = _run(backfill)
	except TryLater:
		# Another worker is at it.
		return
	if is_unfinished:
		enqueue(backfill)


def _run(backfill: str) -> bool:
	"""True if the time was up."""
	try:
		account = accounts.read(frappe.db.get_value(BACKFILL, backfill, "account"))
		with connected(account.name) as client:
			deadline = time.monotonic() + BUDGET_SECONDS
			while time.monotonic() < deadline:
				if not _step(backfill, client, account):
					return False
	except Exception as error:
		frappe.db.rollback()
		_write_failure(backfill, error)
		return False
	return True


def _step(backfill: str, client: Client, account: Account) -> bool:
	"""Open a window or bring one page of it into the ERP. False if there is nothing more to do."""
	state = frappe.db.get_value(BACKFILL, backfill, "*", as_dict=True)
	# No transaction stays open while MercadoLibre is asked.
	frappe.db.rollback()
	if not state or state.status != RUNNING:
		return False
	if state.window_end:
		rows = search.read_page(client, account, state.position, state.window_end, state.next_offset)
	else:
		window, rows = search.open_window(client, account, state.position, state.updated_to)
		if window["next_offset"]:
			_save(backfill, window)
			return True
		state.update(window)
	with Shift(PAGE_SECONDS) as shift:
		taken = search.take_in(rows, account, shift.mark)
		is_done = _turn_page(backfill, state, len(rows), len(taken))
		shift.work_off(taken)
	if is_done:
		_complete(backfill)
	return not is_done


def _turn_page(backfill: str, state: frappe._dict, found: int, taken: int) -> bool:
	"""Save, and commit together with the rows taken in, that a page was read; True if it was the last one."""
	changes = {
		"found": state.found + found,
		"queued": state.queued + taken,
		"skipped": state.skipped + found - taken,
		"message": None,
	}
	is_done = not state.next_offset and state.window_end >= state.updated_to
	if state.next_offset:
		changes["next_offset"] = state.next_offset - search.PAGE
	else:
		changes |= {"position": state.window_end, "window_end": None, "window_rows": 0}
	changes["progress"] = 100 if is_done else _progress(frappe._dict(state | changes))
	_save(backfill, changes)
	return is_done


def _progress(state: frappe._dict) -> float:
	"""Per cent of the span, and of the open window's pages, that has been read."""
	span = (state.updated_to - state.updated_from) / timedelta(seconds=1) or 1
	read = (state.position - state.updated_from) / timedelta(seconds=1)
	if state.window_end and state.window_rows:
		window = (state.window_end - state.position) / timedelta(seconds=1)
		read += window * (1 - (state.next_offset + search.PAGE) / (state.window_rows + search.PAGE))
	return 100 * min(max(read / span, 0), 1)


def _save(backfill: str, changes: dict) -> None:
	"""Commit the progress, together with the rows queued, and show it."""
	frappe.db.set_value(BACKFILL, backfill, changes)
	frappe.db.commit()
	if "progress" in changes:
		# Numbers: the form that shows them speaks its reader's language.
		shown = {
			"name": backfill,
			**{key: changes[key] for key in ("progress", "found", "queued", "skipped")},
		}
		frappe.publish_realtime("mercadolibre_backfill", shown, doctype=BACKFILL, docname=backfill)


def _complete(backfill: str) -> None:
	# The guard: somebody may have pressed Stop meanwhile.
	guarded = {"name": backfill, "status": RUNNING}
	frappe.db.set_value(BACKFILL, guarded, {"status": COMPLETED, "finished_at": now_datetime()})
	_commit_and_announce(backfill)


def _write_failure(backfill: str, error: Exception) -> None:
	"""Note why it stands still; what is not over by itself ends the back-fill."""
	values = {"message": failures.describe(error).stored}
	if not isinstance(error, TemporaryError | TryLater | ReauthorisationNeeded):
		values["status"] = FAILED
	frappe.db.set_value(BACKFILL, {"name": backfill, "status": RUNNING}, values)
	_commit_and_announce(backfill)


def _commit_and_announce(backfill: str) -> None:
	"""Have open forms show what was written."""
	# Before the commit: the rollback with which the lock ends would forget what waits for another one.
	if frappe.db.exists(BACKFILL, backfill):
		frappe.get_doc(BACKFILL, backfill).notify_update()
	frappe.db.commit()
