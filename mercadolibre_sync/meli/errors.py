"""What can go wrong with MercadoLibre, told apart by what has to be done about it.

No message of these errors carries a token, a secret, a piece of an answer or anything about a buyer: they
end up in logs and on screens. Orders and shipments are named by their number.
"""

from __future__ import annotations


class MeliError(Exception):
	"""Base of everything this package raises on purpose.

	`status`: HTTP status, None where there was no answer. `code`: MercadoLibre's machine code, if it gave one.
	"""

	def __init__(self, message: str, *, status: int | None = None, code: str | None = None) -> None:
		super().__init__(message)
		self.status = status
		self.code = code


class TemporaryError(MeliError):
	"""The same call may work later. `retry_after`: seconds MercadoLibre asks to wait, None if it did not say."""

	def __init__(
		self,
		message: str,
		*,
		status: int | None = None,
		code: str | None = None,
		retry_after: float | None = None,
	) -> None:
		super().__init__(message, status=status, code=code)
		self.retry_after = retry_after


class Unavailable(TemporaryError):
	"""No usable answer: time-out, no connection, an answer cut off or not in JSON, or a status of the server's (5xx, 423, 499)."""


class RateLimited(TemporaryError):
	"""Too many calls (429, or the code `local_rate_limited`)."""


class PermanentError(MeliError):
	"""The same call will fail again until a person changes something."""


class ReauthorisationNeeded(PermanentError):
	"""The seller has to authorise again: the grant expired, was used, was revoked, or never was."""


class ApplicationBlocked(PermanentError):
	"""MercadoLibre blocked the application itself; authorising again does not help."""


class InvalidClient(PermanentError):
	"""The application's id or secret is wrong."""


class Forbidden(PermanentError):
	"""Not allowed (403, 451).

	`missing_permission`: the application lacks a functional permission, rather than the seller the resource.
	`permission`: name of the permission the call needs as MercadoLibre's application form shows it, if known.
	"""

	def __init__(
		self,
		message: str,
		*,
		status: int | None = None,
		code: str | None = None,
		missing_permission: bool = False,
		permission: str | None = None,
	) -> None:
		super().__init__(message, status=status, code=code)
		self.missing_permission = missing_permission
		self.permission = permission


class NotFound(PermanentError):
	"""MercadoLibre knows no such thing (404)."""


class UnexpectedShape(PermanentError):
	"""An answer or a notification that is not what MercadoLibre documents, or a status with no known meaning."""
