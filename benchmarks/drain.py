"""How fast the inbox is emptied, and how long a buyer takes from the post to the customer, by MercadoLibre's speed.

Everything in the inbox of the site is deleted.
"""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

import frappe
import requests

from demo.stage import ENDPOINT
from mercadolibre_sync.inbox import intake, wake
from mercadolibre_sync.inbox.states import DONE, NOTIFICATION, PRIORITY_FRESH
from mercadolibre_sync.meli.notification import Notification
from simulator.control import MeliControl, notification_body
from tests.ground.process import wait_for, web_server, workers
from tests.site.base import ACCOUNT_NAME, FIRST_BUYER, SELLER, clean, make_account, simulator_url

# Before these the worker has its caches and connections to make.
WARM_UP = 10


@contextmanager
def prepared(milliseconds: int) -> Iterator[MeliControl]:
	"""A connected account, and a MercadoLibre that takes so long for every answer."""
	meli = MeliControl(simulator_url())
	meli.reset()
	clean()
	meli.add_seller(SELLER, ACCOUNT_NAME)
	make_account()
	frappe.db.commit()
	if milliseconds:
		meli.misbehave("", "slow", seconds=milliseconds / 1000, times=None)
	try:
		yield meli
	finally:
		clean()


def orders_of_new_buyers(meli: MeliControl, count: int, first: int = 0) -> list[str]:
	"""Orders with a delivery, each of another buyer."""
	buyers = [str(FIRST_BUYER + first + number) for number in range(count)]
	people = {"first_name": "Mariana", "last_name": "Guzmán", "document": ["DNI", "32659430"]}
	meli.batch(
		("add_buyer", {"buyer_id": buyer, "nickname": f"COMPRADOR{buyer}", **people}) for buyer in buyers
	)
	shipments = meli.batch(("add_shipment", {"seller_id": SELLER, "buyer_id": buyer}) for buyer in buyers)
	return meli.batch(
		("add_order", {"seller_id": SELLER, "buyer_id": buyer, "shipment_id": shipment})
		for buyer, shipment in zip(buyers, shipments, strict=True)
	)


def drained(milliseconds: int, count: int, worker_count: int) -> float:
	"""Orders of new buyers written a second by so many workers."""
	with prepared(milliseconds) as meli:
		frappe.db.set_single_value("MercadoLibre Settings", "workers", worker_count)
		notifications = [
			Notification("orders_v2", f"/orders/{order}", SELLER, meli.application_id, None, None)
			for order in orders_of_new_buyers(meli, count)
		]
		intake.store_all(notifications, ACCOUNT_NAME, intake.SOURCE_POSTED, PRIORITY_FRESH)
		frappe.db.commit()
		with workers("default", count=worker_count):
			wake.wake()
			wait_for(lambda: _done() >= WARM_UP, 60)
			started, before = time.perf_counter(), _done()
			wait_for(lambda: _done() == count, 600)
			return (count - before) / (time.perf_counter() - started)


def from_post_to_customer(milliseconds: int, count: int) -> list[float]:
	"""Seconds from the post to the committed customer, on a site that does nothing else."""
	with prepared(milliseconds) as meli, web_server() as url, workers("default"):
		times = []
		for number, order in enumerate(orders_of_new_buyers(meli, count)):
			body = notification_body("orders_v2", f"/orders/{order}", SELLER)
			started = time.perf_counter()
			assert requests.post(url + ENDPOINT, json=body, timeout=30).status_code == 200
			wait_for(lambda expected=number + 1: _done() == expected)
			times.append(time.perf_counter() - started)
			# Until the worker sleeps.
			wait_for(lambda: not wake.is_awake())
			time.sleep(0.5)
		return sorted(times)


def _done() -> int:
	frappe.db.rollback()
	return frappe.db.count(NOTIFICATION, {"status": DONE})


def main() -> None:
	fast = drained(0, 150, 1)
	print(f"drain, 0 ms, 1 worker        {fast:6.1f} orders/s")
	slow = drained(150, 150, 1)
	print(f"drain, 150 ms, 1 worker      {slow:6.1f} orders/s   {slow / fast:.0%} of 0 ms")
	two = drained(150, 200, 2)
	print(f"drain, 150 ms, 2 workers     {two:6.1f} orders/s   {two / slow:.2f} x 1 worker")
	times = from_post_to_customer(150, 11)
	print(f"post to customer, 150 ms     p50 {statistics.median(times):.2f} s, longest {times[-1]:.2f} s")


if __name__ == "__main__":
	from tests.ground.site import connect

	connect()
	main()
