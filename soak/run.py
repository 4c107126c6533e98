"""A day goes by: notifications are posted, workers drain, the scheduler's jobs run, and samples are taken."""

import itertools
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import frappe
import redis
import requests
from frappe.utils.background_jobs import get_redis_conn
from frappe.utils.global_search import sync_global_search

from benchmarks.stage import ENDPOINT, SELLER, Stage
from mercadolibre_sync.inbox import door, housekeeping, states, sweep
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.sync.versions import ORDER
from simulator.meli_notifications import notification_body
from soak.day import EACH, MINUTES, at, curve
from tests.ground.process import WebServer, Worker, children, wait_for

OPEN = (states.QUEUED, states.PROCESSING, states.WAITING)
POSTMEN = 4
# Fewer than the brake lets one address post in a minute.
POSTED_AT_ONCE = 200
# The day goes on as long as no more wait than a sale leaves behind.
MOST_WAITING = 2_000
SAMPLE_MINUTES = 60
PATIENCE_SECONDS = 1_200
# Of two orders one is of a buyer who has bought before.
ORDERS_A_BUYER = 2
TABLES = (
	NOTIFICATION,
	ORDER,
	"Customer",
	"Address",
	"Contact",
	"Comment",
	"Version",
	"Error Log",
	"Notification Log",
)


@dataclass(frozen=True)
class Sample:
	"""Memory in MB, of one worker with the job it is on; rows and keys as counted."""

	time: str
	posted: int
	waiting: int
	web: float
	worker: float
	redis: float
	keys: int
	rows: dict[str, int]


@dataclass
class Day:
	stage: Stage
	notifications: int
	samples: list[Sample] = field(default_factory=list)
	posted: int = 0
	refused: int = 0
	buyers: int = 0
	outcomes: dict[str, int] = field(default_factory=dict)
	seconds: float = 0

	def run(self) -> None:
		"""Raises AssertionError if notifications have no end at the end of the day."""
		began = time.monotonic()
		with self._processes() as (web, workers):
			self._web, self._workers = web, workers
			for minute, orders in enumerate(curve(self.notifications // EACH)):
				self._minute(orders)
				if minute % SAMPLE_MINUTES == 0:
					self.sample(at(minute))
			wait_for(lambda: not self._waiting(), PATIENCE_SECONDS)
			self.sample(at(MINUTES))
			self.seconds = time.monotonic() - began
			self.outcomes = dict(Counter(frappe.get_all(NOTIFICATION, pluck="status", order_by=None)))
			self._years_later()
			self.sample("later")

	@contextmanager
	def _processes(self) -> Iterator[tuple[WebServer, list[Worker]]]:
		web, workers = WebServer(), [Worker() for _number in range(2)]
		try:
			web.wait_until_answering()
			for worker in workers:
				worker.wait_until_listening()
			yield web, workers
		finally:
			for worker in workers:
				worker.stop()
			web.kill()

	def _minute(self, orders: int) -> None:
		if orders:
			self._post(self._notices(orders))
		self._run_the_scheduler()
		wait_for(lambda: self._waiting() < MOST_WAITING, PATIENCE_SECONDS)

	def _run_the_scheduler(self) -> None:
		sweep.sweep()
		# Frappe's own, every quarter of an hour: until then Redis holds what every saved document says.
		sync_global_search()
		frappe.db.commit()

	def _notices(self, count: int) -> list[tuple[str, str]]:
		"""Topic and resource of what MercadoLibre tells of so many orders of this minute."""
		meli = self.stage.meli
		buyers = [self.stage.buyer() for _number in range(-(-count // ORDERS_A_BUYER))]
		self.buyers += len(buyers)
		person = {"first_name": "Mariana", "last_name": "Guzmán", "document": ("DNI", "32659430")}
		meli.batch(
			("add_buyer", {"buyer_id": buyer, "nickname": f"COMPRA{buyer}", **person}) for buyer in buyers
		)
		of = list(itertools.islice(itertools.cycle(buyers), count))
		shipments = meli.batch(("add_shipment", {"seller_id": SELLER, "buyer_id": buyer}) for buyer in of)
		orders = meli.batch(
			("add_order", {"seller_id": SELLER, "buyer_id": buyer, "shipment_id": shipment})
			for buyer, shipment in zip(of, shipments, strict=True)
		)
		meli.forget_calls()
		made = [("orders_v2", f"/orders/{order}") for order in orders]
		return [*made, *made, *(("shipments", f"/shipments/{shipment}") for shipment in shipments), *made]

	def _post(self, notices: list[tuple[str, str]]) -> None:
		with ThreadPoolExecutor(POSTMEN) as postmen:
			for part in [
				notices[start : start + POSTED_AT_ONCE] for start in range(0, len(notices), POSTED_AT_ONCE)
			]:
				# All come from one address here, and a day as short as this one is not what the brake is for.
				frappe.cache.delete_keys(door.KNOCKS_KEY)
				statuses = list(postmen.map(self._send, part))
				self.posted += len(statuses)
				self.refused += sum(status != 200 for status in statuses)

	def _send(self, notice: tuple[str, str]) -> int:
		body = notification_body(*notice, SELLER)
		return requests.post(self._web.address + ENDPOINT, json=body, timeout=60).status_code

	def _waiting(self) -> int:
		frappe.db.rollback()
		return frappe.db.count(NOTIFICATION, {"status": ("in", OPEN)})

	def _years_later(self) -> None:
		"""What housekeeping leaves when all of this is long ago."""
		frappe.db.sql(f"update `tab{NOTIFICATION}` set modified = modified - interval 1 year")
		frappe.db.commit()
		housekeeping.delete_finished(30)

	def sample(self, moment: str) -> None:
		queue, cache = get_redis_conn(), frappe.cache
		jobs = [memory(worker.process.pid) + sum(map(memory, worker.jobs)) for worker in self._workers]
		sample = Sample(
			moment,
			self.posted,
			self._waiting(),
			memory(self._web.process.pid) + sum(map(memory, children(self._web.process.pid))),
			max(jobs),
			sum(used_memory(client) for client in (queue, cache)),
			queue.dbsize() + cache.dbsize(),
			{table: frappe.db.count(table) for table in TABLES},
		)
		self.samples.append(sample)
		rows = " ".join(f"{count:>7}" for count in sample.rows.values())
		print(
			f"{sample.time:>5} {sample.posted:>8} {sample.waiting:>7} {sample.web:>6.0f} {sample.worker:>6.0f}"
			f" {sample.redis:>6.1f} {sample.keys:>6} {rows}",
			flush=True,
		)


def memory(pid: int) -> float:
	"""What a process holds in memory, in MB; 0 for one that has ended."""
	try:
		status = Path(f"/proc/{pid}/status").read_text()
	except FileNotFoundError:
		return 0
	lines = [line for line in status.splitlines() if line.startswith("VmRSS")]
	return int(lines[0].split()[1]) / 1024 if lines else 0


def used_memory(client: redis.Redis) -> float:
	"""What a Redis holds, in MB."""
	return client.info("memory")["used_memory"] / 1024 / 1024
