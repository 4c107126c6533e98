"""One transaction, whole or not at all, whatever hooks of ERPNext, of other apps and of the site do meanwhile."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from traceback import walk_stack
from types import TracebackType
from typing import Any

import frappe

from mercadolibre_sync.sync.errors import TryLater
from mercadolibre_sync.words import text

# MariaDB: a row changed since the transaction's snapshot. Frappe 15 does not count it among the deadlocks.
RECORD_CHANGED = 1020
# What of a connection ends a transaction, or lets others know that it has ended.
GUARDED = ("commit", "rollback", "close", "sql", "sql_ddl")
ENDING = re.compile(
	# Frappe itself refuses the commoner ones of the statements that commit by themselves.
	r"\s*(?:(commit)|rollback(?!\s+(?:work\s+)?to\b)|(?:analyze|lock|optimize|rename|repair)\s+tables?)\b",
	re.IGNORECASE,
)


@contextmanager
def whole() -> Iterator[None]:
	"""Commit at the end what the body wrote, or roll all of it back if it raises.

	Documents are saved within, and with them run hooks that are not ours. Frappe 15 lets those end the transaction
	(ERPNext's on Contact commits), Frappe 16 only ignores it in some of them. Here

	- a commit of others is put off: what they queued for it (`after_commit`, `enqueue_after_commit`) comes with ours;
	- a rollback of others, closing the connection (Frappe opens it anew by itself), and a statement that commits by
	  itself (DDL) raise TryLater. Savepoints work as ever;
	- after a deadlock, with which the server has rolled back everything, nothing of the rest is committed.

	The last two hold where a hook swallows the error, too: it is raised again at the end. What is whole within
	something whole ends with that.
	"""
	if vars(frappe.local.db).get("commit") is _put_off:
		yield
		return
	try:
		with _Guard(frappe.local.db):
			yield
			# They still belong to the transaction. Those that wait for the commit come after it, unguarded.
			frappe.db.before_commit.run()
		frappe.db.commit()
	except BaseException:
		frappe.db.rollback()
		raise


def is_conflict(error: Exception) -> bool:
	"""Whether somebody else's transaction is to blame, so that a new one may succeed."""
	if isinstance(error, frappe.QueryDeadlockError | frappe.QueryTimeoutError | frappe.DuplicateEntryError):
		return True
	if isinstance(error, frappe.UniqueValidationError):
		return True
	return bool(
		isinstance(error, frappe.db.OperationalError) and error.args and error.args[0] == RECORD_CHANGED
	)


class _Guard:
	"""While it is entered, nobody ends the connection's transaction."""

	def __init__(self, db: Any) -> None:
		self._db = db
		self._sql, self._roll_back = db.sql, db.rollback
		# Others stand before a connection, too: Frappe's recorder, for one.
		self._before = {name: vars(db)[name] for name in GUARDED if name in vars(db)}
		self._torn: Exception | None = None

	def __enter__(self) -> None:
		guards = (_put_off, self._rollback, self._refuse, self._watch, self._refuse)
		vars(self._db).update(zip(GUARDED, guards, strict=True))

	def __exit__(
		self, _type: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
	) -> None:
		for name in GUARDED:
			delattr(self._db, name)
		vars(self._db).update(self._before)
		if self._torn and self._torn is not error:
			raise self._torn from error

	def _rollback(self, *, save_point: str | None = None, **_options: object) -> None:
		if not save_point:
			self._refuse()
		self._roll_back(save_point=save_point)

	def _watch(self, query: object, *arguments: Any, **options: Any) -> Any:
		if ending := ENDING.match(str(query)):
			return () if ending[1] else self._refuse()
		try:
			return self._sql(query, *arguments, **options)
		except frappe.exceptions.ImplicitCommitError:
			self._refuse()
		except Exception as error:
			if self._has_undone_all(error):
				self._torn = error
			raise

	def _has_undone_all(self, error: Exception) -> bool:
		"""Whether the server has rolled back the transaction, and not the statement alone."""
		if isinstance(error, frappe.QueryTimeoutError):
			return bool(self._sql("select @@innodb_rollback_on_timeout")[0][0])
		return is_conflict(error)

	def _refuse(self, *_arguments: object, **_options: object) -> None:
		# A hook that met a deadlock often rolls back then: the deadlock is the cause.
		self._torn = self._torn or TryLater(
			text(
				"While this buyer was being written, {0} tried to undo or end the database's transaction, so nothing was written. Whoever maintains that code has to use a savepoint instead; until then, switch it off.",
				_culprit(),
			)
		)
		raise self._torn


def _put_off(**_options: object) -> None:
	pass


def _culprit() -> str:
	"""Who called the database, as module and function."""
	callers = (frame for frame, _line in walk_stack(None))
	named = (f"{frame.f_globals.get('__name__')}.{frame.f_code.co_name}" for frame in callers)
	return next(name for name in named if not name.startswith((__name__, "frappe.database.")))
