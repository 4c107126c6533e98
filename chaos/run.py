"""A run: everything happens when the plan says so, then all is well again, and the books are balanced."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from chaos import books
from chaos.plan import Plan
from chaos.stage import Stage, adopt_orphans, reconnect
from tests.ground.process import Redis, outputs, python

# After the last fault. What is open then, stays open.
PATIENCE_SECONDS = 300
LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Report:
	"""`recovery`: seconds from the last fault until nothing was open, None if something still is.

	`failed`: reasons, before a person pressed "Retry". `differences`: what does not balance.
	"""

	plan: Plan
	posted: int
	accepted: int
	repeated: int
	missed: int
	outcomes: Counter[str]
	failed: Counter[str]
	skipped: Counter[str]
	reconnected: int
	recovery: float | None
	differences: list[str]


def run(plan: Plan, simulator: str) -> Report:
	"""Perform the plan on the site, whose accounts are connected to the `simulator` at this address."""
	adopt_orphans()
	redis = Redis()
	with redis.in_use():
		stage = Stage(plan, simulator, redis)
		try:
			report = _run(plan, stage)
		finally:
			said = stage.close()
			reconnect()
	return report(said)


def _run(plan: Plan, stage: Stage) -> Callable[[str], Report]:
	stage.wait_until_up()
	last_fault = _perform(plan, stage)
	stage.calm()
	reconnect()
	is_over = _wait(stage, lambda: stage.post.is_over)
	notices = stage.post.notices
	missed = sum(not notice.is_delivered for notice in notices)
	if missed:
		_let("fetch_missed")
	is_over = _wait(stage, lambda: not books.open_ends()) and is_over
	recovery = time.monotonic() - last_fault if is_over else None
	failed, undeserved = books.failed(), books.undeserved()
	_let("retry_failed")
	_wait(stage, lambda: not books.open_ends())
	outcomes, differences = books.outcomes(), books.differences(plan.market, notices)
	return lambda said: Report(
		plan=plan,
		posted=len(notices),
		accepted=len(notices) - missed,
		repeated=sum(notice.attempts - 1 for notice in notices),
		missed=missed,
		outcomes=outcomes,
		failed=failed,
		skipped=stage.skipped,
		reconnected=said.count("Connected"),
		recovery=recovery,
		differences=undeserved + differences,
	)


def _perform(plan: Plan, stage: Stage) -> float:
	"""Return when the last fault was over."""
	started = last_fault = time.monotonic()
	for event in plan.events:
		while time.monotonic() < started + event.at:
			stage.look_after()
			time.sleep(max(0, min(LOOK_SECONDS, started + event.at - time.monotonic())))
		stage.perform(event)
		if event in plan.faults.events:
			last_fault = time.monotonic()
	return last_fault


def _wait(stage: Stage, condition: Callable[[], bool]) -> bool:
	deadline = time.monotonic() + PATIENCE_SECONDS
	while not (is_true := condition()) and time.monotonic() < deadline:
		stage.look_after()
		time.sleep(LOOK_SECONDS)
	return is_true


def _let(what: str) -> None:
	outputs(python(f"from chaos import house\nhouse.{what}()"))
