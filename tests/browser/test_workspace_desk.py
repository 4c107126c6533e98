"""The workspace, without data and with some, in both languages: how it goes, at one glance."""

import frappe
from playwright.sync_api import expect

from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.sync.accounts import ACCOUNT
from tests.browser.base import ROLES, SALESPERSON, DeskTestCase
from tests.site.base import ACCOUNT_NAME
from tests.site.test_words import IN_ENGLISH, IN_SPANISH

CARDS = {
	"es": [
		"Clientes nuevos hoy",
		"Por resolver",
		"Esperan un reintento",
		"De la notificación al cliente, hoy",
	],
	"en": ["New Customers Today", "To Resolve", "Waiting for Retry", "Time to Customer, Today"],
}
CHARTS = {
	"es": ["Notificaciones por día y resultado", "Clientes nuevos por día"],
	"en": ["Notifications a Day by Outcome", "New Customers a Day"],
}
OUTCOMES = {"es": "Falló", "en": "Failed"}
REASONS = {"es": IN_SPANISH, "en": IN_ENGLISH}


class WorkspaceTestCase(DeskTestCase):
	def open_in(self, language: str) -> None:
		"""Have the salesperson read this language, and open the workspace."""
		frappe.db.set_value("User", SALESPERSON, "language", language)
		frappe.db.commit()
		frappe.clear_cache(user=SALESPERSON)
		frappe.cache.delete_keys("chart-data")
		self.page.goto(f"{self.address}/app/mercadolibre")

	def card(self, label: str):
		return self.page.locator(".number-widget-box:visible").filter(has_text=label)

	def chart(self, label: str):
		return self.page.locator(".dashboard-widget-box:visible").filter(has_text=label)


class TestWorkspace(WorkspaceTestCase):
	def test_without_data_everything_stands_and_nothing_is_wrong(self):
		for language, cards in CARDS.items():
			with self.subTest(language):
				self.open_in(language)
				for label in cards[1:3]:
					expect(self.card(label).locator(".number")).to_have_text("0")
				expect(self.card(cards[3]).locator(".number")).to_have_text("–")
				for label in CHARTS[language]:
					expect(self.chart(label)).to_be_visible()
				expect(self.page.locator(".modal.show")).to_have_count(0)

	def test_with_data_the_numbers_lead_to_their_lists_and_the_reason_is_in_words(self):
		self.sync_order(self.add_order(self.add_buyer()))
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "enabled", 0)
		order = self.add_order(self.add_buyer("COMPRADOR2"))
		self.sync_order(order)
		frappe.db.commit()
		for language, cards in CARDS.items():
			with self.subTest(language):
				self.open_in(language)
				failed = self.card(cards[1]).locator(".number")
				expect(failed).to_have_text("1")
				expect(self.card(cards[3]).locator(".number")).to_contain_text("s")
				expect(self.chart(CHARTS[language][0])).to_contain_text(OUTCOMES[language])
				item = self.page.locator(".quick-list-item:visible").filter(has_text=order)
				expect(item).to_contain_text(REASONS[language])
				self.assertFalse(
					item.locator(".title").evaluate("title => title.scrollWidth > title.clientWidth")
				)
				failed.click()
				self.page.wait_for_function("doctype => cur_list?.doctype === doctype", arg=NOTIFICATION)
				expect(self.page.locator(".list-row-container .list-row:visible")).to_have_count(1)


class TestManager(WorkspaceTestCase):
	roles = (*ROLES, "MercadoLibre Manager")

	def test_who_sees_the_settings_gets_there_without_an_error(self):
		# Frappe 15 counts what a shortcut leads to, and a single document has no table.
		self.open_in("es")
		for label in ("Configuración de MercadoLibre", "Configuración de ARCA"):
			expect(
				self.page.locator(".links-widget-box:visible").get_by_text(label, exact=True)
			).to_be_visible()
		self.page.wait_for_load_state("networkidle")
		expect(self.page.locator(".modal.show")).to_have_count(0)
