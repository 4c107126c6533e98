"""Calling workers to the inbox: one for little, more for much, and none who is awake already."""

import math
from collections.abc import Sequence

import frappe
from redis.exceptions import RedisError

from mercadolibre_sync import jobs
from mercadolibre_sync.sync.lock import present

SETTINGS = "MercadoLibre Settings"
KEY = "mercadolibre_sync:inbox"
# The first that is not full of other jobs.
QUEUES = ("default", "short", "long")
# A worker that is awake says so more often. Whoever does not, and whoever has no connection to the database any
# more, is not there.
AWAKE_SECONDS = 5
# A job that did not start in this time is waiting behind others, or lost.
CALLED_SECONDS = 30
# Seconds a job may take; `worker.BUDGET_SECONDS` ends it well before.
TIMEOUT = 600
DEFAULT_WORKERS = 2
# Resources that one worker has before it, all under way at once. Each waits for two answers of MercadoLibre: with fewer,
# a fast machine has written what was answered before the next answers arrive.
SHARE = 24

# KEYS: who is awake, and who was called, each until when, and a number for whoever is called. ARGV: how many are
# wanted, the time they have to come, and who is no longer there. Notes those who are missing as called; returns how
# many there were, how many are missing, and who is awake.
_CALL = """
local now = tonumber(redis.call('time')[1])
for number = 3, #ARGV do redis.call('zrem', KEYS[1], ARGV[number]) end
for number = 1, 2 do redis.call('zremrangebyscore', KEYS[number], '-inf', now) end
local there = redis.call('zcard', KEYS[1]) + redis.call('zcard', KEYS[2])
local missing = math.max(ARGV[1] - there, 0)
for number = 1, missing do
	redis.call('zadd', KEYS[2], now + ARGV[2], redis.call('incr', KEYS[3]))
end
return {there, missing, redis.call('zrange', KEYS[1], 0, -1)}
"""

_SAY_AWAKE = """
local now = tonumber(redis.call('time')[1])
local is_new = redis.call('zadd', KEYS[1], now + ARGV[2], ARGV[1])
if is_new == 1 then redis.call('zpopmin', KEYS[2]) end
"""


def wake(wanted: int = 1, *, is_urgent: bool = True) -> None:
	"""See to it that so many workers are awake or on their way, the first of them before other jobs if it is urgent.

	Call it after the commit that made a notification visible. A Redis that does not answer, or has no room for another
	job, is no reason to fail: the sweep finds what waits.
	"""
	try:
		there, missing = _call(wanted)
		# The others come when the site's other jobs leave room.
		first = [is_urgent and there + number == 0 for number in range(missing)]
		if not all(enqueue(at_front=is_first) for is_first in first):
			# Who was called is not on the way: the next notification is to call again.
			fall_asleep()
	except RedisError:
		frappe.logger().warning("mercadolibre_sync: Redis did not answer, the sweep will wake a worker")


def _call(wanted: int, gone: Sequence[str] = ()) -> tuple[int, int]:
	"""How many workers there are, and how many are missing. They are noted as called, and who is gone as such."""
	there, missing, awake = frappe.cache.eval(_CALL, 3, *_keys(), wanted, CALLED_SECONDS, *gone)
	marks = [mark.decode() for mark in awake]
	if missing or not marks:
		return there, missing
	# Whoever was killed cannot say so, and the notification that called for us may be the last for a while.
	alive = present(marks)
	gone = [mark for mark in marks if mark not in alive]
	return _call(wanted, gone) if gone else (there, missing)


def wake_for(backlog: int) -> None:
	"""See to it that there are as many workers as a backlog is worth, and Settings allow."""
	most = frappe.db.get_single_value(SETTINGS, "workers") or DEFAULT_WORKERS
	wake(min(math.ceil(backlog / SHARE), most))


def enqueue(*, at_front: bool) -> bool:
	"""Queue a job that empties the inbox, beside any other that may be running; False if there is no room for it."""
	return jobs.enqueue("mercadolibre_sync.inbox.worker.drain", *QUEUES, timeout=TIMEOUT, at_front=at_front)


def stay_awake(mark: str, seconds: float = 0) -> None:
	"""Say that the worker with this mark is at it, and stays so for some seconds."""
	try:
		awake, called, _count = _keys()
		frappe.cache.eval(_SAY_AWAKE, 2, awake, called, mark, AWAKE_SECONDS + math.ceil(seconds))
	except RedisError:
		frappe.logger().warning("mercadolibre_sync: Redis did not answer, a second worker may be woken")


def fall_asleep() -> None:
	"""Let the next notification wake a worker. Look into the inbox once more after this.

	The others who are awake say so again in a moment.
	"""
	try:
		frappe.cache.delete(*_keys())
	except RedisError:
		frappe.logger().warning("mercadolibre_sync: Redis did not answer, it forgets the worker by itself")


def is_awake() -> bool:
	return any(frappe.cache.zcard(key) for key in _keys()[:2])


def _keys() -> tuple[bytes | str, ...]:
	return tuple(frappe.cache.make_key(f"{KEY}:{what}") for what in ("awake", "called", "calls"))
