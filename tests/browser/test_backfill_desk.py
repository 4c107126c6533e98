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

		# The page's own handler has drawn the bar by then.
		self.page.evaluate(
			"""() => {
				window.bar = [];
				window.words = new Set();
				const find = (part) => document.querySelector(`.progress-area .progress-${part}`);
				frappe.realtime.on("mercadolibre_backfill", () => {
					bar.push(parseFloat(find("bar").style.width));
					words.add(find("message").innerText);
				});
			}"""
		)
		with workers():
			self.page.wait_for_function("cur_frm.doc.status === 'Completed'")

		bar = self.page.evaluate("bar")
		self.assertEqual(bar, sorted(bar))
		self.assertGreater(len(set(bar)), 1)
		words = self.page.evaluate("[...words]")
		self.assertIn(f"{ORDERS} encontradas, {ORDERS} incorporadas, 0 omitidas", words)
		self.assertTrue([said for said in words if "Faltan unos" in said], words)
		self.assertEqual(self.value("queued"), ORDERS)
