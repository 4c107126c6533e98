"""Connecting an account: to MercadoLibre's page, back with a code, and from there to tokens (OAuth 2 with PKCE)."""

import hashlib
import json
import re
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass, field

import frappe
from frappe import _
from frappe.utils import now_datetime

from mercadolibre_sync.account import allowance
from mercadolibre_sync.inbox import claims, door, failures
from mercadolibre_sync.meli import errors
from mercadolibre_sync.meli.client import Client
from mercadolibre_sync.meli.models import User
from mercadolibre_sync.meli.oauth import Tokens, authorization_url, pkce
from mercadolibre_sync.meli.sites import SITES
from mercadolibre_sync.sync import connection
from mercadolibre_sync.sync.accounts import ACCOUNT, CONNECTED
from mercadolibre_sync.sync.errors import SiteMoved
from mercadolibre_sync.sync.lock import named_lock

KEY = "mercadolibre_sync:authorisation"
# As long as MercadoLibre's code lives.
LIFETIME_SECONDS = 600
OPERATOR = "invalid_operator_user_id"
REFUSED_BY_PERSON = "access_denied"


class AuthorisationFailed(Exception):
	"""Nothing was changed. The message is translated and says what to do; `account` is None where unknown."""

	def __init__(self, message: str, account: str | None = None) -> None:
		super().__init__(message)
		self.account = account


@dataclass(frozen=True)
class _Attempt:
	"""What is kept here while the person is at MercadoLibre."""

	account: str
	user: str
	session: str
	redirect_uri: str
	code_verifier_secret: str = field(repr=False)


def begin(account: str) -> str:
	"""Address of MercadoLibre's page where the seller lets this site in.

	Only the session that calls this can come back from there, once and within LIFETIME_SECONDS. Raises
	NeedsAttention where Settings lack the application.
	"""
	connection.oauth()
	settings = frappe.get_cached_doc("MercadoLibre Settings")
	state = secrets.token_urlsafe(32)
	code_verifier_secret, code_challenge = pkce()
	attempt = _Attempt(account, frappe.session.user, _session(), settings.redirect_url, code_verifier_secret)
	frappe.cache.set(_key(state), json.dumps(asdict(attempt)), ex=LIFETIME_SECONDS)
	return authorization_url(
		frappe.db.get_value(ACCOUNT, account, "site"),
		settings.application_id,
		attempt.redirect_uri,
		state,
		code_challenge,
		base=connection.api_base() if connection.simulator_url() else None,
	)


def complete(code: str | None, state: str | None, error: str | None) -> str:
	"""Take what MercadoLibre's redirect brought and connect the account; returns the account's name. Commits.

	Raises AuthorisationFailed, or PermissionError for who may not change the account.
	"""
	attempt = _take(state)
	frappe.get_doc(ACCOUNT, attempt.account).check_permission("write")
	if error or not code:
		raise AuthorisationFailed(_refusal(error), attempt.account)
	try:
		_connect(attempt, code)
	except errors.MeliError as failure:
		raise AuthorisationFailed(_explain(failure, attempt), attempt.account) from None
	return attempt.account


def _take(state: str | None) -> _Attempt:
	"""The attempt a state stands for, which then is used up."""
	with frappe.cache.pipeline(transaction=True) as pipeline:
		# Read and deleted in one step: of two callbacks with one state, one gets it.
		pipeline.get(_key(state or ""))
		pipeline.delete(_key(state or ""))
		stored, _deleted = pipeline.execute()
	if not stored:
		raise AuthorisationFailed(
			_(
				"This authorisation was used already, or was begun more than 10 minutes ago. Press Authorise again."
			)
		)
	attempt = _Attempt(**json.loads(stored))
	if (attempt.user, attempt.session) != (frappe.session.user, _session()):
		raise AuthorisationFailed(
			_("This authorisation was begun in another session. Press Authorise again in this one.")
		)
	return attempt


def _connect(attempt: _Attempt, code: str) -> None:
	frappe.db.rollback()
	tokens = connection.oauth().exchange(code, attempt.redirect_uri, attempt.code_verifier_secret)
	client = Client(connection.api_base(), _FreshToken(tokens))
	seller = client.me()
	# One at a time: two people may be connecting two accounts with one login.
	with named_lock("authorisation"):
		problem = _problem(attempt.account, seller, tokens)
		frappe.db.rollback()
		if not problem:
			_store(attempt.account, seller, tokens)
	if not problem:
		# The seller is connected, whatever becomes of this; tomorrow it is asked again.
		with suppress(errors.MeliError):
			allowance.note(client)
	else:
		_give_back(seller, tokens)
		raise AuthorisationFailed(problem, attempt.account)


def _problem(account: str, seller: User, tokens: Tokens) -> str | None:
	"""Why this seller's authorisation is not one for the account, in words, or None."""
	here = frappe.db.get_value(ACCOUNT, account, ["user_id", "site"], as_dict=True)
	logged_in_as = seller.nickname or seller.id
	if here.user_id and here.user_id != seller.id:
		return _(
			"You are logged in to MercadoLibre as {0}, but this account belongs to the seller {1}. Log out of MercadoLibre and press Authorise again."
		).format(logged_in_as, here.user_id)
	if other := _holder(seller.id, but=account):
		return _("The seller {0} already belongs to the account {1}.").format(logged_in_as, other)
	if seller.site_id != here.site:
		return _('The seller {0} is of the site {1}, but "Site" of this account is {2}.').format(
			logged_in_as, _site_name(seller.site_id), _site_name(here.site)
		)
	if not tokens.refresh_token:
		return _(
			"The application lacks the scope offline_access, without which the connection ends after a few hours. Tick it at developers.mercadolibre.com.ar and press Authorise again."
		)
	return None


