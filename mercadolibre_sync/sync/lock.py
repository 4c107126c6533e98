"""One worker at a time, across machines, through named locks of the database server."""

from collections.abc import Iterator
from contextlib import contextmanager

import frappe

from mercadolibre_sync.sync.errors import TryLater
from mercadolibre_sync.words import text

WAIT_SECONDS = 30
# Shorter than the lease of those who wait for it.
WAIT_FOR_BUYER_SECONDS = 10
# MariaDB: a row changed since the transaction's snapshot. Frappe 15 does not count it among the deadlocks.
RECORD_CHANGED = 1020


@contextmanager
def buyer_lock(buyer_id: str) -> Iterator[None]:
	"""The lock under which one buyer's documents are read and written. What is kept is committed by the caller.

	A new buyer has no row yet that could be locked, and two workers inserting it would meet in a unique
	key after half the work.
	"""
	with _held(f"buyer:{buyer_id}", WAIT_FOR_BUYER_SECONDS):
		try:
			yield
		except BaseException:
			frappe.db.rollback()
			raise


@contextmanager
def named_lock(name: str, wait_seconds: int = WAIT_SECONDS) -> Iterator[None]:
	"""Hold a lock of this site and start a new transaction under it. Open changes are rolled back, and at the end
	what the caller has not committed.

	Raises TryLater when it is not free within `wait_seconds`.
	"""
	with _held(name, wait_seconds):
		try:
			yield
		finally:
			frappe.db.rollback()


@contextmanager
def _held(name: str, wait_seconds: int) -> Iterator[None]:
	"""The lock comes before the transaction's first read, so that the transaction sees all that the previous
	holder committed (after a row lock it would not: MariaDB's snapshot may be older). It is held across
	commits and without an open transaction, and the server frees it when a killed worker's connection ends.
	"""
	# Locks are the server's, not the database's: sites that share a server must not wait for each other.
	full_name = f"{frappe.conf.db_name}:meli:{name}"
	if not frappe.db.sql("select get_lock(%s, %s)", (full_name, wait_seconds))[0][0]:
		raise TryLater(text("Another worker is busy with the same. Trying again by itself."))
	frappe.db.rollback()
	try:
		yield
	finally:
		frappe.db.sql("select release_lock(%s)", (full_name,))


def is_conflict(error: Exception) -> bool:
	"""Whether somebody else's transaction is to blame, so that a new one may succeed."""
	if isinstance(error, frappe.QueryDeadlockError | frappe.QueryTimeoutError | frappe.DuplicateEntryError):
		return True
	if isinstance(error, frappe.UniqueValidationError):
		return True
	return bool(
		isinstance(error, frappe.db.OperationalError) and error.args and error.args[0] == RECORD_CHANGED
	)
