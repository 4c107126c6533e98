"""A run, all of it from its seed: the same seed breaks the same things and brings the same orders."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from random import Random

from chaos.events import Event
from chaos.faults import Faults
from chaos.market import Market

ORDERS_PER_MINUTE = 90
# Bench's scheduler starts what is due every minute.
TICK_SECONDS = 60
HOUR_SECONDS = 3600


@dataclass(frozen=True)
class Plan:
	"""`skew`: seconds by which the clock of the last of the `workers` is wrong. `tick`: seconds between two sweeps."""

	seed: int
	seconds: float
	workers: int
	skew: int
	tick: float
	market: Market
	faults: Faults

	@property
	def events(self) -> Iterator[Event]:
		"""All that happens, in order of time."""
		return merge(self.market.events, self.faults.events, key=lambda event: event.at)


def plan(
	seed: int, seconds: float, sellers: Sequence[str], *, workers: int, tick: float = TICK_SECONDS
) -> Plan:
	"""Draw a run of so many seconds. `sellers`: user numbers of the connected accounts."""
	chance = Random(seed)
	return Plan(
		seed=seed,
		seconds=seconds,
		workers=workers,
		skew=chance.choice((-HOUR_SECONDS, HOUR_SECONDS)),
		tick=tick,
		market=Market(chance, seconds, sellers, round(ORDERS_PER_MINUTE * seconds / 60)),
		faults=Faults(chance, seconds, sellers, workers),
	)
