"""Real processes beside the test's own: a web server, workers, and any Python that needs the site.

All of them end with the `with` block, or are ended by it.
"""

import contextlib
import ctypes
import os
import select
import shlex
import signal
import socket
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from frappe.installer import update_site_config

from . import services
from .paths import LOGS

START_SECONDS = 60
STOP_SECONDS = 10
# From linux/prctl.h
PR_SET_PDEATHSIG = 1


@contextlib.contextmanager
def web_server() -> Iterator[str]:
	"""Serve the site over real HTTP. Yields the address, such as "http://127.0.0.1:41357".

	Every request reaches the ground's site, whatever its Host. Site configuration is read when a server
	starts: what is changed there later may not be seen before a minute has passed (Frappe 16).
	"""
	server = WebServer()
	with _ending(server.process):
		server.wait_until_answering()
		yield server.address


class WebServer:
	"""A web server, as `web_server` runs one, at a port or at a free one."""

	def __init__(self, port: int = 0) -> None:
		with socket.create_server(("127.0.0.1", port)) as listener:
			descriptor = listener.fileno()
			self.port = listener.getsockname()[1]
			self.process, self._log = _start(
				"web", "-m", "tests.ground.serve", str(descriptor), pass_fds=[descriptor]
			)
		self.address = f"http://127.0.0.1:{self.port}"

	def wait_until_answering(self) -> None:
		_wait_until_started(lambda: _answers(self.address), self.process, self._log)

	def kill(self) -> None:
		"""Kill it in the middle of whatever it answers."""
		self.process.kill()
		self.process.wait()


@contextlib.contextmanager
def realtime() -> Iterator[None]:
	"""Serve to browsers what Frappe publishes. A web server has to be started within the `with` block.

	Pages then look for socket.io on a port of its own, as they do under `bench start`.
	"""
	port = services.free_port()
	update_site_config("socketio_port", port)
	with _environment({"FRAPPE_SOCKETIO_PORT": str(port), "DEV_SERVER": "1"}):
		process, log = _start("realtime", program=shlex.split(os.environ["MELI_REALTIME"]))
		with _ending(process):
			_wait_until_started(lambda: services.answers(port), process, log)
			yield


class Worker:
	"""A background worker, as `bench worker` runs one. `clock_ahead`: seconds by which its machine's clock is wrong."""

	def __init__(self, *queues: str, clock_ahead: int = 0) -> None:
		watched = f"from tests.ground import clock, visit; clock.set_ahead({clock_ahead}); visit.watch()"
		starting = (
			f"from frappe.utils.background_jobs import start_worker; start_worker({','.join(queues)!r})"
		)
		self.process, self.log = _start("worker", "-c", f"{watched}; {starting}")

	@property
	def jobs(self) -> list[int]:
		"""The processes of its jobs: one while it is at work, none while it is idle or dead."""
		return children(self.process.pid) if self.process.poll() is None else []

	def wait_until_listening(self) -> None:
		_wait_until_started(lambda: "Listening on" in self.log.read_text(), self.process, self.log)

	def stop(self) -> None:
		"""Let the job under way come to its end, as a restart does, and kill what has not ended in time.

		A job that goes on without its worker would meet what the next test prepares.
		"""
		self.process.terminate()
		try:
			self.process.wait(STOP_SECONDS)
		except subprocess.TimeoutExpired:
			self.kill()

	def kill(self) -> None:
		"""Kill the worker and the job it is on, as when the machine goes down: nothing is tidied up."""
		# The job runs in a child that would finish its work. The worker goes first: it would report the
		# child's death.
		jobs = self.jobs
		self.process.kill()
		for job in jobs:
			end(job)
		self.process.wait()


@contextlib.contextmanager
def workers(*queues: str, count: int = 1) -> Iterator[list[Worker]]:
	"""Run `count` workers on the site's Redis, on the `queues` named or on all. Yields them, listening."""
	with contextlib.ExitStack() as stack:
		started = [Worker(*queues) for _ in range(count)]
		for worker in started:
			stack.callback(worker.stop)
		for worker in started:
			worker.wait_until_listening()
		yield started


@contextlib.contextmanager
def private_redis() -> Iterator[str]:
	"""A Redis that only the processes started within the `with` block use. Yields its URL.

	For tests that make Redis forget: the site's own may serve others.
	"""
	redis = Redis()
	with redis.in_use():
		yield redis.url


class Redis:
	"""A Redis of one's own, at the same port however often it is killed and started again."""

	def __init__(self) -> None:
		self._port = services.free_port()
		self.url = f"redis://127.0.0.1:{self._port}"
		self.start()

	def start(self) -> None:
		command = [services.redis_server(), "--bind", "127.0.0.1", "--save", "", "--port", str(self._port)]
		self._process = subprocess.Popen(
			command,
			stdout=subprocess.DEVNULL,
			cwd=os.environ["MELI_SITES_PATH"],
			preexec_fn=_end_with_parent,
		)
		wait_for(lambda: services.answers(self._port))

	def kill(self) -> None:
		self._process.kill()
		self._process.wait()

	@contextlib.contextmanager
	def in_use(self) -> Iterator[None]:
		"""What is started within the `with` block uses it; with the block it ends."""
		try:
			with _environment({"FRAPPE_REDIS_CACHE": self.url, "FRAPPE_REDIS_QUEUE": self.url}):
				yield
		finally:
			self.kill()


