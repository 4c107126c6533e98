"""The worker is killed at every step of an order's way; what is there at last is what is there without a crash."""

import json
import os
import re
import signal
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

import frappe
import requests
from frappe.database.database import Database

from mercadolibre_sync.inbox import intake, sweep, wake, worker
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.sync import versions
from simulator.control import MeliControl
from tests.ground.process import wait_for
from tests.site.base import SELLER, SiteTestCase

WRITING = re.compile(r"\s*(insert|update|delete|replace|commit)\b", re.IGNORECASE)
# What differs between two runs that end alike, beside the names of documents.
OF_THE_RUN = re.compile(r'"(creation|modified|name|parent|last_updated)": "[^"]*"')
ENDED, KILLED = 0, signal.SIGKILL
PATIENCE_SECONDS = 60


@dataclass
class Steps:
	"""What this process does, counted as it begins and as it has ended: statements that write or commit, and HTTP calls.

	The process is killed at number `fatal`; 0 is never.
	"""

	fatal: int = 0
	taken: list[str] = field(default_factory=list)
	_lock: threading.Lock = field(default_factory=threading.Lock)

	def watch(self) -> None:
		sql, send = Database.sql, requests.Session.send

		def watched_sql(db, query, *arguments, **options):
			what = WRITING.match(str(query)) and " ".join(str(query).split()[:4])
			return self._around(what, sql, db, query, *arguments, **options)

		def watched_send(session, request, **options):
			return self._around(f"{request.method} {request.path_url}", send, session, request, **options)

		Database.sql, requests.Session.send = watched_sql, watched_send

	def _around(self, what: str | None, action: Callable, *arguments, **options):
		if not what:
			return action(*arguments, **options)
		self._take(f"before {what}")
		try:
			return action(*arguments, **options)
		finally:
			self._take(f"after {what}")

	def _take(self, step: str) -> None:
		with self._lock:
			self.taken.append(step)
			if len(self.taken) == self.fatal:
				os.kill(os.getpid(), KILLED)


@dataclass(frozen=True)
class Run:
	"""How a process with the way of one order ended. `answered`: whether MercadoLibre got its 200."""

	end: int
	answered: bool
	steps: list[str]


class TestCrash(SiteTestCase):
	def test_a_new_buyers_order_survives_a_crash_at_every_step(self):
		self.survive_everywhere(self.new_buyers_order, "New customer.")

	def test_a_known_buyers_order_survives_a_crash_at_every_step(self):
		self.survive_everywhere(self.known_buyers_order, "Updated: customer, address, contact.")

	def new_buyers_order(self) -> tuple[str, str]:
		buyer = self.add_buyer()
		return buyer, self.add_order(buyer, shipment={"receiver_phone": "351 5550089"})

	def known_buyers_order(self) -> tuple[str, str]:
		buyer = self.add_buyer()
		self.sync_order(self.add_order(buyer, shipment={}))
		self.meli.set_nickname(buyer, "MARIGUZ")
		return buyer, self.add_order(
			buyer, shipment={"street_name": "Rivadavia", "receiver_phone": "351 5550089"}
		)

	def survive_everywhere(self, prepare: Callable[[], tuple[str, str]], reason: str) -> None:
		buyer, order = prepare()
		run = go(order)
		self.assertEqual((run.end, run.answered), (ENDED, True))
		self.assertEqual(self.reasons(order), {("Done", reason)})
		expected = self.state(buyer, order)
		for fatal, step in enumerate(run.steps, 1):
			with self.subTest(step, number=fatal):
				buyer, order = prepare()
				self.survive(order, fatal)
				self.assertEqual(self.reasons(order), {("Done", reason)})
				self.assertEqual(self.state(buyer, order), expected)

	def survive(self, order: str, fatal: int) -> None:
		run = go(order, fatal)
		if run.end != KILLED:
			# A run in which less time passed renews its lease less often, and may end before so many steps.
			self.assertEqual(run.end, ENDED)
			self.assertLess(len(run.steps), fatal)
		frappe.db.rollback()
		if not run.answered:
			post(order)
		# As time would.
		frappe.db.set_value(NOTIFICATION, {"status": "Processing"}, "claimed_at", "2026-01-01 00:00:00")
		frappe.db.commit()
		sweep.sweep()
		worker.drain()
		frappe.db.rollback()

	def reasons(self, order: str) -> set[tuple[str, str]]:
		frappe.db.rollback()
		names = frappe.get_all(NOTIFICATION, filters={"resource": f"/orders/{order}"}, pluck="name")
		rows = [self.notification(name) for name in names]
		return {(row.status, row.reason) for row in rows}

	def state(self, buyer: str, order: str) -> str:
		"""What the ERP holds of the buyer, without what every run has of its own."""
		documents = [
			frappe.get_doc("Customer", buyer),
			*self.addresses(buyer),
			*self.contacts(buyer),
			frappe.get_doc(versions.ORDER, order),
		]
		names = [document.name for document in documents]
		counts = [
			frappe.db.count("Comment", {"reference_name": ("in", names)}),
			frappe.db.count("Version", {"docname": ("in", names)}),
			frappe.db.count(versions.ORDER, {"customer": buyer}),
		]
		own = {document.name: document.doctype for document in documents}
		own |= {buyer: "buyer", order: "order", documents[-1].seen_shipment: "shipment"}
		said = [counts, *(document.as_dict() for document in documents)]
		state = OF_THE_RUN.sub("", json.dumps(said, default=str, sort_keys=True, indent=1))
		for name in sorted(own, key=len, reverse=True):
			state = state.replace(name, own[name])
		return state


def post(order: str) -> None:
	"""What the endpoint does when MercadoLibre tells of an order."""
	body = {
		"topic": "orders_v2",
		"resource": f"/orders/{order}",
		"user_id": int(SELLER),
		"application_id": int(MeliControl.application_id),
	}
	assert intake.receive(json.dumps(body).encode(), "127.0.0.1")
	frappe.db.commit()


def go(order: str, fatal: int = 0) -> Run:
	"""The way of an order, from the post to its end, in a process that is killed at step `fatal`."""
	reading, writing = os.pipe()
	child = os.fork()
	if not child:
		_go(order, Steps(fatal), writing, frappe.local.db)
	os.close(writing)
	_child, end = os.waitpid(child, 0)
	with os.fdopen(reading) as told:
		connection, *lines = told.read().splitlines()
	# The server notices a moment later, and only then undoes what was open and frees the locks.
	still_there = "select 1 from information_schema.processlist where id = %s"
	wait_for(lambda: not frappe.db.sql(still_there, connection))
	return Run(end, bool(lines), lines[1:])


def _go(order: str, steps: Steps, told: int, _inherited: Database) -> None:
	"""`_inherited`: kept, because closing it would end the connection of the process that was forked."""
	# Ended by its alarm it is neither killed nor at its end.
	signal.alarm(PATIENCE_SECONDS)
	try:
		frappe.connect()
		frappe.set_user("Administrator")
		os.write(told, b"%d\n" % frappe.db.sql("select connection_id()")[0][0])
		steps.watch()
		post(order)
		os.write(told, b"answered\n")
		wake.wake()
		worker.drain()
		os.write(told, "\n".join(steps.taken).encode())
		os._exit(ENDED)
	except BaseException:
		traceback.print_exc()
		os._exit(1)
