"""The way through the inbox: no call too many, nobody waits for another's trouble, and the dead are noticed."""

import time
from datetime import datetime, timedelta, timezone

import frappe
from frappe.contacts.doctype.contact.contact import Contact
from frappe.utils.background_jobs import get_queue
from rq.timeouts import JobTimeoutException

from mercadolibre_sync.backfill import run
from mercadolibre_sync.inbox import claims, intake, states, wake, worker
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.meli.notification import Notification
from mercadolibre_sync.sync.accounts import ACCOUNT
from simulator.control import MeliControl
from tests.ground.process import outputs, python, wait_for, workers
from tests.site.base import ACCOUNT_NAME, SELLER, SiteTestCase, claim_next, make_account

OTHER_SELLER = "779432305"
# As processes of their own have it; in the test's own nobody waits.
HOLD_SECONDS = claims.HOLD_SECONDS
# Prints how many modules of the installed apps are loaded by the first write of a process.
LOADED_BY_WRITING = """
from mercadolibre_sync.inbox import worker
from mercadolibre_sync.sync import pipeline

def write_and_tell(purchase):
	before = set(sys.modules)
	outcome = write(purchase)
	apps = frappe.get_installed_apps()
	print(sum(name.partition(".")[0] in apps for name in set(sys.modules) - before))
	return outcome

write, pipeline.write = pipeline.write, write_and_tell
worker.drain()
"""
# Prints what of the desk and of ERPNext is loaded when the first question is asked.
LOADED_BEFORE_ASKING = """
from mercadolibre_sync.inbox import worker
from mercadolibre_sync.sync.pipeline import Pipeline

def ask_and_tell(pipeline, asked):
	print("frappe.boot" in sys.modules)
	ask(pipeline, asked)

ask, Pipeline._ask = Pipeline._ask, ask_and_tell
# Where Redis does not know which app a module belongs to, Frappe has loaded all of them already. Its fork builds
# every query with what loads the desk.
import frappe.database.query
sys.modules.pop("frappe.boot", None)
worker.drain()
"""
DRAIN = "from mercadolibre_sync.inbox.worker import drain; drain()"
LEASE_SECONDS = 1
# A site's hook takes longer than the lease.
DRAIN_SLOWLY = f"""
	import time
	from frappe.contacts.doctype.contact.contact import Contact
	from mercadolibre_sync.inbox import claims, worker
	claims.LEASE_SECONDS = worker.ROUND_SECONDS = {LEASE_SECONDS}
	Contact.after_insert = lambda _contact: print("saving", flush=True) or time.sleep({4 * LEASE_SECONDS})
	worker.drain()
"""


class PipelineTestCase(SiteTestCase):
	def new_orders(self, count: int) -> list[str]:
		return [
			self.add_order(self.add_buyer(f"COMPRADOR{number}"), shipment={"street_number": str(number)})
			for number in range(count)
		]

	def notify_all(self, orders: list[str], seller: str = SELLER, account: str = ACCOUNT_NAME) -> list[str]:
		rows = [
			Notification("orders_v2", f"/orders/{order}", seller, MeliControl.application_id, None, None)
			for order in orders
		]
		names = intake.store_all(rows, account, intake.SOURCE_POSTED, states.PRIORITY_FRESH)
		frappe.db.commit()
		return list(names)

	def count(self, status: str = "Done") -> int:
		frappe.db.rollback()
		return frappe.db.count(NOTIFICATION, {"status": status})

	def status(self, name: str) -> str:
		frappe.db.rollback()
		return self.notification(name).status

	def asked(self) -> list[str]:
		"""What MercadoLibre was asked since the last time, without numbers."""
		calls = [call.path.split("/") for call in self.meli.calls()]
		self.meli.forget_calls()
		return sorted(" ".join(part for part in path if part and not part.isdigit()) for path in calls)


