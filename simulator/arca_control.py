"""Telling the simulated ARCA what to answer."""

from __future__ import annotations

from typing import Any

import requests

from simulator.arca_wsaa import TEXTS


class ArcaControl:
	"""Control of ARCA's half of the simulator. `url`: the simulator's address, without a path.

	`base_url` is what to use as base address of both services.
	"""

	def __init__(self, url: str) -> None:
		self.base_url = url.rstrip("/") + "/arca"

	def issue_certificate(
		self,
		csr_pem: str,
		environment: str = "Homologación",
		valid_from_days: float = -1,
		valid_for_days: float = 730,
	) -> str:
		"""Have the certificate authority of that environment sign the request; returns the certificate's PEM."""
		options = {
			"csr_pem": csr_pem,
			"environment": environment,
			"valid_from_days": valid_from_days,
			"valid_for_days": valid_for_days,
		}
		return str(self._command("certificate", **options)["certificate"])

	def add_taxpayer(self, cuit: str, kind: str, **fields: str) -> None:
		"""Register a taxpayer; a CUIT nobody registered is answered with the fault "No existe persona con ese Id".

		`kind`: responsable_inscripto, monotributista, monotributo_social, monotributista_with_exento,
		monotributista_with_iva, exento, exento_state_ex, no_alcanzado, no_inscripto, iva_with_error_monotributo,
		general_withheld, no_vat_tax, inactive, blocked, cuil, not_found (as errorConstancia).
		`fields`: name, surname (of persons), text (of the error block).
		"""
		self._command("taxpayer", cuit=cuit, kind=kind, **fields)

	def fail(self, operation: str, kind: str, times: int | None = 1, **fields: Any) -> None:
		"""Spoil the next `times` calls (None: all until `heal`) of "loginCms", "getPersona_v2" or "dummy".

		`kind`: fault (with `code`, `text`), http (with `status`), slow (with `seconds`), cut_off, wrong_shape,
		html, down (hangs up).
		"""
		self._command("failure", operation=operation, kind=kind, times=times, **fields)

	def fail_login(self, code: str, times: int | None = 1) -> None:
		"""Answer the next logins with a documented fault of WSAA, e.g. "coe.notAuthorized"."""
		self.fail("loginCms", "fault", times, code=code, text=TEXTS.get(code, code))

	def go_down(self) -> None:
		"""Hang up on every call until `heal`."""
		for operation in ("loginCms", "getPersona_v2", "dummy"):
			self.fail(operation, "down", None)

	def heal(self) -> None:
		"""Drop the failures asked for."""
		self._command("heal")

	def set_clock_skew(self, seconds: float) -> None:
		"""Put the server's clock ahead of this machine's (negative: behind)."""
		self._command("settings", clock_skew=seconds)

	def set_delegated(self, delegated: bool) -> None:
		"""Whether certificates are authorised for the service."""
		self._command("settings", delegated=delegated)

	def set_represented(self, cuits: list[str]) -> None:
		"""CUITs that tickets given out from now on may act for, beside the certificate's own."""
		self._command("settings", represented=cuits)

	def set_window(self, seconds: float) -> None:
		"""How long after a ticket WSAA refuses another one with coe.alreadyAuthenticated (120 at the start)."""
		self._command("settings", window=seconds)

	def set_environment(self, environment: str) -> None:
		"""Whose certificates WSAA trusts: "Homologación" (at the start) or "Producción"."""
		self._command("settings", environment=environment)

	def counts(self) -> dict[str, int]:
		"""Calls so far by operation (only those that happened), and "tickets" given out."""
		return {name: int(count) for name, count in self._command("counts").items()}

	def _command(self, name: str, /, **options: Any) -> dict[str, Any]:
		response = requests.post(f"{self.base_url}/_control/{name}", json=options, timeout=10)
		answer: dict[str, Any] = response.json()
		if response.status_code != 200:
			raise ValueError(answer["message"])
		return answer
