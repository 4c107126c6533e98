"""The inbox: nothing is lost, nothing is doubled, and every end is one that a person can see."""

import frappe
from frappe.utils import add_to_date, get_datetime, now_datetime

from mercadolibre_sync import backoff
from mercadolibre_sync.inbox import claims, failures, states, sweep, wake, worker
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.meli import errors
from mercadolibre_sync.sync.lock import presence
from mercadolibre_sync.words import Text
from tests.ground.process import outputs, python, wait_for, workers
from tests.site.base import ACCOUNT_NAME, SELLER, SiteTestCase, claim_next

# Stores a notification of an order, as the endpoint does. Arguments: order, seller, account.
ARRIVE = """
from mercadolibre_sync.inbox import intake, states, wake
order, seller, account = sys.argv[1:]
notification = intake.order_notification(order, seller)
(name,) = intake.store_all([notification], account, intake.SOURCE_POSTED, states.PRIORITY_FRESH)
frappe.db.commit()
wake.wake()
print(name)
"""

# A worker that is at it until it is killed.
STAY_AWAKE = """
import time
from mercadolibre_sync.inbox import worker
with worker.Shift(60) as shift:
	shift._stay_alive()
	print(shift.mark, flush=True)
	time.sleep(60)
"""


class TestClaims(SiteTestCase):
	def test_repeated_notifications_of_a_resource_are_folded_into_one_fetch(self):
		order = self.add_order(self.add_buyer())
		names = [self.notify("orders_v2", f"/orders/{order}") for _time in range(5)]
		worker.drain()
		self.assertEqual({self.notification(name).status for name in names}, {"Done"})
		self.assertEqual(len(self.meli.calls(f"^/orders/{order}$")), 1)

	def test_a_claimed_row_is_not_claimed_again(self):
		self.notify("orders_v2", "/orders/1")
		self.assertIsNotNone(claim_next())
		self.assertIsNone(claim_next())

	def test_a_row_locked_by_another_worker_is_skipped(self):
		locked, free = self.notify("orders_v2", "/orders/1"), self.notify("orders_v2", "/orders/2")
		code = f"""
			frappe.db.sql("select name from `tab{NOTIFICATION}` where name=%s for update", sys.argv[1])
			print("locked", flush=True)
			import time; time.sleep(60)
		"""
		holder = python(code, locked)
		self.addCleanup(holder.communicate)
		self.addCleanup(holder.kill)
		self.assertEqual(holder.stdout.readline(), "locked\n")
		self.assertEqual(claim_next().names, (free,))
		self.assertIsNone(claim_next())

	def test_fresh_notifications_come_before_a_back_fill(self):
		late = self.notify("orders_v2", "/orders/1")
		frappe.db.set_value(NOTIFICATION, late, "priority", 1)
		fresh = self.notify("orders_v2", "/orders/2")
		self.assertEqual(claim_next().names, (fresh,))
		self.assertEqual(claim_next().names, (late,))

	def test_eight_workers_claim_every_row_once(self):
		for number in range(60):
			self.notify("orders_v2", f"/orders/{number + 1}")
		code = """
			from mercadolibre_sync.inbox import claims
			while claimed := claims.claim("", 1):
				print(claimed[0].names[0])
		"""
		claimed = "".join(outputs(*(python(code) for _worker in range(8)))).split()
		self.assertEqual((len(claimed), len(set(claimed))), (60, 60))


class TestWake(SiteTestCase):
	def test_notifications_that_come_while_a_worker_is_awake_queue_no_job(self):
		jobs = []
		self.patch(wake, "enqueue", lambda **_options: jobs.append(1) or True)
		for _time in range(3):
			wake.wake()
		self.assertEqual(len(jobs), 1)
		wake.fall_asleep()
		wake.wake()
		self.assertEqual(len(jobs), 2)

	def test_a_worker_that_was_killed_is_missed_at_once(self):
		jobs = []
		self.patch(wake, "enqueue", lambda **_options: jobs.append(1) or True)
		awake = python(STAY_AWAKE)
		self.addCleanup(awake.communicate)
		self.addCleanup(awake.kill)
		awake.stdout.readline()
		wake.wake()
		self.assertEqual(jobs, [])
		awake.kill()
		awake.wait()
		# The server notices at once, but not before the process is gone.
		wait_for(lambda: wake.wake() or jobs, 2)
		wake.wake()
		self.assertEqual(len(jobs), 1)

	def test_what_arrives_while_the_worker_falls_asleep_is_found_by_its_last_look(self):
		buyer = self.add_buyer()
		order = self.add_order(buyer)
		fall_asleep = wake.fall_asleep
		arrived = []

		def arrive_first():
			if not arrived:
				# From another connection: what this one commits ends the snapshot in which it looks.
				arrived.extend(outputs(python(ARRIVE, order, SELLER, ACCOUNT_NAME)))
			fall_asleep()

		self.patch(wake, "fall_asleep", arrive_first)
		worker.drain()
		frappe.db.rollback()
		self.assertEqual(self.notification(arrived[0].strip()).status, "Done")
		self.assertFalse(wake.is_awake())

	def test_a_real_worker_is_woken_and_empties_the_inbox(self):
		buyer = self.add_buyer()
		name = self.notify("orders_v2", f"/orders/{self.add_order(buyer, shipment={})}")
		with workers("default"):
			wake.wake()
			wait_for(lambda: self.is_done(name))
		self.assertEqual(self.customer(buyer).owner, "Administrator")

	def test_a_lost_job_is_made_good_by_the_sweep(self):
		name = self.notify("orders_v2", f"/orders/{self.add_order(self.add_buyer())}")
		# The wake-up is in Redis and nowhere else; here it was lost before the worker saw it.
		with workers("default"):
			sweep.sweep()
			wait_for(lambda: self.is_done(name))

	def is_done(self, name: str) -> bool:
		frappe.db.rollback()
		return self.notification(name).status == "Done"

	def patch(self, module, name: str, replacement) -> None:
		self.addCleanup(setattr, module, name, getattr(module, name))
		setattr(module, name, replacement)


