"""The back-fill: finds every order of a span, whatever its size and whatever becomes of the worker."""

from datetime import datetime, timedelta, timezone

import frappe
from frappe.core.doctype.log_settings.log_settings import run_log_clean_up
from frappe.utils import add_to_date, now_datetime

from mercadolibre_sync.backfill import nightly, run, search
from mercadolibre_sync.backfill.run import BACKFILL
from mercadolibre_sync.inbox import sweep, wake
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.sync import accounts, connection
from mercadolibre_sync.sync.accounts import ACCOUNT
from tests.ground.process import wait_for, workers
from tests.site.base import ACCOUNT_NAME, SELLER, SiteTestCase, claim_next, give_tokens


def ago(**delta: float) -> str:
	"""A moment as MercadoLibre writes it."""
	return (datetime.now(timezone.utc) - timedelta(**delta)).isoformat(timespec="milliseconds")


class BackfillTestCase(SiteTestCase):
	def start(self, **since: float) -> str:
		"""Press Synchronise; returns the back-fill, which nobody has begun yet."""
		account = frappe.get_doc(ACCOUNT, ACCOUNT_NAME)
		name = account.synchronise(
			str(add_to_date(now_datetime(), **{key: -value for key, value in since.items()}))
		)
		frappe.db.commit()
		return name

	def finish(self, backfill: str) -> frappe._dict:
		run.run(backfill)
		return self.backfill(backfill)

	def backfill(self, name: str) -> frappe._dict:
		frappe.db.rollback()
		return frappe.db.get_value(BACKFILL, name, "*", as_dict=True)

	def orders(self, count: int, buyer: str | None = None, status: str = "paid", **span: float) -> list[str]:
		"""Orders spread evenly over a span that ends now."""
		buyer = buyer or self.add_buyer()
		((unit, length),) = span.items()
		step = length / count
		return self.meli.batch(
			(
				"add_order",
				{
					"seller_id": SELLER,
					"buyer_id": buyer,
					"status": status,
					"created": ago(**{unit: step * (number + 0.5)}),
				},
			)
			for number in range(count)
		)

	def queued(self) -> list[str]:
		frappe.db.rollback()
		return [
			resource.rpartition("/")[2]
			for resource in frappe.get_all(NOTIFICATION, filters={"source": "Back-fill"}, pluck="resource")
		]


