"""A run of `make chaos` is its seed's."""

import unittest
from itertools import pairwise

from chaos.faults import FAULTS, RETURNING
from chaos.plan import plan
from simulator.misbehaviour import KINDS

SELLERS = ["990000000001", "990000000002"]
LONG = plan(7, 300, SELLERS, workers=3)


class TestPlan(unittest.TestCase):
	def test_the_same_seed_brings_the_same_orders_and_breaks_the_same_things(self):
		again = plan(7, 300, SELLERS, workers=3)
		self.assertEqual(list(again.events), list(LONG.events))
		self.assertEqual(again.market.buyers, LONG.market.buyers)
		self.assertNotEqual(list(plan(8, 300, SELLERS, workers=3).events), list(LONG.events))

	def test_everything_happens_in_order_of_time(self):
		self.assertTrue(all(one.at <= other.at for one, other in pairwise(LONG.events)))

	def test_everything_breaks_and_every_kind_of_answer_is_spoilt(self):
		events = LONG.faults.events
		self.assertLessEqual(set(FAULTS), {event.what for event in events})
		spoilt = {event.arguments["kind"] for event in events if event.what == "spoil_answers"}
		self.assertEqual(spoilt, set(KINDS))

	def test_what_was_killed_comes_back_before_it_is_killed_again(self):
		for kill, (start, _seconds) in RETURNING.items():
			kinds = (kill, start)
			happened = [event.what for event in LONG.faults.events if event.what in kinds]
			with self.subTest(kill):
				self.assertEqual(happened, list(kinds) * (len(happened) // 2))

	def test_every_order_is_told_of(self):
		told = {event.arguments["resource"] for event in LONG.events if event.what == "tell"}
		self.assertLessEqual({f"/orders/{order}" for order in LONG.market.orders}, told)
