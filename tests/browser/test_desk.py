"""What a person sees and presses on the real desk, in Debian's Chromium."""

import frappe

from mercadolibre_sync.inbox import states
from mercadolibre_sync.sync.accounts import ACCOUNT, NOT_CONNECTED
from tests.browser.base import DeskTestCase
from tests.ground import masters
from tests.site.base import ACCOUNT_NAME

BUTTON = "Ver en MercadoLibre"
BANNER = "Falta autorizar la cuenta."


class TestDesk(DeskTestCase):
	def test_button_of_a_synced_customer_opens_the_buyers_profile_in_a_new_tab(self):
		buyer = self.add_buyer("GUZMARIANA")
		self.sync_order(self.add_order(buyer))

		self.open_form("Customer", buyer)
		(desk,) = self.browser.tabs()
		self.press(BUTTON)

		(tab,) = self.browser.wait_for(lambda: set(self.browser.tabs()) - {desk}, "new tab")
		self.browser.switch_to(tab)
		self.addCleanup(self.browser.switch_to, desk)
		self.addCleanup(self.browser.close_tab)
		profile = "https://perfil.mercadolibre.com.ar/GUZMARIANA"
		self.browser.wait_for(lambda: self.browser.address == profile, profile)

	def test_other_customers_have_no_button(self):
		customer = frappe.new_doc("Customer")
		customer.update({"customer_name": "Cliente de mostrador", "customer_group": masters.customer_group()})
		customer.insert(set_name="990000009999")
		frappe.db.commit()

		self.open_form("Customer", customer.name)

		self.assertNotIn(BUTTON, self.buttons())

	def test_retry_of_a_failed_notification_queues_it_again(self):
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "enabled", 0)
		failed = self.sync_order(self.add_order(self.add_buyer()))
		self.assertEqual(failed.status, states.FAILED)
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "enabled", 1)
		frappe.db.commit()

		self.open_form(states.NOTIFICATION, failed.name)
		self.press("Reintentar")
		self.browser.wait_for(lambda: "Reintentar" not in self.buttons(), "form without the button")

		frappe.db.rollback()
		self.assertEqual(self.notification(failed.name).status, states.QUEUED)
		self.assertEqual(self.drained(failed.name).status, states.DONE)

	def test_banner_says_until_it_is_done_that_the_account_has_to_be_authorised(self):
		self.open_form(ACCOUNT, ACCOUNT_NAME)
		self.assertNotIn(BANNER, self.banner())

		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "status", NOT_CONNECTED)
		frappe.db.commit()
		self.open_form(ACCOUNT, ACCOUNT_NAME)
		self.assertIn(BANNER, self.banner())

	def banner(self) -> str:
		return " ".join(self.browser.texts(".form-message"))
