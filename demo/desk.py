"""`make desk`: everything up until Ctrl-C, and somebody to log in as. A person plays both sides."""

import contextlib
import secrets
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import frappe
from frappe.installer import update_site_config
from frappe.utils import add_months, now_datetime

from demo.__main__ import STEPS, prepare
from demo.history import sell
from demo.stage import ACCOUNT_NAME, ENDPOINT, SELLER, Stage, connected, make_account
from mercadolibre_sync.roles import MANAGER
from mercadolibre_sync.sync.accounts import ACCOUNT
from tests.ground.people import make_user
from tests.ground.process import realtime, web_server, workers
from tests.ground.site import connect

USER = "vendedora@mercadolibre-sync.example"
ROLES = (MANAGER, "Sales User", "Sales Manager")
# A seller whose account nobody has authorised yet.
NEWCOMER, NEWCOMER_NAME = "526127537", "TIENDA_DEL_SUR"
CALLBACK = "/api/method/mercadolibre_sync.api.authorized"
MINUTE = 60


@dataclass(frozen=True)
class Desk:
	stage: Stage
	password: str

	@property
	def feria(self) -> str:
		return self.stage.meli.base_url.removesuffix("/meli") + "/feria/"


def main() -> None:
	# So that what is open is closed in order, however it is stopped.
	for number in (signal.SIGINT, signal.SIGTERM):
		signal.signal(number, signal.default_int_handler)
	connect()
	with contextlib.suppress(KeyboardInterrupt), opened() as desk:
		print(invitation(desk), flush=True)
		keep_time()


@contextlib.contextmanager
def opened() -> Iterator[Desk]:
	"""A desk on which the demo's buyers stand, a year of orders can be looked for, and an account be authorised."""
	# Pages are asked for at an address of ours, whatever the site calls itself.
	update_site_config("host_name", "")
	# Two workers, so that one looks for orders while the other reads those that were found.
	with connected() as (meli, arca), realtime(), web_server() as url, workers(count=2):
		stage = Stage(meli, arca, url)
		print("Bringing the demo's buyers to the desk", flush=True)
		fill(stage)
		meli.set_application(redirect_uri=url + CALLBACK, notification_url=url + ENDPOINT)
		password = secrets.token_urlsafe(9)
		make_user(USER, "Vendedora", password, ROLES)
		try:
			yield Desk(stage, password)
		finally:
			# A second Ctrl-C would interrupt the tidying up.
			signal.signal(signal.SIGINT, signal.SIG_IGN)


def fill(stage: Stage) -> None:
	"""The demo's buyers with their customers, the shop's past, and a second seller."""
	prepare(stage)
	for step in STEPS:
		step.play(stage)
	sell(stage.meli, stage.arca, SELLER)
	# Synchronise offers to look from here on.
	founded = add_months(now_datetime(), -11)
	frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "creation", founded, update_modified=False)
	stage.meli.add_seller(NEWCOMER, NEWCOMER_NAME)
	make_account(NEWCOMER_NAME)
	frappe.db.commit()


def invitation(desk: Desk) -> str:
	"""What a person has to know."""
	return f"""
The desk is open.

   {desk.stage.url}/app/mercadolibre
      user      {USER}
      password  {desk.password}

   {desk.feria}
      Here you play the buyers: what they do stands on the desk seconds later.

Some things to try on the desk:
   MercadoLibre Account {ACCOUNT_NAME}: "Sincronizar" looks for the orders of a year.
   MercadoLibre Account {NEWCOMER_NAME}: "Autorizar" leads to MercadoLibre's page and back.
   A customer: "Ver en MercadoLibre", and with a CUIT "Traer datos fiscales".

Ctrl-C closes everything and leaves the site as it was.
"""


def keep_time() -> None:
	"""Start what is due of the app every minute, until somebody interrupts. Other apps' jobs are the bench's to start."""
	while True:
		frappe.db.rollback()
		for name in frappe.get_all(
			"Scheduled Job Type",
			filters={"method": ("like", "mercadolibre_sync.%"), "stopped": 0},
			pluck="name",
		):
			frappe.get_doc("Scheduled Job Type", name).enqueue()
		frappe.db.commit()
		threading.Event().wait(MINUTE)


if __name__ == "__main__":
	main()
