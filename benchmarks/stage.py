"""The stage: a simulated MercadoLibre and connected accounts on whatever site this is, and nothing left afterwards."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import frappe
from frappe.installer import update_site_config
from frappe.utils.password import get_encryption_key

from mercadolibre_sync.backfill.run import BACKFILL
from mercadolibre_sync.inbox import wake
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.meli.oauth import Tokens
from mercadolibre_sync.sync import connection
from mercadolibre_sync.sync.accounts import ACCOUNT
from mercadolibre_sync.sync.versions import ORDER
from simulator.control import MeliControl
from simulator.meli_notifications import notification_body
from simulator.server import running

ENDPOINT = "/api/method/mercadolibre_sync.api.notifications"
SETTINGS = "MercadoLibre Settings"
# Names and numbers that nobody else has.
ACCOUNTS = {"benchmark one": "990000000001", "benchmark two": "990000000002"}
ACCOUNT_NAME, SELLER = next(iter(ACCOUNTS.items()))
FIRST_BUYER = 9_900_000_000_001
BUYERS = "99000000_____"
ENDED = ("Done", "Ignored", "Failed")


@dataclass
class Stage:
	"""`meli` steers the simulator; `group` and `territory` are such as this site has."""

	meli: MeliControl
	group: str
	territory: str
	_buyers: Iterator[int] = field(default_factory=lambda: itertools.count(FIRST_BUYER))

	def buyer(self) -> str:
		return str(next(self._buyers))

	def orders(self, count: int, seller: str = SELLER, **details) -> list[str]:
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


def body(number: int) -> dict:
	return notification_body("orders_v2", f"/orders/{number}", SELLER)


def ended(*orders: str) -> bool:
	"""Whether every notification of these orders has come to its end."""
	frappe.db.rollback()
	rows = frappe.get_all(
		NOTIFICATION, {"resource": ("in", [f"/orders/{order}" for order in orders])}, pluck="status"
	)
	return len(rows) >= len(orders) and set(rows) <= set(ENDED)


@contextmanager
def set_up() -> Iterator[Stage]:
	"""Connect the accounts to a simulator; whatever is on the site when the block ends is what was there before."""
	before = frappe.get_single(SETTINGS).as_dict()
	_refuse_a_real_application(before)
	get_encryption_key()
	with running() as url:
		update_site_config("mercadolibre_sync_simulator", url)
		# The bench's scheduler would have its own workers take from the same inbox.
		update_site_config("pause_scheduler", 1)
		frappe.local.conf.update({"mercadolibre_sync_simulator": url, "developer_mode": 1})
		clear()
		stage = Stage(MeliControl(url), _leaf("Customer Group"), _leaf("Territory"))
		try:
			_connect(stage)
			yield stage
		finally:
			clear()
			_restore(before)


def clear() -> None:
	"""Remove everything that benchmarks make, by statements: documents would take minutes and leave traces."""
	frappe.db.rollback()
	for doctype in ("Address", "Contact"):
		names = frappe.get_all(
			"Dynamic Link",
			{"parenttype": doctype, "link_doctype": "Customer", "link_name": ("like", BUYERS)},
			pluck="parent",
		)
		_delete(doctype, names)
	_delete("Customer", frappe.get_all("Customer", {"name": ("like", BUYERS)}, pluck="name"))
	for doctype in (NOTIFICATION, ORDER, BACKFILL):
		frappe.db.delete(doctype, {"account": ("in", list(ACCOUNTS))})
	for doctype in ("__Auth", "Version"):
		frappe.db.delete(doctype, {"docname" if doctype == "Version" else "name": ("in", list(ACCOUNTS))})
	for name in ACCOUNTS:
		frappe.delete_doc(ACCOUNT, name, force=True, ignore_missing=True, delete_permanently=True)
	frappe.db.commit()
	wake.fall_asleep()


def _delete(doctype: str, names: list[str]) -> None:
	if not names:
		return
	for table in frappe.get_meta(doctype).get_table_fields():
		frappe.db.delete(table.options, {"parenttype": doctype, "parent": ("in", names)})
	frappe.db.delete("Comment", {"reference_doctype": doctype, "reference_name": ("in", names)})
	frappe.db.delete("Version", {"ref_doctype": doctype, "docname": ("in", names)})
	frappe.db.delete("__global_search", {"doctype": doctype, "name": ("in", names)})
	frappe.db.delete(doctype, {"name": ("in", names)})
	frappe.db.commit()


def _refuse_a_real_application(settings: frappe._dict) -> None:
	if settings.application_id and settings.application_id != MeliControl.application_id:
		raise SystemExit(
			"This site is connected to a real application at MercadoLibre: measure on another one."
		)


def _connect(stage: Stage) -> None:
	settings = frappe.get_single(SETTINGS)
	settings.update(
		{
			"application_id": MeliControl.application_id,
			"client_secret": MeliControl.application_secret,
			# What is measured is the app; that it keeps MercadoLibre's pace is tested elsewhere.
			"calls_per_minute": 60_000,
		}
	)
	settings.save()
	for name, seller in ACCOUNTS.items():
		stage.meli.add_seller(seller, name)
		account = frappe.new_doc(ACCOUNT)
		account.update({"account_name": name, "nickname": name, "user_id": seller, "site": "MLA"})
		account.update({"company": frappe.get_all("Company", pluck="name")[0], "customer_group": stage.group})
		account.insert()
		connection.store_tokens(name, Tokens.from_json(stage.meli.issue_tokens(seller)))
	frappe.db.commit()


def _leaf(doctype: str) -> str:
	return frappe.get_all(doctype, {"is_group": 0}, pluck="name")[0]


def _restore(before: frappe._dict) -> None:
	settings = frappe.get_single(SETTINGS)
	for fieldname in ("application_id", "client_secret", "calls_per_minute"):
		settings.set(fieldname, before.get(fieldname))
	settings.save()
	frappe.db.delete("Version", {"ref_doctype": SETTINGS})
	frappe.db.commit()
