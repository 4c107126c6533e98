"""What is stored in no language, on the desks of two people who read two."""

import frappe
from playwright.sync_api import Page, expect

from mercadolibre_sync.backfill.run import BACKFILL
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.sync.accounts import ACCOUNT
from tests.browser.base import DeskTestCase
from tests.site.base import ACCOUNT_NAME, PASSWORD
from tests.site.test_words import ENGLISH, IN_ENGLISH, IN_SPANISH, SPANISH, make_readers

OLD = "El motivo de una versión anterior, {0} ← [sic]."


class TestWords(DeskTestCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		make_readers()
		cls.desks: dict[str, Page] = {}

	def setUp(self) -> None:
		super().setUp()
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "enabled", 0)
		self.failed, self.old = (self.sync_order(self.add_order(self.add_buyer())) for _number in range(2))
		frappe.db.set_value(NOTIFICATION, self.old.name, "reason", OLD)
		frappe.db.commit()

	def sit_down(self, reader: str) -> None:
		"""From here on the test sees the desk of this reader."""
		if reader not in self.desks:
			self.desks[reader] = self.log_in(reader, PASSWORD)
		self.page = self.desks[reader]

	def test_list_report_and_form_show_the_reason_in_the_readers_language_and_a_click_finds_the_same(self):
		for reader, reason in ((SPANISH, IN_SPANISH), (ENGLISH, IN_ENGLISH)):
			with self.subTest(reader):
				self.sit_down(reader)
				for view, row in (("List", ".list-row"), ("Report", ".dt-row")):
					self.open("List", NOTIFICATION, view)
					for text in (reason, OLD):
						expect(self.page.locator(row).get_by_text(text)).to_be_visible()
				for name, text in ((self.failed.name, reason), (self.old.name, OLD)):
					self.open_form(NOTIFICATION, name)
					field = self.page.locator('[data-fieldname="reason"] .control-value')
					expect(field).to_have_text(text)
				self.open("List", NOTIFICATION, "List")
				rows = self.page.locator(".list-row:visible")
				rows.get_by_text(reason).click()
				expect(rows).to_have_count(1)
				expect(rows.get_by_text(reason)).to_be_visible()

	def test_the_description_of_a_moment_is_in_the_readers_language(self):
		self.sit_down(SPANISH)
		self.open("Form", BACKFILL, "new")
		description = self.page.locator('[data-fieldname="updated_from"] .help-box')
		expect(description).to_contain_text("Se buscan las órdenes que cambiaron desde entonces.")
