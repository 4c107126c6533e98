"""What a synced customer's form shows of MercadoLibre and of doubts about the condición frente al IVA."""

import frappe
from playwright.sync_api import expect

from mercadolibre_sync.sync.versions import ORDER
from tests.browser.base import ROLES, DeskTestCase
from tests.site.fiscal import FiscalTestCase
from tests.site.test_duplicates import DNI, DuplicatesTestCase

NOTE = "Revisá la condición frente al IVA antes de facturar."


class TestOrders(DeskTestCase):
	def test_the_tab_shows_the_orders_and_leads_to_the_sale(self):
		buyer = self.add_buyer()
		older, newer = (self.add_order(buyer) for _number in range(2))
		for order in (older, newer):
			self.sync_order(order)
		frappe.db.set_value(ORDER, older, {"order_status": "cancelled", "last_updated": "2025-03-01 10:00"})
		frappe.db.commit()

		self.open_form("Customer", buyer)
		self.page.get_by_role("tab", name="MercadoLibre").click()
		rows = self.page.locator('[data-fieldname="mercadolibre_orders"] tbody tr')
		expect(rows).to_have_count(2)
		expect(rows.nth(0)).to_contain_text(newer)
		expect(rows.nth(0)).to_contain_text("Pagada")
		expect(rows.nth(1)).to_contain_text("Cancelada")
		sale = rows.nth(1).get_by_role("link", name="Ver venta")
		expect(sale).to_have_attribute("href", f"https://www.mercadolibre.com.ar/ventas/{older}/detalle")
		# ERPNext has a tab for them, which counts when it is opened.
		self.page.evaluate(
			"cur_frm.layout.tabs?.find(({ df }) => df.fieldname === 'dashboard_tab')?.set_active()"
		)
		expect(self.page.locator(f'.document-link[data-doctype="{ORDER}"]')).to_contain_text("2")


class TestCondicion(FiscalTestCase, DeskTestCase):
	def test_a_doubt_stands_above_the_form_until_a_person_settles_it(self):
		buyer = self.add_company(kind=None, taxpayer_type="IVA Responsable Inscripto")
		self.synced(buyer)
		self.open_form("Customer", buyer)
		expect(self.page.get_by_text(NOTE).first).to_be_visible()

		customer = self.customer(buyer)
		customer.arca_condicion_iva = "Consumidor Final"
		customer.save()
		frappe.db.commit()
		self.open_form("Customer", buyer)
		expect(self.page.get_by_text(NOTE)).to_have_count(0)

	def test_a_certain_condicion_has_no_note(self):
		buyer = self.add_company(kind="responsable_inscripto")
		self.synced(buyer)
		self.open_form("Customer", buyer)
		expect(self.page.get_by_text(NOTE)).to_have_count(0)


class TestDuplicate(DuplicatesTestCase, DeskTestCase):
	roles = (*ROLES, "Sales Master Manager")

	def test_it_is_joined_from_the_form_after_both_were_shown(self):
		own, buyers = self.make_own(DNI, "Ñandú de siempre"), self.buyer_with("DNI", DNI)
		self.open_form("Customer", buyers.name)
		expect(self.page.get_by_text("Posible duplicado de").first).to_be_visible()
		self.choose("Posible duplicado", "Unir los dos...")
		dialog = self.page.locator(".modal.show")
		expect(dialog).to_contain_text("Esto no se puede deshacer.")
		expect(dialog.locator("tbody tr").nth(1)).to_contain_text("Ñandú de siempre")
		dialog.get_by_role("button", name="Unir", exact=True).click()
		self.page.wait_for_function("name => window.cur_frm?.docname === name", arg=own.name)
		expect(self.page.get_by_text("Posible duplicado de").locator("visible=true")).to_have_count(0)
		self.assertEqual(self.value("mercadolibre_id"), buyers.name)


class TestErasure(DeskTestCase):
	roles = (*ROLES, "MercadoLibre Manager")

	def test_a_manager_sees_what_is_held_and_erases_it(self):
		buyer = self.add_buyer("BORRAME", document=("DNI", DNI))
		self.sync_order(self.add_order(buyer, shipment={}))
		self.open_form("Customer", buyer)
		self.choose(self.page.evaluate("__('Actions')"), "Datos personales...")
		dialog = self.page.locator(".modal.show")
		expect(dialog.locator("tr").filter(has_text="BORRAME").first).to_contain_text("Se borra.")
		expect(dialog.locator("tr").filter(has_text=buyer).first).to_contain_text("Queda.")
		dialog.get_by_role("button", name="Borrar", exact=True).click()
		question = self.page.locator(".modal.show").filter(has_text="¿Borrar los datos del comprador?")
		question.locator(".btn-modal-primary").click()
		self.page.wait_for_function("window.cur_frm?.doc.mercadolibre_erased_on")
		self.assertEqual(self.value("customer_name"), f"MercadoLibre {buyer}")
