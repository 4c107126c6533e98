"""The background job that empties the inbox."""

import time
from collections import deque
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import frappe

from mercadolibre_sync.inbox import claims, clock, failures, states, wake
from mercadolibre_sync.inbox.claims import Claim
from mercadolibre_sync.meli.models import Order
from mercadolibre_sync.meli.notification import resource_reference
from mercadolibre_sync.sync.lock import presence
from mercadolibre_sync.sync.outcome import Outcome
from mercadolibre_sync.sync.pipeline import Pipeline, Task

# A job ends itself and calls a successor: other jobs of the site get their turn, and none meets RQ's timeout in the
# middle of a buyer.
BUDGET_SECONDS = 60
# Resources that a worker has under way; others may have the rest.
AT_ONCE = wake.SHARE
# Taken from the queue together, to ask the database less often.
AT_LEAST = 4
SIGN_SECONDS = 2
ROUND_SECONDS = 5
LOOK_SECONDS = 0.2


def drain() -> None:
	"""Process the inbox until it is empty.

	The job was queued by a guest's request and would run as Guest; customers are written as Administrator.
	"""
	frappe.set_user("Administrator")
	with Shift(BUDGET_SECONDS) as shift:
		shift.drain()


class Shift:
	"""A worker's time at the inbox: what it has claimed, and the signs of life that keep it the worker's own."""

	def __init__(self, seconds: float) -> None:
		self.mark = frappe.generate_hash(length=16)
		self._ends = time.monotonic() + seconds
		self._claims: list[Claim] = []
		self._next_sign = self._next_round = self._next_look = 0.0
		self._pipeline = Pipeline(self._stay_alive)
		self._presence = presence(self.mark)

	def __enter__(self) -> "Shift":
		self._presence.__enter__()
		return self

	def __exit__(self, *error: Any) -> None:
		self._pipeline.close()
		self._presence.__exit__(*error)

	def drain(self) -> None:
		"""Work until the inbox is empty, or the time is up and a successor called."""
		while self._pipeline.load or not self._is_over:
			self._look_after_others()
			self._claim()
			if self._pipeline.load:
				self._pipeline.step()
			elif not self._wait_or_look_last():
				return
		wake.fall_asleep()
		_call_successor()

	def work_off(self, rows: Sequence[tuple[Claim, Order]]) -> None:
		"""Bring the orders of a search, claimed with this shift's mark, to their end, fresh notifications first.

		What is not begun when the time is up goes back into the queue.
		"""
		self._claims += [claim for claim, _order in rows]
		waiting = deque(rows)
		while self._pipeline.load or (waiting and not self._is_over):
			self._look_after_others()
			self._claim(below=states.PRIORITY_BACKFILL)
			while waiting and self._room and not self._is_over:
				self._pipeline.take([self._task(*waiting.popleft())])
			self._pipeline.step()
		for claim, _order in waiting:
			states.release(claim.names, claim.mark)
		frappe.db.commit()
		# Whoever posts from now on is to wake somebody else.
		wake.fall_asleep()
		# What it gave back, or found to be of a dead worker, it does not do itself.
		if claims.backlog(1):
			_call_successor()
		frappe.db.rollback()

	@property
	def _is_over(self) -> bool:
		return time.monotonic() > self._ends

	@property
	def _room(self) -> int:
		return AT_ONCE - self._pipeline.load

	def _claim(self, below: int | None = None) -> None:
		"""Begin what is next, as far as there is room for it, and call others if there is more."""
		is_time = not self._pipeline.load or time.monotonic() > self._next_look
		if self._is_over or self._room < AT_LEAST or not is_time:
			return
		room = self._room
		claimed = self._take(room, below)
		if len(claimed) < room:
			self._next_look = time.monotonic() + LOOK_SECONDS
		else:
			wake.wake_for(self._pipeline.load + claims.backlog(100))
			frappe.db.rollback()

	def _take(self, room: int, below: int | None = None) -> list[Claim]:
		claimed = claims.claim(self.mark, room, below)
		self._claims += claimed
		self._pipeline.take([self._task(claim) for claim in claimed])
		return claimed

	def _wait_or_look_last(self) -> bool:
		"""Wait for what will be free in a moment; else fall asleep, and look once more. False if there was nothing."""
		if claims.is_anything_open(self.mark):
			time.sleep(LOOK_SECONDS)
			return True
		# Asleep first, then one more look: what was committed before we fell asleep is found by the look,
		# what was committed later finds us asleep and wakes a worker.
		wake.fall_asleep()
		# Not in the transaction of the look above, which would not see it.
		frappe.db.rollback()
		return bool(self._take(AT_ONCE))

	# Signs of life, one's own and others'.

	def _stay_alive(self, seconds: float = 0) -> None:
		"""Renew all leases; `seconds`: how much longer than usual it may take until the next time."""
		if seconds or time.monotonic() > self._next_sign:
			self._next_sign = time.monotonic() + SIGN_SECONDS
			wake.stay_awake(self.mark, seconds)
			claims.renew(self._claims, clock.now() + timedelta(seconds=seconds))

	def _look_after_others(self) -> None:
		self._stay_alive()
		if time.monotonic() > self._next_round:
			self._next_round = time.monotonic() + ROUND_SECONDS
			claims.requeue_due()
			claims.requeue_abandoned()

	# Claims.

	def _task(self, claim: Claim, order: Order | None = None) -> Task:
		return Task(
			claim.account,
			resource_reference(claim.topic, claim.resource),
			finish=partial(self._finish, claim),
			guard=partial(states.hold, claim.names, claim.mark),
			fail=partial(self._fail, claim),
			order=order,
		)

	def _finish(self, claim: Claim, outcome: Outcome) -> None:
		states.finish(claim.names, outcome, claim.mark)
		self._forget(claim)

	def _fail(self, claim: Claim, error: Exception) -> None:
		if not isinstance(error, states.LeaseLost):
			failures.record(claim.names, error, claim.attempts, claim.mark)
		self._forget(claim)

	def _forget(self, claim: Claim) -> None:
		self._claims = [other for other in self._claims if other is not claim]


def _call_successor() -> None:
	wake.wake(is_urgent=claims.is_waiting(below=states.PRIORITY_BACKFILL))
