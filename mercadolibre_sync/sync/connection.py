"""The connection to MercadoLibre in an account's name."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

import frappe
from frappe.utils import get_datetime, now_datetime
from frappe.utils.password import get_decrypted_password, remove_encrypted_password, set_encrypted_password
from redis.exceptions import RedisError

from mercadolibre_sync import people
from mercadolibre_sync.meli.client import API, Client
from mercadolibre_sync.meli.errors import ApplicationBlocked, ReauthorisationNeeded
from mercadolibre_sync.meli.oauth import OAuth, Tokens
from mercadolibre_sync.sync import moving
from mercadolibre_sync.sync.accounts import ACCOUNT, CONNECTED, NOT_CONNECTED, RECONNECT_NEEDED
from mercadolibre_sync.sync.errors import NeedsAttention, SiteMoved, TryLater
from mercadolibre_sync.sync.lock import named_lock
from mercadolibre_sync.sync.pace import pace
from mercadolibre_sync.words import text

# Renewed this long before the end, so that no call starts with a token that dies on the way.
MARGIN = timedelta(minutes=5)


# A blocked application fails every call of every worker; once a day is enough to say so.
BLOCKED_KEY = "mercadolibre_sync:blocked"
BLOCKED_SECONDS = 24 * 60 * 60
# What Frappe's forms hold in place of a password.
MASK = "*" * 10


@contextmanager
def connected(account: str) -> Iterator[Client]:
	"""A client that speaks for this account, keeps the pace and renews the tokens when needed.

	When MercadoLibre no longer accepts the account's grant, the account turns to "Reconnect needed" and people
	are told, once; the error goes on to the caller. It becomes TryLater where somebody has connected the account
	anew meanwhile. Calls are made without an open transaction: what the caller has not committed is rolled back.
	"""
	tokens = AccountTokens(account)
	client = Client(api_base(), tokens, limiter=pace())
	frappe.db.rollback()
	with consequences(tokens):
		yield client


@contextmanager
def consequences(tokens: "AccountTokens") -> Iterator[None]:
	"""Draw what an error within means for the account or the application, before the error goes on (see `connected`)."""
	try:
		yield
	except SiteMoved:
		# MercadoLibre was not even asked; `account.moved` says so.
		raise
	except ReauthorisationNeeded:
		_lose_grant(tokens.account, tokens.last)
		raise
	except ApplicationBlocked:
		_tell_blocked()
		raise


def _lose_grant(account: str, refused: str | None) -> None:
	with tokens_lock(account):
		if _read(account, "access_token") != refused:
			raise TryLater(text("The account was connected anew meanwhile. Trying again by itself."))
		# The row is read after the lock, so that only one of the workers that met the refusal finds it connected.
		if frappe.db.get_value(ACCOUNT, account, "status") != CONNECTED:
			return
		frappe.db.set_value(ACCOUNT, account, "status", RECONNECT_NEEDED)
		people.tell_managers(
			text("The MercadoLibre account {0} has to be connected again", account),
			text(
				"MercadoLibre no longer accepts the tokens of the account {0}. Open it and press Authorise. What arrives meanwhile waits and continues by itself afterwards.",
				account,
			),
			ACCOUNT,
			account,
		)
		frappe.db.commit()


def _tell_blocked() -> None:
	try:
		is_first = frappe.cache.set(frappe.cache.make_key(BLOCKED_KEY), 1, nx=True, ex=BLOCKED_SECONDS)
	except RedisError:
		return
	if is_first:
		frappe.db.rollback()
		people.tell_managers(
			text("MercadoLibre has blocked the application"),
			text(
				"Connecting accounts again does not help. Look for MercadoLibre's message at developers.mercadolibre.com.ar; retry what failed when the application is unblocked."
			),
			"MercadoLibre Settings",
			"MercadoLibre Settings",
		)
		frappe.db.commit()


def oauth() -> OAuth:
	"""The application's side of OAuth. Raises NeedsAttention where Settings lack the application."""
	settings = frappe.get_single("MercadoLibre Settings")
	secret = settings.get_password("client_secret", raise_exception=False)
	if not settings.application_id or not secret:
		raise NeedsAttention(text('Fill "Application ID" and "Client Secret" in MercadoLibre Settings.'))
	return OAuth(api_base(), settings.application_id, secret)


