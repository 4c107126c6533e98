"""A machine's clock may be wrong: what workers compare is the database server's."""

from datetime import timedelta

import frappe
from frappe.utils import now_datetime

from mercadolibre_sync.inbox import claims
from mercadolibre_sync.inbox.states import NOTIFICATION
from tests.ground.process import outputs, python, wait_for
from tests.site.base import SiteTestCase, claim_next

HOUR = 3600
WRONG = "from tests.ground import clock\nclock.set_ahead(int(sys.argv[1]))\n"
CLAIM = """
from mercadolibre_sync.inbox import claims
from mercadolibre_sync.sync.lock import presence
with presence("wrong"):
	claims.claim("wrong", 1)
	sys.stdin.read()
"""
DRAIN = "from mercadolibre_sync.inbox import worker; worker.drain()"


class TestWrongClock(SiteTestCase):
	def test_a_worker_is_left_its_claims_while_it_lives_and_no_longer(self):
		for ahead in (-HOUR, HOUR):
			with self.subTest(ahead=ahead):
				name = self.notify("orders_v2", "/orders/1")
				worker = python(WRONG + CLAIM, str(ahead))
				wait_for(lambda name=name: self.status(name) == "Processing")
				claims.requeue_abandoned()
				self.assertEqual(self.status(name), "Processing")
				outputs(worker)
				self.pass_by(name, "claimed_at", claims.LEASE_SECONDS + 1)
				claims.requeue_abandoned()
				self.assertEqual(self.status(name), "Queued")
				frappe.db.delete(NOTIFICATION)

	def test_what_it_brought_in_is_free_for_others_soon(self):
		order = self.add_order(self.add_buyer())
		name = self.notify("orders_v2", f"/orders/{order}")
		outputs(python(WRONG + DRAIN, str(HOUR)))
		self.assertEqual(self.status(name), "Done")
		self.pass_by(name, "finished_at", claims.HOLD_SECONDS + 1)
		self.notify("orders_v2", f"/orders/{order}")
		self.assertTrue(claim_next())

	def test_what_it_puts_aside_waits_as_long_as_it_should(self):
		self.meli.misbehave("/orders/", "500")
		name = self.notify("orders_v2", f"/orders/{self.add_order(self.add_buyer())}")
		outputs(python(WRONG + DRAIN, str(HOUR)))
		self.assertEqual(self.status(name), "Waiting for retry")
		next_attempt = frappe.db.get_value(NOTIFICATION, name, "next_attempt")
		self.assertLess(next_attempt, now_datetime() + timedelta(minutes=2))

	def status(self, name: str) -> str:
		frappe.db.rollback()
		return self.notification(name).status

	def pass_by(self, name: str, fieldname: str, seconds: int) -> None:
		"""As if so many seconds had passed since."""
		before = frappe.db.get_value(NOTIFICATION, name, fieldname)
		frappe.db.set_value(NOTIFICATION, name, fieldname, before - timedelta(seconds=seconds))
		frappe.db.commit()
