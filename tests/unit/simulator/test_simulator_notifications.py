"""Delivery of notifications: at once, again while they are not taken, and to where nobody takes them at last."""

import threading
import time
import unittest

from simulator.meli_notifications import ATTEMPTS, FIRST_PAUSE_SECONDS, Courier, Notice, notification_body
from tests.unit.simulator.receiver import receiver

SELLER = "207035636"
BODY = notification_body("orders_v2", "/orders/1", SELLER)


class TestCourier(unittest.TestCase):
	def setUp(self) -> None:
		self.given_up: list[Notice] = []
		self.courier = Courier(self.given_up.append, first_pause=0.002)
		self.addCleanup(self.courier.forget)

	def wait_until_idle(self) -> None:
		deadline = time.monotonic() + 10
		while any(thread.name == "courier" for thread in threading.enumerate()):
			self.assertLess(time.monotonic(), deadline)
			time.sleep(0.01)

	def test_it_is_posted_once_where_it_is_taken(self):
		with receiver(200) as (url, posted):
			self.courier.send(url, BODY)
			self.wait_until_idle()
		self.assertEqual([(body["resource"], body["attempts"]) for body in posted], [("/orders/1", 1)])
		(notice,) = self.courier.notices()
		self.assertTrue(notice.is_delivered)
		self.assertEqual(self.given_up, [])

	def test_it_is_repeated_until_it_is_taken(self):
		with receiver(500, 302, 200) as (url, posted):
			self.courier.send(url, BODY)
			self.wait_until_idle()
		self.assertEqual([body["attempts"] for body in posted], [1, 2, 3])
		self.assertEqual({body["received"] for body in posted}, {BODY["received"]})

	def test_who_does_not_answer_in_time_gets_it_again(self):
		with receiver(200, seconds=(1,)) as (url, posted):
			self.courier.send(url, BODY)
			self.wait_until_idle()
		self.assertEqual([body["attempts"] for body in posted], [1, 2])

	def test_after_eight_attempts_it_is_given_up(self):
		self.courier.send("http://127.0.0.1:9/nobody", BODY)
		self.wait_until_idle()
		(notice,) = self.given_up
		self.assertEqual((notice.attempts, notice.answer, notice.is_delivered), (8, "unreachable", False))

	def test_what_is_forgotten_is_not_posted_again(self):
		courier = Courier(self.given_up.append, first_pause=60)
		with receiver(500) as (url, posted):
			courier.send(url, BODY)
			while not posted:
				time.sleep(0.01)
			courier.forget()
			self.wait_until_idle()
		self.assertEqual((len(posted), courier.notices(), self.given_up), (1, [], []))

	def test_all_attempts_take_an_hour(self):
		pauses = [FIRST_PAUSE_SECONDS * 2**number for number in range(ATTEMPTS - 1)]
		self.assertAlmostEqual(sum(pauses), 3600)
