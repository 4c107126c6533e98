"""What a person sees and presses on the real desk, in Debian's Chromium."""

import frappe
from frappe.utils import now_datetime
from playwright.sync_api import expect

from mercadolibre_sync.backfill.run import BACKFILL, RUNNING, STOPPED
from mercadolibre_sync.inbox import states, sweep
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

		profile = "https://perfil.mercadolibre.com.ar/GUZMARIANA"
		self.page.context.route(profile, lambda route: route.fulfill(body="Perfil"))

		self.open_form("Customer", buyer)
		with self.page.expect_popup() as opened:
			self.press(BUTTON)
		expect(opened.value).to_have_url(profile)

	def test_other_customers_have_no_button(self):
		customer = frappe.new_doc("Customer")
		customer.update({"customer_name": "Cliente de mostrador", "customer_group": masters.customer_group()})
		customer.insert(set_name="990000009999")
		frappe.db.commit()

		self.open_form("Customer", customer.name)

		expect(self.button(BUTTON)).to_have_count(0)

	def test_retry_of_a_failed_notification_queues_it_again(self):
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "enabled", 0)
		failed = self.sync_order(self.add_order(self.add_buyer()))
		self.assertEqual(failed.status, states.FAILED)
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "enabled", 1)
		frappe.db.commit()

		self.open_form(states.NOTIFICATION, failed.name)
		self.press("Reintentar")
		expect(self.button("Reintentar")).to_have_count(0)

		frappe.db.rollback()
		self.assertEqual(self.notification(failed.name).status, states.QUEUED)
		self.assertEqual(self.drained(failed.name).status, states.DONE)

	def test_banner_says_until_it_is_done_that_the_account_has_to_be_authorised(self):
		self.open_form(ACCOUNT, ACCOUNT_NAME)
		expect(self.page.get_by_text(BANNER)).to_have_count(0)

		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "status", NOT_CONNECTED)
		frappe.db.commit()
		self.open_form(ACCOUNT, ACCOUNT_NAME)
		expect(self.page.get_by_text(BANNER).first).to_be_visible()

	def test_account_says_at_one_glance_how_it_goes(self):
		self.sync_order(self.add_order(self.add_buyer()))
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "enabled", 0)
		self.sync_order(self.add_order(self.add_buyer()))
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "enabled", 1)
		sweep.note_last_notifications()
		self.notify("orders_v2", "/orders/2000013770489999")

		self.open_form(ACCOUNT, ACCOUNT_NAME)
		for text in ("Última notificación:", "Última sincronización: nunca", "1 en espera", "1 por resolver"):
			expect(self.page.locator(".form-dashboard").get_by_text(text).first).to_be_visible()

	def test_who_may_only_read_an_account_has_no_buttons_that_would_be_refused(self):
		self.open_form(ACCOUNT, ACCOUNT_NAME)
		for label in ("Sincronizar", "Sincronizar una orden", "Autorizar", "Conexión"):
			expect(self.button(label)).to_have_count(0)

	def test_who_may_only_read_a_back_fill_can_neither_stop_nor_resume_it(self):
		backfill = frappe.get_doc(ACCOUNT, ACCOUNT_NAME).synchronise(str(now_datetime()))
		for status, label in ((RUNNING, "Detener"), (STOPPED, "Reanudar")):
			frappe.db.set_value(BACKFILL, backfill, "status", status)
			frappe.db.commit()
			self.open_form(BACKFILL, backfill)
			expect(self.button(label)).to_have_count(0)


class TestSellerWithoutMercadoLibre(DeskTestCase):
	roles = ("Sales User",)

	def test_who_knows_nothing_of_mercadolibre_sees_the_buyer_and_is_refused_nothing(self):
		buyer = self.add_buyer()
		self.sync_order(self.add_order(buyer))
		self.open_form("Customer", buyer)
		expect(self.button(BUTTON)).to_be_visible()
		self.page.wait_for_load_state("networkidle")
		expect(self.page.locator(".modal.show")).to_have_count(0)
