"""Telling the managers what only they can mend."""

from datetime import date

import frappe
from frappe.utils import add_days, format_date, getdate

from mercadolibre_sync import people
from mercadolibre_sync.arca.errors import ConfigurationError
from mercadolibre_sync.sync.fiscal import SETTINGS
from mercadolibre_sync.sync.fiscal.texts import explain_error
from mercadolibre_sync.words import Text, text

WARN_DAYS_BEFORE = 30


def expires_soon(expires_on: str | date | None) -> bool:
	"""Whether a certificate that is valid until that day wants a successor."""
	return bool(expires_on) and getdate(expires_on) <= getdate(add_days(getdate(), WARN_DAYS_BEFORE))


def expiry_warning(expires_on: str | date) -> Text:
	"""What to do about a certificate that expires on that day."""
	return text(
		"ARCA's certificate is valid until {0}. Create a new request in ARCA Settings, upload it at ARCA and paste the new certificate: until then the old one goes on working.",
		format_date(expires_on),
	)


def warn_of_expiry() -> None:
	"""Tell the managers, once for each certificate, that it expires soon (daily)."""
	settings = frappe.get_single(SETTINGS)
	expires_on = settings.certificate_expires_on
	if not settings.enabled or not expires_soon(expires_on):
		return
	if settings.expiry_announced and getdate(settings.expiry_announced) == getdate(expires_on):
		return
	_tell(text("ARCA's certificate expires soon"), expiry_warning(expires_on))
	frappe.db.set_single_value(SETTINGS, "expiry_announced", expires_on, update_modified=False)
	frappe.db.commit()


def tell_of_refusal(refusal: ConfigurationError) -> None:
	"""Tell the managers why lookups have stopped. The caller sees to it that they are told once, and commits."""
	_tell(text("ARCA is not asked any more"), explain_error(refusal))


def _tell(subject: Text, message: Text) -> None:
	people.tell_managers(subject, message, SETTINGS, SETTINGS)
