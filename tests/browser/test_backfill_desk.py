"""A back-fill, watched on the real desk while a worker runs it: nobody reloads the page."""

from playwright.sync_api import expect

from mercadolibre_sync.backfill.run import BACKFILL
from tests.browser.base import DeskTestCase
from tests.ground.process import workers
from tests.site.test_backfill import BackfillTestCase

ORDERS = 120


class TestBackfill(BackfillTestCase, DeskTestCase):
	def test_its_progress_moves_and_its_end_shows_by_themselves(self):
		self.orders(ORDERS, days=90)
		backfill = self.start(days=91)
		self.open_form(BACKFILL, backfill)
		expect(self.page.get_by_text("En curso").first).to_be_visible()
		# The room that the form asks to enter: what is published before is for nobody.
		self.page.wait_for_function(
			"name => frappe.realtime.open_docs.has(name)", arg=f"{BACKFILL}:{backfill}"
		)

		self.page.evaluate(
			"""() => {
				window.seen = [];
				frappe.realtime.on("progress", (data) => seen.push(data.percent));
			}"""
		)
		with workers():
			expect(self.page.locator(".modal.show .progress-bar")).to_be_visible()
			self.page.wait_for_function("cur_frm.doc.status === 'Completed'")

		seen = self.page.evaluate("seen")
		self.assertEqual(seen, sorted(seen))
		self.assertGreater(len(set(seen)), 1)
		self.assertEqual(self.value("queued"), ORDERS)
