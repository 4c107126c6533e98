"""The simulated application and what sellers granted it: codes, access tokens, refresh tokens."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

APPLICATION_ID = "5503910054141466"
APPLICATION_SECRET = "simulated-application-secret"
# Six hours, as the documentation's text has it.
TOKEN_LIFETIME = 21600
_CODE_LIFETIME = 600


class Refusal(Exception):
	"""An answer that is an error. `body`: what goes out as JSON."""

	def __init__(self, status: int, body: object) -> None:
		super().__init__(status)
		self.status = status
		self.body = body


def refusal(status: int, error: str, message: str) -> Refusal:
	"""In MercadoLibre's usual form of an error."""
	return Refusal(status, {"message": message, "error": error, "status": status, "cause": []})


def _oauth_refusal(error: str, description: str) -> Refusal:
	"""In the form of the token endpoint, which says `error_description` where others say `message`."""
	return Refusal(400, {"error_description": description, "error": error, "status": 400, "cause": []})


def _invalid_grant() -> Refusal:
	return _oauth_refusal(
		"invalid_grant",
		"Error validating grant. Your authorization code or refresh token may be expired or it was already used",
	)


@dataclass
class Application:
	"""`redirect_uri`: the one registered; None accepts any, which MercadoLibre never does.

	`max_requests_per_hour`: None leaves it out.
	`notification_url`: where changes of the `topics` are notified to; None leaves it to who drives the simulator.
	"""

	id: str = APPLICATION_ID
	secret: str = APPLICATION_SECRET
	redirect_uri: str | None = None
	notification_url: str | None = None
	topics: Sequence[str] = ("orders_v2", "shipments")
	requires_pkce: bool = False
	offline_access: bool = True
	blocked: bool = False
	token_lifetime: float = TOKEN_LIFETIME
	max_requests_per_hour: int | None = 18_000


@dataclass
class _Code:
	seller_id: int
	redirect_uri: str
	challenge: str | None
	method: str
	expires: float


@dataclass
class _Grant:
	"""What one seller granted. Only the last refresh token works; access tokens live side by side until they end."""

	refresh_token: str | None = None
	access_tokens: dict[str, float] = field(default_factory=dict)
	created: datetime = field(default_factory=lambda: datetime.now(timezone.utc))


class Grants:
	"""Not safe for several threads; the half it belongs to holds the lock."""

	def __init__(self) -> None:
		self.application = Application()
		self._codes: dict[str, _Code] = {}
		self._grants: dict[int, _Grant] = {}

	def new_code(self, seller_id: int, redirect_uri: str, challenge: str | None, method: str) -> str:
		code = f"TG-{secrets.token_hex(12)}-{seller_id}"
		self._codes[code] = _Code(seller_id, redirect_uri, challenge, method, time.time() + _CODE_LIFETIME)
		return code

	def issue(self, seller_id: int) -> dict[str, Any]:
		"""A new pair of tokens, in the form of the token endpoint's answer. The last refresh token is dead then."""
		grant = self._grants.setdefault(seller_id, _Grant())
		application = self.application
		access_token = f"APP_USR-{application.id}-{secrets.token_hex(3)}-{secrets.token_hex(16)}-{seller_id}"
		grant.access_tokens[access_token] = time.time() + application.token_lifetime
		answer = {
			"access_token": access_token,
			"token_type": "bearer",
			"expires_in": int(application.token_lifetime),
			"scope": "offline_access read write" if application.offline_access else "read write",
			"user_id": seller_id,
		}
		if application.offline_access:
			grant.refresh_token = f"TG-{secrets.token_hex(12)}-{seller_id}"
			answer["refresh_token"] = grant.refresh_token
		return answer

	def token_endpoint(self, form: Mapping[str, str]) -> dict[str, Any]:
		"""The answer to `POST /oauth/token`. Refusal as MercadoLibre documents them."""
		application = self.application
		if form.get("client_id") != application.id or form.get("client_secret") != application.secret:
			raise _oauth_refusal("invalid_client", "Invalid client_id or client_secret")
		if application.blocked:
			raise _oauth_refusal("unauthorized_application", "The application is blocked")
		if form.get("grant_type") == "authorization_code":
			return self.issue(self._seller_of_code(form))
		if form.get("grant_type") == "refresh_token":
			return self.issue(self._seller_of_refresh_token(form.get("refresh_token", "")))
		raise _oauth_refusal("unsupported_grant_type", "Unsupported grant_type")

	def _seller_of_code(self, form: Mapping[str, str]) -> int:
		# Taken out before it is checked: a code works once, and a failed attempt uses it up.
		code = self._codes.pop(form.get("code", ""), None)
		if not code or code.expires < time.time() or code.redirect_uri != form.get("redirect_uri"):
			raise _invalid_grant()
		if code.challenge and _challenge(form.get("code_verifier", ""), code.method) != code.challenge:
			raise _invalid_grant()
		return code.seller_id

	def _seller_of_refresh_token(self, refresh_token: str) -> int:
		for seller_id, grant in self._grants.items():
			if grant.refresh_token and grant.refresh_token == refresh_token:
				return seller_id
		raise _invalid_grant()

	def seller_of(self, authorization: str | None) -> int:
		"""Whose valid token the Authorization header holds. Refusal 401 if it holds none."""
		if self.application.blocked:
			raise refusal(401, "unauthorized_scopes", "The application is blocked")
		scheme, _, access_token = (authorization or "").partition(" ")
		for seller_id, grant in self._grants.items():
			if scheme == "Bearer" and grant.access_tokens.get(access_token, 0) > time.time():
				return seller_id
		raise refusal(401, "not_found", "invalid_token")

	def expire(self, seller_id: int) -> None:
		"""End the seller's access tokens now; the refresh token still works."""
		self._grants[seller_id].access_tokens.clear()

	def revoke(self, seller_id: int) -> None:
		"""End the whole grant."""
		self._grants.pop(seller_id, None)

	def listing(self) -> list[dict[str, Any]]:
		"""Rows of `/applications/{id}/grants`."""
		return [
			{
				"user_id": seller_id,
				"app_id": int(self.application.id),
				"date_created": grant.created.isoformat(timespec="milliseconds"),
				"scopes": ["read", "write", *(["offline_access"] if grant.refresh_token else [])],
			}
			for seller_id, grant in self._grants.items()
		]


def _challenge(verifier: str, method: str) -> str:
	if method == "plain":
		return verifier
	digest = hashlib.sha256(verifier.encode()).digest()
	return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