def _store(account: str, seller: User, tokens: Tokens) -> None:
	with connection.tokens_lock(account):
		connection.store_tokens(account, tokens)
		# Its own statement, not the form's save: MercadoLibre's answer is not to fail on another field.
		values = {"user_id": seller.id, "nickname": seller.nickname}
		values |= {"authorised_at": now_datetime(), "silent_since": None}
		frappe.db.set_value(ACCOUNT, account, values)
		door.forget_sellers()
		claims.requeue_waiting_for_account(account)
		# The callback is a GET, which Frappe would roll back; the previous tokens are dead by now.
		frappe.db.commit()


def _give_back(seller: User, tokens: Tokens) -> None:
	"""Leave things as they were before a refused authorisation.

	The seller's account, if there is one, needs the new pair: with it MercadoLibre has killed the one stored.
	Otherwise the grant is taken back.
	"""
	holder = _holder(seller.id)
	if holder and frappe.db.get_value(ACCOUNT, holder, "status") == CONNECTED:
		with connection.tokens_lock(holder):
			connection.store_tokens(holder, tokens)
			frappe.db.commit()
	elif not holder:
		frappe.db.rollback()
		_revoke_quietly(seller, tokens)


def _revoke_quietly(seller: User, tokens: Tokens) -> None:
	application_id = frappe.db.get_single_value("MercadoLibre Settings", "application_id")
	try:
		Client(connection.api_base(), _FreshToken(tokens)).revoke_grant(seller.id, application_id)
	except errors.MeliError:
		# An unused grant does no harm; the refusal is what the person has to read.
		frappe.logger().warning("mercadolibre_sync: the grant of a refused authorisation was not taken back")


def _holder(seller_id: str, but: str = "") -> str | None:
	return frappe.db.get_value(ACCOUNT, {"user_id": seller_id, "name": ("!=", but)})


def _site_name(site_id: str | None) -> str:
	site = SITES.get(site_id or "")
	return f"{site_id} ({_(site.country)})" if site else str(site_id)


def _refusal(error: str | None) -> str:
	if error == REFUSED_BY_PERSON:
		return _("The authorisation was refused at MercadoLibre. Nothing was changed.")
	if error == OPERATOR:
		return _operator()
	# Only a code: whatever else stands there was not written by MercadoLibre.
	code = error if error and re.fullmatch(r"[a-z_]{1,60}", error) else "?"
	return _("MercadoLibre did not authorise the account ({0}). Nothing was changed.").format(code)


def _operator() -> str:
	return _(
		"That login is a collaborator's. Log out of MercadoLibre, press Authorise again and log in as the account's administrator."
	)


def _explain(failure: errors.MeliError, attempt: _Attempt) -> str:
	if isinstance(failure, errors.ReauthorisationNeeded):
		if failure.code == OPERATOR:
			return _operator()
		return _(
			'MercadoLibre did not accept the authorisation. Check that the "Redirect URI" of the application is exactly {0} and that MercadoLibre does not wait for data of the seller, then press Authorise again.'
		).format(attempt.redirect_uri)
	return str(failures.describe(failure))


def _session() -> str:
	"""The session, in a form that is of no use to who reads the cache."""
	return hashlib.sha256(str(frappe.session.sid).encode()).hexdigest()


def _key(state: str) -> bytes | str:
	return frappe.cache.make_key(f"{KEY}:{hashlib.sha256(state.encode()).hexdigest()}")


class _FreshToken:
	"""Tokens that are not stored yet (`meli.client.TokenSource`)."""

	def __init__(self, tokens: Tokens) -> None:
		self._tokens = tokens

	def access_token(self) -> str:
		return self._tokens.access_token

	def renew(self, rejected: str) -> str:
		raise errors.ReauthorisationNeeded("MercadoLibre refuses the token it has just issued.")


def disconnect(account: str) -> str:
	"""Remove the grant at MercadoLibre and the tokens here; returns what was done, in words. Commits.

	Raises TemporaryError, with nothing changed, when MercadoLibre does not answer: the grant would be left behind.
	"""
	result = _("The account is disconnected.")
	try:
		_revoke(account)
	except SiteMoved:
		result = _(
			"The tokens are deleted here. The authorisation at MercadoLibre stays: the site that this one was copied from uses it."
		)
	except (errors.ReauthorisationNeeded, errors.Forbidden, errors.NotFound):
		result = _("The account is disconnected. MercadoLibre had removed the authorisation before.")
	except errors.PermanentError as error:
		result = _(
			"The tokens are deleted here, but MercadoLibre did not remove the authorisation: {0} Remove it in the seller's account at MercadoLibre."
		).format(failures.describe(error))
	with connection.tokens_lock(account):
		connection.remove_tokens(account)
		frappe.db.commit()
	return result


def _revoke(account: str) -> None:
	user_id = frappe.db.get_value(ACCOUNT, account, "user_id")
	application_id = frappe.db.get_single_value("MercadoLibre Settings", "application_id")
	if not user_id or not application_id:
		raise errors.ReauthorisationNeeded("The account has never been connected.")
	client = Client(connection.api_base(), connection.AccountTokens(account))
	frappe.db.rollback()
	client.revoke_grant(user_id, application_id)
