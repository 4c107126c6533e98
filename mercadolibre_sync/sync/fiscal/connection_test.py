"""ARCA Settings' test: which of the steps to the registry works, in plain words."""

from dataclasses import dataclass
from enum import IntEnum

from frappe import _
from frappe.utils import format_datetime

from mercadolibre_sync.arca.certificate import check_pair
from mercadolibre_sync.arca.errors import (
	AlreadyAuthenticated,
	ArcaError,
	CuitNotRepresented,
	ServiceNotDelegated,
	TemporaryError,
)
from mercadolibre_sync.sync.errors import TryLater
from mercadolibre_sync.sync.fiscal.registry import Configuration, Registry, configuration
from mercadolibre_sync.sync.fiscal.texts import explain_error
from mercadolibre_sync.sync.versions import system_time

TIMEOUT_SECONDS = 30

WORKS = "works"
FAILS = "fails"
NOT_TRIED = "not tried"


class _Stage(IntEnum):
	SERVER = 0
	CERTIFICATE = 1
	DELEGATION = 2
	QUERY = 3


@dataclass(frozen=True)
class Step:
	"""`label` and `message` are translated; `state` is "works", "fails" or "not tried"."""

	label: str
	state: str
	message: str


class _Failed(Exception):
	def __init__(self, stage: _Stage, error: ArcaError) -> None:
		super().__init__(stage)
		self.stage = stage
		self.error = error


def run() -> list[Step]:
	"""Try every step up to the first that fails. What ARCA refused before is forgotten and tried again."""
	config = configuration()
	registry = Registry(config, TIMEOUT_SECONDS)
	registry.forget_refusals()
	try:
		_reach(registry)
		ticket_note = _authenticate(registry, config)
		_query(registry, config)
	except _Failed as failed:
		return [_step(stage, failed) for stage in _Stage]
	return [
		Step(_label(stage), WORKS, ticket_note if stage == _Stage.CERTIFICATE else "") for stage in _Stage
	]


def _reach(registry: Registry) -> None:
	try:
		if not registry.is_healthy():
			raise TemporaryError("dummy")
	except ArcaError as error:
		raise _Failed(_Stage.SERVER, error) from None


def _authenticate(registry: Registry, config: Configuration) -> str:
	"""Get a ticket. WSAA checks the certificate before the delegation, and whether there is a ticket last."""
	try:
		check_pair(config.certificate, config.key, config.environment)
		ticket = registry.ticket()
	except ServiceNotDelegated as error:
		raise _Failed(_Stage.DELEGATION, error) from None
	except AlreadyAuthenticated as error:
		raise _Failed(_Stage.QUERY, error) from None
	except ArcaError as error:
		raise _Failed(_Stage.CERTIFICATE, error) from None
	except TryLater:
		busy = TemporaryError("another worker is asking for a ticket")
		raise _Failed(_Stage.CERTIFICATE, busy) from None
	return _("ARCA's ticket is valid until {0}.").format(format_datetime(system_time(ticket.expires_at)))


def _query(registry: Registry, config: Configuration) -> None:
	try:
		registry.person(config.cuit)
	except CuitNotRepresented as error:
		raise _Failed(_Stage.DELEGATION, error) from None
	except ArcaError as error:
		raise _Failed(_Stage.QUERY, error) from None


def _step(stage: _Stage, failed: _Failed) -> Step:
	if stage == failed.stage:
		return Step(_label(stage), FAILS, str(explain_error(failed.error)))
	return Step(_label(stage), WORKS if stage < failed.stage else NOT_TRIED, "")


def _label(stage: _Stage) -> str:
	return {
		_Stage.SERVER: _("ARCA's server answers"),
		_Stage.CERTIFICATE: _("ARCA accepts the certificate"),
		_Stage.DELEGATION: _("The service is delegated"),
		_Stage.QUERY: _("The registry answers a query"),
	}[stage]
