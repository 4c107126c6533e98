"""A real HTTP server on loopback that answers what a test tells it to, in order, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Say:
	"""One answer. `body`: an object is sent as JSON. `delay`: seconds. `announced`: a Content-Length that lies."""

	status: int = 200
	body: object = b""
	headers: dict[str, str] = field(default_factory=dict)
	delay: float = 0
	announced: int | None = None


@dataclass
class Asked:
	method: str
	path: str
	headers: dict[str, str]
	body: bytes


class Loopback:
	def __init__(self) -> None:
		self.answers: deque[Say] = deque()
		self.asked: list[Asked] = []
		outer = self

		class Handler(BaseHTTPRequestHandler):
			def answer(self) -> None:
				length = int(self.headers.get("Content-Length") or 0)
				headers = {key.lower(): value for key, value in self.headers.items()}
				outer.asked.append(Asked(self.command, self.path, headers, self.rfile.read(length)))
				say = outer.answers.popleft()
				time.sleep(say.delay)
				body = say.body if isinstance(say.body, bytes) else json.dumps(say.body).encode()
				self.send_response(say.status)
				for name, value in say.headers.items():
					self.send_header(name, value)
				self.send_header("Content-Length", str(len(body) if say.announced is None else say.announced))
				self.end_headers()
				try:
					self.wfile.write(body)
				except OSError:
					pass  # the client hung up, as the tests of time-outs want it to

			do_GET = do_POST = do_DELETE = answer

			def log_message(self, format: str, *args: object) -> None:
				pass

		self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
		self._server.daemon_threads = True
		self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
		self._thread.start()
		self.url = f"http://127.0.0.1:{self._server.server_port}"

	def say(self, *answers: Say) -> None:
		self.answers.extend(answers)

	def stop(self) -> None:
		self._server.shutdown()
		self._thread.join()
		self._server.server_close()
