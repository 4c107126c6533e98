"""How fast a backlog is worked off, by one worker and by several, with MercadoLibre answering at once and slowly."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import frappe

from benchmarks import floor
from benchmarks.clock import median, seconds_until
from benchmarks.row import Row
from benchmarks.stage import ACCOUNT_NAME, LATENCY_SECONDS, SELLER, Stage, ended, states
from tests.ground.process import web_server, workers

BACKLOG = 100
# Until the first worker has forked, imported and fetched.
START = 10
LIMIT_SECONDS = 120
SINGLE_ORDERS = 9
LATENCY = f"{LATENCY_SECONDS * 1000:.0f} ms"


def rows(stage: Stage) -> Iterator[Row]:
	with web_server() as url:
		at_once = rate(stage, url, 1, slow=False)
		slow = {count: rate(stage, url, count, slow=True) for count in (1, 2, 4)}
		two_at_once = rate(stage, url, 2, slow=False)
		yield _share_of_full_speed(slow[1], at_once)
		yield Row(
			"two workers, MercadoLibre answering at once",
			f"{two_at_once:.1f} orders/s: {two_at_once / at_once:.2f} ×",
			f"one worker: {at_once:.1f}/s",
			"≥ 1.6 × on 2 cores",
			two_at_once >= 1.6 * at_once,
		)
		for count in (2, 4):
			yield _several(count, slow)
		yield _single_order(stage, url)


def _share_of_full_speed(slow: float, at_once: float) -> Row:
	return Row(
		f"a backlog, MercadoLibre answering in {LATENCY}, one worker",
		f"{slow:.1f} orders/s: {slow / at_once:.0%}",
		f"at 0 ms: {at_once:.1f}/s",
		"≥ 70 % of the rate at 0 ms, ≥ 8/s",
		slow >= 0.7 * at_once and slow >= 8,
		{"orders_per_second": slow},
	)


def _several(count: int, slow: dict[int, float]) -> Row:
	return Row(
		f"the same, {count} workers",
		f"{slow[count]:.1f} orders/s: {slow[count] / slow[1]:.2f} ×",
		f"one worker: {slow[1]:.1f}/s",
		"≥ 1.6 × with 2 workers on 2 cores",
		slow[count] >= 1.6 * slow[1],
	)


def rate(stage: Stage, url: str, count: int, *, slow: bool) -> float:
	"""Orders of new buyers that `count` workers bring in per second, once they are at it."""
	with backlog(stage, url, BACKLOG, slow=slow) as orders, workers(count=count):
		seconds_until(lambda: states(orders).get("Done", 0) >= START, LIMIT_SECONDS)
		first, started = states(orders).get("Done", 0), time.perf_counter()
		seconds_until(lambda: ended(*orders), LIMIT_SECONDS)
		return (states(orders).get("Done", 0) - first) / (time.perf_counter() - started)


@contextmanager
def backlog(stage: Stage, url: str, count: int, *, slow: bool) -> Iterator[list[str]]:
	"""Orders that were posted while no worker was there."""
	stage.calm()
	orders = stage.orders(count)
	for order in orders:
		stage.post(url, order)
	if slow:
		stage.answer_slowly()
	yield orders
	stage.calm()


def _single_order(stage: Stage, url: str) -> Row:
	stage.calm()
	stage.answer_slowly()
	with workers():
		pairs = [
			(arrival(stage, url, *stage.orders(1)), _plain_job(stage)) for _number in range(SINGLE_ORDERS)
		]
	waited, plain = (
		median([seconds or LIMIT_SECONDS for seconds in column]) for column in zip(*pairs, strict=True)
	)
	return Row(
		f"from the post to the customer, idle site, {LATENCY}",
		f"median {waited:.2f} s",
		f"two steps at MercadoLibre: {2 * LATENCY_SECONDS:.2f} s; a job that only inserts the three documents: {plain:.2f} s",
		"≤ 1.0 s",
		waited <= 1,
	)


def _plain_job(stage: Stage) -> float | None:
	"""Seconds from calling a job that inserts three documents of a buyer until they are there."""
	buyer = stage.buyer()
	frappe.enqueue(
		# By name Frappe runs only what belongs to an installed app.
		floor.insert,
		buyer=buyer,
		account=ACCOUNT_NAME,
		group=stage.group,
		territory=stage.territory,
	)
	return seconds_until(lambda: frappe.db.rollback() or frappe.db.exists("Customer", buyer), LIMIT_SECONDS)


def arrival(stage: Stage, url: str, order: str, limit: float = 30, seller: str = SELLER) -> float | None:
	"""Seconds from the post until the order is brought in, None if it is not within `limit`."""
	stage.post(url, order, seller)
	return seconds_until(lambda: ended(order), limit)
