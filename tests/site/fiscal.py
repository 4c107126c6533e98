"""What the tests of the registry share: a simulated ARCA and settings that reach it."""

import frappe
import requests

from mercadolibre_sync.arca.secret import Secret
from mercadolibre_sync.sync.fiscal import registry
from mercadolibre_sync.sync.fiscal.tickets import TICKET
from simulator.arca_control import ArcaControl
from tests.ground import arca
from tests.ground.arca import cuits
from tests.site.base import SiteTestCase, simulator_url


def make_pair(**options) -> tuple[str, Secret]:
	"""A certificate of the simulator's authority and its key. `options`: of `ArcaControl.issue_certificate`."""
	return arca.make_pair(simulator_url(), **options)


def configure(**values):
	"""ARCA Settings that work; `values` are set over them."""
	return arca.configure(simulator_url(), **values)


class FiscalTestCase(SiteTestCase):
	"""`self.arca` steers the simulated ARCA; lookups are switched on and no ticket is known."""

	def setUp(self) -> None:
		requests.post(f"{simulator_url()}/_reset", timeout=10)
		super().setUp()
		self.arca = ArcaControl(simulator_url())
		forget_tickets()
		configure()
		self.addCleanup(switch_off)
		self.cuits = cuits()

	def add_company(
		self, cuit: str | None = None, kind: str | None = "responsable_inscripto", **details
	) -> str:
		"""Add a buyer with a CUIT to MercadoLibre, and to the registry unless `kind` is None."""
		cuit = cuit or next(self.cuits)
		if kind:
			self.arca.add_taxpayer(cuit, kind)
		return self.add_buyer(document=("CUIT", cuit), billing_name="Ejemplo SRL", **details)

	def synced(self, buyer: str):
		"""The buyer's Customer after an order of theirs was notified."""
		row = self.sync_order(self.add_order(buyer))
		self.assertEqual(row.status, "Done", row.reason)
		return self.customer(buyer)

	def logins(self) -> int:
		return self.arca.counts().get("loginCms", 0)

	def queries(self) -> int:
		return self.arca.counts().get("getPersona_v2", 0)


def make_user(email: str, role: str) -> str:
	"""A user with this role and no other; returns the name."""
	if not frappe.db.exists("User", email):
		user = frappe.get_doc({"doctype": "User", "email": email, "first_name": email.split("@")[0]})
		user.language = "en"
		user.flags.no_welcome_mail = True
		user.insert()
	user = frappe.get_doc("User", email)
	user.set("roles", [])
	user.add_roles(role)
	frappe.db.commit()
	return email


def forget_tickets() -> None:
	frappe.db.rollback()
	for name in frappe.get_all(TICKET, pluck="name"):
		frappe.db.delete("__Auth", {"doctype": TICKET, "name": name})
	frappe.db.delete(TICKET)
	frappe.db.commit()
	registry.forget_that_it_is_down()


def switch_off() -> None:
	"""Leave the other tests, and the demo, as if nobody had ever filled in ARCA Settings."""
	frappe.db.rollback()
	frappe.db.delete("Singles", {"doctype": registry.SETTINGS})
	frappe.db.delete("ARCA Tax Category", {"parent": registry.SETTINGS})
	frappe.db.delete("__Auth", {"doctype": registry.SETTINGS})
	frappe.clear_document_cache(registry.SETTINGS, registry.SETTINGS)
	forget_tickets()
