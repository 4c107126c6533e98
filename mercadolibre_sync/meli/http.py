"""One HTTP exchange with MercadoLibre, and what its outcome means. Shared by the client and by OAuth."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from mercadolibre_sync.meli.errors import (
	ApplicationBlocked,
	Forbidden,
	InvalidClient,
	MeliError,
	NotFound,
	RateLimited,
	ReauthorisationNeeded,
	Unavailable,
	UnexpectedShape,
)
from mercadolibre_sync.meli.values import Json, child, load_json

# A full page of 51 orders has about 250 kB; more than this is not an answer to anything asked here.
MAX_ANSWER = 8 * 1024 * 1024
_CHUNK = 64 * 1024

# MercadoLibre's codes are words ("invalid_grant", "caller.id.invalid"). Anything else in their place stays out
# of errors, since it might be a value.
_CODE = re.compile(r"[A-Za-z][A-Za-z_.-]{0,79}")
# Visible ASCII only: with anything else requests refuses the header, in an error that quotes the token.
_BEARER = re.compile(r"[!-~]+")

_BLOCKED = ("unauthorized_scopes", "unauthorized_application")
_NEEDS_SELLER = ("invalid_grant", "unauthorized_client", "invalid_operator_user_id")


@dataclass(frozen=True, slots=True)
class Answer:
	"""What came back. The body stays out of the repr, which tracebacks show."""

	status: int
	headers: Mapping[str, str]
	body: bytes = field(repr=False)

	def json(self) -> Any:
		"""The decoded body.

		Unavailable if it is not JSON: it is not the API that answered then, but a page in its place, such as the one
		shown during maintenance.
		"""
		try:
			return load_json(self.body)
		except UnexpectedShape:
			raise Unavailable(
				"Something else than MercadoLibre's API answered.", status=self.status
			) from None

	def error(self) -> Json:
		"""The body of a failure, which may be anything; an empty object unless it is a JSON object."""
		try:
			return child(self.json())
		except Unavailable:
			return {}

	@property
	def code(self) -> str | None:
		"""MercadoLibre's machine code of a failure: `error`, or `code` in the answers of its gateway."""
		error = self.error()
		for value in (error.get("error"), error.get("code")):
			if isinstance(value, str) and _CODE.fullmatch(value):
				return value
		return None

	@property
	def is_blocked(self) -> bool:
		"""The application is blocked, whatever the status. A new token would not change it."""
		return self.status >= 400 and self.code in _BLOCKED


class Bearer(AuthBase):
	"""Puts the token in the header. As `auth`, because requests would else let a .netrc replace the header."""

	def __init__(self, access_token: str) -> None:
		if not _BEARER.fullmatch(access_token):
			raise ReauthorisationNeeded("The access token on record is empty or malformed.")
		self._access_token = access_token

	def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
		request.headers["Authorization"] = f"Bearer {self._access_token}"
		return request


def checked_base(base_url: str) -> str:
	"""The base address without a slash at its end. ValueError unless it is http or https with a host."""
	parts = urlsplit(base_url)
	if parts.scheme not in ("http", "https") or not parts.hostname:
		raise ValueError("The address of MercadoLibre's API must start with https:// and name a host.")
	return base_url.rstrip("/")


def exchange(
	session: requests.Session,
	method: str,
	url: str,
	*,
	timeout: tuple[float, float],
	auth: AuthBase | None = None,
	params: Mapping[str, str] | None = None,
	headers: Mapping[str, str] | None = None,
	secret_form: Mapping[str, str] | None = None,
) -> Answer:
	"""Send one request and read the answer whole, whatever its status.

	`timeout`: seconds to connect and to wait for each piece of the answer. Unavailable if no whole answer came,
	UnexpectedShape if it is larger than MAX_ANSWER. Redirects are not followed: MercadoLibre's API has none, and
	following one would hand the token to another host.
	"""
	try:
		with session.request(
			method,
			url,
			params=params,
			headers={"Accept": "application/json", **(headers or {})},
			data=secret_form,
			auth=auth,
			timeout=timeout,
			allow_redirects=False,
			stream=True,
		) as response:
			return Answer(response.status_code, response.headers, _body(response))
	except requests.Timeout:
		# `from None`, here and below: the cause's frames hold the request with its token and its form.
		raise Unavailable("MercadoLibre did not answer in time.") from None
	except requests.RequestException:
		raise Unavailable("MercadoLibre could not be reached, or broke off its answer.") from None