def python(code: str, *arguments: str) -> subprocess.Popen[str]:
	"""Start `code` in another process, connected to the site as Administrator, and do not wait for it.

	The code finds `frappe` imported and `arguments` in sys.argv[1:], and commits by itself. Several of
	these run at the same time; `outputs` waits for them. sys.stdin.read() holds the code until then.
	"""
	connected = (
		f"import frappe, sys\nfrom tests.ground.site import connect\nconnect()\n{textwrap.dedent(code)}"
	)
	return subprocess.Popen(
		[sys.executable, "-c", connected, *arguments],
		cwd=os.environ["MELI_SITES_PATH"],
		stdin=subprocess.PIPE,
		stdout=subprocess.PIPE,
		stderr=subprocess.PIPE,
		preexec_fn=_end_with_parent,
		text=True,
	)


def together(code: str, count: int, *arguments: str) -> subprocess.Popen[str]:
	"""Like `python`, but with `count` processes that run the code at the same time. Fails if one of them does.

	They are forked from one that has imported everything, as Frappe's workers fork for each job: eight
	interpreters that start at once would take most of a minute.
	"""
	forking = f"""
import os, erpnext.selling.doctype.customer.customer, mercadolibre_sync.inbox.worker
frappe.destroy()
children = []
for _child in range({count}):
	if child := os.fork():
		children.append(child)
		continue
	connect()
{textwrap.indent(textwrap.dedent(code), "	")}
	sys.stdout.flush()
	os._exit(0)
assert not any([os.waitpid(child, 0)[1] for child in children])
"""
	return python(forking, *arguments)


def outputs(*processes: subprocess.Popen[str], timeout: float = 60) -> list[str]:
	"""What the processes of `python` printed, once all have ended. Raises AssertionError if one failed.

	What a test has read from a process by itself is not among it.
	"""
	printed = []
	for process in processes:
		with _ending(process):
			output, errors = process.communicate(timeout=timeout)
		assert process.returncode == 0, errors
		printed.append(output)
	return printed


def children(pid: int) -> list[int]:
	"""The processes that a process has forked."""
	return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def end(pid: int) -> None:
	"""Kill a process, if it is still there, and wait until the kernel has taken it apart: connections close last."""
	with contextlib.suppress(ProcessLookupError):
		process = os.pidfd_open(pid)
		try:
			signal.pidfd_send_signal(process, signal.SIGKILL)
			select.select([process], [], [], STOP_SECONDS)
		finally:
			os.close(process)


def wait_for(condition: Callable[[], object], seconds: float = 30) -> None:
	"""Return once `condition` is true. Raises AssertionError if it is not after `seconds`."""
	deadline = time.monotonic() + seconds
	while not condition():
		assert time.monotonic() < deadline, f"Not within {seconds} s"
		time.sleep(0.05)


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
	"""What is started within the `with` block finds these variables."""
	before = {name: os.environ.get(name) for name in variables}
	os.environ.update(variables)
	try:
		yield
	finally:
		for name, value in before.items():
			os.environ.pop(name) if value is None else os.environ.update({name: value})


def _start(
	name: str, *arguments: str, program: Sequence[str] = (sys.executable,), **options
) -> tuple[subprocess.Popen, Path]:
	LOGS.mkdir(parents=True, exist_ok=True)
	log = LOGS / f"{name}-{time.time_ns()}.log"
	with log.open("wb") as output:
		process = subprocess.Popen(
			[*program, *arguments],
			cwd=os.environ["MELI_SITES_PATH"],
			stdout=output,
			stderr=subprocess.STDOUT,
			preexec_fn=_end_with_parent,
			**options,
		)
	return process, log


def _end_with_parent() -> None:
	"""Have the kernel end this process when the tests are killed: a worker left over would take jobs."""
	ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@contextlib.contextmanager
def _ending(process: subprocess.Popen) -> Iterator[None]:
	try:
		yield
	finally:
		process.terminate()
		try:
			process.wait(STOP_SECONDS)
		except subprocess.TimeoutExpired:
			process.kill()
			process.wait()


def _wait_until_started(condition: Callable[[], bool], process: subprocess.Popen, log: Path) -> None:
	def ended_or_started() -> bool:
		return process.poll() is not None or condition()

	wait_for(ended_or_started, START_SECONDS)
	assert process.poll() is None, f"{log.name} ended:\n{log.read_text()[-4000:]}"


def _answers(address: str) -> bool:
	try:
		with urllib.request.urlopen(f"{address}/api/method/ping", timeout=START_SECONDS):
			return True
	except (urllib.error.URLError, ConnectionError):
		return False
