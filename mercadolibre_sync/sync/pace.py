"""The pace of the calls made in the application's name, one for all workers of the site."""

import time

import frappe
from redis.exceptions import RedisError

from mercadolibre_sync.meli.errors import RateLimited

KEY = "mercadolibre_sync:pace"
# MercadoLibre names no figure that holds for everybody; its example of an application has 18,000 an hour.
DEFAULT_CALLS_PER_MINUTE = 300
# Calls that need not wait after a rest, so that a single order is not slowed down.
BURST = 10
# Whoever would wait longer is better off doing something else: a job has to end in time.
LONGEST_WAIT = 15
LONGEST_PENALTY = 60 * 60

# Redis runs a script as one step and has the only clock that all machines share. KEYS: the moment up to which
# turns are given away, and the moment until which nobody may call. Returns the seconds to wait for the turn,
# which is not given away where they are too many.
_TAKE_TURN = """
local clock = redis.call('time')
local now = clock[1] + clock[2] / 1000000
local interval, burst, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local paused_until = tonumber(redis.call('get', KEYS[2]) or 0)
local turn = math.max(now, paused_until, tonumber(redis.call('get', KEYS[1]) or 0))
local wait = math.max(0, paused_until - now, turn - now - burst * interval)
if wait <= longest then
	redis.call('set', KEYS[1], string.format('%.6f', turn + interval), 'ex', 3600)
end
return string.format('%.6f', wait)
"""

_PAUSE = """
local clock = redis.call('time')
local now = clock[1] + clock[2] / 1000000
local until_then = math.max(now + ARGV[1], tonumber(redis.call('get', KEYS[1]) or 0))
redis.call('set', KEYS[1], string.format('%.6f', until_then), 'ex', math.ceil(until_then - now) + 1)
"""


class Pace:
	"""A `meli.client.Limiter` whose state is in Redis; losing it there costs nothing but a burst."""

	def __init__(self, application_id: str | None, calls_per_minute: int) -> None:
		self._interval = 60 / calls_per_minute
		self._turns = frappe.cache.make_key(f"{KEY}:{application_id}:turns")
		self._pause = frappe.cache.make_key(f"{KEY}:{application_id}:pause")

	def wait(self) -> None:
		"""Return when the next call may be made. Raises RateLimited when that is more than LONGEST_WAIT away."""
		try:
			seconds = float(
				frappe.cache.eval(
					_TAKE_TURN, 2, self._turns, self._pause, self._interval, BURST, LONGEST_WAIT
				)
			)
		except RedisError:
			# Without Redis every worker keeps the pace by itself.
			seconds = min(self._interval, LONGEST_WAIT)
		if seconds > LONGEST_WAIT:
			raise RateLimited("MercadoLibre asked for a pause that is not over yet.", retry_after=seconds)
		time.sleep(seconds)

	def penalise(self, seconds: float) -> None:
		"""Let nobody call for so long."""
		try:
			frappe.cache.eval(_PAUSE, 1, self._pause, min(seconds, LONGEST_PENALTY))
		except RedisError:
			frappe.logger().warning(
				"mercadolibre_sync: Redis did not answer, the pause holds for nobody else"
			)


def pace() -> Pace:
	"""The pace set in Settings, for the application set there."""
	application_id = frappe.db.get_single_value("MercadoLibre Settings", "application_id")
	calls = frappe.db.get_single_value("MercadoLibre Settings", "calls_per_minute")
	return Pace(application_id, calls or DEFAULT_CALLS_PER_MINUTE)
