"""One resource from MercadoLibre to the ERP, in the order the contract demands: ask, lock, write, commit."""

from collections.abc import Callable

import frappe

from mercadolibre_sync.meli.notification import Reference
from mercadolibre_sync.sync import accounts
from mercadolibre_sync.sync.connection import connected
from mercadolibre_sync.sync.lock import buyer_lock
from mercadolibre_sync.sync.outcome import Outcome
from mercadolibre_sync.sync.purchases import Purchase, gather
from mercadolibre_sync.sync.write import unchanged, write
from mercadolibre_sync.words import text

TRIES = 3
# MariaDB: a row changed since the transaction's snapshot. Frappe 15 does not count it among the deadlocks.
RECORD_CHANGED = 1020


def synchronise(account_name: str, reference: Reference, finish: Callable[[Outcome], None]) -> None:
	"""Sync what `reference` names. `finish` is called with the outcome inside the buyer's transaction.

	Raises MeliError, SyncError, or what the Document API raises; then nothing of the buyer was written.
	"""
	account = accounts.read(account_name)
	# From here to the lock no transaction is open: MercadoLibre may take its time.
	frappe.db.commit()
	with connected(account.name) as client:
		purchases = gather(client, account, reference)
	if not purchases:
		finish(Outcome(text("The shipment belongs to no order."), ignored=True))
		frappe.db.commit()
	for purchase in purchases:
		_write(purchase, finish)


def _write(purchase: Purchase, finish: Callable[[Outcome], None]) -> None:
	for attempt in range(1, TRIES + 1):
		try:
			if outcome := unchanged(purchase):
				finish(outcome)
				frappe.db.commit()
				return
			with buyer_lock(purchase.buyer_id):
				finish(write(purchase))
				frappe.db.commit()
			return
		except Exception as error:
			if attempt == TRIES or not _is_conflict(error):
				raise


def _is_conflict(error: Exception) -> bool:
	"""Whether somebody else's transaction is to blame, so that a new one may succeed."""
	if isinstance(error, frappe.QueryDeadlockError | frappe.QueryTimeoutError | frappe.DuplicateEntryError):
		return True
	if isinstance(error, frappe.UniqueValidationError):
		return True
	return bool(
		isinstance(error, frappe.db.OperationalError) and error.args and error.args[0] == RECORD_CHANGED
	)