class TestSweep(SiteTestCase):
	def test_what_a_dead_worker_claimed_is_queued_again(self):
		name = self.notify("orders_v2", f"/orders/{self.add_order(self.add_buyer())}")
		claim_next()
		sweep.sweep()
		self.assertEqual(self.notification(name).status, "Processing")
		frappe.db.set_value(NOTIFICATION, name, "claimed_at", add_to_date(now_datetime(), minutes=-16))
		sweep.sweep()
		self.assertEqual(self.notification(name).status, "Queued")
		self.assertEqual(self.drained(name).attempts, 2)

	def test_what_loses_its_worker_again_and_again_waits_longer_and_ends_as_failed(self):
		name = self.notify("orders_v2", "/orders/1")
		ends = [self.lose_worker(name).status for _time in range(claims.MISHAPS + 1)]
		self.assertEqual(ends, ["Queued"] * claims.MISHAPS + ["Waiting for retry"])
		values = {"status": "Queued", "attempts": failures.MAX_ATTEMPTS - 1}
		frappe.db.set_value(NOTIFICATION, name, values)
		row = self.lose_worker(name)
		self.assertEqual(row.status, "Failed")
		self.assertIn("ended without a word", row.reason)
		self.assertIn("press Retry", row.reason)

	def lose_worker(self, name: str) -> frappe._dict:
		claim_next("the dead worker")
		frappe.db.set_value(NOTIFICATION, name, "claimed_at", add_to_date(now_datetime(), minutes=-1))
		claims.requeue_abandoned()
		return self.notification(name)

	def test_a_worker_whose_machine_vanished_is_not_waited_for_longer_than_its_job_may_take(self):
		name = self.notify("orders_v2", "/orders/1")
		claim_next("the vanished")
		with presence("the vanished"):
			for minutes, status in ((9, "Processing"), (11, "Queued")):
				claimed_at = add_to_date(now_datetime(), minutes=-minutes)
				frappe.db.set_value(NOTIFICATION, name, "claimed_at", claimed_at)
				claims.requeue_abandoned()
				self.assertEqual(self.notification(name).status, status)

	def test_what_is_due_is_queued_again_and_what_is_not_waits(self):
		due, early = self.notify("orders_v2", "/orders/1"), self.notify("orders_v2", "/orders/2")
		for name, minutes in ((due, -1), (early, 1)):
			frappe.db.set_value(
				NOTIFICATION,
				name,
				{"status": "Waiting for retry", "next_attempt": add_to_date(now_datetime(), minutes=minutes)},
			)
		sweep.sweep()
		self.assertEqual(self.notification(due).status, "Queued")
		self.assertEqual(self.notification(early).status, "Waiting for retry")

	def test_an_outcome_of_a_worker_taken_for_dead_is_not_written_over_its_successors(self):
		name = self.notify("orders_v2", "/orders/1")
		claim = claim_next()
		frappe.db.set_value(NOTIFICATION, name, {"status": "Done", "reason": "The successor's."})
		states.fail(claim.names, Text("The dead worker's."), claim.mark)
		self.assertEqual(self.notification(name).reason, "The successor's.")

	def test_the_account_shows_when_it_was_last_told_something(self):
		name = self.notify("items", "/items/MLA1")
		sweep.sweep()
		seen = frappe.db.get_value("MercadoLibre Account", ACCOUNT_NAME, "last_notification")
		self.assertEqual(seen, get_datetime(self.notification(name).received))


class TestRetry(SiteTestCase):
	def test_a_failed_notification_can_be_retried_by_hand(self):
		order = self.add_order(self.add_buyer())
		self.meli.misbehave(f"/orders/{order}", "403")
		name = self.notify("orders_v2", f"/orders/{order}")
		self.assertEqual(self.drained(name).status, "Failed")
		frappe.get_doc(NOTIFICATION, name).retry()
		self.assertEqual(self.notification(name).attempts, 0)
		self.assertEqual(self.drained(name).status, "Done")

	def test_a_finished_notification_cannot_be_retried(self):
		row = self.sync_order(self.add_order(self.add_buyer()))
		with self.assertRaises(frappe.ValidationError):
			frappe.get_doc(NOTIFICATION, row.name).retry()

	def test_the_delay_doubles_and_is_spread_and_bounded(self):
		for attempts, seconds in ((1, 60), (2, 120), (5, 960), (20, backoff.LONGEST_DELAY)):
			delays = {backoff.delay(attempts) for _time in range(50)}
			self.assertGreater(len(delays), 1)
			self.assertGreaterEqual(min(delays), 0.75 * seconds)
			self.assertLessEqual(max(delays), 1.25 * seconds)

	def test_attempts_are_bounded(self):
		error = errors.Unavailable("down")
		self.assertIsNotNone(failures.explain(error, failures.MAX_ATTEMPTS - 1).retry_in)
		self.assertIsNone(failures.explain(error, failures.MAX_ATTEMPTS).retry_in)

	def test_retry_after_is_honoured(self):
		error = errors.RateLimited("slow down", retry_after=7200)
		self.assertGreaterEqual(failures.explain(error, 1).retry_in, 7200)
