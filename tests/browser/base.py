"""What tests in a browser share: the desk, and somebody logged in to it."""

import contextlib
import json
import unittest
from pathlib import Path
from urllib.parse import quote

import frappe
from frappe.utils.password import update_password

from tests.browser.webdriver import Browser, browser
from tests.ground.process import web_server
from tests.site.base import SiteTestCase

SALESPERSON = "vendedora@mercadolibre-sync.example"
PASSWORD = "Todo-por-2-pesos"
ROLES = ("Sales User", "MercadoLibre User")


class DeskTestCase(SiteTestCase):
	"""A test on the desk, where a salesperson who reads Spanish is logged in. `self.browser` drives it."""

	browser: Browser
	address: str

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		if not _has_desk():
			raise unittest.SkipTest(
				"NOT TESTED here: without a bench there is no desk to open. Run with BENCH=... SITE=..."
			)
		make_salesperson()
		cls.addClassCleanup(remove_salesperson)
		with contextlib.ExitStack() as stack:
			cls.address = stack.enter_context(web_server())
			# No test depends on, or troubles, a server outside of this machine.
			here = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
			cls.browser = stack.enter_context(browser(here))
			cls.log_in()
			cls.addClassCleanup(stack.pop_all().close)

	@classmethod
	def log_in(cls) -> None:
		cls.browser.open(f"{cls.address}/login")
		cls.browser.type("#login_email", SALESPERSON)
		cls.browser.type("#login_password", PASSWORD)
		cls.browser.click(".form-login .btn-login")
		cls.browser.wait_for(lambda: cls.browser.run("return !!window.frappe?.boot?.user"), "desk")

	def open_form(self, doctype: str, name: str) -> None:
		"""Open a document and wait until its form stands, with every button it is going to have."""
		self.browser.open(f"{self.address}/app/{doctype.lower().replace(' ', '-')}/{name}")
		drawn = "return window.cur_frm?.docname === arguments[0] && !!cur_frm.script_manager"
		self.browser.wait_for(lambda: self.browser.run(drawn, name), f"form of {name}")
		# Once more, to know when the scripts of this form have come to their end.
		self.browser.run("return cur_frm.trigger('refresh').then(() => true)")

	def buttons(self) -> list[str]:
		return self.browser.texts("button[data-label]")

	def press(self, label: str) -> None:
		self.browser.click(f'button[data-label="{quote(label)}"]')


def _has_desk() -> bool:
	bundles = Path(frappe.get_site_path("..", "assets", "assets.json"))
	return bundles.exists() and "desk.bundle.js" in json.loads(bundles.read_text())


def make_salesperson() -> None:
	"""A user who sells: not an administrator, who may do anything anyway."""
	if not frappe.db.exists("User", SALESPERSON):
		user = frappe.new_doc("User")
		user.update({"email": SALESPERSON, "first_name": "Vendedora", "language": "es"})
		user.flags.no_welcome_mail = True
		user.insert()
		user.add_roles(*ROLES)
		# Frappe makes the first user of a site its System Manager.
		frappe.db.delete("Has Role", {"parent": SALESPERSON, "role": "System Manager"})
		frappe.clear_cache(user=SALESPERSON)
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
