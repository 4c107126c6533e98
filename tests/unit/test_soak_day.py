"""The soak's day has a night, a sale at noon, and all of its orders."""

import unittest

from soak.day import MINUTES, at, curve


class TestDay(unittest.TestCase):
	def test_every_order_is_made_in_some_minute(self):
		for orders in (0, 1, 999, 25_000):
			with self.subTest(orders):
				minutes = curve(orders)
				self.assertEqual((len(minutes), sum(minutes)), (MINUTES, orders))

	def test_the_sale_begins_at_noon_and_the_night_is_quiet(self):
		hours = [sum(curve(25_000)[start : start + 60]) for start in range(0, MINUTES, 60)]
		self.assertEqual(hours.index(max(hours)), 12)
		self.assertLess(max(hours[:6]) * 3, min(hours[13:23]))

	def test_moments_read_as_on_a_clock(self):
		self.assertEqual((at(0), at(725), at(MINUTES)), ("00:00", "12:05", "24:00"))
