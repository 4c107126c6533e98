"""Asking the registry for whom it is time: lookups that got no answer, and old answers (`renewal`)."""

import time
from collections.abc import Callable
from datetime import datetime

import frappe
from frappe.utils import now_datetime

from mercadolibre_sync.arca import cuit as cuits
from mercadolibre_sync.arca.errors import ConfigurationError, UnexpectedAnswer
from mercadolibre_sync.error_log import log_unexpected
from mercadolibre_sync.sync.comments import comment
from mercadolibre_sync.sync.customers import CUSTOMER
from mercadolibre_sync.sync.errors import SyncError
from mercadolibre_sync.sync.fiscal import customer as fiscal
from mercadolibre_sync.sync.fiscal import notices
from mercadolibre_sync.sync.fiscal.lookup import Lookup, lookup
from mercadolibre_sync.sync.fiscal.registry import Registry, configuration
from mercadolibre_sync.sync.fiscal.texts import explain_error
from mercadolibre_sync.sync.lock import buyer_lock
from mercadolibre_sync.words import Text, text

# Nobody waits for a scheduled lookup.
PATIENCE_SECONDS = 30
# A job ends well before the queue's timeout of 300 seconds; the next one goes on.
BUDGET_SECONDS = 200
BATCH = 1000
TITLE = "Traer datos fiscales"


def ask_again() -> None:
	"""Ask for every customer whose lookup is due (every five minutes).

	A server that does not answer is asked once per run; a wrong configuration stops everything until the
	settings change, and the managers are told.
	"""
	if _may_ask():
		_ask_in_time(_due())


def ask_selected(moment: str) -> None:
	"""Ask for those whose lookup somebody has set to this very moment, and show how it goes.

	Whom it does not get to stays due for `ask_again`.
	"""
	rows = _rows("=", moment)
	if rows and _may_ask():
		_ask_in_time(rows, lambda done: frappe.publish_progress(done * 100 / len(rows), TITLE))


def _ask_in_time(rows: list[frappe._dict], show: Callable[[int], None] = lambda _done: None) -> None:
	deadline = time.monotonic() + BUDGET_SECONDS
	for done, row in enumerate(rows, 1):
		if time.monotonic() > deadline or not _ask(row):
			return
		show(done)


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
	"""Who waits for a first answer comes first."""
	return _rows("<=", now_datetime())


def _rows(comparison: str, moment: str | datetime) -> list[frappe._dict]:
	rows = frappe.db.sql(
		f"""
		select name, mercadolibre_id, tax_id, arca_checked_on, arca_attempts from `tab{CUSTOMER}`
		where arca_next_lookup {comparison} %s order by arca_status = %s desc, arca_next_lookup limit {BATCH}
		""",
		(moment, fiscal.PENDING),
		as_dict=True,
	)
	frappe.db.rollback()
	return rows


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
			_write(row.name, answer)
	except Exception as error:
		frappe.db.rollback()
		log_unexpected(error)
		_postpone(row, text("The customer could not be saved: {0}", _reason(error)))
	finally:
		frappe.clear_messages()
	return True


def _reason(error: Exception) -> Text | str:
	if isinstance(error, SyncError):
		return error.reason
	said = frappe.utils.strip_html(str(error)) if isinstance(error, frappe.ValidationError) else ""
	return said or type(error).__name__


def _write(name: str, answer: Lookup) -> None:
	customer = frappe.get_doc(CUSTOMER, name)
	if not customer.arca_next_lookup or cuits.normalise(customer.tax_id or "") != answer.cuit:
		return
	before = fiscal.said(customer) if customer.arca_checked_on else None
	fiscal.apply(customer, answer)
	if before == fiscal.said(customer):
		_note(name, {field: customer.get(field) for field in fiscal.ASKING})
		return
	if before:
		customer.arca_changed_on = customer.arca_checked_on
	customer.flags.from_registry = True
	customer.save(ignore_permissions=True)
	if before:
		now = fiscal.said(customer)
		comment(CUSTOMER, name, text("ARCA was asked again. Before: {0} Now: {1}", before.words, now.words))


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
