"""What an error means for a notification: try again when, or give up, and why, in plain words."""

from dataclasses import dataclass

import frappe
from frappe import _

from mercadolibre_sync.backoff import delay
from mercadolibre_sync.error_log import log_unexpected
from mercadolibre_sync.meli import errors
from mercadolibre_sync.sync.errors import NeedsAttention, TryLater

MAX_ATTEMPTS = 10
# Orders spread through MercadoLibre's servers after the notification was sent: the first 404s mean little.
ATTEMPTS_UNTIL_MISSING = 4


@dataclass(frozen=True)
class Verdict:
	"""`retry_in`: seconds until the next attempt, None to give up. `reason`: translated, without personal data.

	`needs_reconnect`: the account's grant is dead; wait, without a time, until it is connected again.
	"""

	reason: str
	retry_in: float | None = None
	needs_reconnect: bool = False


def explain(error: Exception, attempts: int) -> Verdict:
	"""The verdict on an error met in the `attempts`-th attempt."""
	if isinstance(error, errors.ReauthorisationNeeded):
		return Verdict(
			_(
				"MercadoLibre no longer accepts the account's tokens. Connect the account again; this notification continues by itself then."
			),
			needs_reconnect=True,
		)
	reason, is_temporary, retry_after = _judge(error, attempts)
	if not is_temporary:
		return Verdict(reason)
	if attempts >= MAX_ATTEMPTS:
		return Verdict(
			_("{0} Gave up after {1} attempts; press Retry to start anew.").format(reason, attempts)
		)
	return Verdict(reason, retry_in=max(retry_after or 0, delay(attempts)))


def describe(error: Exception) -> str:
	"""The error in plain words, for a person who waits for an answer. Translated, without personal data."""
	if isinstance(error, errors.ReauthorisationNeeded):
		return _("MercadoLibre no longer accepts the account's tokens. Connect the account again.")
	return _judge(error, MAX_ATTEMPTS)[0]


def _judge(error: Exception, attempts: int) -> tuple[str, bool, float | None]:
	"""Reason, whether it is temporary, and the seconds MercadoLibre asks to wait."""
	if isinstance(error, errors.MeliError):
		return _judge_meli(error, attempts)
	if isinstance(error, TryLater):
		return str(error), True, None
	if isinstance(error, NeedsAttention):
		return str(error), False, None
	if isinstance(error, frappe.QueryDeadlockError | frappe.QueryTimeoutError):
		return _("The database was busy."), True, None
	if isinstance(error, frappe.MandatoryError):
		return _mandatory(error), False, None
	if isinstance(error, frappe.ValidationError):
		return _("ERPNext refused the data: {0}").format(_plain(error)), False, None
	log_unexpected(error)
	return _("Unexpected error ({0}). The Error Log says where.").format(type(error).__name__), True, None


def _judge_meli(error: errors.MeliError, attempts: int) -> tuple[str, bool, float | None]:
	match error:
		case errors.RateLimited():
			return _("MercadoLibre asks us to slow down."), True, error.retry_after
		case errors.TemporaryError():
			return _("MercadoLibre does not answer."), True, error.retry_after
		case errors.NotFound():
			return (
				_("MercadoLibre does not know this order or shipment."),
				attempts < ATTEMPTS_UNTIL_MISSING,
				None,
			)
		case errors.Forbidden(missing_permission=True):
			return _forbidden_by_policy(error), False, None
		case errors.Forbidden():
			return (
				_(
					"MercadoLibre does not let this account read it: it belongs to another seller, or the account is not active."
				),
				False,
				None,
			)
		case errors.ApplicationBlocked():
			return (
				_(
					"MercadoLibre has blocked the application. Look for its message at developers.mercadolibre.com.ar, then retry."
				),
				False,
				None,
			)
		case errors.InvalidClient():
			return (
				_(
					'MercadoLibre refuses the application. Check "Application ID" and "Client Secret" in MercadoLibre Settings, then retry.'
				),
				False,
				None,
			)
		case _:
			return (
				_("MercadoLibre answered something this app does not understand: {0}").format(error),
				False,
				None,
			)


def _forbidden_by_policy(error: errors.Forbidden) -> str:
	permission = error.permission or _('"Ventas y envíos" and "Facturación"')
	return _(
		"The application lacks the functional permission {0}. Grant it at developers.mercadolibre.com.ar, then retry."
	).format(permission)


def _mandatory(error: frappe.MandatoryError) -> str:
	"""Name the mandatory fields of a site by their labels: the exception says "[Customer, 123]: field, field"."""
	text = _plain(error)
	head, _separator, fieldnames = text.partition("]: ")
	doctype = head.lstrip("[").split(",")[0].strip()
	meta = frappe.get_meta(doctype) if fieldnames and frappe.db.exists("DocType", doctype) else None
	if not meta:
		return _("ERPNext refused the data: {0}").format(text)
	labels = [_(meta.get_label(fieldname.strip())) for fieldname in fieldnames.split(",")]
	return _(
		"This site requires a value in {0} of {1}, which MercadoLibre does not send. Give the field a default or make it optional, then retry."
	).format(", ".join(f'"{label}"' for label in labels), _(doctype))


def _plain(error: Exception) -> str:
	return frappe.utils.strip_html(str(error))
