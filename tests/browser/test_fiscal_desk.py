"""The registry on the real desk: what a salesperson takes over, and what a manager sets up."""

import frappe
from playwright.sync_api import expect

from mercadolibre_sync.roles import MANAGER
from mercadolibre_sync.sync.fiscal.registry import SETTINGS
from tests.browser.base import ROLES, DeskTestCase
from tests.ground.arca import OWN_CUIT
from tests.site.fiscal import FiscalTestCase, configure

BUTTON = "Traer datos fiscales"


class TestCustomer(FiscalTestCase, DeskTestCase):
	def test_the_person_ticks_what_to_take_over(self):
		buyer = self.add_company(kind="blocked", taxpayer_type="Monotributo")
		self.arca.add_taxpayer(self.synced(buyer).tax_id, "responsable_inscripto", name="EJEMPLO SRL")

		self.open_form("Customer", buyer)
		self.press(BUTTON)
		dialog = self.page.get_by_role("dialog")
		condicion = dialog.get_by_role("row").filter(has_text="Condición de IVA")
		expect(condicion).to_contain_text("Responsable Monotributo")
		expect(condicion).to_contain_text("IVA Responsable Inscripto")
		dialog.locator('input[data-key="fiscal_address"]').click()
		dialog.locator(".btn-modal-primary").click()
		self.page.wait_for_function("cur_frm.doc.arca_condicion_iva === 'IVA Responsable Inscripto'")

		frappe.db.rollback()
		customer = self.customer(buyer)
		self.assertEqual((customer.arca_status, customer.arca_condicion_iva_source), ("Determined", "ARCA"))
		# Neither suggested nor ticked, and ticked off.
		self.assertEqual((customer.customer_name, self.addresses(buyer)), ("GUZMARIANA", []))

	def test_a_customer_without_a_cuit_has_no_button(self):
		buyer = self.add_buyer(document=("DNI", "32659430"))
		self.synced(buyer)
		self.open_form("Customer", buyer)
		expect(self.button(BUTTON)).to_have_count(0)


class TestSettings(FiscalTestCase, DeskTestCase):
	roles = (*ROLES, MANAGER)

	def test_the_test_says_in_plain_words_what_works(self):
		self.arca.add_taxpayer(OWN_CUIT, "responsable_inscripto")
		self.arca.set_delegated(False)
		self.open_form(SETTINGS, SETTINGS)
		self.press("Probar conexión")
		steps = self.page.locator(".msgprint p")
		expect(steps).to_have_count(4)
		expect(steps.nth(2)).to_contain_text("El servicio está delegado")
		expect(steps.nth(2)).to_contain_text("Consulta Constancia de Inscripción")
		expect(self.page.locator(".form-message")).to_be_visible()

	def test_key_and_request_are_made_with_one_button(self):
		configure(enabled=0, certificate=None, private_key=None, organisation="Demo SA", alias="demo")
		self.open_form(SETTINGS, SETTINGS)
		self.press("Crear clave y pedido")
		expect(self.button("Descargar pedido")).to_be_visible()
		self.assertIn("BEGIN CERTIFICATE REQUEST", self.value("csr"))
		self.assertEqual(set(self.value("requested_key")), {"*"})


class TestList(FiscalTestCase, DeskTestCase):
	def test_a_selection_of_the_list_is_asked_for(self):
		company, person = self.add_company(), self.add_buyer("SINCUIT")
		for buyer in (company, person):
			self.synced(buyer)
		self.page.goto(
			f"{self.address}/app/customer/view/list?name=%5B%22in%22%2C%22{company}%2C{person}%22%5D"
		)
		for buyer in (company, person):
			self.page.locator(f'.list-row-checkbox[data-name="{buyer}"]').check()
		self.page.locator(".actions-btn-group:visible > button").click()
		self.page.locator(
			".actions-btn-group .dropdown-item:visible", has_text="Traer datos fiscales"
		).click()
		expect(self.page.get_by_text("Se consulta a ARCA por 1 clientes. Sin CUIT: 1.")).to_be_visible()
		frappe.db.rollback()
		self.assertIsNotNone(self.customer(company).arca_next_lookup)
		self.assertIsNone(self.customer(person).arca_next_lookup)
