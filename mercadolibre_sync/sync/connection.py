"""The connection to MercadoLibre in an account's name."""

from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

import frappe
from frappe import _
from frappe.utils import get_datetime, now_datetime
from frappe.utils.password import get_decrypted_password, set_encrypted_password

from mercadolibre_sync.meli.client import API, Client
from mercadolibre_sync.meli.errors import ReauthorisationNeeded
from mercadolibre_sync.meli.oauth import OAuth, Tokens
from mercadolibre_sync.sync.accounts import ACCOUNT, CONNECTED, Account
from mercadolibre_sync.sync.errors import NeedsAttention
from mercadolibre_sync.sync.lock import named_lock

# Renewed this long before the end, so that no call starts with a token that dies on the way.
MARGIN = timedelta(minutes=5)


def client_for(account: Account) -> Client:
	"""A client that speaks for this account and renews its tokens when needed."""
	return Client(api_base(), AccountTokens(account.name))


def oauth() -> OAuth:
	"""The application's side of OAuth. Raises NeedsAttention where Settings lack the application."""
	settings = frappe.get_single("MercadoLibre Settings")
	secret = settings.get_password("client_secret", raise_exception=False)
	if not settings.application_id or not secret:
		raise NeedsAttention(_('Fill "Application ID" and "Client Secret" in MercadoLibre Settings.'))
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
			_('"mercadolibre_sync_simulator" in site_config.json must be an address of this machine.')
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
		self._account = account

	def access_token(self) -> str:
		"""The stored access token, renewed if it is about to expire. Raises ReauthorisationNeeded without one."""
		token = _read(self._account, "access_token")
		if not token:
			raise ReauthorisationNeeded("The account has no access token.")
		expires_at = frappe.db.get_value(ACCOUNT, self._account, "token_expires_at")
		frappe.db.rollback()
		if expires_at and get_datetime(expires_at) - MARGIN < now_datetime():
			return self.renew(token)
		return token

	def renew(self, rejected: str) -> str:
		"""A token other than `rejected`: the one another worker has got meanwhile, else a new one.

		MercadoLibre's refresh token works once. The new pair is committed before anybody uses it; whoever
		waited for the lock finds it.
		"""
		with named_lock(f"tokens:{self._account}"):
			current = _read(self._account, "access_token")
			if current and current != rejected:
				return current
			refresh_token = _read(self._account, "refresh_token")
			frappe.db.rollback()
			if not refresh_token:
				raise ReauthorisationNeeded("The account has no refresh token.")
			tokens = oauth().refresh(refresh_token)
			store_tokens(self._account, tokens)
			frappe.db.commit()
			return tokens.access_token


def store_tokens(account: str, tokens: Tokens) -> None:
	"""Write a pair of tokens to the account. The caller commits."""
	set_encrypted_password(ACCOUNT, account, tokens.access_token, "access_token")
	if tokens.refresh_token:
		set_encrypted_password(ACCOUNT, account, tokens.refresh_token, "refresh_token")
	expires_at = now_datetime() + timedelta(seconds=tokens.expires_in)
	frappe.db.set_value(ACCOUNT, account, {"token_expires_at": expires_at, "status": CONNECTED})


def _read(account: str, fieldname: str) -> str | None:
	return get_decrypted_password(ACCOUNT, account, fieldname, raise_exception=False)