class TestCalls(PipelineTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.order = self.add_order(self.add_buyer(), shipment={})

	def test_a_new_buyer_costs_three_calls_in_two_steps(self):
		for path in ("billing", "^/shipments/"):
			self.meli.misbehave(path, "slow", seconds=1)
		self.sync_order(self.order)
		order, *others = self.meli.calls()
		self.assertEqual(order.path, f"/orders/{self.order}")
		self.assertEqual(len(others), 2)
		self.assertLess(abs(others[0].at - others[1].at), 0.5)

	def test_the_same_version_again_costs_one_call(self):
		self.sync_order(self.order)
		self.asked()
		self.assertEqual(self.sync_order(self.order).status, "Done")
		self.assertEqual(self.asked(), ["orders"])

	def test_a_newer_version_of_a_complete_order_costs_one_call(self):
		self.sync_order(self.order)
		self.asked()
		self.meli.set_order(self.order)
		self.sync_order(self.order)
		self.assertEqual(self.asked(), ["orders"])

	def test_a_newer_version_whose_address_was_hidden_costs_two_calls_until_it_shows(self):
		buyer = self.add_buyer("ESCONDIDA")
		shipment = self.meli.add_shipment(SELLER, buyer, masked=True)
		order = self.add_order(buyer, shipment_id=shipment)
		self.sync_order(order)
		self.asked()
		self.meli.reveal(shipment)
		for expected in (["orders", "shipments"], ["orders"]):
			self.meli.set_order(order)
			self.sync_order(order)
			self.assertEqual(self.asked(), expected)
		self.assertEqual(len(self.addresses(buyer)), 1)

	def test_a_newer_version_with_another_shipment_costs_two_calls(self):
		buyer = self.add_buyer("REENVIO")
		order = self.add_order(buyer, shipment={})
		self.sync_order(order)
		self.asked()
		other = self.meli.add_shipment(SELLER, buyer, street_name="Rivadavia")
		self.meli.set_order(order, shipment_id=other)
		self.sync_order(order)
		self.assertEqual(self.asked(), ["orders", "shipments"])
		self.assertEqual(len(self.addresses(buyer)), 2)

	def test_a_known_order_that_tells_no_name_makes_no_second_contact(self):
		buyer = self.add_buyer("SINNOMBRE")
		order = self.add_order(buyer, buyer_form="billing_info")
		self.sync_order(order)
		self.asked()
		self.meli.set_order(order)
		self.sync_order(order)
		self.assertEqual(self.asked(), ["orders"])
		self.assertEqual([contact.full_name for contact in self.contacts(buyer)], ["Mariana Guzmán"])

	def test_a_customer_that_was_deleted_comes_back_whole(self):
		buyer = self.add_buyer("BORRADA")
		order = self.add_order(buyer, shipment={})
		self.sync_order(order)
		frappe.db.delete("Customer", {"name": buyer})
		frappe.db.commit()
		self.assertEqual(self.sync_order(order).status, "Done")
		self.assertEqual(self.customer(buyer).tax_id, "32659430")

	def test_the_rows_of_a_search_are_orders(self):
		created = (datetime.now(timezone.utc) - timedelta(days=2)).isoformat(timespec="milliseconds")
		orders = [
			self.add_order(self.add_buyer(f"VIEJA{number}"), shipment={}, created=created)
			for number in range(40)
		]
		self.meli.set_order(self.order, last_updated=created)
		for calls_an_order in (2, 0):
			backfill = frappe.get_doc(ACCOUNT, ACCOUNT_NAME).synchronise(
				str(frappe.utils.add_days(frappe.utils.now_datetime(), -3))
			)
			frappe.db.commit()
			run.run(backfill)
			frappe.db.rollback()
			self.assertEqual(frappe.db.get_value(run.BACKFILL, backfill, "status"), "Completed")
			asked = self.asked()
			searching = [call for call in asked if call == "orders search"]
			self.assertEqual(len(asked) - len(searching), calls_an_order * (len(orders) + 1))
			# Two windows, of each the number of its orders and one page.
			self.assertLessEqual(len(searching), 4)
		self.assertEqual(self.count(), 41)


class TestBatch(PipelineTestCase):
	def test_what_the_first_buyer_needs_is_loaded_while_mercadolibre_is_waited_for(self):
		(order,) = self.new_orders(1)
		self.notify_all([order])
		self.meli.misbehave(".", "slow", seconds=2, times=None)
		(loaded,) = outputs(python(LOADED_BY_WRITING))
		self.assertEqual(self.count(), 1)
		# ERPNext's hooks alone bring two hundred.
		self.assertLess(int(loaded), 60)

	def test_nothing_of_the_desk_is_loaded_before_mercadolibre_is_asked(self):
		self.notify_all(self.new_orders(1))
		(printed,) = outputs(python(LOADED_BEFORE_ASKING))
		self.assertEqual(printed.splitlines()[0], "False")

	def test_of_a_batch_with_one_poisoned_order_the_others_are_written(self):
		orders = self.new_orders(6)
		for number, kind in ((1, "403"), (3, "503"), (4, "html")):
			self.meli.misbehave(f"^/orders/{orders[number]}$", kind, times=None)
		names = self.notify_all(orders)
		worker.drain()
		statuses = [self.status(name) for name in names]
		expected = ["Done", "Failed", "Done", "Waiting for retry", "Waiting for retry", "Done"]
		self.assertEqual(statuses, expected)
		self.assertIn("another seller", self.notification(names[1]).reason)

	def test_a_token_that_dies_in_the_middle_of_a_batch_is_renewed_once(self):
		names = self.notify_all(self.new_orders(10))
		self.meli.misbehave("billing", "slow", seconds=1, times=2)
		process = python(DRAIN)
		wait_for(lambda: self.meli.calls("billing"))
		self.meli.expire_access_tokens(SELLER)
		outputs(process)
		self.assertEqual({self.status(name) for name in names}, {"Done"})
		self.assertEqual({self.notification(name).attempts for name in names}, {1})
		self.assertEqual([call.status for call in self.meli.refreshes()], [200])

	def test_a_silent_mercadolibre_holds_up_only_what_it_is_asked(self):
		silent, *orders = self.new_orders(5)
		self.meli.misbehave(f"^/orders/{silent}$", "slow", seconds=18)
		names = self.notify_all([silent, *orders])
		process = python(DRAIN)
		wait_for(lambda: self.count() == 4, 16)
		self.assertEqual(self.status(names[0]), "Processing")
		outputs(process)
		self.assertEqual(self.status(names[0]), "Done")

	def test_notifications_of_a_burst_share_two_fetches(self):
		order = self.add_order(self.add_buyer(), shipment={})
		names = self.notify_all([order])
		process = python(DRAIN)
		wait_for(lambda: self.status(names[0]) == "Done")
		started = time.monotonic()
		for _time in range(4):
			names += self.notify_all([order])
			time.sleep(0.3)
		lasted = time.monotonic() - started
		outputs(process, *([python(DRAIN)] if self.count() < 5 else []))
		wait_for(lambda: self.count() == 5)
		# On a busy machine the burst itself may last longer than others are waited for.
		more = int(lasted / HOLD_SECONDS)
		self.assertLessEqual(len(self.meli.calls(f"^/orders/{order}$")), 2 + more)


class TestFairness(PipelineTestCase):
	def test_no_account_starves_another(self):
		"""4,800 notifications whose orders MercadoLibre does not know, then one of another account."""
		self.meli.add_seller(OTHER_SELLER, "OTRO")
		make_account("OTRO", OTHER_SELLER)
		frappe.db.commit()
		self.notify_all([str(2_000_000_000_000_000 + number) for number in range(4800)])
		order = self.meli.add_order(OTHER_SELLER, self.add_buyer())
		with workers("default"):
			wake.wake()
			wait_for(lambda: self.count("Waiting for retry") > 20)
			(name,) = self.notify_all([order], OTHER_SELLER, "OTRO")
			wait_for(lambda: self.status(name) == "Done")
			# How many seconds that takes is for the benchmark to say; here, that it did not wait for the others.
			self.assertGreater(self.count("Queued"), 2400)

	def test_what_failed_goes_behind_what_did_not(self):
		failed, fresh = self.notify_all(["1", "2"])
		frappe.db.set_value(
			NOTIFICATION, failed, {"status": "Waiting for retry", "next_attempt": "2026-01-01"}
		)
		claims.requeue_due()
		self.assertEqual(claim_next().names, (fresh,))
		self.assertEqual(claim_next().names, (failed,))

	def test_a_retry_by_hand_forgets_that_it_failed(self):
		first, _second = self.notify_all(["1", "2"])
		frappe.db.set_value(NOTIFICATION, first, {"status": "Failed", "priority": states.PRIORITY_RETRIED})
		frappe.get_doc(NOTIFICATION, first).retry()
		self.assertEqual(claim_next().names, (first,))


class TestLeases(PipelineTestCase):
	def test_nothing_is_written_after_the_lease_was_lost(self):
		buyer = self.add_buyer()
		order = self.add_order(buyer, shipment={})
		self.meli.misbehave(f"^/orders/{order}$", "slow", seconds=2)
		(name,) = self.notify_all([order])
		process = python(DRAIN)
		wait_for(lambda: self.status(name) == "Processing")
		frappe.db.set_value(NOTIFICATION, name, "claimed_by", "the successor")
		frappe.db.commit()
		wait_for(lambda: len(self.meli.calls()) == 3)
		time.sleep(1)
		self.assertEqual(self.status(name), "Processing")
		self.assertFalse(frappe.db.exists("Customer", buyer))
		frappe.db.set_value(NOTIFICATION, name, "status", "Done")
		frappe.db.commit()
		outputs(process)

	def test_a_worker_renews_its_lease_while_it_waits(self):
		order = self.add_order(self.add_buyer())
		self.meli.misbehave(f"^/orders/{order}$", "slow", seconds=8)
		(name,) = self.notify_all([order])
		process = python(DRAIN)
		wait_for(lambda: self.status(name) == "Processing")
		claimed_at = self.notification(name).claimed_at
		wait_for(
			lambda: self.status(name) and (self.notification(name).claimed_at or claimed_at) > claimed_at
		)
		outputs(process)
		self.assertEqual(self.notification(name).attempts, 1)

	def test_a_write_that_takes_longer_than_the_lease_is_left_to_its_worker(self):
		self.addCleanup(setattr, claims, "LEASE_SECONDS", claims.LEASE_SECONDS)
		claims.LEASE_SECONDS = LEASE_SECONDS
		(name,) = self.notify_all(self.new_orders(1))
		process = python(DRAIN_SLOWLY)
		self.assertEqual(process.stdout.readline(), "saving\n")
		time.sleep(2 * LEASE_SECONDS)
		claims.requeue_abandoned()
		self.assertEqual(self.status(name), "Processing")
		outputs(process)
		self.assertEqual((self.status(name), self.notification(name).attempts), ("Done", 1))

	def test_a_worker_killed_in_the_middle_of_a_long_write_is_not_waited_for(self):
		self.addCleanup(setattr, claims, "LEASE_SECONDS", claims.LEASE_SECONDS)
		claims.LEASE_SECONDS = LEASE_SECONDS
		(name,) = self.notify_all(self.new_orders(1))
		process = python(DRAIN_SLOWLY)
		self.assertEqual(process.stdout.readline(), "saving\n")
		process.kill()
		process.communicate()
		wait_for(lambda: claims.requeue_abandoned() or self.status(name) == "Queued", 3 * LEASE_SECONDS)

	def test_a_job_that_runs_into_its_timeout_while_it_writes_says_what_to_look_for(self):
		def never_end(_contact):
			raise JobTimeoutException("Task exceeded maximum timeout value (600 seconds)")

		Contact.after_insert = never_end
		self.addCleanup(delattr, Contact, "after_insert")
		row = self.sync_order(*self.new_orders(1))
		self.assertEqual(row.status, "Waiting for retry")
		self.assertIn("Look for a slow hook", row.reason)

	def test_a_killed_worker_is_replaced_within_ten_seconds_and_what_it_held_is_done_within_a_minute(self):
		names = self.notify_all(self.new_orders(60))
		self.meli.misbehave("", "slow", seconds=0.15, times=None)
		with workers("default", count=2) as both:
			wake.wake()
			wait_for(lambda: self.count() >= 5)
			# The one that was called first.
			doomed = next(each for each in both if "drain" in each.log.read_text())
			doomed.kill()
			killed, done = time.monotonic(), self.count()
			wait_for(lambda: self.count() > done, 10)
			wait_for(lambda: self.count() == len(names), 60)
			self.assertLess(time.monotonic() - killed, 60)


class TestWorkers(PipelineTestCase):
	def test_as_many_are_called_as_the_backlog_is_worth_and_settings_allow(self):
		called = []
		self.addCleanup(setattr, wake, "enqueue", wake.enqueue)
		wake.enqueue = lambda **options: called.append(options) or True
		frappe.db.set_single_value("MercadoLibre Settings", "workers", 3)
		for backlog, expected in ((1, 1), (wake.SHARE, 1), (wake.SHARE + 1, 2), (500, 3), (500, 3)):
			wake.wake_for(backlog)
			self.assertEqual(len(called), expected)
		# Only the first one goes before the site's other jobs.
		self.assertEqual([options["at_front"] for options in called], [True, False, False])

	def test_other_jobs_in_the_queue_do_not_hold_up_a_buyer(self):
		for _job in range(400):
			frappe.enqueue("frappe.utils.now", queue="default")
		(name,) = self.notify_all(self.new_orders(1))
		wake.wake()
		with workers("short", "default"):
			wait_for(lambda: self.status(name) == "Done")
			self.assertGreater(get_queue("default").count, 350)
