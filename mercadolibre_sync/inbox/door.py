"""Who stands at the endpoint's door: one call to Redis says whether they post too much and which sellers are ours."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field

import frappe
from frappe import _
from redis.exceptions import RedisError, WatchError

from mercadolibre_sync.meli.notification import Notification
from mercadolibre_sync.sync.accounts import ACCOUNT

SELLERS_KEY = "mercadolibre_sync:sellers"
# Whoever changes settings or accounts renews what Redis holds; this is for changes made behind Frappe's back.
SELLERS_SECONDS = 60 * 60
KNOCKS_KEY = "mercadolibre_sync:knocks"
# A brake for strangers, far above what MercadoLibre sends one seller from one address: an answer other
# than 200 makes MercadoLibre disable the topic.
POSTS_PER_MINUTE_AND_ADDRESS = 1000


@dataclass(frozen=True)
class Sellers:
	"""Our application and our sellers: the account's name by the seller's user number."""

	application_id: str | None = None
	accounts: dict[str, str] = field(default_factory=dict)

	def account(self, notification: Notification) -> str | None:
		"""The account a notification is for; None if it is not for us."""
		if notification.application_id != self.application_id:
			return None
		return self.accounts.get(notification.user_id)


def knock(address: str) -> Sellers:
	"""Count a post from this address and return the sellers that Redis knows, none if it knows nothing.

	Raises RateLimitExceededError (429) above POSTS_PER_MINUTE_AND_ADDRESS.
	"""
	knocks = frappe.cache.make_key(f"{KNOCKS_KEY}:{address}")
	with frappe.cache.pipeline(transaction=False) as pipeline:
		pipeline.set(knocks, 0, nx=True, ex=60)
		pipeline.incr(knocks)
		pipeline.get(_sellers_key())
		_started, count, stored = pipeline.execute()
	if count > POSTS_PER_MINUTE_AND_ADDRESS:
		frappe.throw(
			_("Too many notifications from one address. Wait a minute."), frappe.RateLimitExceededError
		)
	return Sellers(**json.loads(stored)) if stored else Sellers()


def account_of(notification: Notification, known: Sellers) -> str | None:
	"""The account a notification is for, by what Redis knows, else by the database; None if it is not for us.

	Redis may be behind, so nobody is sent away on its word alone.
	"""
	return known.account(notification) or _learn().account(notification)


def forget_sellers() -> None:
	"""Have the sellers read anew once the open transaction is committed: an account or the application changes."""
	frappe.db.after_commit.add(_forget)


def _forget() -> None:
	# Not deleted: a key that is written, even with nothing, ends the watch of a process that is about to
	# store what it read before our commit.
	with suppress(RedisError):
		frappe.cache.set(_sellers_key(), "", ex=SELLERS_SECONDS)


def _learn() -> Sellers:
	with frappe.cache.pipeline() as pipeline:
		pipeline.watch(_sellers_key())
		# A new snapshot, taken under the watch: of an older one nobody would tell us that it is outdated.
		frappe.db.rollback()
		sellers = _read()
		pipeline.multi()
		pipeline.set(_sellers_key(), json.dumps(asdict(sellers)), ex=SELLERS_SECONDS)
		with suppress(WatchError):
			pipeline.execute()
	return sellers


def _read() -> Sellers:
	# Plain SQL: building the queries takes longer than running them, and a stranger would learn from the time that it takes.
	accounts = frappe.db.sql(f"select user_id, name from `tab{ACCOUNT}` where user_id > ''")
	applications = frappe.db.sql(
		"select value from tabSingles where doctype = 'MercadoLibre Settings' and field = 'application_id'"
	)
	return Sellers(applications[0][0] if applications else None, dict(accounts))


def _sellers_key() -> bytes | str:
	return frappe.cache.make_key(SELLERS_KEY)
