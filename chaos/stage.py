"""The processes that a run starts, kills and starts again."""

import ctypes
import os
from collections import Counter
from contextlib import suppress
from pathlib import Path

import frappe
import redis

from benchmarks.stage import ENDPOINT
from chaos.events import Event
from chaos.plan import Plan
from chaos.post import Post
from simulator.arca_control import ArcaControl
from simulator.control import ControlError, MeliControl
from tests.ground import process, services
from tests.ground.process import Redis, WebServer, Worker, children, end
from tests.ground.site import connect

# From linux/prctl.h
PR_SET_CHILD_SUBREAPER = 36


class Stage:
	"""Its public methods that have an event's name are what that event does; other events are the simulator's commands.

	`skipped`: what could not be done, and how often.
	"""

	def __init__(self, plan: Plan, simulator: str, own_redis: Redis) -> None:
		self._plan = plan
		self._meli = MeliControl(simulator)
		self._arca = ArcaControl(simulator)
		self._redis = own_redis
		self._web = WebServer()
		self._workers = [self._new_worker(number) for number in range(plan.workers)]
		self._absent: set[int] = set()
		self._owns_database = services.is_own_mariadb(int(frappe.conf.db_port or 0))
		self._house = process.python(f"from chaos.house import keep\nkeep({plan.tick})")
		self.post = Post(self._web.address + ENDPOINT, simulator)
		self.skipped: Counter[str] = Counter()

	def wait_until_up(self) -> None:
		self._web.wait_until_answering()
		for worker in self._workers:
			worker.wait_until_listening()

	def perform(self, event: Event) -> None:
		if own := getattr(self, event.what, None):
			own(**event.arguments)
		else:
			self._meli.do(event.what, **event.arguments)

	def look_after(self) -> None:
		"""Start what ended by itself, as a supervisor does."""
		for number, worker in enumerate(self._workers):
			if number not in self._absent and worker.process.poll() is not None:
				self._workers[number] = self._new_worker(number)

	def calm(self) -> None:
		"""MercadoLibre and ARCA answer as they should, and everything runs."""
		self._meli.behave()
		self._arca.heal()
		for number in list(self._absent):
			self.start_worker(number)

	def close(self) -> str:
		"""End all of it, and return what the house said."""
		self.post.close()
		self._house.kill()
		said = self._house.communicate()[0]
		for running in (self._web, *self._workers):
			if running.process.poll() is None:
				running.kill()
		for orphan in _orphans():
			end(orphan)
			os.waitpid(orphan, 0)
		return said

	# What is told.

	def tell(self, topic: str, resource: str, seller: str) -> None:
		self.post.send(topic, resource, seller)

	def add_taxpayer(self, cuit: str, kind: str) -> None:
		self._arca.add_taxpayer(cuit, kind)

	# What breaks, and what comes back.

	def spoil_answers(self, **rule) -> None:
		self._meli.misbehave(**rule)

	def spoil_registry(self, **failure) -> None:
		self._arca.fail(**failure)

	def kill_worker(self, number: int) -> None:
		"""This one, or the next that is at work."""
		number = self._busy(number)
		self._absent.add(number)
		if self._workers[number].process.poll() is None:
			self._workers[number].kill()

	def start_worker(self, number: int) -> None:
		"""This one, or in its place one that was killed instead."""
		if number not in self._absent:
			number = min(self._absent)
		self._absent.remove(number)
		self._workers[number] = self._new_worker(number)

	def kill_job(self, number: int) -> None:
		jobs = self._workers[self._busy(number)].jobs
		for job in jobs:
			end(job)
		if not jobs:
			self.skipped["kill a job: none was under way"] += 1

	def kill_web_server(self) -> None:
		self._web.kill()

	def start_web_server(self) -> None:
		self._web = WebServer(self._web.port)

	def flush_redis(self) -> None:
		with suppress(redis.ConnectionError):
			redis.from_url(self._redis.url).flushall()

	def kill_redis(self) -> None:
		self._redis.kill()

	def start_redis(self) -> None:
		self._redis.start()

	def kill_database(self) -> None:
		if self._owns_database:
			services.kill_mariadb()
		else:
			self.skipped["kill the database: it serves others, so the site's connections were ended"] += 1
			self.kill_connections()

	def start_database(self) -> None:
		if self._owns_database:
			services.start_mariadb()

	def fill_disk(self) -> None:
		"""Where the database has a disk of its own, that is full; else it refuses what writes."""
		if not self._owns_database:
			self.skipped["fill the database's disk: it serves others"] += 1
		elif services.has_own_disk():
			services.fill_disk()
		else:
			services.let_mariadb_write(False)

	def free_disk(self) -> None:
		if not self._owns_database:
			return
		if services.has_own_disk():
			services.free_disk()
			# It may have stopped itself.
			services.start_mariadb()
		else:
			services.let_mariadb_write(True)

	def kill_connections(self) -> None:
		"""Those of the site's user, but for our own."""
		reconnect()
		query = "select id from information_schema.processlist where user = %s and id != connection_id()"
		for (connection,) in frappe.db.sql(query, frappe.conf.db_user or frappe.conf.db_name):
			# It may have ended by itself.
			with suppress(frappe.db.OperationalError):
				frappe.db.sql("kill %s", connection)

	def expire_tokens(self, seller: str) -> None:
		# A grant that was revoked has none.
		with suppress(ControlError):
			self._meli.expire_access_tokens(seller)

	def revoke_grant(self, seller: str) -> None:
		self._meli.revoke(seller)

	# How.

	def _new_worker(self, number: int) -> Worker:
		has_wrong_clock = number == self._plan.workers - 1
		return Worker("default", clock_ahead=self._plan.skew if has_wrong_clock else 0)

	def _busy(self, number: int) -> int:
		numbers = [*range(number, self._plan.workers), *range(number)]
		return next((each for each in numbers if self._workers[each].jobs), number)


def adopt_orphans() -> None:
	"""Let jobs whose worker ended before them become children of this process."""
	ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def _orphans() -> list[int]:
	return [
		child
		for child in children(os.getpid())
		if "start_worker" in Path(f"/proc/{child}/cmdline").read_text()
	]


def reconnect() -> None:
	"""A new connection of this process to the database, whatever became of the old one."""
	frappe.destroy()
	connect()
