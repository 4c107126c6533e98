"""ARCA on loopback: WSAA and the registry, with a control API under `/_control/` (see `arca_control`)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from lxml import etree
from werkzeug.wrappers import Request, Response

from simulator import arca_padron, arca_wsaa
from simulator.arca_padron import Padron, Taxpayer
from simulator.arca_soap import (
	Failure,
	Failures,
	Fault,
	read_operation,
	render,
	xml_response,
)
from simulator.arca_wsaa import Wsaa
from simulator.server import answer_json


class ArcaSimulator:
	"""Both services of one environment, "Homologación" unless told otherwise."""

	def __init__(self) -> None:
		self._lock = threading.Lock()
		self._failures = Failures()
		self._skew = timedelta()
		self._counts: Counter[str] = Counter()
		self._wsaa = Wsaa(self._now)
		self._padron = Padron(self._now, self._wsaa.is_genuine)

	def reset(self) -> None:
		"""Forget taxpayers, failures, counts and settings. Certificates issued and tickets given out stay valid."""
		with self._lock:
			self._skew = timedelta()
			self._counts.clear()
		self._failures.clear()
		self._wsaa.reset()
		self._padron.reset()

	def handle(self, request: Request) -> Response:
		"""Answer one request. Paths below /arca."""
		if request.path == "/ws/services/LoginCms":
			return self._served(request, self._wsaa.answer, "loginFault.xml", arca_wsaa.OPERATION)
		if request.path == "/sr-padron/webservices/personaServiceA5":
			return self._served(request, self._padron.answer, "padronFault.xml", arca_padron.OPERATION)
		if request.path.startswith("/_control/") and request.method == "POST":
			return self._controlled(request.path.removeprefix("/_control/"), request.get_json())
		return answer_json({"message": "There is nothing here."}, 404)

	def _served(
		self, request: Request, answer: Callable[[Request], Response], fault_file: str, operation: str
	) -> Response:
		asked = read_operation(request.get_data())
		name = operation if asked is None else etree.QName(asked).localname
		with self._lock:
			self._counts[name] += 1
		try:
			return self._failures.apply(name, request, lambda: answer(request))
		except Fault as fault:
			return xml_response(render(fault_file, code=fault.code, texto=fault.text), 500)

	def _now(self) -> datetime:
		return datetime.now(timezone.utc) + self._skew

	def _controlled(self, command: str, options: dict[str, Any]) -> Response:
		try:
			return answer_json(self.command(command, **options))
		except (TypeError, ValueError, KeyError) as error:
			return answer_json({"message": str(error)}, 400)

	def command(self, name: str, /, **options: Any) -> dict[str, Any]:
		"""Run a command of arca_control.ArcaControl. TypeError, ValueError or KeyError if it is wrong."""
		commands: dict[str, Callable[..., dict[str, Any]]] = {
			"certificate": self._certificate,
			"taxpayer": self._taxpayer,
			"failure": self._failure,
			"heal": self._heal,
			"settings": self._settings,
			"counts": self._count,
		}
		return commands[name](**options)

	def kind_of(self, cuit: str) -> str | None:
		"""As what the registry knows this CUIT (see arca_padron.Taxpayer), None if it does not."""
		taxpayer = self._padron.taxpayers.get(cuit)
		return taxpayer.kind if taxpayer else None

	def is_down(self) -> bool:
		return "down" in self._failures.kinds()

	def _certificate(
		self, csr_pem: str, environment: str, valid_from_days: float, valid_for_days: float
	) -> dict[str, Any]:
		authority = self._wsaa.authorities[environment]
		certificate = authority.issue(
			csr_pem, timedelta(days=valid_from_days), timedelta(days=valid_for_days)
		)
		return {"certificate": certificate}

	def _taxpayer(self, **fields: str) -> dict[str, Any]:
		taxpayer = Taxpayer(**fields)
		self._padron.taxpayers[taxpayer.cuit] = taxpayer
		return {}

	def _failure(self, **fields: Any) -> dict[str, Any]:
		self._failures.add(Failure(**fields))
		return {}

	def _heal(self) -> dict[str, Any]:
		self._failures.clear()
		return {}

	def _settings(self, clock_skew: float | None = None, **wsaa: Any) -> dict[str, Any]:
		unknown = wsaa.keys() - {"environment", "delegated", "represented", "window"}
		if unknown:
			raise ValueError(f"No such settings: {', '.join(sorted(unknown))}.")
		if clock_skew is not None:
			self._skew = timedelta(seconds=clock_skew)
		for name, value in wsaa.items():
			setattr(self._wsaa, name, value)
		return {}

	def _count(self) -> dict[str, Any]:
		with self._lock:
			return {**self._counts, "tickets": self._wsaa.issued}
