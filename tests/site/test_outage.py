"""Redis may forget everything at any moment: the inbox is in the database."""

import frappe
import redis

from mercadolibre_sync.inbox.states import NOTIFICATION
from tests.ground.process import outputs, private_redis, python, wait_for, workers
from tests.site.base import SiteTestCase

WAITING = 200
BUYERS = 20


class TestRedisFlushed(SiteTestCase):
	def test_two_hundred_notifications_that_wait_survive_and_are_processed_once(self):
		buyers = [self.add_buyer(f"COMPRADOR{number}") for number in range(BUYERS)]
		for number in range(WAITING):
			self.notify("orders_v2", f"/orders/{self.add_order(buyers[number % BUYERS])}")
		with private_redis() as url:
			# Nobody listens yet: the call for a worker lies in Redis, and is lost with it.
			outputs(python("from mercadolibre_sync.inbox import wake; wake.wake(); frappe.db.commit()"))
			self.assertGreater(redis.from_url(url).dbsize(), 0)
			redis.from_url(url).flushall()
			with workers("default"):
				outputs(python("from mercadolibre_sync.inbox.sweep import sweep; sweep()"))
				wait_for(lambda: self.done() >= 20)
				# And once more in the middle of the work.
				redis.from_url(url).flushall()
				wait_for(lambda: self.done() == WAITING, 240)
		self.assertEqual(frappe.db.count("Customer", {"mercadolibre_id": ("in", buyers)}), BUYERS)
		attempts = set(frappe.get_all(NOTIFICATION, pluck="attempts"))
		self.assertEqual(attempts, {1})

	def done(self) -> int:
		frappe.db.rollback()
		return frappe.db.count(NOTIFICATION, {"status": "Done"})
