"""The guided start: from a site that knows nothing of MercadoLibre to a customer, by what the workspace says."""

import contextlib

import frappe
from playwright.sync_api import Locator, expect

from mercadolibre_sync import guided_start
from mercadolibre_sync.roles import MANAGER
from tests.browser.base import PHONE, ROLES, SALESPERSON, DeskTestCase
from tests.browser.test_feria import ENDPOINT
from tests.ground import masters
from tests.ground.process import wait_for, workers
from tests.site.base import ACCOUNT_NAME, SELLER, clean

WORDS = {
	"es": {
		"steps": [
			"Crear la aplicación en MercadoLibre",
			"Cargar su ID y su clave secreta",
			"Agregar la cuenta",
			"Autorizar la cuenta",
			"Recibir la primera orden",
			"Conectar el padrón de ARCA",
		],
		"settings": "Abrir la Configuración de MercadoLibre",
		"add": "Agregar la cuenta",
		"accounts": "Abrir las cuentas",
		"authorise": "Autorizar",
		"synchronise": "Sincronizar",
	},
	"en": {
		"steps": [
			"Create the application at MercadoLibre",
			"Enter its ID and its secret",
			"Add the account",
			"Authorise the account",
			"Receive the first order",
			"Connect ARCA's registry",
		],
		"settings": "Open MercadoLibre Settings",
		"add": "Add the Account",
		"accounts": "Open the Accounts",
		"authorise": "Authorise",
		"synchronise": "Synchronise",
	},
}

# The place of a value in what a link field offers, -1 where it is not offered.
PLACE = """([fieldname, wanted]) => {
	const offered = cur_frm.get_field(fieldname).awesomplete?._list || [];
	return offered.findIndex(({ value }) => value === wanted);
}"""


class GuidedStartTestCase(DeskTestCase):
	def setUp(self) -> None:
		super().setUp()
		clean()
		settings = frappe.get_single("MercadoLibre Settings")
		settings.update({"application_id": None, "client_secret": None})
		settings.save()
		frappe.db.set_value("Onboarding Step", {"name": ("like", "MercadoLibre%")}, "is_skipped", 0)
		self.enable()
		self.meli.set_application(
			redirect_uri=f"{self.address}/api/method/mercadolibre_sync.api.authorized",
			notification_url=self.address + ENDPOINT,
		)
		stack = contextlib.ExitStack()
		self.addCleanup(stack.close)
		stack.enter_context(workers("default"))

	def enable(self) -> None:
		"""What Frappe's setup wizard switches on."""
		self.addCleanup(self.set_enabled, frappe.db.get_single_value("System Settings", "enable_onboarding"))
		self.set_enabled(1)

	def set_enabled(self, value: int) -> None:
		frappe.db.set_single_value("System Settings", "enable_onboarding", value, update_modified=False)
		frappe.db.commit()
		frappe.clear_document_cache("System Settings", "System Settings")

	def speak(self, language: str) -> dict:
		frappe.db.set_value("User", SALESPERSON, "language", language)
		frappe.db.commit()
		frappe.clear_cache(user=SALESPERSON)
		self.page.goto(f"{self.address}/app/mercadolibre")
		return WORDS[language]

	@property
	def guide(self) -> Locator:
		return self.page.locator(".onboarding-widget-box:visible")


class TestWithoutManager(GuidedStartTestCase):
	def test_who_cannot_connect_anything_sees_no_guide(self):
		self.speak("es")
		expect(self.page.locator(".number-widget-box:visible").first).to_be_visible()
		expect(self.guide).to_have_count(0)