class TestSearch(BackfillTestCase):
	def test_every_order_of_the_span_is_queued_once_behind_fresh_notifications(self):
		orders = self.orders(120, days=90)
		done = self.finish(self.start(days=91))
		self.assertEqual((done.status, done.progress, done.queued), ("Completed", 100, 120))
		self.assertEqual(sorted(self.queued()), sorted(orders))
		fresh = self.notify("orders_v2", "/orders/1")
		self.assertEqual(claim_next().names, (fresh,))

	def test_what_is_posted_after_a_page_wakes_a_worker(self):
		self.orders(1, days=2)
		self.finish(self.start(days=3))
		self.assertFalse(wake.is_awake())

	def test_orders_outside_of_the_span_are_left_alone(self):
		(old,) = self.orders(1, days=60)
		self.finish(self.start(days=20))
		self.assertNotIn(old, self.queued())

	def test_a_span_with_more_orders_than_mercadolibre_lists_is_cut_until_it_fits(self):
		limit = search.MAX_SEARCH_OFFSET
		self.addCleanup(setattr, search, "MAX_SEARCH_OFFSET", limit)
		search.MAX_SEARCH_OFFSET = 30
		orders = self.orders(120, days=20)
		done = self.finish(self.start(days=21))
		self.assertEqual(done.status, "Completed")
		self.assertEqual(sorted(self.queued()), sorted(orders))
		self.assertGreaterEqual(len(self.meli.calls("^/orders/search")), 4)

	def test_a_window_that_fits_on_one_page_is_read_with_one_call(self):
		orders = self.orders(30, days=20)
		done = self.finish(self.start(days=21))
		self.assertEqual((done.status, done.progress, done.queued), ("Completed", 100, 30))
		self.assertEqual(sorted(self.queued()), sorted(orders))
		# The days up to the last full hour, and the time since then.
		self.assertEqual(len(self.meli.calls("^/orders/search")), 2)

	def test_more_orders_than_listed_in_the_shortest_window_fail_with_words(self):
		limit = search.MAX_SEARCH_OFFSET
		self.addCleanup(setattr, search, "MAX_SEARCH_OFFSET", limit)
		search.MAX_SEARCH_OFFSET = 5
		self.orders(20, hours=1)
		done = self.finish(self.start(days=1))
		self.assertEqual(done.status, "Failed")
		self.assertIn("does not list them all", done.message)

	def test_an_order_that_changes_during_the_search_hides_no_other(self):
		orders = self.orders(150, days=20)
		backfill = self.start(days=25)
		account = accounts.read(ACCOUNT_NAME)
		with connection.connected(ACCOUNT_NAME) as client:
			for number in range(3):
				run._step(backfill, client, account)
				# The oldest change one by one, and each moves all others one place to the front.
				for order in orders[-1 - 5 * number : -6 - 5 * number : -1]:
					self.meli.set_order(order)
		done = self.finish(backfill)
		self.assertEqual(done.status, "Completed")
		self.assertEqual(set(self.queued()), set(orders))

	def test_versions_already_synced_are_skipped_and_newer_ones_are_not(self):
		known, changed = self.orders(2, days=2)
		for order in (known, changed):
			self.assertEqual(self.sync_order(order).status, "Done")
		self.meli.set_order(changed)
		done = self.finish(self.start(days=3))
		self.assertEqual(self.queued(), [changed])
		self.assertEqual((done.found, done.queued, done.skipped), (2, 1, 1))

	def test_what_waits_in_the_inbox_is_not_queued_twice(self):
		waiting, failed = self.orders(2, days=2)
		self.notify("orders_v2", f"/orders/{waiting}")
		name = self.notify("orders_v2", f"/orders/{failed}")
		frappe.db.set_value(NOTIFICATION, name, "status", "Failed")
		frappe.db.commit()
		self.finish(self.start(days=3))
		self.assertEqual(self.queued(), [])
		self.meli.set_order(failed)
		self.finish(self.start(days=3))
		self.assertEqual(self.queued(), [failed])


class TestControl(BackfillTestCase):
	def test_it_can_be_stopped_and_resumed_where_it_was(self):
		self.orders(120, days=20)
		backfill = self.start(days=25)
		frappe.get_doc(BACKFILL, backfill).stop()
		frappe.db.commit()
		self.assertEqual(self.finish(backfill).status, "Stopped")
		self.assertEqual(self.meli.calls("^/orders/search"), [])
		frappe.get_doc(BACKFILL, backfill).resume()
		frappe.db.commit()
		self.assertEqual(self.finish(backfill).status, "Completed")
		self.assertEqual(len(self.queued()), 120)

	def test_what_mercadolibre_does_not_answer_is_asked_again_later(self):
		self.orders(3, days=2)
		backfill = self.start(days=3)
		self.meli.misbehave("^/orders/search", "503")
		state = self.finish(backfill)
		self.assertEqual(state.status, "Running")
		self.assertIn("does not answer", state.message)
		self.assertEqual(self.resumed(backfill).status, "Completed")

	def test_it_waits_for_an_account_that_has_to_be_connected_again(self):
		self.orders(3, days=2)
		backfill = self.start(days=3)
		self.meli.revoke(SELLER)
		state = self.finish(backfill)
		self.assertEqual(state.status, "Running")
		self.assertIn("Connect the account again", state.message)
		give_tokens(ACCOUNT_NAME, self.meli.issue_tokens(SELLER))
		frappe.db.commit()
		self.assertEqual(self.resumed(backfill).status, "Completed")

	def test_what_a_person_has_to_mend_ends_it_and_it_can_be_resumed_then(self):
		self.orders(3, days=2)
		backfill = self.start(days=3)
		self.meli.misbehave("^/orders/search", "403_policy")
		state = self.finish(backfill)
		self.assertEqual(state.status, "Failed")
		self.assertIn("Ventas y envíos", state.message)
		frappe.get_doc(BACKFILL, backfill).resume()
		frappe.db.commit()
		self.assertEqual(self.finish(backfill).status, "Completed")

	def test_a_disabled_account_is_named(self):
		backfill = self.start(days=3)
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "enabled", 0)
		frappe.db.commit()
		self.assertIn('"Enabled"', self.finish(backfill).message)

	def resumed(self, backfill: str) -> frappe._dict:
		"""After a while the minutely look finds it."""
		frappe.db.set_value(
			BACKFILL, backfill, "modified", add_to_date(now_datetime(), minutes=-3), update_modified=False
		)
		frappe.db.commit()
		with workers("long"):
			run.resume_interrupted()
			wait_for(lambda: self.backfill(backfill).status == "Completed")
		return self.backfill(backfill)


