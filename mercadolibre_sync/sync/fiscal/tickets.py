"""WSAA's ticket in the database, with what is known of its refusal (`arca.ticket.TicketStore`)."""

from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

import frappe
from frappe.utils import get_system_timezone, now_datetime
from frappe.utils.password import get_decrypted_password, remove_encrypted_password, set_encrypted_password

from mercadolibre_sync.arca.errors import AlreadyAuthenticated, ArcaError, ConfigurationError, from_code
from mercadolibre_sync.arca.secret import Secret
from mercadolibre_sync.arca.ticket import Ticket
from mercadolibre_sync.sync.lock import named_lock
from mercadolibre_sync.sync.versions import system_time

TICKET = "ARCA Ticket"
# WSAA refuses a second ticket for minutes, or until the first one ends.
ALREADY_AUTHENTICATED_MINUTES = (2, 10, 30)


class DatabaseTicketStore:
	"""The ticket of one service, CUIT and environment.

	Call its methods with nothing unsaved: they commit, and roll back for a new snapshot.
	`wait`: seconds to wait for another worker that is renewing.
	"""

	def __init__(self, service: str, cuit: str, environment: str, wait: float) -> None:
		self._key = {"service": service, "cuit": cuit, "environment": environment}
		self.name = f"{service}-{cuit}-{environment}"
		self._wait = wait

	def locked(self) -> AbstractContextManager[None]:
		"""Raises TryLater on entry when another worker holds it longer than `wait`."""
		return named_lock(f"arca:{self.name}", ceil(self._wait))

	def read(self) -> Ticket | None:
		# A new snapshot: another worker may have committed a ticket since this transaction's first read.
		frappe.db.rollback()
		row = frappe.db.get_value(TICKET, self.name, ["generated_at", "expires_at"], as_dict=True)
		token, sign = (read_secret(TICKET, self.name, fieldname) for fieldname in _LENGTHS)
		frappe.db.rollback()
		if not row or not row.expires_at or not token or not sign:
			return None
		return Ticket(token, sign, _aware(row.generated_at), _aware(row.expires_at))

	def prepare(self) -> None:
		"""Take the room that a ticket needs. On a full disk there is none, and the ticket would be given out and lost."""
		frappe.db.rollback()
		self._ensure_row()
		for fieldname, length in _LENGTHS.items():
			set_encrypted_password(TICKET, self.name, "0" * length, fieldname)
		self._set(generated_at=None, expires_at=None)
		frappe.db.commit()

	def write(self, ticket: Ticket) -> None:
		set_encrypted_password(TICKET, self.name, ticket.token.reveal(), "token")
		set_encrypted_password(TICKET, self.name, ticket.sign.reveal(), "sign")
		self._set(
			generated_at=system_time(ticket.generated_at),
			expires_at=system_time(ticket.expires_at),
			**_NO_REFUSAL,
		)
		frappe.db.commit()

	def delete(self) -> None:
		for fieldname in _LENGTHS:
			remove_encrypted_password(TICKET, self.name, fieldname)
		self._set(generated_at=None, expires_at=None)
		frappe.db.commit()

	def refusal(self) -> ArcaError | None:
		"""The failure because of which ARCA is not asked now, None if it may be asked."""
		row = self._refusal_row()
		if not row or not row.error_code or (row.error_until and row.error_until <= now_datetime()):
			return None
		return from_code(row.error_code, row.error_detail or "")

	def remember(self, error: ConfigurationError | AlreadyAuthenticated) -> None:
		"""Keep a refusal, so that it is not asked for again and again.

		A wrong configuration stands until `forgive_all`, a ticket given out elsewhere for a while.
		"""
		frappe.db.rollback()
		self._ensure_row()
		row = self._refusal_row()
		is_new = row.error_code != error.code
		until = None
		if isinstance(error, AlreadyAuthenticated):
			step = 0 if is_new else min(row.error_count, len(ALREADY_AUTHENTICATED_MINUTES) - 1)
			until = now_datetime() + timedelta(minutes=ALREADY_AUTHENTICATED_MINUTES[step])
		self._set(
			error_code=error.code,
			error_detail=error.detail,
			error_until=until,
			error_count=1 if is_new else row.error_count + 1,
			error_told=0 if is_new else row.error_told,
		)
		frappe.db.commit()

	def forgive(self) -> None:
		"""Forget the refusal."""
		if self._refusal_row():
			self._set(**_NO_REFUSAL)
		frappe.db.commit()

	def is_refusal_told(self) -> bool:
		"""Whether the managers know of the refusal."""
		return bool(frappe.db.get_value(TICKET, self.name, "error_told"))

	def set_refusal_told(self) -> None:
		self._set(error_told=1)
		frappe.db.commit()

	def _refusal_row(self) -> frappe._dict | None:
		return frappe.db.get_value(TICKET, self.name, list(_NO_REFUSAL), as_dict=True)

	def _ensure_row(self) -> None:
		if not frappe.db.exists(TICKET, self.name):
			ticket = frappe.get_doc({"doctype": TICKET, **self._key})
			ticket.insert(ignore_permissions=True, ignore_if_duplicate=True)

	def _set(self, **values: object) -> None:
		frappe.db.set_value(TICKET, self.name, values)


# Characters, rather more than WSAA sends.
_LENGTHS = {"token": 4000, "sign": 500}
_NO_REFUSAL = {
	"error_code": None,
	"error_detail": None,
	"error_until": None,
	"error_count": 0,
	"error_told": 0,
}


def forgive_all() -> None:
	"""Forget every refusal: the settings have changed. The caller commits."""
	frappe.db.set_value(TICKET, {"error_code": ("is", "set")}, _NO_REFUSAL)


def read_secret(doctype: str, name: str, fieldname: str) -> Secret:
	"""A Password field's content; empty also where it was encrypted with a key this site no longer has."""
	try:
		return Secret(get_decrypted_password(doctype, name, fieldname, raise_exception=False) or "")
	except frappe.ValidationError:
		frappe.clear_last_message()
		return Secret("")


def _aware(moment: datetime) -> datetime:
	return moment.replace(tzinfo=ZoneInfo(get_system_timezone()))
