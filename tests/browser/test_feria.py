"""From MercadoLibre's pages to the desk and back: a person plays the buyer, the seller and the salesperson."""

import contextlib

import frappe
from playwright.sync_api import expect

from mercadolibre_sync.sync.accounts import ACCOUNT, CONNECTED, NOT_CONNECTED
from tests.browser.base import DeskTestCase
from tests.ground.process import wait_for, workers
from tests.site.base import ACCOUNT_NAME, ENDPOINT, PASSWORD, make_manager, simulator_url

BUTTON = "Ver en MercadoLibre"


class TestBuyer(DeskTestCase):
	"""What is done on the buyers' page stands on the desk."""

	def setUp(self) -> None:
		super().setUp()
		self.meli.set_application(notification_url=self.address + ENDPOINT)
		# The page counts on from here, so that what is made on it is a test's.
		self.add_buyer("ALGUIEN")
		stack = contextlib.ExitStack()
		self.addCleanup(stack.close)
		stack.enter_context(workers("default"))
		self.feria = self.page.context.new_page()
		self.addCleanup(self.feria.close)
		self.feria.goto(f"{simulator_url()}/feria/")

	def make_buyer(self, nickname: str) -> str:
		"""Fill in the form of a new buyer, and return the buyer's number."""
		for name, value in (
			("nickname", nickname),
			("first_name", "Mariana"),
			("last_name", "Guzmán"),
			("document_number", "32659430"),
		):
			self.feria.fill(f"[name={name}]", value)
		self.feria.select_option("[name=document_type]", "DNI")
		self.press_at_the_feria("Crear comprador")
		return self.feria.locator("dd").first.inner_text()

	def press_at_the_feria(self, label: str) -> None:
		self.feria.get_by_role("button", name=label, exact=True).click()

	def wait_until_it_is_called(self, buyer: str, name: str) -> None:
		"""Wait until the buyer's customer stands in the ERP under this name."""

		def is_called() -> bool:
			frappe.db.rollback()
			return frappe.db.get_value("Customer", buyer, "customer_name") == name

		wait_for(is_called)

	def cities(self, buyer: str) -> list[str]:
		frappe.db.rollback()
		return [address.city for address in self.addresses(buyer)]

	def test_from_comprar_to_the_customer_with_its_button(self):
		buyer = self.make_buyer("GUZMARIANA")
		self.press_at_the_feria("Comprar")
		expect(self.feria.locator("#notices .good")).to_have_text("200")
		self.wait_until_it_is_called(buyer, "GUZMARIANA")

		self.open_form("Customer", buyer)
		self.assertEqual((self.value("customer_name"), self.value("tax_id")), ("GUZMARIANA", "32659430"))
		self.assertEqual(self.cities(buyer), ["Palermo"])
		with self.page.context.expect_page() as opened:
			self.press(BUTTON)
		self.addCleanup(opened.value.close)
		expect(opened.value.locator("h1")).to_have_text("GUZMARIANA")
		self.assertTrue(opened.value.url.startswith(simulator_url()))

	def test_the_address_of_a_purchase_comes_when_it_is_paid_and_revealed(self):
		buyer = self.make_buyer("TETE2870021")
		self.feria.get_by_label("Pagar enseguida").uncheck()
		self.press_at_the_feria("Comprar")
		self.wait_until_it_is_called(buyer, "TETE2870021")
		self.assertEqual(self.cities(buyer), [])
		self.press_at_the_feria("Pagar")
		self.press_at_the_feria("Mostrar la dirección")
		wait_for(lambda: self.cities(buyer) == ["Palermo"])

	def test_another_nickname_is_the_customers_name_from_the_next_purchase_on(self):
		buyer = self.make_buyer("ANTES")
		self.press_at_the_feria("Comprar")
		self.wait_until_it_is_called(buyer, "ANTES")
		self.feria.fill("[name=nickname]", "DESPUES")
		self.press_at_the_feria("Cambiar apodo")
		self.press_at_the_feria("Comprar")
		self.wait_until_it_is_called(buyer, "DESPUES")

	def test_the_page_fits_a_phone(self):
		self.make_buyer("GUZMARIANA")
		self.press_at_the_feria("Comprar")
		expect(self.feria.locator("#notices .good")).to_have_text("200")
		self.feria.set_viewport_size({"width": 400, "height": 800})
		width = self.feria.evaluate("document.documentElement.scrollWidth")
		self.assertLessEqual(width, 400)


class TestAuthorise(DeskTestCase):
	"""The way to MercadoLibre's page and back."""

	def setUp(self) -> None:
		super().setUp()
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "status", NOT_CONNECTED)
		self.desk = self.log_in(make_manager(), PASSWORD)
		self.addCleanup(self.desk.context.close)
		self.desk.goto(f"{self.address}/app/mercadolibre-account/{ACCOUNT_NAME}")
		self.desk.get_by_role("button", name="Authorise", exact=True).click()
		self.desk.wait_for_url(f"{self.meli.base_url}/authorization?**")

	def status(self) -> str:
		frappe.db.rollback()
		return frappe.db.get_value(ACCOUNT, ACCOUNT_NAME, "status")

	def test_who_permits_comes_back_connected(self):
		self.desk.get_by_role("button", name="Permitir").click()
		self.desk.wait_for_url(f"**/mercadolibre-account/{ACCOUNT_NAME}*")
		expect(self.desk.get_by_role("button", name="Synchronise", exact=True)).to_be_visible()
		self.assertEqual(self.status(), CONNECTED)

	def test_who_cancels_reads_that_nothing_was_changed(self):
		self.desk.get_by_role("button", name="Cancelar").click()
		expect(self.desk.get_by_text("Nothing was changed.")).to_be_visible()
		self.assertEqual(self.status(), NOT_CONNECTED)
