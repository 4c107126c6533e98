"""What breaks and when, drawn from one source of chance."""

from collections.abc import Sequence
from random import Random
from typing import Any

from chaos.events import Event
from simulator.misbehaviour import KINDS

# Shares of what breaks; each happens once before any happens again.
FAULTS = {
	"spoil_answers": 8,
	"kill_worker": 3,
	"kill_job": 3,
	"kill_web_server": 2,
	"flush_redis": 2,
	"kill_redis": 2,
	"kill_database": 2,
	"kill_connections": 2,
	"fill_disk": 2,
	"spoil_registry": 3,
	"expire_tokens": 2,
	"revoke_grant": 1,
}
# What comes back by itself, by what, and after how many seconds at most; nothing of the same breaks before.
RETURNING = {
	"kill_worker": ("start_worker", 4),
	"kill_web_server": ("start_web_server", 4),
	"kill_redis": ("start_redis", 5),
	"kill_database": ("start_database", 3),
	"fill_disk": ("free_disk", 6),
}
# What cannot break while something else has not come back.
PARTS = {
	"flush_redis": "kill_redis",
	"kill_connections": "kill_database",
	"kill_database": "fill_disk",
	"fill_disk": "kill_database",
}
PAUSE_SECONDS = (1.5, 4.5)
ORDER = r"^/orders/\d+$"
WITH_TOKEN = "^/(orders|shipments)/"
# Where an answer of this kind is to be expected. An order that is not found is asked for again; anything else that is
# not found, or is left out, is what MercadoLibre says.
PATHS = {
	"404": ORDER,
	"206": ORDER,
	"401": WITH_TOKEN,
	"401_blocked": WITH_TOKEN,
	"403": WITH_TOKEN,
	"403_policy": WITH_TOKEN,
}
# What passes without anybody's doing; a fault is ARCA's word about the configuration.
WEATHER_AT_ARCA = ("http", "slow", "cut_off", "wrong_shape", "html", "down")


class Faults:
	"""Draws what breaks in so many seconds with so many workers. `events`: in order of time."""

	def __init__(self, chance: Random, seconds: float, sellers: Sequence[str], workers: int) -> None:
		self.events: list[Event] = []
		self._chance = chance
		self._workers = workers
		self._sellers = sellers
		self._returns = dict.fromkeys(RETURNING, 0.0)
		self._kinds = chance.sample(list(KINDS), len(KINDS))
		self._new = set(FAULTS)
		at = chance.uniform(*PAUSE_SECONDS)
		while at < seconds:
			self._break(at, self._draw(at))
			at += chance.uniform(*PAUSE_SECONDS)
		self.events.sort(key=lambda event: event.at)

	@property
	def count(self) -> int:
		return sum(event.what in FAULTS for event in self.events)

	def _draw(self, at: float) -> str:
		free = [
			kind for kind in FAULTS if self._is_whole(kind, at) and self._is_whole(PARTS.get(kind, kind), at)
		]
		drawn = [kind for kind in free if kind in self._new] or free
		return self._chance.choices(drawn, [FAULTS[kind] for kind in drawn])[0]

	def _is_whole(self, part: str, at: float) -> bool:
		return self._returns.get(part, 0) < at

	def _break(self, at: float, kind: str) -> None:
		self._new.discard(kind)
		arguments = self._arguments(kind)
		self.events.append(Event(at, kind, arguments))
		if kind in RETURNING:
			what, seconds = RETURNING[kind]
			back = self._returns[kind] = at + self._chance.uniform(0.5, seconds)
			self.events.append(Event(back, what, arguments))

	def _arguments(self, kind: str) -> dict[str, Any]:
		if kind in ("kill_worker", "kill_job"):
			return {"number": self._chance.randrange(self._workers)}
		if kind in ("expire_tokens", "revoke_grant"):
			return {"seller": self._chance.choice(self._sellers)}
		if kind == "spoil_registry":
			return self._failure()
		return self._rule() if kind == "spoil_answers" else {}

	def _failure(self) -> dict[str, Any]:
		operation = self._chance.choice(("loginCms", "getPersona_v2"))
		failure = {"kind": self._chance.choice(WEATHER_AT_ARCA), "times": self._chance.randint(1, 8)}
		if failure["kind"] == "slow":
			failure["seconds"] = self._chance.choice((1, 5))
		return {"operation": operation, **failure}

	def _rule(self) -> dict[str, Any]:
		kind = self._kinds.pop() if self._kinds else self._chance.choice(KINDS)
		rule = {"path": PATHS.get(kind, "."), "kind": kind, "times": self._chance.randint(1, 12)}
		if kind == "slow":
			# The longest is longer than the app waits.
			rule["seconds"] = self._chance.choice((1, 3, 8, 22))
		if kind in ("429", "503"):
			rule["retry_after"] = self._chance.choice((None, "1", "3"))
		return rule
