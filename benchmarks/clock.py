"""Measuring times and statements."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import frappe


def milliseconds(action: Callable[[], object]) -> float:
	started = time.perf_counter()
	action()
	return (time.perf_counter() - started) * 1000


def alternating(rounds: int, *actions: Callable[[], object]) -> tuple[float, ...]:
	"""Median milliseconds of each action; they take turns, so that a busy moment of the machine meets all of them."""
	times = [[milliseconds(action) for action in actions] for _round in range(rounds)]
	return tuple(statistics.median(column) for column in zip(*times, strict=True))


def seconds_until(condition: Callable[[], object], limit: float) -> float | None:
	"""Seconds until the condition is true, None if it is not within `limit`."""
	started = time.perf_counter()
	while (elapsed := time.perf_counter() - started) < limit:
		if condition():
			return elapsed
		time.sleep(0.02)
	return None


@contextmanager
def statements() -> Iterator[list[str]]:
	"""Every statement that Frappe sends to the database meanwhile: reads, writes, locks, the transaction's own."""
	sent: list[str] = []
	sql = frappe.db.sql
	frappe.db.sql = lambda query, *args, **kwargs: (sent.append(str(query)), sql(query, *args, **kwargs))[1]
	try:
		yield sent
	finally:
		del frappe.db.sql


def median(values: Sequence[float]) -> float:
	return statistics.median(values)
