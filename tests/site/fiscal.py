"""What the tests of the registry share: a simulated ARCA and settings that reach it."""

import itertools

import frappe
import requests

from mercadolibre_sync.arca.certificate import create_key_and_csr
from mercadolibre_sync.arca.secret import Secret
from mercadolibre_sync.sync.fiscal import registry
from mercadolibre_sync.sync.fiscal.tickets import TICKET
from simulator.arca_control import ArcaControl
from tests.site.base import SiteTestCase, simulator_url

OWN_CUIT = "30708772964"
WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def make_pair(cuit: str = OWN_CUIT, **options) -> tuple[str, Secret]:
	"""A certificate of the simulator's authority and its key. `options`: of `ArcaControl.issue_certificate`."""
	key, csr = create_key_and_csr(cuit, "Demo SA", "demo")
	return ArcaControl(simulator_url()).issue_certificate(csr, **options), key


def configure(**values):
	"""ARCA Settings that work; `values` are set over them."""
	settings = frappe.get_single(registry.SETTINGS)
	certificate, key = make_pair()
	settings.update(
		{
			"enabled": 1,
			"environment": "Homologación",
			"cuit": OWN_CUIT,
			"wait_seconds": 8,
			"certificate": certificate,
			"private_key": key.reveal(),
			"requested_key": None,
			"csr": None,
			"expiry_announced": None,
			"tax_categories": [],
			"wsaa_base": None,
			"padron_base": None,
			**values,
		}
	)
	settings.save(ignore_permissions=True)
	frappe.db.commit()
	return settings


def cuits(prefix: str = "30"):
	"""Valid CUITs, each one once."""
	for number in itertools.count(70_000_000):
		digits = f"{prefix}{number}"
		check = -sum(weight * int(digit) for weight, digit in zip(WEIGHTS, digits, strict=True)) % 11
		if check < 10:
			yield f"{digits}{check}"


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
