"""ARCA's registry as ARCA Settings describe it, asked only when that can lead to something.

Three things are remembered between questions: the ticket, a refusal that stands until a person acts or a time
has passed (both in the database, `tickets`), and for a minute that the server is down (in Redis), so that a
failing server is not waited for again with every buyer.
"""

import time
from dataclasses import dataclass

import frappe

from mercadolibre_sync.arca.endpoints import Endpoints, endpoints
from mercadolibre_sync.arca.errors import (
	AlreadyAuthenticated,
	ArcaError,
	ConfigurationError,
	CuitNotRepresented,
	TemporaryError,
	TokenRejected,
	UnexpectedAnswer,
	from_code,
)
from mercadolibre_sync.arca.padron import SERVICE, Padron
from mercadolibre_sync.arca.persona import Persona
from mercadolibre_sync.arca.secret import Secret
from mercadolibre_sync.arca.ticket import Authenticator, Ticket
from mercadolibre_sync.arca.wsaa import Wsaa
from mercadolibre_sync.sync.connection import simulator_url
from mercadolibre_sync.sync.fiscal import SETTINGS
from mercadolibre_sync.sync.fiscal.tickets import DatabaseTicketStore, read_secret

DOWN = "mercadolibre_sync:arca_down"


@dataclass(frozen=True)
class Configuration:
	"""ARCA Settings. `wait_seconds`: the longest wait when a customer is created."""

	enabled: bool
	environment: str
	cuit: str
	certificate: str
	key: Secret
	endpoints: Endpoints
	wait_seconds: int


def configuration() -> Configuration:
	"""Read ARCA Settings. On a developer's site that is pointed at the simulator, the addresses are its own."""
	settings = frappe.get_single(SETTINGS)
	simulator = simulator_url()
	base = f"{simulator}/arca" if simulator else None
	return Configuration(
		enabled=bool(settings.enabled),
		environment=settings.environment,
		cuit=settings.cuit or "",
		certificate=settings.certificate or "",
		key=read_secret(SETTINGS, SETTINGS, "private_key"),
		endpoints=endpoints(
			settings.environment, base or settings.wsaa_base or "", base or settings.padron_base or ""
		),
		wait_seconds=settings.wait_seconds,
	)


class Registry:
	"""The registry for one question. Call it without an open transaction.

	`seconds`: the time for all of it, a login included. What is left bounds each wait for a connection (5 at
	most) and for data; a server that is slow to connect and then slow to answer can exceed it by those 5.
	"""

	def __init__(self, config: Configuration, seconds: float) -> None:
		self._config = config
		self._ends = time.monotonic() + seconds
		self._tickets = DatabaseTicketStore(SERVICE, config.cuit, config.environment, seconds)

	def person(self, cuit: str) -> Persona:
		"""Ask for a taxpayer.

		Raises:
			ArcaError: also without asking, while a refusal stands or the server was down a moment ago.
			TryLater: another worker takes too long to get a ticket.
		"""
		self._check_whether_to_ask()
		try:
			return self._authenticator().with_ticket(lambda ticket: self._query(ticket, cuit))
		except TokenRejected as error:
			self._remember(error)
			raise

	def ticket(self) -> Ticket:
		"""The ticket, asked for if there is none. Raises as `person` does."""
		return self._authenticator().ticket()

	def is_healthy(self) -> bool:
		"""Whether all of the service's servers say they are well. Raises TemporaryError if none says anything."""
		return set(Padron(self._config.endpoints.padron, self._left()).health().values()) == {"OK"}

	def obstacle(self) -> ArcaError | None:
		"""The failure because of which nothing is asked until a person acts or a time has passed."""
		return self._tickets.refusal() or _why_down()

	def is_refusal_told(self) -> bool:
		"""Whether the managers know of the refusal."""
		return self._tickets.is_refusal_told()

	def set_refusal_told(self) -> None:
		"""Note that the managers know. Commits."""
		self._tickets.set_refusal_told()

	def forget_refusals(self) -> None:
		"""Ask again whatever happened before: a person says that the cause is mended."""
		self._tickets.forgive()
		forget_that_it_is_down()

	def _authenticator(self) -> Authenticator:
		return Authenticator(self._tickets, self._login)

	def _login(self) -> Ticket:
		# Asked anew under the lock: whoever held it before us may have been refused.
		self._check_whether_to_ask()
		left = self._left()
		try:
			wsaa = Wsaa(self._config.endpoints.wsaa, left)
			return wsaa.login(SERVICE, self._config.certificate, self._config.key)
		except ArcaError as error:
			self._remember(error)
			raise

	def _query(self, ticket: Ticket, cuit: str) -> Persona:
		left = self._left()
		try:
			padron = Padron(self._config.endpoints.padron, left)
			return padron.person(ticket, self._config.cuit, cuit)
		except TokenRejected:
			# Not a failure yet: it is asked once more with a new ticket.
			raise
		except CuitNotRepresented as error:
			# The ticket lists whom it may act for: a delegation made now needs a new one.
			self._tickets.delete()
			self._remember(error)
			raise
		except ArcaError as error:
			self._remember(error)
			raise

	def _check_whether_to_ask(self) -> None:
		# See what others have just committed, and keep nothing open while ARCA is asked.
		frappe.db.rollback()
		error = self.obstacle()
		frappe.db.rollback()
		if error:
			raise error

	def _remember(self, error: ArcaError) -> None:
		if isinstance(error, ConfigurationError | AlreadyAuthenticated):
			self._tickets.remember(error)
		elif isinstance(error, TemporaryError) and not isinstance(error, UnexpectedAnswer):
			# An answer that cannot be read may be about this one taxpayer.
			value = (error.code, error.detail)
			frappe.cache.set_value(DOWN, value, expires_in_sec=error.retry_after)

	def _left(self) -> float:
		left = self._ends - time.monotonic()
		if left <= 0:
			raise TemporaryError("no answer in time")
		return left


def _why_down() -> ArcaError | None:
	known = frappe.cache.get_value(DOWN, expires=True)
	return from_code(*known) if known else None


def forget_that_it_is_down() -> None:
	frappe.cache.delete_value(DOWN)
