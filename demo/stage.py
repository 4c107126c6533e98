"""The stage: a site with one connected account, the simulated MercadoLibre, a web server and a worker."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import frappe
from frappe.installer import update_site_config

from mercadolibre_sync.arca.certificate import create_key_and_csr
from mercadolibre_sync.inbox import wake
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.meli.oauth import Tokens
from mercadolibre_sync.sync import connection
from mercadolibre_sync.sync.accounts import ACCOUNT
from mercadolibre_sync.sync.fiscal import registry
from simulator.arca_control import ArcaControl
from simulator.control import MeliControl
from simulator.server import running
from tests.ground import masters
from tests.ground.process import wait_for, web_server, workers
from tests.ground.visit import visit

SELLER = "526127536"
ACCOUNT_NAME = "DEMO"
OWN_CUIT = "30708772964"
ENDPOINT = "/api/method/mercadolibre_sync.api.notifications"
ENDED = ("Done", "Ignored", "Failed")


@dataclass
class Stage:
	meli: MeliControl
	arca: ArcaControl
	url: str

	def order(self, buyer: str, **details) -> str:
		"""Add an order in today's form, which names the buyer by number alone. Returns its number."""
		return self.meli.add_order(SELLER, buyer, buyer_form="id", **details)

	def notify(self, topic: str, resource: str) -> frappe._dict:
		"""Post a notification as MercadoLibre does and return the row it ended as."""
		known = self._notifications()
		delivery = self.meli.post_notification(self.url + ENDPOINT, topic, resource, SELLER)
		if delivery.status != 200:
			raise RuntimeError(f"The endpoint answered {delivery.status}.")
		wait_for(lambda: self._notifications() - known)
		(name,) = self._notifications() - known
		wait_for(lambda: self._row(name).status in ENDED)
		return self._row(name)

	def notify_order(self, order_id: str) -> frappe._dict:
		return self.notify("orders_v2", f"/orders/{order_id}")

	def _notifications(self) -> set[str]:
		frappe.db.rollback()
		return set(frappe.get_all(NOTIFICATION, pluck="name"))

	def _row(self, name: str) -> frappe._dict:
		frappe.db.rollback()
		return frappe.db.get_value(NOTIFICATION, name, "*", as_dict=True)


@contextlib.contextmanager
def set_up() -> Iterator[Stage]:
	"""Everything running that a notification needs."""
	with connected() as (meli, arca), web_server() as url, workers("default"):
		yield Stage(meli, arca, url)


@contextlib.contextmanager
def connected() -> Iterator[tuple[MeliControl, ArcaControl]]:
	"""The simulators, and a site connected to them.

	Until the end of the `with` block the site's own accounts and settings are set aside.
	"""
	with visit(), running() as simulator:
		update_site_config("mercadolibre_sync_simulator", simulator)
		frappe.local.conf["mercadolibre_sync_simulator"] = simulator
		meli, arca = MeliControl(simulator), ArcaControl(simulator)
		meli.add_seller(SELLER, ACCOUNT_NAME)
		_connect(meli)
		_connect_registry(arca)
		yield meli, arca


def _connect(meli: MeliControl) -> None:
	settings = frappe.get_single("MercadoLibre Settings")
	settings.update({"application_id": meli.application_id, "client_secret": meli.application_secret})
	settings.save()
	make_account(ACCOUNT_NAME, user_id=SELLER, nickname=ACCOUNT_NAME)
	connection.store_tokens(ACCOUNT_NAME, Tokens.from_json(meli.issue_tokens(SELLER)))
	frappe.db.commit()


def make_account(name: str, **values: str) -> None:
	"""An account that nobody has authorised yet."""
	account = frappe.new_doc(ACCOUNT)
	account.update(
		{
			"account_name": name,
			"site": "MLA",
			"company": masters.company(),
			"customer_group": masters.customer_group(),
			**values,
		}
	)
	account.insert()


def _connect_registry(arca: ArcaControl) -> None:
	"""A certificate of the simulated ARCA, as a person would get one from the real one."""
	settings = frappe.get_single(registry.SETTINGS)
	key, request = create_key_and_csr(OWN_CUIT, "Demo SA", "demo")
	settings.update(
		{
			"enabled": 1,
			"environment": "Homologación",
			"cuit": OWN_CUIT,
			"certificate": arca.issue_certificate(request),
			"private_key": key.reveal(),
		}
	)
	settings.save()
	frappe.db.commit()
	registry.forget_that_it_is_down()
	wake.fall_asleep()