def api_base() -> str:
	"""Base address of the API: MercadoLibre's, or the simulator's on a site in developer mode."""
	return f"{simulator}/meli" if (simulator := simulator_url()) else API


def simulator_url() -> str | None:
	"""The simulator that a developer's site is pointed at (`mercadolibre_sync_simulator` in site_config.json).

	Only in developer mode and only on this machine: nobody can make a real site trust another server.
	"""
	url = frappe.conf.get("mercadolibre_sync_simulator")
	if not url or not frappe.conf.developer_mode:
		return None
	if not _is_loopback(urlsplit(url).hostname):
		raise NeedsAttention(
			text('"mercadolibre_sync_simulator" in site_config.json must be an address of this machine.')
		)
	return url.rstrip("/")


def _is_loopback(host: str | None) -> bool:
	try:
		return ip_address(host or "").is_loopback
	except ValueError:
		return host == "localhost"


class AccountTokens:
	"""The account's tokens in the database, renewed by one worker at a time (`meli.client.TokenSource`)."""

	def __init__(self, account: str) -> None:
		self.account = account
		# The token given out last, to tell the grant that was refused from a newer one.
		self.last: str | None = None

	def access_token(self) -> str:
		"""The stored access token, renewed if it is about to expire.

		Raises ReauthorisationNeeded without one, and SiteMoved where it is another site's.
		"""
		token = _read(self.account, "access_token")
		if not token:
			raise ReauthorisationNeeded("The account has no access token.")
		site_address, expires_at = frappe.db.get_value(
			ACCOUNT, self.account, ["site_address", "token_expires_at"]
		)
		frappe.db.rollback()
		moving.check(self.account, site_address)
		if expires_at and get_datetime(expires_at) - MARGIN < now_datetime():
			return self.renew(token)
		self.last = token
		return token

	def renew(self, rejected: str) -> str:
		"""A token other than `rejected`: the one another worker has got meanwhile, else a new one.

		MercadoLibre's refresh token works once. The new pair is committed before anybody uses it; whoever
		waited for the lock finds it.
		"""
		with tokens_lock(self.account):
			self.last = current = _read(self.account, "access_token")
			if current and current != rejected:
				return current
			refresh_token = _read(self.account, "refresh_token")
			frappe.db.rollback()
			if not refresh_token:
				raise ReauthorisationNeeded("The account has no refresh token.")
			# Asking uses it up: a database that takes nothing, as on a full disk, is to say so before.
			set_encrypted_password(ACCOUNT, self.account, refresh_token, "refresh_token")
			frappe.db.commit()
			tokens = oauth().refresh(refresh_token)
			store_tokens(self.account, tokens)
			frappe.db.commit()
			self.last = tokens.access_token
			return tokens.access_token


def tokens_lock(account: str) -> AbstractContextManager[None]:
	"""The lock under which an account's tokens are renewed, replaced and removed."""
	return named_lock(f"tokens:{account}")


def store_tokens(account: str, tokens: Tokens) -> None:
	"""Write a pair of tokens to the account. The caller holds `tokens_lock` and commits."""
	set_encrypted_password(ACCOUNT, account, tokens.access_token, "access_token")
	if tokens.refresh_token:
		set_encrypted_password(ACCOUNT, account, tokens.refresh_token, "refresh_token")
	expires_at = now_datetime() + timedelta(seconds=tokens.expires_in)
	frappe.db.set_value(
		ACCOUNT,
		account,
		# Saving the form removes a password whose field is empty.
		{
			"access_token": MASK,
			"refresh_token": MASK if _read(account, "refresh_token") else "",
			"token_expires_at": expires_at,
			"site_address": moving.address(),
			"status": CONNECTED,
		},
	)


def remove_tokens(account: str) -> None:
	"""Forget the account's tokens. The caller holds `tokens_lock` and commits."""
	for fieldname in ("access_token", "refresh_token"):
		remove_encrypted_password(ACCOUNT, account, fieldname)
	frappe.db.set_value(
		ACCOUNT,
		account,
		{
			"access_token": "",
			"refresh_token": "",
			"token_expires_at": None,
			"site_address": None,
			"status": NOT_CONNECTED,
		},
	)


def _read(account: str, fieldname: str) -> str | None:
	return get_decrypted_password(ACCOUNT, account, fieldname, raise_exception=False)
