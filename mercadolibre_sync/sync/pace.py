"""The pace of the calls made in the application's name, one for all workers of the site.

It is the narrowest of what MercadoLibre allows the application and what a person has set; after a 429 it is half of
that, and comes back with every call that is answered.
"""

import time

import frappe
from redis.exceptions import RedisError

from mercadolibre_sync.meli.errors import RateLimited

SETTINGS = "MercadoLibre Settings"
KEY = "mercadolibre_sync:pace"
# Where MercadoLibre does not say: its example of an application has 18,000 an hour.
DEFAULT_CALLS_PER_MINUTE = 300
# Calls that need not wait after a rest, so that a single order is not slowed down.
BURST = 10
# Whoever would wait longer is better off doing something else: a job has to end in time.
LONGEST_WAIT = 15
LONGEST_PENALTY = 60 * 60
# What a fast worker writes in a second takes about 180 calls, each of which MercadoLibre answers in some 150 ms.
MOST_CALLS_AT_ONCE = 32
# The part of the whole pace that is left at least, and the part that an answered call brings back.
LEAST_SHARE = 1 / 64
STEP = 1 / 100

# Redis runs a script as one step and has the only clock that all machines share. KEYS: the moment up to which
# turns are given away, the moment until which nobody may call, and the share of the pace after a 429. Returns the
# seconds to wait for the turn, which is not given away where they are too many, and the share.
_TAKE_TURN = """
local clock = redis.call('time')
local now = clock[1] + clock[2] / 1000000
local share = tonumber(redis.call('get', KEYS[3]) or 1)
local interval, burst, longest = tonumber(ARGV[1]) / share, tonumber(ARGV[2]), tonumber(ARGV[3])
local paused_until = tonumber(redis.call('get', KEYS[2]) or 0)
local turn = math.max(now, paused_until, tonumber(redis.call('get', KEYS[1]) or 0))
local wait = math.max(0, paused_until - now, turn - now - burst * interval)
if wait <= longest then
	redis.call('set', KEYS[1], string.format('%.6f', turn + interval), 'ex', 3600)
end
return {string.format('%.6f', wait), string.format('%.6f', share)}
"""

# Of the calls that were under way together, the first one that is refused halves the pace.
_PAUSE = """
local clock = redis.call('time')
local now = clock[1] + clock[2] / 1000000
local paused_until = tonumber(redis.call('get', KEYS[1]) or 0)
if paused_until <= now then
	local share = math.max(tonumber(redis.call('get', KEYS[2]) or 1) / 2, ARGV[2])
	redis.call('set', KEYS[2], string.format('%.6f', share), 'ex', 86400)
end
local until_then = math.max(now + ARGV[1], paused_until)
redis.call('set', KEYS[1], string.format('%.6f', until_then), 'ex', math.ceil(until_then - now) + 1)
"""

_RELAX = """
local share = tonumber(redis.call('get', KEYS[1]) or 1) + ARGV[1]
if share >= 1 then
	redis.call('del', KEYS[1])
else
	redis.call('set', KEYS[1], string.format('%.6f', share), 'ex', 86400)
end
"""


class Pace:
	"""A `meli.client.Limiter` whose state is in Redis; losing it there costs nothing but a burst.

	Made in the job's own thread, it works in others, too.
	"""

	def __init__(self, application_id: str | None, calls_per_minute: float) -> None:
		self._interval = 60 / calls_per_minute
		self._redis = frappe.cache
		self._logger = frappe.logger()
		self._turns, self._pause, self._share = (
			frappe.cache.make_key(f"{KEY}:{application_id}:{what}") for what in ("turns", "pause", "share")
		)
		self._is_slowed = False

	@property
	def calls_at_once(self) -> int:
		"""How many calls one worker can have under way without waiting long for its turns."""
		return int(min(max(2 / self._interval, 1), MOST_CALLS_AT_ONCE))

	def wait(self) -> None:
		"""Return when the next call may be made. Raises RateLimited when that is more than LONGEST_WAIT away."""
		try:
			keys = (self._turns, self._pause, self._share)
			seconds, share = self._redis.eval(_TAKE_TURN, 3, *keys, self._interval, BURST, LONGEST_WAIT)
			seconds, self._is_slowed = float(seconds), float(share) < 1
		except RedisError:
			# Without Redis every worker keeps the pace by itself.
			seconds = min(self._interval, LONGEST_WAIT)
		if seconds > LONGEST_WAIT:
			raise RateLimited("MercadoLibre asked for a pause that is not over yet.", retry_after=seconds)
		time.sleep(seconds)

	def penalise(self, seconds: float) -> None:
		"""Let nobody call for so long, and everybody at half the pace then."""
		try:
			seconds = min(seconds, LONGEST_PENALTY)
			self._redis.eval(_PAUSE, 2, self._pause, self._share, seconds, LEAST_SHARE)
		except RedisError:
			self._logger.warning("mercadolibre_sync: Redis did not answer, the pause holds for nobody else")

	def relax(self) -> None:
		"""Bring back a step of the pace after a call that was answered."""
		if not self._is_slowed:
			return
		try:
			self._redis.eval(_RELAX, 1, self._share, STEP)
		except RedisError:
			self._logger.warning("mercadolibre_sync: Redis did not answer, the pace stays as it is")


def pace() -> Pace:
	"""The pace of the application in Settings."""
	settings = frappe.db.get_singles_dict(SETTINGS)
	allowed = int(settings.calls_per_hour_allowed or 0) / 60
	ceiling = int(settings.calls_per_minute or 0)
	known = [limit for limit in (allowed, ceiling) if limit]
	return Pace(settings.application_id, min(known, default=DEFAULT_CALLS_PER_MINUTE))
