"""One process on loopback that holds the halves of the simulator, each under a path of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from wsgiref.util import shift_path_info

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from simulator.pages import static

if TYPE_CHECKING:
	from _typeshed.wsgi import StartResponse, WSGIEnvironment

_ROOT = Path(__file__).resolve().parents[1]


class Half(Protocol):
	"""One simulated service. It sees paths below its own prefix: /meli/orders/1 arrives as /orders/1."""

	def handle(self, request: Request) -> Response:
		"""Answer one request. Called from several threads at once."""
		...

	def reset(self) -> None:
		"""Forget everything and be as when just started."""
		...


class Simulator:
	"""The WSGI application. `halves`: by prefix, such as "meli". `POST /_reset` resets them all."""

	def __init__(self, halves: Mapping[str, Half]) -> None:
		self._halves = halves

	def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
		name = shift_path_info(environ)
		return self._answer(name, Request(environ))(environ, start_response)

	def _answer(self, name: str | None, request: Request) -> Response:
		if name == "static":
			return static(request)
		if name and name in self._halves:
			return self._halves[name].handle(request)
		if name == "_reset" and request.method == "POST":
			for half in self._halves.values():
				half.reset()
			return answer_json({})
		return answer_json({"halves": sorted(self._halves)}, 404 if name else 200)


def answer_json(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
	body = json.dumps(data, ensure_ascii=False)
	return Response(body, status, headers, content_type="application/json; charset=utf-8")


class _QuietHandler(WSGIRequestHandler):
	def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
		pass


def make(halves: Mapping[str, Half], port: int = 0) -> BaseWSGIServer:
	"""A server that listens on 127.0.0.1 only. `port` 0 takes a free one; read it from `server.port`."""
	return make_server("127.0.0.1", port, Simulator(halves), threaded=True, request_handler=_QuietHandler)


@contextmanager
def running(port: int = 0) -> Iterator[str]:
	"""The simulator in a process of its own for the length of a `with` block, which gets its address.

	The address has no path: MercadoLibre's half is at "/meli" below it, ARCA's at "/arca". RuntimeError if it
	does not start.
	"""
	environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(_ROOT), os.environ.get("PYTHONPATH", "")])}
	with subprocess.Popen(
		[sys.executable, "-m", "simulator", "--port", str(port), "--until-eof"],
		stdin=subprocess.PIPE,
		stdout=subprocess.PIPE,
		env=environ,
		text=True,
	) as process:
		assert process.stdin and process.stdout
		try:
			# It says its address once it listens, and ends when our end of its input closes, also if we are killed.
			url = process.stdout.readline().strip()
			if not url:
				raise RuntimeError("The simulator did not start.")
			yield url
		finally:
			process.stdin.close()
			try:
				process.wait(5)
			except subprocess.TimeoutExpired:
				process.kill()
