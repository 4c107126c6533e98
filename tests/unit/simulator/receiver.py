"""A site's endpoint, for what the simulator posts."""

import contextlib
import itertools
import json
import threading
import time
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextlib.contextmanager
def receiver(*statuses: int, seconds: Iterable[float] = ()) -> Iterator[tuple[str, list[dict]]]:
	"""Yields its address and the bodies posted so far.

	`statuses`: the answers in their order, the last one for good. `seconds`: how long the first ones take.
	"""
	posted: list[dict] = []
	answers = itertools.chain(statuses, itertools.repeat(statuses[-1]))
	pauses = itertools.chain(seconds, itertools.repeat(0))

	class Handler(BaseHTTPRequestHandler):
		def do_POST(self) -> None:
			posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
			time.sleep(next(pauses))
			with contextlib.suppress(ConnectionError):
				self.send_response(next(answers))
				self.send_header("Content-Length", "0")
				self.end_headers()

		def log_message(self, *arguments: object) -> None:
			pass

	server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
	threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
	try:
		yield f"http://127.0.0.1:{server.server_port}/notifications", posted
	finally:
		server.shutdown()
		server.server_close()
