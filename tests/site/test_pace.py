"""The pace: one for all workers, and a pause for all of them when MercadoLibre asks for it."""

import time

import frappe

from mercadolibre_sync.account import allowance
from mercadolibre_sync.meli.errors import RateLimited
from mercadolibre_sync.sync import connection, pace
from mercadolibre_sync.sync.pace import Pace
from tests.ground.process import outputs, python, together
from tests.site.base import ACCOUNT_NAME, SiteTestCase

CALLS = """
	import time
	from mercadolibre_sync.sync.pace import pace
	frappe.db.rollback()
	moments = []
	for _call in range(int(sys.argv[1])):
		pace().wait()
		moments.append(time.time())
	# In one piece: the processes share the pipe.
	sys.stdout.write("".join(f"{moment} " for moment in moments))
"""


class TestPace(SiteTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.forget()
		self.addCleanup(self.forget)

	def forget(self) -> None:
		frappe.cache.delete_keys(pace.KEY)

	def set_rate(self, calls_per_minute: int) -> None:
		frappe.db.set_single_value("MercadoLibre Settings", "calls_per_minute", calls_per_minute)
		frappe.db.commit()

	def test_all_workers_together_keep_the_rate_of_settings(self):
		self.set_rate(600)
		(printed,) = outputs(together(CALLS, 3, "15"))
		moments = sorted(float(line) for line in printed.split())
		# The calls that were saved up go at once, the others ten a second, whoever makes them.
		self.assertEqual(len(moments), 45)
		self.assertGreaterEqual(moments[-1] - moments[0], (45 - pace.BURST - 1) * 0.1 - 0.05)

	def test_a_429_met_by_one_makes_all_wait(self):
		self.set_rate(60_000)
		self.meli.misbehave("^/users/me", "429", retry_after="2")
		with self.assertRaises(RateLimited), connection.connected(ACCOUNT_NAME) as client:
			client.me()
		met = time.time()
		(first,) = outputs(python(CALLS, "1"))
		self.assertGreaterEqual(float(first), met + 1.8)

	def test_a_long_pause_ends_the_attempt_instead_of_holding_the_worker(self):
		Pace("1", 600).penalise(120)
		started = time.monotonic()
		with self.assertRaises(RateLimited) as caught:
			Pace("1", 600).wait()
		self.assertLess(time.monotonic() - started, 1)
		self.assertGreater(caught.exception.retry_after, 100)

	def test_a_shorter_pause_does_not_end_a_longer_one(self):
		Pace("1", 600).penalise(120)
		Pace("1", 600).penalise(1)
		with self.assertRaises(RateLimited):
			Pace("1", 600).wait()

	def test_another_application_has_its_own_pace(self):
		Pace("1", 600).penalise(120)
		Pace("2", 600).wait()

	def test_a_notification_that_meets_the_pause_waits_until_it_is_over(self):
		connection.pace().penalise(300)
		row = self.sync_order(self.add_order(self.add_buyer()))
		self.assertEqual(row.status, "Waiting for retry")
		self.assertGreater((row.next_attempt - row.received).total_seconds(), 290)
		self.assertEqual(self.meli.calls(), [])

	def test_losing_redis_data_loses_nothing_but_the_pause(self):
		Pace("1", 600).penalise(120)
		self.forget()
		Pace("1", 600).wait()

	def test_a_429_halves_the_pace_once_and_answers_bring_it_back(self):
		slowed = Pace("1", 600)
		for _refusal in range(3):
			slowed.penalise(0.5)
		self.assertEqual(self.share(), 0.5)
		slowed.wait()
		for _answer in range(20):
			slowed.relax()
		self.assertAlmostEqual(self.share(), 0.7)
		for _answer in range(40):
			slowed.relax()
		self.assertEqual(self.share(), 1)

	def share(self) -> float:
		return float(frappe.cache.get(frappe.cache.make_key(f"{pace.KEY}:1:share")) or 1)

	def test_the_pace_is_what_mercadolibre_allows_and_settings_only_lower_it(self):
		for allowed, ceiling, calls_per_minute in (
			(0, 0, 300),
			(0, 1000, 1000),
			(6000, 0, 100),
			(6000, 60, 60),
			(6000, 1000, 100),
		):
			with self.subTest(allowed=allowed, ceiling=ceiling):
				frappe.db.set_single_value("MercadoLibre Settings", "calls_per_hour_allowed", allowed)
				frappe.db.set_single_value("MercadoLibre Settings", "calls_per_minute", ceiling)
				self.assertAlmostEqual(60 / pace.pace()._interval, calls_per_minute)

	def test_what_mercadolibre_allows_is_read_every_day(self):
		for limit, stored in ((7200, 7200), (None, 0)):
			self.meli.set_application(max_requests_per_hour=limit)
			allowance.refresh()
			found = frappe.db.get_single_value("MercadoLibre Settings", "calls_per_hour_allowed")
			self.assertEqual(found, stored)
