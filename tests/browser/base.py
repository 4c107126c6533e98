"""What tests in a browser share: Debian's Chromium, and a desk with somebody logged in to it."""

import atexit
import contextlib
import functools
from collections.abc import Iterable, Iterator

import frappe
from frappe.installer import update_site_config
from frappe.utils.password import update_password
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.ground import machine
from tests.ground.people import make_user
from tests.ground.process import realtime, web_server
from tests.site.base import SiteTestCase

SALESPERSON = "vendedora@mercadolibre-sync.example"
PASSWORD = "Todo-por-2-pesos"
ROLES = ("Sales User", "MercadoLibre User")
# The desk of a development server that nobody else has opened yet takes its time.
PATIENCE_SECONDS = 60
ATTEMPTS = 5
# A phone's screen, in pixels.
PHONE = 400
# What reaches beyond the screen's right edge, unless it lies in something that can be pushed by itself, or is Frappe's
# own: the timeline below a form does.
BEYOND = """width => [...document.querySelectorAll(".page-container *")]
	.filter((element) => !element.closest(".form-footer") && element.checkVisibility() && element.getBoundingClientRect().right > width + 1)
	.filter((element) => {
		for (let box = element.parentElement; box; box = box.parentElement)
			if (["auto", "scroll", "hidden"].includes(getComputedStyle(box).overflowX)) return false;
		return true;
	})
	.map((element) => element.outerHTML.slice(0, 200))"""
_opened = contextlib.ExitStack()


class DeskTestCase(SiteTestCase):
	"""A test on the desk, where a salesperson who reads Spanish is logged in. `self.page` is what she sees."""

	# Hers from before she logs in: what her open desk asks for would be answered, and remembered, without another one.
	roles = ROLES
	address: str
	page: Page

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		make_salesperson(cls.roles)
		cls.addClassCleanup(remove_salesperson)
		cls.address, cls.browser = desk()
		cls.page = cls.log_in(SALESPERSON, PASSWORD)

	@classmethod
	def log_in(cls, user: str, password: str, width: int = 1366) -> Page:
		"""Log somebody in, in a browser session of their own, and return their desk."""
		context = cls.browser.new_context(viewport={"width": width, "height": 900})
		cls.addClassCleanup(context.close)
		context.set_default_timeout(PATIENCE_SECONDS * 1000)
		page = context.new_page()
		log_in(page, cls.address, user, password)
		return page

	def open(self, kind: str, doctype: str, what: str) -> None:
		"""Open a page of the desk by its address: "List", a doctype and the view, or "Form", a doctype and "new".

		Where a desk that is just starting is led elsewhere by a script, it may come back to where it wanted to begin.
		"""
		page = f"view/{what.lower()}" if kind == "List" else what
		self.page.goto(f"{self.address}/app/{frappe.scrub(doctype).replace('_', '-')}/{page}")

	def open_form(self, doctype: str, name: str) -> None:
		"""Open a document and wait until its form stands, with every button it is going to have."""
		open_form(self.page, self.address, doctype, name)

	def button(self, label: str) -> Locator:
		"""The visible button with this label."""
		return self.page.get_by_role("button", name=label, exact=True).locator("visible=true")

	def press(self, label: str) -> None:
		self.button(label).click()

	def choose(self, group: str, label: str) -> None:
		"""Choose from a group of buttons, which closes when the form is refreshed meanwhile."""
		item = self.page.get_by_role("link", name=label).locator("visible=true")
		for _attempt in range(ATTEMPTS):
			self.press(group)
			with contextlib.suppress(PlaywrightTimeout):
				item.click(timeout=2000)
				return
		self.fail(f"{label} is not to be had from {group}")

	def value(self, fieldname: str):
		"""What the open form holds in a field."""
		return self.page.evaluate("fieldname => cur_frm.doc[fieldname]", fieldname)

	def texts(self, selector: str) -> list[str]:
		"""What stands in the visible elements."""
		found = self.page.locator(selector).locator("visible=true")
		return [text.strip() for text in found.all_inner_texts()]

	def assert_it_fits(self) -> None:
		"""Nothing has to be pushed sideways to be seen."""
		width = self.page.evaluate("window.innerWidth")
		self.assertEqual(self.page.evaluate(BEYOND, width), [])


@functools.cache
def desk() -> tuple[str, Browser]:
	"""The address of a web server with realtime, and a browser: one for all tests, until `close_desk`."""
	# A site that calls itself otherwise would send the browser there. Servers read this when they start.
	update_site_config("host_name", "")
	_opened.enter_context(realtime())
	return _opened.enter_context(web_server()), _opened.enter_context(chromium())


@atexit.register
def close_desk() -> None:
	_opened.close()
	desk.cache_clear()


def log_in(page: Page, address: str, user: str, password: str) -> None:
	"""Fill in the login page and wait for the desk."""
	page.goto(f"{address}/login")
	page.fill("#login_email", user)
	page.fill("#login_password", password)
	page.click(".form-login .btn-login")
	page.wait_for_function("window.frappe?.boot?.user")


def open_form(page: Page, address: str, doctype: str, name: str) -> None:
	"""Open a document and wait until its form stands, with every button it is going to have."""
	page.goto(f"{address}/app/{frappe.scrub(doctype).replace('_', '-')}/{name}")
	page.wait_for_function("name => window.cur_frm?.docname === name && cur_frm.script_manager", arg=name)
	# Once more, to know when the scripts of this form have come to their end.
	page.evaluate("cur_frm.trigger('refresh').then(() => true)")


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
	"""Debian's Chromium without a window."""
	# No test depends on, or troubles, a server outside of this machine.
	here = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
	expect.set_options(timeout=PATIENCE_SECONDS * 1000)
	with sync_playwright() as playwright:
		browser = playwright.chromium.launch(executable_path=machine.browser(), args=[here])
		try:
			yield browser
		finally:
			browser.close()


def make_salesperson(roles: Iterable[str] = ROLES) -> None:
	"""A user who sells: not an administrator, who may do anything anyway."""
	if not frappe.db.exists("User", SALESPERSON):
		make_user(SALESPERSON, "Vendedora", PASSWORD, roles)
	update_password(SALESPERSON, PASSWORD)
	frappe.db.commit()


def remove_salesperson() -> None:
	"""Nobody is to find a door that tests left open."""
	frappe.db.rollback()
	# Not through the document: it refuses to go where it is a site's only user beside Administrator.
	for doctype, filters in (
		("Has Role", {"parent": SALESPERSON}),
		("__Auth", {"doctype": "User", "name": SALESPERSON}),
		("Sessions", {"user": SALESPERSON}),
		("Contact", {"user": SALESPERSON}),
		("Notification Settings", {"name": SALESPERSON}),
		("User", {"name": SALESPERSON}),
	):
		frappe.db.delete(doctype, filters)
	frappe.clear_cache(user=SALESPERSON)
	frappe.db.commit()
