"""The help that forms lead to, in the reader's language."""

import frappe
from playwright.sync_api import expect

from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.sync.accounts import ACCOUNT
from tests.browser.base import SALESPERSON, DeskTestCase
from tests.site.base import ACCOUNT_NAME


class TestHelp(DeskTestCase):
	def test_from_a_reason_to_what_it_means_and_what_to_do(self):
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "enabled", 0)
		failed = self.sync_order(self.add_order(self.add_buyer()))
		for language, words in (("es", "está desactivada"), ("en", "is disabled")):
			with self.subTest(language):
				frappe.db.set_value("User", SALESPERSON, "language", language)
				frappe.db.commit()
				frappe.clear_cache(user=SALESPERSON)
				self.open_form(NOTIFICATION, failed.name)
				with self.page.expect_popup() as opened:
					self.page.locator('[data-fieldname="reason"] .help a').click()
				self.addCleanup(opened.value.close)
				expect(opened.value).to_have_url(f"{self.address}/mercadolibre-docs/{language}/messages")
				expect(opened.value.get_by_text(words).first).to_be_visible()
				# From page to page, as the links in them say.
				opened.value.locator('a[href="fiscal-condition.md"]').first.click()
				expect(opened.value.locator("h1")).to_be_visible()
				opened.value.locator('img, td:has-text("Consumidor Final")').first.wait_for()
