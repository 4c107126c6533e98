"""The scheduled repetition of lookups that got no answer."""

import time

import frappe
from frappe.utils import now_datetime

from mercadolibre_sync.arca import cuit as cuits
from mercadolibre_sync.arca.errors import ConfigurationError, UnexpectedAnswer
from mercadolibre_sync.error_log import log_unexpected
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


def ask_again() -> None:
	"""Ask for every customer whose lookup is due (every five minutes).

	A server that does not answer is asked once per run; a wrong configuration stops everything until the
	settings change, and the managers are told.
	"""
	if not _may_ask():
		return
	deadline = time.monotonic() + BUDGET_SECONDS
	for row in _due():
		if time.monotonic() > deadline or not _ask(row):
			return


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
	rows = frappe.get_all(
		CUSTOMER,
		filters={"arca_status": fiscal.PENDING, "arca_next_lookup": ("<=", now_datetime())},
		fields=["name", "mercadolibre_id", "tax_id", "arca_attempts"],
		order_by="arca_next_lookup asc",
		limit=BATCH,
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
	if customer.arca_status != fiscal.PENDING or cuits.normalise(customer.tax_id or "") != answer.cuit:
		return
	customer.flags.from_registry = True
	fiscal.apply(customer, answer)
	customer.save(ignore_permissions=True)


def _postpone(row: frappe._dict, message: Text) -> None:
	# Not through the document: an attempt is no change that anybody wants in the customer's history.
	values = fiscal.waiting(message, row.arca_attempts or 0)
	frappe.db.set_value(CUSTOMER, row.name, values, update_modified=False)
	frappe.db.commit()
