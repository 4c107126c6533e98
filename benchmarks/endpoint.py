"""How long the notification endpoint takes to answer, beside Frappe's own ping in the same run.

MercadoLibre wants its 200 within 500 ms. Half of the posts come one after the other, half from eight
senders at once.
"""

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import frappe
import requests

from demo.stage import ENDPOINT, SELLER, set_up
from mercadolibre_sync.inbox.states import NOTIFICATION
from simulator.meli_notifications import notification_body
from tests.ground.site import connect

CALLS = 400
SENDERS = 8


def main() -> None:
	connect()
	with set_up(worker=False) as stage:
		measure("ping, one by one", lambda _number: ping(stage.url), senders=1)
		measure("notification, one by one", lambda number: post(stage.url, number), senders=1)
		measure(f"ping, {SENDERS} at once", lambda _number: ping(stage.url), senders=SENDERS)
		measure(f"notification, {SENDERS} at once", lambda number: post(stage.url, number), senders=SENDERS)
		frappe.db.rollback()
		print(f"{frappe.db.count(NOTIFICATION, {'user_id': SELLER})} of {2 * CALLS} notifications stored")


def measure(what: str, call: Callable[[int], requests.Response], senders: int) -> None:
	def timed(number: int) -> float:
		started = time.perf_counter()
		response = call(number)
		assert response.status_code == 200, response.status_code
		return (time.perf_counter() - started) * 1000

	with ThreadPoolExecutor(senders) as pool:
		times = sorted(pool.map(timed, range(CALLS)))
	print(
		f"{what:<32} median {statistics.median(times):6.1f} ms   95 % {times[int(CALLS * 0.95)]:6.1f} ms   longest {times[-1]:6.1f} ms"
	)


def ping(url: str) -> requests.Response:
	return requests.get(f"{url}/api/method/ping", timeout=30)


def post(url: str, number: int) -> requests.Response:
	return requests.post(
		url + ENDPOINT, json=notification_body("orders_v2", f"/orders/{number + 1}", SELLER), timeout=30
	)


if __name__ == "__main__":
	main()
