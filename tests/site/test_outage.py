"""Redis may forget everything at any moment, and take no more jobs: the inbox is in the database."""

import frappe
import redis
from frappe.installer import update_site_config

from mercadolibre_sync.inbox import failures, wake
from mercadolibre_sync.inbox.states import NOTIFICATION
from tests.ground.process import outputs, private_redis, python, wait_for, web_server, workers
from tests.site.base import ENDPOINT, SELLER, SiteTestCase

WAITING = 200
BUYERS = 20
# Frappe 16 adds fifty for each site of the bench.
FILL = """
for queue in sys.argv[1:]:
	try:
		while True:
			frappe.enqueue("frappe.utils.now", queue=queue)
	except frappe.QueueOverloaded:
		pass
"""


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


class TestQueueFull(SiteTestCase):
	def setUp(self) -> None:
		super().setUp()
		update_site_config("max_queued_jobs", 1)
		self.addCleanup(update_site_config, "max_queued_jobs", "None")

	def test_where_others_have_filled_a_queue_another_is_used(self):
		with private_redis():
			name = self.posted("default")
			with workers("short"):
				wait_for(lambda: self.status(name) == "Done")

	def test_where_all_are_full_what_was_posted_waits_for_the_sweep(self):
		with private_redis() as url:
			name = self.posted(*wake.QUEUES)
			queue = redis.from_url(url)
			queue.delete(*queue.scan_iter("rq:queue:*"))
			with workers():
				self.assertEqual(self.status(name), "Queued")
				outputs(python("from mercadolibre_sync.inbox.sweep import sweep; sweep()"))
				wait_for(lambda: self.status(name) == "Done")

	def test_a_hook_that_finds_the_queue_full_is_tried_again(self):
		verdict = failures.explain(frappe.QueueOverloaded("Too many queued background jobs"), 1)
		self.assertIsNotNone(verdict.retry_in)

	def posted(self, *full: str) -> str:
		"""The name of a notification posted while these queues are full. MercadoLibre notices nothing."""
		outputs(python(FILL, *full))
		with web_server() as url:
			resource = f"/orders/{self.add_order(self.add_buyer())}"
			answer = self.meli.post_notification(url + ENDPOINT, "orders_v2", resource, SELLER)
		self.assertEqual((answer.status, answer.body), (200, ""))
		frappe.db.rollback()
		return frappe.db.get_value(NOTIFICATION, {"resource": resource})

	def status(self, name: str) -> str:
		frappe.db.rollback()
		return frappe.db.get_value(NOTIFICATION, name, "status")
