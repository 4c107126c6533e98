"""WSAA's ticket: kept for its 12 hours, renewed by one worker at a time.

WSAA does not give the same ticket out twice. Whoever asks for a second one while the first is valid, or loses
the first, is told `coe.alreadyAuthenticated` and has to wait.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Protocol, TypeVar

from mercadolibre_sync.arca.errors import TokenRejected
from mercadolibre_sync.arca.secret import Secret

_MARGIN = timedelta(minutes=10)

T = TypeVar("T")


@dataclass(frozen=True)
class Ticket:
	"""Token and sign for one service. Times are aware and ARCA's own."""

	token: Secret
	sign: Secret
	generated_at: datetime
	expires_at: datetime

	def is_usable(self, now: datetime) -> bool:
		"""Whether it is still valid for 10 minutes at least."""
		return now < self.expires_at - _MARGIN


class TicketStore(Protocol):
	"""Where the ticket of one service, CUIT and environment is kept for all processes."""

	def locked(self) -> AbstractContextManager[object]:
		"""Let one process at a time in, across machines; the others wait."""

	def read(self) -> Ticket | None:
		"""Return the newest committed ticket, also one that another process has just written."""

	def prepare(self) -> None:
		"""Raise, where a ticket could not be written, what writing it would raise."""

	def write(self, ticket: Ticket) -> None:
		"""Keep the ticket. Committed when it returns: a lost ticket means waiting for hours."""

	def delete(self) -> None:
		"""Forget the ticket. Committed when it returns."""


def _utc_now() -> datetime:
	return datetime.now(timezone.utc)


class Authenticator:
	"""Gives out the stored ticket and renews it in time.

	`login` asks WSAA for a new ticket; it is called by one process at a time, inside the store's lock.
	"""

	def __init__(
		self, store: TicketStore, login: Callable[[], Ticket], now: Callable[[], datetime] = _utc_now
	) -> None:
		self._store = store
		self._login = login
		self._now = now

	def ticket(self) -> Ticket:
		"""Return a usable ticket, from the store if there is one.

		Raises:
			ArcaError: what `login` raises.
		"""
		return self._usable() or self._renewed()

	def forget(self, ticket: Ticket) -> None:
		"""Drop this ticket, which the registry refused; a newer one of another process stays."""
		with self._store.locked():
			if self._store.read() == ticket:
				self._store.delete()

	def with_ticket(self, call: Callable[[Ticket], T]) -> T:
		"""Call with a ticket, and once more with a new one if the registry refuses the first.

		Raises:
			ArcaError: what `login` or `call` raises.
		"""
		ticket = self.ticket()
		try:
			return call(ticket)
		except TokenRejected:
			self.forget(ticket)
		return call(self.ticket())

	def _usable(self) -> Ticket | None:
		ticket = self._store.read()
		return ticket if ticket and ticket.is_usable(self._now()) else None

	def _renewed(self) -> Ticket:
		with self._store.locked():
			# Whoever held the lock before us has probably renewed it.
			ticket = self._usable()
			if ticket is None:
				self._store.prepare()
				ticket = self._login()
				self._store.write(ticket)
			return ticket
