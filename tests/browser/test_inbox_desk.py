"""The list of notifications as people use it: what needs them, in words, and one press for many."""

import frappe
from playwright.sync_api import expect

from mercadolibre_sync.inbox import states
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.sync.accounts import ACCOUNT
from tests.browser.base import DeskTestCase
from tests.site.base import ACCOUNT_NAME

# Whether the last letter of an element's text is seen: not hidden by its cell, nor under the right end of the row.
IS_WHOLE = """(element) => {
	const text = document.createRange();
	text.selectNodeContents(element);
	const { right, top, bottom } = text.getBoundingClientRect();
	const cell = element.closest(".list-row-col").getBoundingClientRect();
	return right <= cell.right + 1 && element.contains(document.elementFromPoint(right - 2, (top + bottom) / 2));
}"""


class TestInbox(DeskTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.done = self.sync_order(self.add_order(self.add_buyer("GUZMARIANA")))
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "enabled", 0)
		self.orders = [self.add_order(self.add_buyer(f"COMPRADOR{number}")) for number in range(3)]
		self.failed = [self.sync_order(order) for order in self.orders]
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "enabled", 1)
		frappe.db.commit()

	@property
	def rows(self):
		return self.page.locator(".list-row-container .list-row:visible")

	def row(self, text: str):
		return self.rows.filter(has_text=text)

	def open_list(self) -> None:
		# What the salesperson filtered by last is kept.
		frappe.db.delete("__UserSettings", {"doctype": NOTIFICATION})
		frappe.db.commit()
		frappe.cache.delete_value("_user_settings")
		self.open("List", NOTIFICATION, "List")
		self.page.wait_for_function("window.cur_list?.filter_area")
		expect(self.rows).to_have_count(len(self.orders))

	def test_what_needs_somebody_stands_there_with_its_number_and_the_whole_reason(self):
		self.open_list()
		for order in self.orders:
			expect(self.row(order)).to_contain_text("está desactivada. Marcá")
			reason = self.row(order).locator('[data-filter^="reason,"]')
			self.assertLessEqual(
				reason.evaluate("cell => cell.parentElement.parentElement.scrollWidth"),
				reason.evaluate("cell => cell.parentElement.parentElement.clientWidth"),
			)

	def test_an_orders_number_is_not_cut_off(self):
		self.open_list()
		for cell in ('[data-filter^="order_id,"]', ".list-subject a"):
			with self.subTest(cell):
				number = self.row(self.orders[0]).locator(".level-left").locator(cell).last
				expect(number).to_contain_text(self.orders[0])
				self.assertTrue(number.evaluate(IS_WHOLE))

	def test_a_buyer_is_shown_by_name(self):
		self.open_list()
		self.page.evaluate("cur_list.filter_area.clear()")
		expect(self.row("GUZMARIANA")).to_contain_text(self.done.order_id)

	def test_retry_of_a_selection_queues_it_and_nothing_else(self):
		self.open_list()
		for order in self.orders[:2]:
			self.row(order).locator(".list-row-checkbox").check()
		self.page.locator(".actions-btn-group:visible > button").click()
		self.page.locator(".actions-btn-group .dropdown-item:visible", has_text="Reintentar").click()
		expect(self.page.get_by_text("2 en cola de nuevo.")).to_be_visible()
		expect(self.rows).to_have_count(1)

		frappe.db.rollback()
		found = [self.notification(row.name).status for row in self.failed]
		self.assertEqual(found, [states.QUEUED, states.QUEUED, states.FAILED])
		self.assertEqual(self.drained(self.failed[0].name).status, states.DONE)
