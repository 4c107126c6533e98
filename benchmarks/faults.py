"""A worker is killed in the middle of its work, and another one is idle: how soon it goes on."""

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.clock import seconds_until
from benchmarks.row import Row
from benchmarks.stage import ENDED, Stage, states
from tests.ground.process import Worker, python, web_server, workers

LIMIT_SECONDS = 75
# Bench's scheduler starts what is due every minute.
TICK_SECONDS = 60
HELD_SECONDS = 30

TICK = f"""
	import time
	while True:
		time.sleep({TICK_SECONDS})
		frappe.enqueue("mercadolibre_sync.inbox.sweep.sweep")
"""


def rows(stage: Stage) -> Iterator[Row]:
	stage.calm()
	held, following = stage.orders(2)
	stage.meli.misbehave(f"^/orders/{held}$", "slow", seconds=HELD_SECONDS)
	with web_server() as url, workers(count=2) as both, _ticking():
		stage.post(url, held)
		seconds_until(lambda: stage.meli.calls(f"^/orders/{held}$"), LIMIT_SECONDS)
		_busy(both).kill()
		stage.post(url, following)
		next_one = seconds_until(lambda: _is_over(following), LIMIT_SECONDS)
		rest = LIMIT_SECONDS - (next_one or LIMIT_SECONDS)
		what_it_held = seconds_until(lambda: _is_over(held), rest)
	yield _row("the next order", next_one, 10)
	yield _row("what it held", None if what_it_held is None else next_one + what_it_held, 60)
	stage.calm()


def _row(what: str, waited: float | None, goal: float) -> Row:
	measured = f"not within {LIMIT_SECONDS} s" if waited is None else f"written after {waited:.1f} s"
	name = f"SIGKILL of the worker that drains, another one idle: {what}"
	return Row(name, measured, "–", f"≤ {goal} s", waited is not None and waited <= goal)


def _is_over(order: str) -> bool:
	return states([order]).keys() & ENDED != set()


def _busy(both: list[Worker]) -> Worker:
	"""The worker that has forked for a job."""
	return next(worker for worker in both if worker.jobs)


@contextmanager
def _ticking() -> Iterator[None]:
	scheduler = python(TICK)
	try:
		yield
	finally:
		scheduler.kill()
		scheduler.wait()
