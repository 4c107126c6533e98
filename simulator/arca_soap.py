"""What both of ARCA's simulated services need: envelopes from the payload files, and failing on demand."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from string import Template
from xml.sax.saxutils import escape

from lxml import etree
from werkzeug.wrappers import Request, Response

_PAYLOADS = Path(__file__).parent / "payloads" / "arca"

KINDS = ("fault", "http", "slow", "cut_off", "wrong_shape", "html", "down")


class Fault(Exception):
	"""Becomes a SOAP fault under HTTP 500."""

	def __init__(self, code: str, text: str) -> None:
		super().__init__(code, text)
		self.code = code
		self.text = text


@dataclass
class Failure:
	"""What happens to the next `times` calls (None: to all) of `operation` ("loginCms", "getPersona_v2", "dummy").

	`code` and `text`: the fault's. `status`: for "http". `seconds`: how long "slow" waits before the true answer.
	"""

	operation: str
	kind: str
	times: int | None = 1
	code: str = "Server"
	text: str = ""
	status: int = 503
	seconds: float = 0

	def __post_init__(self) -> None:
		if self.kind not in KINDS:
			raise ValueError(f"No such failure: {self.kind}. There are {', '.join(KINDS)}.")


class Failures:
	"""The failures asked for, oldest first."""

	def __init__(self) -> None:
		self._failures: list[Failure] = []
		self._lock = threading.Lock()

	def add(self, failure: Failure) -> None:
		with self._lock:
			self._failures.append(failure)

	def clear(self) -> None:
		with self._lock:
			self._failures.clear()

	def kinds(self) -> list[str]:
		with self._lock:
			return [failure.kind for failure in self._failures]

	def apply(self, operation: str, request: Request, answer: Callable[[], Response]) -> Response:
		"""Give the true answer, or what a failure makes of it. May raise `Fault`."""
		failure = self._take(operation)
		if failure is None:
			return answer()
		if failure.kind == "fault":
			raise Fault(failure.code, failure.text)
		if failure.kind == "http":
			return Response(
				"<html><body>Service Unavailable</body></html>", failure.status, mimetype="text/html"
			)
		if failure.kind == "html":
			return Response("<!doctype html><title>Mantenimiento</title>", mimetype="text/html")
		if failure.kind == "down":
			return _hang_up(request)
		if failure.kind == "slow":
			time.sleep(failure.seconds)
		body = answer().get_data()
		if failure.kind == "cut_off":
			return Response(iter([body[: len(body) // 2]]), headers={"Content-Length": str(len(body))})
		if failure.kind == "wrong_shape":
			body = render("wrongShape.xml")
		return xml_response(body)

	def _take(self, operation: str) -> Failure | None:
		with self._lock:
			for failure in self._failures:
				if failure.operation == operation:
					if failure.times is not None:
						failure.times -= 1
						if failure.times < 1:
							self._failures.remove(failure)
					return failure
		return None


def render(name: str, **values: str) -> bytes:
	"""Fill a payload file; the values are texts, not XML."""
	return render_xml(name, **{key: escape(value) for key, value in values.items()})


def render_xml(name: str, **values: str) -> bytes:
	"""Fill a payload file with pieces of XML."""
	return Template((_PAYLOADS / name).read_text("utf-8")).substitute(values).strip().encode()


def exists(name: str) -> bool:
	return (_PAYLOADS / name).is_file()


def xml_response(body: bytes, status: int = 200) -> Response:
	return Response(body, status, content_type="text/xml;charset=UTF-8")


def read_operation(body: bytes) -> etree._Element | None:
	"""The first element of the SOAP body, None if the request is no SOAP."""
	try:
		root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
	except etree.XMLSyntaxError:
		return None
	return root.find("{http://schemas.xmlsoap.org/soap/envelope/}Body/*")


def _hang_up(request: Request) -> Response:
	"""Close the connection without an answer, as a server that goes down. The response reaches nobody."""
	connection: socket.socket = request.environ["werkzeug.socket"]
	connection.shutdown(socket.SHUT_RDWR)
	return Response()
