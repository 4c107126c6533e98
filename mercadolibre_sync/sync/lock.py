"""One worker at a time, across machines, through named locks of the database server."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import frappe

from mercadolibre_sync.sync.errors import TryLater
from mercadolibre_sync.sync.transaction import whole
from mercadolibre_sync.words import text

WAIT_SECONDS = 30
# Shorter than the lease of those who wait for it.
WAIT_FOR_BUYER_SECONDS = 10


@contextmanager
def buyer_lock(buyer_id: str) -> Iterator[None]:
	"""The lock under which one buyer's documents are read and written, in one transaction, committed at the end.

	A new buyer has no row yet that could be locked, and two workers inserting it would meet in a unique
	key after half the work.
	"""
	with _held(f"buyer:{buyer_id}", WAIT_FOR_BUYER_SECONDS), whole():
		yield


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
	full_name = _full(name)
	if not frappe.db.sql("select get_lock(%s, %s)", (full_name, wait_seconds))[0][0]:
		raise TryLater(text("Another worker is busy with the same. Trying again by itself."))
	frappe.db.rollback()
	try:
		yield
	finally:
		frappe.db.sql("select release_lock(%s)", (full_name,))


@contextmanager
def presence(mark: str) -> Iterator[None]:
	"""Let others see that this worker lives (`present`), also while it can do nothing but wait for its ERP.

	The server ends it with the connection, however the worker dies.
	"""
	name = _full(f"worker:{mark}")
	frappe.db.sql("select get_lock(%s, 0)", name)
	try:
		yield
	finally:
		frappe.db.sql("select release_lock(%s)", name)


def present(marks: Sequence[str]) -> set[str]:
	"""Those of the workers with these marks whose connection is open."""
	if not marks:
		return set()
	query = "select " + ", ".join(["is_free_lock(%s)"] * len(marks))
	are_free = frappe.db.sql(query, [_full(f"worker:{mark}") for mark in marks])[0]
	return {mark for mark, is_free in zip(marks, are_free, strict=True) if not is_free}


def _full(name: str) -> str:
	# Locks are the server's, not the database's: sites that share a server must not wait for each other.
	return f"{frappe.conf.db_name}:meli:{name}"
