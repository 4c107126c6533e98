"""Asking ARCA's registry for one CUIT, so that whatever happens there never stops the sync of a customer."""

from dataclasses import dataclass

import frappe

from mercadolibre_sync.arca import cuit as cuits
from mercadolibre_sync.arca.condicion import Decision, decide
from mercadolibre_sync.arca.errors import ArcaError, MalformedCuit, TemporaryError
from mercadolibre_sync.arca.persona import Persona
from mercadolibre_sync.error_log import log_unexpected
from mercadolibre_sync.sync.errors import TryLater
from mercadolibre_sync.sync.fiscal.registry import Registry, configuration


@dataclass(frozen=True)
class Lookup:
	"""What came of asking for `cuit`: either what the registry answered, or why it did not."""

	cuit: str
	persona: Persona | None = None
	error: ArcaError | None = None

	@property
	def is_pending(self) -> bool:
		"""Whether asking again can lead to an answer. For a number that is no CUIT it cannot."""
		return bool(self.error) and not isinstance(self.error, MalformedCuit)

	@property
	def decision(self) -> Decision | None:
		"""The condición that follows from the answer; None without an answer."""
		return decide(self.persona) if self.persona else None


def lookup(number: str, seconds: float | None = None) -> Lookup | None:
	"""Ask for a CUIT; None if ARCA Settings are switched off.

	`seconds` to wait at most, those of ARCA Settings if left out. Never raises, whatever ARCA does. Call it
	without an open transaction: it commits the ticket and rolls back anything else.
	"""
	cuit = cuits.normalise(number)
	try:
		config = configuration()
		if not config.enabled:
			return None
		persona = Registry(config, seconds or config.wait_seconds).person(cuits.require(cuit))
		return Lookup(cuit, persona=persona)
	except ArcaError as error:
		return Lookup(cuit, error=error)
	except TryLater:
		return Lookup(cuit, error=TemporaryError("another worker is asking for a ticket"))
	except Exception as error:
		frappe.db.rollback()
		log_unexpected(error)
		frappe.db.commit()
		return Lookup(cuit, error=TemporaryError(type(error).__name__))
	finally:
		frappe.db.rollback()
