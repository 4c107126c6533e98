"""Misbehaviour on demand: rules that spoil the answers to chosen paths."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from werkzeug.wrappers import Response

from simulator.server import answer_json

_PAYLOADS = Path(__file__).parent / "payloads" / "mercadolibre"

# What stands in for the real answer, by kind. Bodies as MercadoLibre documents them or was seen sending them.
_INSTEAD: dict[str, tuple[int, object]] = {
	"401": (401, {"message": "invalid_token", "error": "not_found", "status": 401, "cause": []}),
	"401_blocked": (401, {"message": "blocked", "error": "unauthorized_scopes", "status": 401, "cause": []}),
	"403": (403, json.loads((_PAYLOADS / "error_403_access_denied.json").read_bytes())),
	"403_policy": (403, json.loads((_PAYLOADS / "error_403_policyagent.json").read_bytes())),
	"404": (404, {"message": "Order not found.", "error": "order_not_found", "status": 404, "cause": None}),
	"429": (
		429,
		{"message": "local_rate_limited", "error": "local_rate_limited", "status": 429, "cause": []},
	),
	"500": (500, {"message": "Internal server error", "error": "internal_error", "status": 500, "cause": []}),
	"503": (
		503,
		{"message": "Service unavailable", "error": "service_unavailable", "status": 503, "cause": []},
	),
}
_AFTER = ("206", "slow", "cut_off", "html")

KINDS = (*_INSTEAD, *_AFTER)


@dataclass
class Rule:
	"""`path`: regular expression searched in the path. `times`: how often it applies, None for ever.

	`seconds`: how long "slow" sleeps. `retry_after`: that header's value for "429" and "503". `missing`: what "206"
	leaves out.
	"""

	path: str
	kind: str
	times: int | None = 1
	seconds: float = 0
	retry_after: str | None = None
	missing: tuple[str, ...] = ("buyer",)

	def __post_init__(self) -> None:
		if self.kind not in KINDS:
			raise ValueError(f"No such misbehaviour: {self.kind}. There are {', '.join(KINDS)}.")
		re.compile(self.path)

	def apply(self, answer: Callable[[], Response]) -> Response:
		"""The spoilt answer. `answer` gives the true one; it is called, with all its effects, unless replaced."""
		if self.kind in _INSTEAD:
			status, body = _INSTEAD[self.kind]
			return answer_json(body, status, {"Retry-After": self.retry_after} if self.retry_after else None)
		if self.kind == "slow":
			time.sleep(self.seconds)
			return answer()
		if self.kind == "html":
			answer()
			return Response("<!doctype html><title>Mantenimiento</title>", content_type="text/html")
		return _cut_off(answer()) if self.kind == "cut_off" else _partial(answer(), self.missing)


class Rules:
	"""The rules in force, oldest first; the first that matches a path is the one that applies."""

	def __init__(self) -> None:
		self._rules: list[Rule] = []
		self._lock = threading.Lock()

	def add(self, rule: Rule) -> None:
		with self._lock:
			self._rules.append(rule)

	def clear(self) -> None:
		with self._lock:
			self._rules.clear()

	def kinds(self) -> list[str]:
		with self._lock:
			return [rule.kind for rule in self._rules]

	def take(self, path: str) -> Rule | None:
		"""The rule for one request to this path, counted as used."""
		with self._lock:
			for rule in self._rules:
				if re.search(rule.path, path):
					if rule.times is not None:
						rule.times -= 1
						if rule.times < 1:
							self._rules.remove(rule)
					return rule
		return None


def _cut_off(answer: Response) -> Response:
	"""The first half of the answer, under the length of the whole."""
	body = answer.get_data()
	headers = {"Content-Length": str(len(body))}
	return Response(
		iter([body[: len(body) // 2]]), answer.status_code, headers, content_type=answer.content_type
	)


def _partial(answer: Response, missing: Iterable[str]) -> Response:
	"""The answer with holes, as documented: empty objects, and a header that names them. A refusal stays what it is."""
	if answer.status_code != 200:
		return answer
	data = json.loads(answer.get_data())
	data.update({name: {} for name in missing})
	return answer_json(data, 206, {"X-Content-Missing": ", ".join(missing)})
