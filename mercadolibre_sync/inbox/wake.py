"""Calling a worker to the inbox: one job while one is awake, not one per notification."""

import frappe
from redis.exceptions import RedisError

KEY = "mercadolibre_sync:inbox_awake"
# The claim is renewed before every fetch, whose HTTP calls take well under this many seconds.
AWAKE_SECONDS = 120
# Seconds a job may take; `worker.BUDGET_SECONDS` ends it well before.
TIMEOUT = 600


def wake() -> None:
	"""Queue one job that empties the inbox, unless one is on its way.

	Call it after the commit that made a notification visible. A Redis that does not answer is no reason
	to fail: the sweep finds what waits.
	"""
	try:
		if frappe.cache.set(_key(), 1, nx=True, ex=AWAKE_SECONDS):
			enqueue()
	except RedisError:
		frappe.logger().warning("mercadolibre_sync: Redis did not answer, the sweep will wake a worker")


def enqueue() -> None:
	"""Queue a job that empties the inbox, beside any other that may be running."""
	frappe.enqueue("mercadolibre_sync.inbox.worker.drain", queue="default", timeout=TIMEOUT)


def stay_awake() -> None:
	"""Say that a worker is at it, for the next AWAKE_SECONDS."""
	frappe.cache.set(_key(), 1, ex=AWAKE_SECONDS)


def fall_asleep() -> None:
	"""Let the next notification wake a worker. Look into the inbox once more after this."""
	frappe.cache.delete(_key())


def is_awake() -> bool:
	return frappe.cache.get(_key()) is not None


def _key() -> bytes | str:
	return frappe.cache.make_key(KEY)
