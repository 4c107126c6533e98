"""What goes on with this version where the first one stopped."""

import frappe

from mercadolibre_sync.inbox import states, sweep, wake, worker
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.mercadolibre_sync.doctype.mercadolibre_notification.mercadolibre_notification import (
	retry,
)
from simulator.control import MeliControl
from upgrade.account import SELLER, notify

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