class TestGuidedStart(GuidedStartTestCase):
	roles = (*ROLES, MANAGER)

	def expect_done(self, count: int) -> None:
		"""Go back to the workspace as a person does, without loading the desk anew, and see so many steps ticked."""
		self.page.evaluate("frappe.set_route('Workspaces', 'MercadoLibre')")
		expect(self.guide.locator(".onboarding-step")).to_have_count(6)
		expect(self.guide.locator(".onboarding-step.complete")).to_have_count(count)

	def follow(self, label: str) -> None:
		"""Press the button of the step that the guide opens at."""
		self.guide.locator(".onboarding-step-footer").get_by_role("button", name=label).click()

	def fill(self, **values: str) -> None:
		for fieldname, value in values.items():
			self.page.locator(f'[data-fieldname="{fieldname}"] input:visible').first.fill(value)
			self.page.keyboard.press("Tab")
			self.wait_for(fieldname, value)

	def wait_for(self, fieldname: str, value: str) -> None:
		"""A form takes over a value in its own time, for a password after its strength: who saves before has it unsaved."""
		self.page.wait_for_function(
			"([field, value]) => cur_frm.doc[field] === value", arg=[fieldname, value]
		)

	def choose(self, fieldname: str, value: str) -> None:
		"""Click a link field and take one of what it offers, unless ERPNext's defaults have filled it in."""
		if self.value(fieldname) == value:
			return
		field = self.page.locator(f'[data-fieldname="{fieldname}"]:visible')
		field.locator("input").first.click()
		# What it offers may read otherwise in the reader's language.
		self.page.wait_for_function(f"arg => ({PLACE})(arg) >= 0", arg=[fieldname, value])
		place = self.page.evaluate(PLACE, [fieldname, value])
		field.locator("[role=option]").nth(place).click()
		self.wait_for(fieldname, value)

	def save(self) -> None:
		self.page.keyboard.press("Control+s")
		self.page.wait_for_function("!cur_frm.is_dirty() && !cur_frm.is_new()")

	def go_the_whole_way(self, language: str) -> None:
		words = self.speak(language)
		expect(self.guide.locator(".step-text")).to_have_text(words["steps"])

		self.follow(words["settings"])
		self.page.wait_for_function("window.cur_frm?.doctype === 'MercadoLibre Settings'")
		self.fill(
			application_id=self.meli.application_id,
			client_secret=self.meli.application_secret,
		)
		self.save()
		self.expect_done(2)

		self.follow(words["add"])
		self.page.wait_for_function("window.cur_frm?.doctype === 'MercadoLibre Account'")
		self.fill(account_name=ACCOUNT_NAME)
		self.choose("company", masters.company())
		self.choose("customer_group", masters.customer_group())
		self.save()
		self.expect_done(3)

		self.follow(words["accounts"])
		self.page.locator(".list-row").get_by_text(ACCOUNT_NAME).first.click()
		self.press(words["authorise"])
		self.page.get_by_role("button", name="Permitir").click()
		expect(self.button(words["synchronise"])).to_be_visible()
		self.expect_done(4)

		buyer = self.add_buyer()
		self.meli.notify("orders_v2", f"/orders/{self.add_order(buyer)}", SELLER)
		wait_for(lambda: self.is_there(buyer))
		self.page.evaluate("frappe.set_route('List', 'MercadoLibre Notification')")
		self.expect_done(5)

	def is_there(self, buyer: str) -> bool:
		frappe.db.rollback()
		return bool(frappe.db.exists("MercadoLibre Order", {"customer": buyer}))

	def test_in_spanish(self):
		self.go_the_whole_way("es")

	def test_in_english(self):
		self.go_the_whole_way("en")

	def test_when_the_last_step_is_skipped_the_guide_is_over(self):
		self.speak("es")
		expect(self.guide).to_be_visible()
		for step in frappe.get_all("Onboarding Step Map", {"parent": guided_start.GUIDE}, pluck="step"):
			frappe.db.set_value("Onboarding Step", step, "is_skipped", 1)
		frappe.db.commit()
		self.page.reload()
		expect(self.page.locator(".number-widget-box:visible").first).to_be_visible()
		expect(self.guide).to_have_count(0)

	def test_it_fits_a_phone(self):
		size = self.page.viewport_size
		self.addCleanup(self.page.set_viewport_size, size)
		self.page.set_viewport_size({**size, "width": PHONE})
		self.speak("es")
		expect(self.page.locator(".number-widget-box:visible").first).to_be_visible()
		# Frappe 15 leaves its guides out there.
		if not frappe.__version__.startswith("15."):
			expect(self.guide.locator(".step-text")).to_have_text(WORDS["es"]["steps"])
		self.assert_it_fits()

	def test_where_the_site_cannot_be_looked_at_the_workspace_is_there_all_the_same(self):
		self.page.route("**/mercadolibre_sync.guided_start.look", lambda route: route.fulfill(status=500))
		self.addCleanup(self.page.unroute_all)
		self.speak("es")
		expect(self.page.locator(".number-widget-box:visible").first).to_be_visible()
