"""What the tests that talk to the simulated ARCA share."""

import threading
import traceback
import unittest
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from types import TracebackType
from typing import TYPE_CHECKING

from werkzeug.serving import WSGIRequestHandler, make_server

from mercadolibre_sync.arca.certificate import create_key_and_csr
from mercadolibre_sync.arca.endpoints import HOMOLOGACION, endpoints
from mercadolibre_sync.arca.padron import SERVICE, Padron
from mercadolibre_sync.arca.secret import Secret
from mercadolibre_sync.arca.ticket import Ticket
from mercadolibre_sync.arca.wsaa import Wsaa
from simulator.arca import ArcaSimulator
from simulator.arca_control import ArcaControl
from simulator.server import make

if TYPE_CHECKING:
	from _typeshed.wsgi import WSGIApplication

REPRESENTED = "30558515305"


class ArcaCase(unittest.TestCase):
	"""A simulated ARCA for the class, reset before each test, and a company with a certificate of it."""

	@classmethod
	def setUpClass(cls) -> None:
		cls.simulator = ArcaSimulator()
		cls.server = make({"arca": cls.simulator})
		threading.Thread(target=cls.server.serve_forever, args=(0.02,), daemon=True).start()
		cls.addClassCleanup(cls.server.server_close)
		cls.addClassCleanup(cls.server.shutdown)
		cls.arca = ArcaControl(f"http://127.0.0.1:{cls.server.port}")
		cls.urls = endpoints(HOMOLOGACION, cls.arca.base_url, cls.arca.base_url)
		cls.key, cls.csr = create_key_and_csr(REPRESENTED, "Ñandú S.A.", "erp")
		cls.certificate = cls.arca.issue_certificate(cls.csr)

	def setUp(self) -> None:
		self.simulator.reset()
		self.wsaa = Wsaa(self.urls.wsaa, timeout=5)
		self.padron = Padron(self.urls.padron, timeout=5)

	def login(self) -> Ticket:
		return self.wsaa.login(SERVICE, self.certificate, self.key)


class MemoryStore:
	"""A ticket store for the threads of this process."""

	def __init__(self, ticket: Ticket | None = None) -> None:
		self.kept = ticket
		self._lock = threading.Lock()

	@contextmanager
	def locked(self) -> Iterator[None]:
		with self._lock:
			yield

	def read(self) -> Ticket | None:
		return self.kept

	def prepare(self) -> None:
		pass

	def write(self, ticket: Ticket) -> None:
		self.kept = ticket

	def delete(self) -> None:
		self.kept = None


def some_ticket(name: str = "a", life: timedelta = timedelta(hours=12)) -> Ticket:
	now = datetime.now(timezone.utc)
	return Ticket(Secret(f"token-{name}"), Secret(f"sign-{name}"), now, now + life)


class _QuietHandler(WSGIRequestHandler):
	def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
		pass

	def log_error(self, format: str, *args: object) -> None:
		pass


def serve(case: unittest.TestCase, application: "WSGIApplication", tls: bool = False) -> str:
	"""Serve the application until the test ends and return its address; over TLS, nobody vouches for its certificate."""
	server = make_server(
		"127.0.0.1",
		0,
		application,
		threaded=True,
		request_handler=_QuietHandler,
		ssl_context="adhoc" if tls else None,
	)
	threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
	case.addCleanup(server.server_close)
	case.addCleanup(server.shutdown)
	return f"{'https' if tls else 'http'}://127.0.0.1:{server.port}"


def shown_by(error: BaseException) -> str:
	"""Everything a log with local variables could show of the error: as Frappe's Error Log does, and more."""
	pieces = ["".join(traceback.format_exception(error)), repr(error), repr(error.args), repr(vars(error))]
	seen: BaseException | None = error
	while seen is not None:
		pieces.extend(_variables(seen.__traceback__))
		seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
	return "\n".join(pieces)


def _variables(tb: TracebackType | None) -> Iterator[str]:
	for frame, _ in traceback.walk_tb(tb):
		# The test's own frames know the secrets.
		if "/tests/" not in frame.f_code.co_filename:
			yield from (f"{name}={value!r}" for name, value in frame.f_locals.items())