def _body(response: requests.Response) -> bytes:
	body = bytearray()
	for chunk in response.iter_content(_CHUNK):
		body += chunk
		if len(body) > MAX_ANSWER:
			raise UnexpectedShape("MercadoLibre's answer is too large.", status=response.status_code)
	# urllib3 1.26, which Frappe 15 may run with, hands over an answer that was cut off as if it were whole.
	announced = response.headers.get("Content-Length", "")
	if announced.isdecimal() and response.raw.tell() < int(announced):
		raise Unavailable("MercadoLibre broke off its answer.", status=response.status_code)
	return bytes(body)


def failure(answer: Answer, what: str, permission: str | None = None) -> MeliError:
	"""The error an answer stands for that is not one of success.

	Decided by the status; the code is looked at only where one status has several meanings. `what` names the
	thing asked for in messages. `permission`: the functional permission the call needs.
	"""
	status, code = answer.status, answer.code
	if answer.is_blocked:
		return ApplicationBlocked("MercadoLibre has blocked this application.", status=status, code=code)
	if status == 429 or code == "local_rate_limited":
		return RateLimited(
			"MercadoLibre asks for fewer calls.", status=status, code=code, retry_after=_retry_after(answer)
		)
	if status >= 500 or status in (423, 499):
		return Unavailable(
			f"MercadoLibre cannot answer now (HTTP {status}).",
			status=status,
			code=code,
			retry_after=_retry_after(answer),
		)
	if status == 401:
		return ReauthorisationNeeded("MercadoLibre refuses the access token.", status=status, code=code)
	if status in (403, 451):
		return _forbidden(answer, what, permission)
	if status == 404:
		return NotFound(f"MercadoLibre does not know the {what}.", status=status, code=code)
	return UnexpectedShape(
		f"MercadoLibre answered with HTTP {status} when asked for the {what}.", status=status, code=code
	)


def oauth_failure(answer: Answer) -> MeliError:
	"""The error a refusal of the token endpoint stands for. Here the code decides: the status is 400 for most."""
	status, code = answer.status, answer.code
	if code in _NEEDS_SELLER:
		return ReauthorisationNeeded(
			"MercadoLibre no longer accepts the seller's authorisation.", status=status, code=code
		)
	if code == "invalid_client" or (status == 401 and not answer.is_blocked):
		return InvalidClient("MercadoLibre refuses the application's id or secret.", status=status, code=code)
	return failure(answer, "token")


def _forbidden(answer: Answer, what: str, permission: str | None) -> Forbidden:
	missing = answer.error().get("blocked_by") == "PolicyAgent"
	reason = f"MercadoLibre does not allow access to the {what}."
	if missing:
		named = f' "{permission}"' if permission else ""
		reason = f"The application lacks the functional permission{named} to read the {what}."
	return Forbidden(
		reason,
		status=answer.status,
		code=answer.code,
		missing_permission=missing,
		permission=permission,
	)


def _retry_after(answer: Answer) -> float | None:
	"""Seconds to wait by the Retry-After header, which holds seconds or a date; None if it holds neither."""
	value = (answer.headers.get("Retry-After") or "").strip()
	if re.fullmatch(r"[0-9]{1,9}", value):
		return float(value)
	try:
		moment = parsedate_to_datetime(value)
	except ValueError:
		return None
	if moment.tzinfo is None:
		moment = moment.replace(tzinfo=timezone.utc)
	return max(0.0, (moment - datetime.now(timezone.utc)).total_seconds())
