"""Notifications: their documented body, and their delivery with MercadoLibre's patience and repetitions."""

from __future__ import annotations

import copy
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import requests

from simulator.meli_grants import APPLICATION_ID
from simulator.meli_world import payload

# Documented: an answer other than 200, or none within half a second, is a failure; 8 attempts during an hour.
ANSWER_SECONDS = 0.5
ATTEMPTS = 8
# How the hour is divided is documented nowhere: every pause is twice the one before, and all seven make an hour.
FIRST_PAUSE_SECONDS = 3600 / (2 ** (ATTEMPTS - 1) - 1)
_NOTICES_KEPT = 50


def notification_body(
	topic: str, resource: str, user_id: str, application_id: str = APPLICATION_ID
) -> dict[str, Any]:
	"""The documented body: orders_v2 has no id, the other topics do."""
	body: dict[str, Any] = copy.deepcopy(
		payload("notification_orders_v2" if topic == "orders_v2" else "notification_general_with_id")
	)
	moment = _now()
	body.update(
		topic=topic,
		resource=resource,
		user_id=int(user_id),
		application_id=int(application_id),
		sent=moment,
		received=moment,
	)
	if "_id" in body:
		body["_id"] = str(uuid.uuid4())
	return body


@dataclass
class Notice:
	"""A notification on its way. `answer`: the last attempt's, a status or what went wrong; "" before the first.

	`sent`: when that attempt was made, as it said itself.
	"""

	url: str
	body: dict[str, Any]
	due: float
	attempts: int = 0
	answer: str = ""
	sent: str = ""

	@property
	def is_delivered(self) -> bool:
		return self.answer == "200"


class Courier:
	"""Posts notices in a thread of its own, which ends when none is left. `give_up` gets what nobody took.

	`first_pause`: seconds before the second attempt.
	"""

	def __init__(self, give_up: Callable[[Notice], None], first_pause: float = FIRST_PAUSE_SECONDS) -> None:
		self._give_up = give_up
		self._first_pause = first_pause
		self._changed = threading.Condition()
		self._waiting: list[Notice] = []
		self._posting: Notice | None = None
		self._notices: deque[Notice] = deque(maxlen=_NOTICES_KEPT)
		self._thread: threading.Thread | None = None

	def send(self, url: str, body: dict[str, Any]) -> Notice:
		"""Have this body posted now, and again while it is not answered with 200."""
		notice = Notice(url, body, due=time.monotonic())
		with self._changed:
			self._notices.appendleft(notice)
			self._wait_for(notice)
		return notice

	def notices(self) -> list[Notice]:
		"""The last notices, newest first."""
		with self._changed:
			return list(self._notices)

	def forget(self) -> None:
		"""Drop every notice, also what waits for another attempt."""
		with self._changed:
			self._waiting.clear()
			self._notices.clear()
			self._posting = None
			self._changed.notify()

	def _wait_for(self, notice: Notice) -> None:
		self._waiting.append(notice)
		self._changed.notify()
		if not self._thread:
			self._thread = threading.Thread(target=self._work, name="courier", daemon=True)
			self._thread.start()

	def _work(self) -> None:
		while notice := self._next():
			_post(notice)
			self._settle(notice)

	def _next(self) -> Notice | None:
		"""The notice that is due first, once it is; None when there is none, and the thread is over."""
		with self._changed:
			while self._waiting:
				notice = min(self._waiting, key=lambda each: each.due)
				if (pause := notice.due - time.monotonic()) <= 0:
					self._waiting.remove(notice)
					self._posting = notice
					return notice
				self._changed.wait(pause)
			self._thread = None
		return None

	def _settle(self, notice: Notice) -> None:
		with self._changed:
			is_over = notice.is_delivered or self._posting is not notice
			if not is_over and notice.attempts < ATTEMPTS:
				notice.due = time.monotonic() + self._first_pause * 2 ** (notice.attempts - 1)
				self._wait_for(notice)
				return
		if not is_over:
			self._give_up(notice)


def _post(notice: Notice) -> None:
	notice.attempts += 1
	notice.sent = _now()
	body = {**notice.body, "attempts": notice.attempts, "sent": notice.sent}
	with requests.Session() as session:
		session.trust_env = False
		try:
			answer = session.post(notice.url, json=body, timeout=ANSWER_SECONDS, allow_redirects=False)
			notice.answer = str(answer.status_code)
		except requests.Timeout:
			notice.answer = "timeout"
		except requests.RequestException:
			notice.answer = "unreachable"


def _now() -> str:
	return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
