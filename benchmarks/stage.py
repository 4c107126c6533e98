"""The stage: a simulated MercadoLibre and two connected accounts on whatever site this is."""

import itertools
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import frappe
import redis
from frappe.installer import update_site_config
from frappe.utils.password import get_encryption_key

from mercadolibre_sync.inbox import door, wake
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.meli.oauth import Tokens
from mercadolibre_sync.sync import connection
from mercadolibre_sync.sync.accounts import ACCOUNT
from simulator.control import Call, MeliControl
from simulator.meli_notifications import notification_body
from simulator.server import running
from tests.ground import masters
from tests.ground.visit import visit

ENDPOINT = "/api/method/mercadolibre_sync.api.notifications"
ACCOUNTS = {"benchmark one": "990000000001", "benchmark two": "990000000002"}
ACCOUNT_NAME, SELLER = next(iter(ACCOUNTS.items()))
OTHER_ACCOUNT, OTHER_SELLER = list(ACCOUNTS.items())[1]
FIRST_BUYER = 9_900_000_000_001
ENDED = {"Done", "Ignored", "Failed"}
# As many as any benchmark starts.
MOST_WORKERS = 4
# What MercadoLibre takes for an answer.
LATENCY_SECONDS = 0.15


@dataclass
class Stage:
	"""`meli` steers the simulator at the address `simulator`; `group` and `territory` are such as this site has."""

	simulator: str
	meli: MeliControl
	group: str
	territory: str
	_buyers: Iterator[int] = field(default_factory=lambda: itertools.count(FIRST_BUYER))

	def buyer(self) -> str:
		"""The number of a buyer whom nobody knows."""
		return str(next(self._buyers))

	def orders(self, count: int, seller: str = SELLER, **details: object) -> list[str]:
		"""Numbers of paid orders, each of a new buyer and with a delivery."""
		buyers = [self.buyer() for _number in range(count)]
		person = {"first_name": "Mariana", "last_name": "Guzmán", "document": ("DNI", "32659430")}
		self.meli.batch(
			("add_buyer", {"buyer_id": buyer, "nickname": f"COMPRA{buyer}", **person}) for buyer in buyers
		)
		delivery = {"seller_id": seller, "receiver_phone": "351 5550001"}
		shipments = self.meli.batch(("add_shipment", {"buyer_id": buyer, **delivery}) for buyer in buyers)
		return self.meli.batch(
			("add_order", {"seller_id": seller, "buyer_id": buyer, "shipment_id": shipment, **details})
			for buyer, shipment in zip(buyers, shipments, strict=True)
		)

	def post(self, url: str, order: str, seller: str = SELLER) -> None:
		"""Notify of an order as MercadoLibre does."""
		delivery = self.meli.post_notification(url + ENDPOINT, "orders_v2", f"/orders/{order}", seller)
		assert delivery.status == 200, delivery

	def answer_slowly(self) -> None:
		self.meli.misbehave(".", "slow", times=None, seconds=LATENCY_SECONDS)

	def api_calls(self) -> list[Call]:
		"""What MercadoLibre was asked, but for tokens and for what it says of the application."""
		return [call for call in self.meli.calls() if not call.path.startswith(("/oauth", "/applications"))]

	def calm(self) -> None:
		"""Nothing queued, nobody awake, MercadoLibre well, and not too many posts yet: for what comes next."""
		redis.from_url(os.environ["FRAPPE_REDIS_QUEUE"]).flushdb()
		self.meli.behave()
		self.meli.forget_calls()
		frappe.db.delete(NOTIFICATION)
		frappe.db.commit()
		wake.fall_asleep()
		forget_knocks()


def states(orders: list[str]) -> Mapping[str, int]:
	"""How many of these orders' notifications are in which state."""
	frappe.db.rollback()
	resources = [f"/orders/{order}" for order in orders]
	counted = frappe.db.sql(
		f"select status, count(*) from `tab{NOTIFICATION}` where resource in %(resources)s group by status",
		{"resources": resources},
	)
	return dict(counted)


def ended(*orders: str) -> bool:
	"""Whether all notifications of these orders have come to their end."""
	found = states(list(orders))
	return bool(found) and found.keys() <= ENDED and sum(found.values()) >= len(orders)


@contextmanager
def set_up() -> Iterator[Stage]:
	"""Connect the accounts to a simulator. What the site holds when the block ends is what it held before."""
	with visit(), running() as url:
		get_encryption_key()
		update_site_config("mercadolibre_sync_simulator", url)
		# A bench's own scheduler would send its workers to the same inbox.
		update_site_config("pause_scheduler", 1)
		frappe.local.conf.update({"mercadolibre_sync_simulator": url, "developer_mode": 1})
		stage = Stage(url, MeliControl(url), masters.customer_group(), masters.territory())
		_connect(stage)
		yield stage


def _connect(stage: Stage) -> None:
	settings = frappe.get_single("MercadoLibre Settings")
	settings.update(
		{
			"application_id": MeliControl.application_id,
			"client_secret": MeliControl.application_secret,
			# What is measured is the app. That it keeps MercadoLibre's pace is tested elsewhere.
			"calls_per_minute": 60_000,
			"workers": MOST_WORKERS,
		}
	)
	settings.save()
	for name, seller in ACCOUNTS.items():
		stage.meli.add_seller(seller, name)
		account = frappe.new_doc(ACCOUNT)
		account.update({"account_name": name, "nickname": name, "user_id": seller, "site": "MLA"})
		account.update({"company": masters.company(), "customer_group": stage.group})
		account.insert()
		connection.store_tokens(name, Tokens.from_json(stage.meli.issue_tokens(seller)))
	frappe.db.commit()


def body(number: int) -> dict:
	"""What MercadoLibre posts about an order with this number."""
	return notification_body("orders_v2", f"/orders/{number}", SELLER)


def forget_knocks() -> None:
	"""Let this address begin its minute anew: what is measured is an answer, not the brake."""
	for address in ("127.0.0.1", "None"):
		frappe.cache.delete(frappe.cache.make_key(f"{door.KNOCKS_KEY}:{address}"))
