"""Real processes on a real database, all at the same buyer at the same moment."""

import time

import frappe

from mercadolibre_sync.inbox import claims, states, wake
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.sync import addresses
from tests.ground.process import outputs, python, wait_for, workers
from tests.site.base import SELLER, SiteTestCase

SYNCHRONISE_AT_ONCE = """
	import time
	from mercadolibre_sync.meli.notification import Reference
	from mercadolibre_sync.sync.pipeline import Pipeline, Task
	account, order, start = sys.argv[1:]
	time.sleep(max(0, float(start) - time.time()))
	done = lambda outcome: print(outcome.customer)
	pipeline = Pipeline(lambda _seconds: None)
	pipeline.take([Task(account, Reference("order", order), finish=done, guard=None, fail=print)])
	while pipeline.load:
		pipeline.step()
"""


class TestConcurrency(SiteTestCase):
	def test_eight_workers_handed_the_same_new_buyer_at_the_same_moment_make_one_customer(self):
		buyer = self.add_buyer()
		shipment = self.meli.add_shipment(SELLER, buyer)
		orders = [self.add_order(buyer, shipment_id=shipment) for _worker in range(8)]
		start = str(time.time() + 8)
		processes = [python(SYNCHRONISE_AT_ONCE, self.account.name, order, start) for order in orders]
		self.assertEqual(outputs(*processes), [f"{buyer}\n"] * 8)
		frappe.db.rollback()
		self.assertEqual(frappe.db.count("Customer", {"mercadolibre_id": buyer}), 1)
		self.assertEqual((len(self.addresses(buyer)), len(self.contacts(buyer))), (1, 1))

	def test_a_retry_after_a_deadlock_starts_with_new_documents_in_a_new_transaction(self):
		ensure, failures = (
			addresses.ensure,
			[frappe.QueryDeadlockError("1213"), frappe.QueryTimeoutError("1205")],
		)
		self.addCleanup(setattr, addresses, "ensure", ensure)

		def deadlock_twice(*arguments, **options):
			if failures:
				# As InnoDB does: the victim's whole transaction is gone.
				frappe.db._cursor.execute("rollback")
				raise failures.pop()
			return ensure(*arguments, **options)

		addresses.ensure = deadlock_twice
		buyer = self.add_buyer()
		row = self.sync_order(self.add_order(buyer, shipment={}))
		self.assertEqual((row.status, row.attempts), ("Done", 1))
		self.assertEqual((len(self.addresses(buyer)), len(self.contacts(buyer))), (1, 1))

	def test_the_outcome_commits_with_the_documents_or_not_at_all(self):
		self.addCleanup(setattr, states, "finish", states.finish)

		def power_cut(*_arguments):
			raise RuntimeError("power cut")

		states.finish = power_cut
		buyer = self.add_buyer()
		row = self.sync_order(self.add_order(buyer, shipment={}))
		self.assertEqual(row.status, "Waiting for retry")
		self.assertFalse(frappe.db.exists("Customer", buyer))
		self.assertFalse(frappe.db.exists("MercadoLibre Order", {"customer": buyer}))

	def test_no_transaction_is_open_while_mercadolibre_is_asked(self):
		order = self.add_order(self.add_buyer(), shipment={})
		self.notify("orders_v2", f"/orders/{order}")
		for path in (f"^/orders/{order}$", "billing", "^/shipments/"):
			self.meli.misbehave(path, "slow", seconds=3)
		# A transaction keeps everybody else from locking a table it has touched, until it ends.
		tables = ("Customer", "MercadoLibre Account", "MercadoLibre Notification", "MercadoLibre Order")
		frappe.db.sql("set session lock_wait_timeout = 1")
		self.addCleanup(frappe.db.sql, "set session lock_wait_timeout = 60")
		process = python("from mercadolibre_sync.inbox.worker import drain; drain()")
		locked = set()
		while process.poll() is None:
			under_way = [call.path for call in self.meli.calls() if call.status is None]
			if set(under_way) - locked:
				locked.update(under_way)
				frappe.db.sql(f"lock tables {', '.join(f'`tab{table}` write' for table in tables)}")
				frappe.db.sql("unlock tables")
			time.sleep(0.05)
		outputs(process)
		self.assertEqual(len(locked), 3)

	def test_a_killed_worker_loses_nothing(self):
		buyer = self.add_buyer()
		order = self.add_order(buyer, shipment={})
		self.meli.misbehave(f"^/orders/{order}$", "slow", seconds=20)
		name = self.notify("orders_v2", f"/orders/{order}")
		with workers("default") as (worker,):
			wake.wake()
			wait_for(lambda: self.status(name) == "Processing" and self.meli.calls(f"^/orders/{order}$"))
			worker.kill()
		self.assertEqual(self.status(name), "Processing")
		frappe.db.set_value(NOTIFICATION, name, "claimed_at", "2026-01-01 00:00:00")
		claims.requeue_abandoned()
		row = self.drained(name)
		self.assertEqual((row.status, row.customer), ("Done", buyer))

	def status(self, name: str) -> str:
		frappe.db.rollback()
		return self.notification(name).status
