"""Asking the registry for many customers, one after the other: every five minutes for those that got no answer."""

import time
from collections.abc import Callable
from contextlib import suppress

import frappe
from frappe.utils import now_datetime

from mercadolibre_sync.arca import cuit as cuits
from mercadolibre_sync.arca.errors import ConfigurationError, UnexpectedAnswer
from mercadolibre_sync.error_log import log_unexpected
from mercadolibre_sync.sync.comments import comment, comment_once
from mercadolibre_sync.sync.customers import CUSTOMER
from mercadolibre_sync.sync.errors import SyncError, TryLater
from mercadolibre_sync.sync.fiscal import customer as fiscal
from mercadolibre_sync.sync.fiscal import notices
from mercadolibre_sync.sync.fiscal.lookup import Lookup, lookup
from mercadolibre_sync.sync.fiscal.registry import Registry, configuration
from mercadolibre_sync.sync.fiscal.texts import explain_error
from mercadolibre_sync.sync.lock import buyer_lock, named_lock
from mercadolibre_sync.sync.transaction import is_conflict
from mercadolibre_sync.words import Text, text

# Nobody waits for a scheduled lookup.
PATIENCE_SECONDS = 30
# A job ends well before the queue's timeout of 300 seconds; the next one goes on.
BUDGET_SECONDS = 200
BATCH = 1000
FIELDS = ["name", "mercadolibre_id", "tax_id", "arca_checked_on", "arca_attempts"]


def ask_again() -> None:
	"""Ask for every customer that waits for an answer and whose time has come (every five minutes).

	A server that does not answer is asked once per run; a wrong configuration stops everything until the
	settings change, and the managers are told.
	"""
	ask(_due)


def ask(
	choose: Callable[[], list[frappe._dict]],
	show: Callable[[float], None] = lambda _percent: None,
	wait_seconds: int = 0,
) -> None:
	"""Ask for the customers that `choose` returns: rows of `FIELDS`. `show` hears how many per cent are done.

	One job at a time, so that nobody is asked for twice: one that waits in vain for another does nothing.
	"""
	with suppress(TryLater), named_lock("arca:asking", wait_seconds):
		rows = choose() if _may_ask() else []
		frappe.db.rollback()
		deadline = time.monotonic() + BUDGET_SECONDS
		for done, row in enumerate(rows, 1):
			if time.monotonic() > deadline or not _ask(row):
				return
			show(done * 100 / len(rows))


def _may_ask() -> bool:
	config = configuration()
	if not config.enabled:
		return False
	registry = Registry(config, PATIENCE_SECONDS)
	obstacle = registry.obstacle()
	if isinstance(obstacle, ConfigurationError) and not registry.is_refusal_told():
		notices.tell_of_refusal(obstacle)
		registry.set_refusal_told()
	return obstacle is None


def _due() -> list[frappe._dict]:
	return frappe.get_all(
		CUSTOMER,
		filters={"arca_status": fiscal.PENDING, "arca_next_lookup": ("<=", now_datetime())},
		fields=FIELDS,
		order_by="arca_next_lookup asc",
		limit=BATCH,
	)


def _ask(row: frappe._dict) -> bool:
	"""Ask for one customer; False if it is not worth asking for the others now."""
	answer = lookup(row.tax_id or "", PATIENCE_SECONDS)
	if answer is None or isinstance(answer.error, ConfigurationError):
		return False
	if answer.is_pending:
		_postpone(row, explain_error(answer.error))
		return isinstance(answer.error, UnexpectedAnswer)
	try:
		with buyer_lock(row.mercadolibre_id or row.name):
			_write(row, answer)
	except Exception as error:
		frappe.db.rollback()
		_note_failure(row, error)
	finally:
		frappe.clear_messages()
	return True


def _reason(error: Exception) -> Text | str:
	if isinstance(error, SyncError):
		return error.reason
	said = frappe.utils.strip_html(str(error)) if isinstance(error, frappe.ValidationError) else ""
	return said or type(error).__name__


def _write(row: frappe._dict, answer: Lookup) -> None:
	if not frappe.db.exists(CUSTOMER, row.name):
		# Deleted or renamed while ARCA was asked.
		return
	customer = frappe.get_doc(CUSTOMER, row.name)
	# Somebody may have taken over an answer, or given another number, while ARCA was asked.
	is_overtaken = customer.arca_checked_on != row.arca_checked_on
	if is_overtaken or cuits.normalise(customer.tax_id or "") != answer.cuit:
		return
	before = fiscal.said(customer) if customer.arca_checked_on else None
	fiscal.apply(customer, answer)
	if before == fiscal.said(customer):
		_note(row.name, {field: customer.get(field) for field in fiscal.ASKING})
		return
	if before:
		customer.arca_changed_on = customer.arca_checked_on
	customer.flags.from_registry = True
	customer.save(ignore_permissions=True)
	if before:
		now = fiscal.said(customer)
		remark = text("ARCA was asked again. Before: {0} Now: {1}", before.words, now.words)
		comment(CUSTOMER, row.name, remark)


def _note_failure(row: frappe._dict, error: Exception) -> None:
	log_unexpected(error)
	reason = text("The customer could not be saved: {0}", _reason(error))
	passes = isinstance(error, TryLater) or is_conflict(error)
	if row.arca_checked_on and not passes:
		# The customer's own message is about the answer that stays.
		comment_once(CUSTOMER, row.name, reason)
	_postpone(row, reason)


def _postpone(row: frappe._dict, message: Text) -> None:
	values = fiscal.waiting(message, row.arca_attempts or 0)
	if row.arca_checked_on:
		# What is known stays until there is another answer.
		values = {field: values[field] for field in ("arca_attempts", "arca_next_lookup")}
	_note(row.name, values)
	frappe.db.commit()


def _note(name: str, values: dict) -> None:
	# Not through the document: an attempt is no change that anybody wants in the customer's history.
	frappe.db.set_value(CUSTOMER, name, values, update_modified=False)
