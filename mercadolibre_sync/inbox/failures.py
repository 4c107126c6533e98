"""What an error means for a notification: try again when, or give up, and why, in plain words."""

from collections.abc import Sequence
from dataclasses import dataclass

import frappe
from frappe.utils import add_to_date
from rq.timeouts import JobTimeoutException

from mercadolibre_sync.backoff import delay
from mercadolibre_sync.error_log import log_unexpected
from mercadolibre_sync.inbox import clock, states
from mercadolibre_sync.meli import errors
from mercadolibre_sync.sync.errors import NeedsAttention, SiteMoved, TryLater
from mercadolibre_sync.words import Text, text

MAX_ATTEMPTS = 10
# Orders spread through MercadoLibre's servers after the notification was sent: the first 404s mean little.
ATTEMPTS_UNTIL_MISSING = 4
# MariaDB's numbers for a server that cannot work as it should: too many connections, disk full, out of memory,
# going down, table full, read-only, gone, gone in the middle of a statement, connection killed.
DATABASE_TROUBLE = frozenset({1040, 1021, 1041, 1053, 1114, 1290, 1836, 2002, 2003, 2006, 2013, 1927})

TOO_SLOW = text(
	"Writing this buyer took so long that the background job was stopped. Look for a slow hook, server script or webhook that runs when a Customer, Address or Contact is saved, and have it do its work later."
)
KILLED = text(
	"The background process that worked on this ended without a word: it was killed, or ran out of memory. The logs of the workers and of the machine say more."
)


@dataclass(frozen=True)
class Verdict:
	"""`retry_in`: seconds until the next attempt, None to give up. `reason`: without personal data.

	`needs_reconnect`: the account's grant is dead; wait, without a time, until it is connected again.
	"""

	reason: Text
	retry_in: float | None = None
	needs_reconnect: bool = False


def explain(error: Exception, attempts: int) -> Verdict:
	"""The verdict on an error met in the `attempts`-th attempt."""
	if isinstance(error, SiteMoved):
		return Verdict(error.reason, needs_reconnect=True)
	if isinstance(error, errors.ReauthorisationNeeded):
		return Verdict(
			text(
				"MercadoLibre no longer accepts the account's tokens. Connect the account again; this notification continues by itself then."
			),
			needs_reconnect=True,
		)
	reason, is_temporary, retry_after = _judge(error, attempts)
	if not is_temporary:
		return Verdict(reason)
	if attempts >= MAX_ATTEMPTS:
		return Verdict(text("{0} Gave up after {1} attempts; press Retry to start anew.", reason, attempts))
	return Verdict(reason, retry_in=max(retry_after or 0, delay(attempts)))


def record(names: Sequence[str], error: Exception, attempts: int, mark: str) -> None:
	"""Put aside, or give up, claimed notifications for what was met in the `attempts`-th attempt. The caller commits."""
	verdict = explain(error, attempts)
	if verdict.retry_in is not None:
		states.wait(names, verdict.reason, add_to_date(clock.now(), seconds=verdict.retry_in), mark)
	elif verdict.needs_reconnect:
		states.wait(names, verdict.reason, None, mark)
	else:
		states.fail(names, verdict.reason, mark)


def describe(error: Exception) -> Text:
	"""The error in plain words, for a person who waits for an answer. Without personal data."""
	if isinstance(error, SiteMoved):
		return error.reason
	if isinstance(error, errors.ReauthorisationNeeded):
		return text("MercadoLibre no longer accepts the account's tokens. Connect the account again.")
	return _judge(error, MAX_ATTEMPTS)[0]


def _judge(error: Exception, attempts: int) -> tuple[Text, bool, float | None]:
	"""Reason, whether it is temporary, and the seconds MercadoLibre asks to wait."""
	if isinstance(error, errors.MeliError):
		return _judge_meli(error, attempts)
	if isinstance(error, TryLater):
		return error.reason, True, None
	if isinstance(error, NeedsAttention):
		return error.reason, False, None
	if isinstance(error, frappe.QueryDeadlockError | frappe.QueryTimeoutError):
		return text("The database was busy."), True, None
	if isinstance(error, frappe.db.OperationalError) and error.args[:1] and error.args[0] in DATABASE_TROUBLE:
		return (
			text(
				"The database did not take it (MariaDB's error {0}): its disk may be full, or it was restarted.",
				error.args[0],
			),
			True,
			None,
		)
	if isinstance(error, JobTimeoutException):
		return TOO_SLOW, True, None
	if isinstance(error, frappe.QueueOverloaded):
		return text("Too many background jobs of this site are waiting."), True, None
	if isinstance(error, frappe.MandatoryError):
		return _mandatory(error), False, None
	if isinstance(error, frappe.ValidationError):
		return text("ERPNext refused the data: {0}", _plain(error)), False, None
	log_unexpected(error)
	return text("Unexpected error ({0}). The Error Log says where.", type(error).__name__), True, None


def _judge_meli(error: errors.MeliError, attempts: int) -> tuple[Text, bool, float | None]:
	match error:
		case errors.RateLimited():
			return text("MercadoLibre asks us to slow down."), True, error.retry_after
		case errors.TemporaryError():
			return text("MercadoLibre does not answer."), True, error.retry_after
		case errors.NotFound():
			return (
				text("MercadoLibre does not know this order or shipment."),
				attempts < ATTEMPTS_UNTIL_MISSING,
				None,
			)
		case errors.Forbidden(missing_permission=True):
			return _forbidden_by_policy(error), False, None
		case errors.Forbidden():
			return (
				text(
					"MercadoLibre does not let this account read it: it belongs to another seller, or the account is not active."
				),
				False,
				None,
			)
		case errors.ApplicationBlocked():
			return (
				text(
					"MercadoLibre has blocked the application. Look for its message at developers.mercadolibre.com.ar, then retry."
				),
				False,
				None,
			)
		case errors.InvalidClient():
			return (
				text(
					'MercadoLibre refuses the application. Check "Application ID" and "Client Secret" in MercadoLibre Settings, then retry.'
				),
				False,
				None,
			)
		case _:
			return (
				text("MercadoLibre answered something this app does not understand: {0}", str(error)),
				False,
				None,
			)


def _forbidden_by_policy(error: errors.Forbidden) -> Text:
	return text(
		"The application lacks the functional permission {0}. Grant it at developers.mercadolibre.com.ar, then retry.",
		error.permission or text('"Ventas y envíos" and "Facturación"'),
	)


def _mandatory(error: frappe.MandatoryError) -> Text:
	"""Name the mandatory fields of a site by their labels: the exception says "[Customer, 123]: field, field"."""
	said = _plain(error)
	head, _separator, fieldnames = said.partition("]: ")
	doctype = head.lstrip("[").split(",")[0].strip()
	meta = frappe.get_meta(doctype) if fieldnames and frappe.db.exists("DocType", doctype) else None
	if not meta:
		return text("ERPNext refused the data: {0}", said)
	labels = [Text(meta.get_label(fieldname.strip())) for fieldname in fieldnames.split(",")]
	return text(
		"This site requires a value in {0} of {1}, which MercadoLibre does not send. Give the field a default or make it optional, then retry.",
		[Text('"{0}"', (label,)) for label in labels],
		Text(doctype),
	)


def _plain(error: Exception) -> str:
	return frappe.utils.strip_html(str(error))
