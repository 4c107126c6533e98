"""OAuth 2 at MercadoLibre: authorisation with PKCE, tokens, renewal."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import requests

from mercadolibre_sync.meli.client import TIMEOUT
from mercadolibre_sync.meli.errors import UnexpectedShape
from mercadolibre_sync.meli.http import checked_base, exchange, oauth_failure
from mercadolibre_sync.meli.sites import site
from mercadolibre_sync.meli.values import child, clean, to_id


@dataclass(frozen=True, slots=True)
class Tokens:
	"""A pair of tokens. The secrets stay out of the repr, which tracebacks and logs show.

	`expires_in`: seconds the access token lives. `refresh_token`: works once; None if the application lacks the
	scope `offline_access`. `user_id`: the seller. `scope`: scopes granted, separated by blanks.
	"""

	access_token: str = field(repr=False)
	refresh_token: str | None = field(repr=False)
	expires_in: int
	user_id: str
	scope: str

	@classmethod
	def from_json(cls, secret_data: object) -> Tokens:
		"""From the answer of the token endpoint. UnexpectedShape without token, lifetime or user."""
		# Frappe's error log shows a traceback's variables, except those with a name like this.
		secret_answer = child(secret_data)
		access_token = clean(secret_answer.get("access_token"))
		expires_in = secret_answer.get("expires_in")
		user_id = to_id(secret_answer.get("user_id"))
		if not access_token or not user_id or not isinstance(expires_in, int) or expires_in <= 0:
			raise UnexpectedShape("MercadoLibre's answer lacks the access token, its lifetime or its user.")
		return cls(
			access_token=access_token,
			refresh_token=clean(secret_answer.get("refresh_token")),
			expires_in=expires_in,
			user_id=user_id,
			scope=clean(secret_answer.get("scope")) or "",
		)


def pkce() -> tuple[str, str]:
	"""A fresh code verifier, to be kept secret until the exchange, and its S256 challenge (RFC 7636)."""
	code_verifier_secret = secrets.token_urlsafe(64)
	digest = hashlib.sha256(code_verifier_secret.encode("ascii")).digest()
	return code_verifier_secret, base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def authorization_url(
	site_id: str, client_id: str, redirect_uri: str, state: str, code_challenge: str, base: str | None = None
) -> str:
	"""Where to send the seller to authorise. `base`: a simulator's address instead of the country's host.

	MercadoLibre accepts the redirect address only if it is to the letter the one registered for the application.
	KeyError on an unknown site.
	"""
	query = {
		"response_type": "code",
		"client_id": client_id,
		"redirect_uri": redirect_uri,
		"state": state,
		"code_challenge": code_challenge,
		"code_challenge_method": "S256",
	}
	host = checked_base(base) if base else f"https://{site(site_id).auth_host}"
	return f"{host}/authorization?{urlencode(query)}"


class OAuth:
	"""The token endpoint, in the name of one application.

	Both calls raise ReauthorisationNeeded, InvalidClient, ApplicationBlocked, Forbidden, UnexpectedShape or a
	TemporaryError.
	"""

	def __init__(
		self,
		base_url: str,
		client_id: str,
		client_secret: str,
		*,
		session: requests.Session | None = None,
		timeout: tuple[float, float] = TIMEOUT,
	) -> None:
		self._base = checked_base(base_url)
		self._client_id = client_id
		self._client_secret = client_secret
		self._session = session or requests.Session()
		self._timeout = timeout

	def exchange(self, code: str, redirect_uri: str, code_verifier: str) -> Tokens:
		"""The first tokens, for the code that came with the redirect. A code works once."""
		return self._ask(
			{
				"grant_type": "authorization_code",
				"code": code,
				"redirect_uri": redirect_uri,
				"code_verifier": code_verifier,
			}
		)

	def refresh(self, refresh_token: str) -> Tokens:
		"""New tokens; from then on only the new refresh token works, so store it before anything else.

		After a TemporaryError it is unknown whether MercadoLibre renewed them; trying again with the same token tells.
		"""
		return self._ask({"grant_type": "refresh_token", "refresh_token": refresh_token})

	def _ask(self, secret_grant: Mapping[str, str]) -> Tokens:
		answer = exchange(
			self._session,
			"POST",
			f"{self._base}/oauth/token",
			timeout=self._timeout,
			secret_form={
				"client_id": self._client_id,
				"client_secret": self._client_secret,
				**secret_grant,
			},
		)
		if answer.status != 200:
			raise oauth_failure(answer)
		return Tokens.from_json(answer.json())
