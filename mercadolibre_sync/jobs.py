"""Background jobs that nobody waits for: where none can be queued, a scheduled job sees to it later."""

from collections.abc import Iterator
from contextlib import contextmanager

import frappe
from redis.exceptions import RedisError


def enqueue(method: str, *queues: str, **options: object) -> bool:
	"""Queue a job in the first of these queues that takes it, False if none does; `options`: of `frappe.enqueue`.

	Frappe takes no more where `max_queued_jobs` wait (on 16 some 500 by default), whosever they are. That, and a
	Redis that does not answer, is no reason to fail for who has just stored what is to be done.
	"""
	try:
		is_queued = any(_takes(queue, method, options) for queue in queues)
	except RedisError:
		is_queued = False
	if not is_queued:
		frappe.logger().warning("mercadolibre_sync: %s could not be queued, it will be later", method)
	return is_queued


def _takes(queue: str, method: str, options: dict[str, object]) -> bool:
	try:
		with _muted():
			frappe.enqueue(method, queue=queue, **options)
	except (frappe.QueueOverloaded, frappe.PermissionError):
		# Where a queue is full, Frappe looks whether to offer a report about it, and to look is forbidden to guests.
		return False
	return True


@contextmanager
def _muted() -> Iterator[None]:
	"""What Frappe says is meant for a person; here MercadoLibre would read it."""
	before, frappe.flags.mute_messages = frappe.flags.mute_messages, True
	try:
		yield
	finally:
		frappe.flags.mute_messages = before
