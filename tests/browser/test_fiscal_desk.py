"""The registry on the real desk: what a salesperson takes over, and what a manager sets up."""

import frappe

from mercadolibre_sync.roles import MANAGER
from mercadolibre_sync.sync.fiscal.registry import SETTINGS
from tests.browser.base import SALESPERSON, DeskTestCase
from tests.site.fiscal import OWN_CUIT, FiscalTestCase, configure

BUTTON = "Traer datos fiscales"


class TestCustomer(FiscalTestCase, DeskTestCase):
	def test_the_person_ticks_what_to_take_over(self):
		buyer = self.add_company(kind="blocked", taxpayer_type="Monotributo")
		self.arca.add_taxpayer(self.synced(buyer).tax_id, "responsable_inscripto", name="EJEMPLO SRL")

		self.open_form("Customer", buyer)
		self.press(BUTTON)
		self.browser.wait_for(lambda: self.cells(), "rows to choose from")
		self.assertIn(
			("Condición de IVA", "Responsable Monotributo", "IVA Responsable Inscripto"), self.cells()
		)
		self.browser.click('input[data-key="fiscal_address"]')
		self.browser.click(".modal.show .btn-modal-primary")
		inscripto = "IVA Responsable Inscripto"
		self.browser.wait_for(
			lambda: self.browser.run("return cur_frm.doc.arca_condicion_iva") == inscripto, "new condición"
		)

		frappe.db.rollback()
		customer = self.customer(buyer)
		self.assertEqual((customer.arca_status, customer.arca_condicion_iva_source), ("Determined", "ARCA"))
		# Neither suggested nor ticked, and ticked off.
		self.assertEqual((customer.customer_name, self.addresses(buyer)), ("GUZMARIANA", []))

	def test_a_customer_without_a_cuit_has_no_button(self):
		buyer = self.add_buyer(document=("DNI", "32659430"))
		self.synced(buyer)
		self.open_form("Customer", buyer)
		self.assertNotIn(BUTTON, self.buttons())

	def cells(self) -> list[tuple[str, ...]]:
		texts = self.browser.texts(".modal.show td")
		return [tuple(texts[start : start + 3]) for start in range(0, len(texts), 3)]


class TestSettings(FiscalTestCase, DeskTestCase):
	def setUp(self) -> None:
		super().setUp()
		frappe.get_doc("User", SALESPERSON).add_roles(MANAGER)
		frappe.db.commit()

	def test_the_test_says_in_plain_words_what_works(self):
		self.arca.add_taxpayer(OWN_CUIT, "responsable_inscripto")
		self.arca.set_delegated(False)
		self.open_form(SETTINGS, SETTINGS)
		self.press("Probar conexión")
		steps = self.browser.wait_for(lambda: self.browser.texts(".msgprint p"), "result of the test")
		self.assertEqual(len(steps), 4)
		self.assertIn("El servicio está delegado", steps[2])
		self.assertIn("Consulta Constancia de Inscripción", steps[2])
		self.browser.wait_for(lambda: self.browser.texts(".form-message"), "banner")

	def test_key_and_request_are_made_with_one_button(self):
		configure(enabled=0, certificate=None, private_key=None, organisation="Demo SA", alias="demo")
		self.open_form(SETTINGS, SETTINGS)
		self.press("Crear clave y pedido")
		self.browser.wait_for(lambda: "Descargar pedido" in self.buttons(), "button to download the request")
		csr = self.browser.run("return cur_frm.doc.csr")
		self.assertIn("BEGIN CERTIFICATE REQUEST", csr)
		self.assertEqual(set(self.browser.run("return cur_frm.doc.requested_key")), {"*"})
