"""What goes on with this version where the first one stopped."""

import frappe

from mercadolibre_sync.inbox import intake, states, sweep, wake, worker
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.meli.notification import Notification
from mercadolibre_sync.meli.oauth import Tokens
from mercadolibre_sync.mercadolibre_sync.doctype.mercadolibre_notification.mercadolibre_notification import (
	retry,
)
from mercadolibre_sync.sync import connection
from mercadolibre_sync.sync.accounts import ACCOUNT
from simulator.control import MeliControl
from tests.ground import masters

SELLER = "990000000001"
FIRST_BUYER = 9_900_000_100_001


def go_on() -> None:
	"""Sweep, press Retry on what failed or waits, and empty the inbox."""
	sweep.sweep()
	frappe.db.commit()
	retry(frappe.get_all(NOTIFICATION, {"status": ("in", (states.WAITING, states.FAILED))}, pluck="name"))
	frappe.db.commit()
	worker.drain()
	frappe.db.commit()


def order_again(simulator: str) -> None:
	"""One more order of each buyer, without a delivery, and empty the inbox."""
	meli = MeliControl(simulator)
	buyers = frappe.get_all("Customer", {"mercadolibre_id": ("is", "set")}, pluck="mercadolibre_id")
	for buyer in buyers:
		notify(meli.add_order(SELLER, buyer))
	frappe.db.commit()
	worker.drain()
	frappe.db.commit()


def crowd(simulator: str, count: int) -> None:
	"""Notify of so many orders, each of a new buyer with an address, and wake workers."""
	meli = MeliControl(simulator)
	for buyer in map(str, range(FIRST_BUYER, FIRST_BUYER + count)):
		meli.add_buyer(
			buyer, f"COMPRA{buyer}", first_name="Ana", last_name="Paz", document=("DNI", "32659430")
		)
		notify(meli.add_order(SELLER, buyer, shipment_id=meli.add_shipment(SELLER, buyer)))
	frappe.db.commit()
	wake.wake()


def notify(order: str) -> None:
	notification = Notification(
		"orders_v2", f"/orders/{order}", SELLER, MeliControl.application_id, None, None
	)
	intake.store(notification, "one", intake.SOURCE_POSTED, states.PRIORITY_FRESH)


def connect_anew(simulator: str) -> None:
	"""Settings and one account, after the app was installed again."""
	meli = MeliControl(simulator)
	settings = frappe.get_single("MercadoLibre Settings")
	application = {"application_id": meli.application_id, "client_secret": meli.application_secret}
	settings.update({**application, "calls_per_minute": 60_000})
	settings.save()
	account = frappe.new_doc(ACCOUNT)
	account.update({"account_name": "one", "nickname": "one", "user_id": SELLER, "site": "MLA", "enabled": 1})
	account.update({"company": masters.company(), "customer_group": masters.customer_group()})
	account.insert()
	connection.store_tokens("one", Tokens.from_json(meli.issue_tokens(SELLER)))
	frappe.db.commit()