class TestBadInput(BackfillTestCase):
	def assert_refused(self, words: str, **values) -> None:
		backfill = frappe.new_doc(BACKFILL)
		backfill.update({"account": ACCOUNT_NAME, **values})
		with self.assertRaisesRegex(frappe.ValidationError, words):
			backfill.insert()
		frappe.db.rollback()
		self.assertEqual(frappe.db.count(BACKFILL), 0)

	def test_dates_that_cannot_be_name_their_field(self):
		now = now_datetime()
		for words, since, until in (
			('"From" is in the future', add_to_date(now, hours=1), None),
			('"To" is in the future', add_to_date(now, days=-1), add_to_date(now, hours=1)),
			('"From" is too long ago.* 12 months', add_to_date(now, months=-12, days=-1), None),
			('"From" must be before "To"', add_to_date(now, days=-1), add_to_date(now, days=-2)),
		):
			with self.subTest(words):
				self.assert_refused(words, updated_from=since, updated_to=until)

	def test_an_account_that_is_not_connected(self):
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "status", "Reconnect needed")
		frappe.db.commit()
		self.assert_refused("not connected", updated_from=add_to_date(now_datetime(), days=-1))

	def test_a_second_one_for_the_same_account(self):
		first = self.start(days=1)
		with self.assertRaisesRegex(frappe.ValidationError, first):
			self.start(days=1)


class TestOneOrder(BackfillTestCase):
	def test_an_order_can_be_asked_for_by_its_number(self):
		buyer = self.add_buyer()
		order = self.add_order(buyer, created=ago(days=300))
		name = frappe.get_doc(ACCOUNT, ACCOUNT_NAME).synchronise_order(f" {order} ")
		frappe.db.commit()
		row = self.drained(name)
		self.assertEqual((row.status, row.source, row.customer), ("Done", "By hand", buyer))

	def test_what_is_no_number_is_refused(self):
		for number in ("", "abc", "1/../2", "0"):
			with self.subTest(number), self.assertRaisesRegex(frappe.ValidationError, '"Order"'):
				frappe.get_doc(ACCOUNT, ACCOUNT_NAME).synchronise_order(number)


