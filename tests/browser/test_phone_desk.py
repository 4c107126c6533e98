"""The desk on a phone: what the app shows there can be read and pressed without being pushed sideways."""

from playwright.sync_api import expect

from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.sync.accounts import ACCOUNT
from tests.browser.base import PASSWORD, PHONE, SALESPERSON, DeskTestCase
from tests.site.base import ACCOUNT_NAME


class TestPhone(DeskTestCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.page = cls.log_in(SALESPERSON, PASSWORD, width=PHONE)

	def setUp(self) -> None:
		super().setUp()
		self.buyer = self.add_buyer()
		self.order = self.add_order(self.buyer)
		self.done = self.sync_order(self.order)

	def test_the_workspace(self):
		self.page.goto(f"{self.address}/app/mercadolibre")
		expect(self.page.locator(".number-widget-box:visible").first).to_be_visible()
		self.assert_it_fits()

	def test_a_customers_orders(self):
		self.open_form("Customer", self.buyer)
		self.page.get_by_role("tab", name="MercadoLibre").click()
		sale = self.page.locator('[data-fieldname="mercadolibre_orders"]').get_by_role(
			"link", name="Ver venta"
		)
		sale.scroll_into_view_if_needed()
		expect(sale).to_be_in_viewport()
		self.assert_it_fits()

	def test_account_and_notification(self):
		self.open_form(ACCOUNT, ACCOUNT_NAME)
		self.assert_it_fits()
		self.open_form(NOTIFICATION, self.done.name)
		self.assert_it_fits()

	def test_the_list_of_notifications(self):
		self.open("List", NOTIFICATION, "List")
		self.page.wait_for_function("window.cur_list?.filter_area")
		self.page.evaluate("cur_list.filter_area.clear()")
		expect(self.page.locator(".list-row:visible").first).to_be_visible()
		self.assert_it_fits()