class TestNightly(BackfillTestCase):
	def start_nightly(self) -> frappe._dict:
		before = set(frappe.get_all(BACKFILL, pluck="name"))
		nightly.start()
		(name,) = set(frappe.get_all(BACKFILL, pluck="name")) - before
		return self.backfill(name)

	def test_each_night_goes_on_an_hour_before_the_end_of_the_last_one_that_was_completed(self):
		first = self.start_nightly()
		self.assertEqual(first.origin, "Nightly")
		self.assertEqual(self.finish(first.name).status, "Completed")
		last = add_to_date(now_datetime(), days=-5)
		frappe.db.set_value(BACKFILL, first.name, "updated_to", last)
		second = self.start_nightly()
		self.assertEqual(second.updated_from, add_to_date(last, hours=-1))
		frappe.db.set_value(BACKFILL, second.name, "status", "Failed")
		self.assertEqual(self.start_nightly().updated_from, second.updated_from)

	def test_accounts_that_are_not_connected_or_busy_are_passed_over(self):
		self.start(days=1)
		nightly.start()
		self.assertEqual(frappe.db.count(BACKFILL), 1)
		frappe.db.delete(BACKFILL)
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "status", "Reconnect needed")
		nightly.start()
		self.assertEqual(frappe.db.count(BACKFILL), 0)

	def test_log_settings_delete_what_was_completed_long_ago(self):
		old = self.start_nightly().name
		self.finish(old)
		stopped = self.start_nightly().name
		frappe.db.set_value(BACKFILL, stopped, "status", "Stopped")
		long_ago = add_to_date(now_datetime(), days=-91)
		frappe.db.sql(f"update `tab{BACKFILL}` set modified = %s", long_ago)
		run_log_clean_up()
		self.assertEqual(frappe.get_all(BACKFILL, pluck="name"), [stopped])


class TestKilledWorker(BackfillTestCase):
	ORDERS = 1000
	BUYERS = 50
	# The others were cancelled by people who never bought anything: read, but cheaper than a customer.
	PAID = 300

	def test_another_worker_finishes_what_a_killed_one_began_with_every_buyer_once(self):
		"""Killed twice, each time with a page of orders under way."""
		buyers = [self.add_buyer(f"COMPRADOR{number}") for number in range(self.BUYERS)]
		for number, buyer in enumerate(buyers):
			self.orders(self.PAID // self.BUYERS, buyer, days=20 + number / 100)
		stranger = self.add_buyer("NUNCACOMPRO")
		self.orders(self.ORDERS - self.PAID, stranger, days=21, status="cancelled")
		backfill = self.start(days=25)
		self.meli.misbehave("^/orders/search", "slow", seconds=0.2, times=None)
		with workers("long") as (doomed,):
			run.enqueue(backfill)
			wait_for(lambda: self.backfill(backfill).queued >= 200)
			doomed.kill()
		interrupted = self.backfill(backfill)
		self.assertEqual(interrupted.status, "Running")
		self.assertLess(interrupted.queued, self.ORDERS)
		searched = len(self.meli.calls("^/orders/search"))

		self.age(BACKFILL, "modified", minutes=3)
		with workers("default", "long") as (doomed,):
			run.resume_interrupted()
			wait_for(lambda: self.done() >= 100, 180)
			doomed.kill()
		self.age(NOTIFICATION, "claimed_at", minutes=1)
		self.age(BACKFILL, "modified", minutes=3)
		with workers("default", "long", count=2):
			# What the scheduler does every minute.
			run.resume_interrupted()
			sweep.sweep()
			wait_for(lambda: self.done() == self.ORDERS, 300)

		self.assertEqual(self.backfill(backfill).status, "Completed")
		self.assertEqual(frappe.db.count("Customer", {"mercadolibre_id": ("in", buyers)}), self.BUYERS)
		self.assertFalse(frappe.db.exists("Customer", {"mercadolibre_id": stranger}))
		self.assertEqual(len(self.queued()), self.ORDERS)
		# It went on where it was: 20 pages and the question for their number, and at most one page twice.
		self.assertLessEqual(len(self.meli.calls("^/orders/search")), 25)
		self.assertGreater(searched, 3)

	def done(self) -> int:
		frappe.db.rollback()
		return frappe.db.count(NOTIFICATION, {"status": ("in", ("Done", "Ignored"))})

	def age(self, doctype: str, fieldname: str, minutes: int) -> None:
		"""Let time pass for what the killed worker held."""
		frappe.db.sql(
			f"update `tab{doctype}` set `{fieldname}` = `{fieldname}` - interval %s minute", minutes
		)
		frappe.db.commit()
