"""Accounts at the simulated MercadoLibre, and its notifications. Runs with either version: what it imports, both have."""

import frappe

from mercadolibre_sync.inbox import intake
from mercadolibre_sync.meli.notification import Notification
from mercadolibre_sync.meli.oauth import Tokens
from mercadolibre_sync.sync import connection
from mercadolibre_sync.sync.accounts import ACCOUNT
from simulator.control import MeliControl
from tests.ground import masters

SELLERS = {"one": "990000000001", "two": "990000000002"}
SELLER = SELLERS["one"]


def connect(simulator: str, name: str) -> None:
	"""Settings, and one account, connected. Commits."""
	meli, seller = MeliControl(simulator), SELLERS[name]
	meli.add_seller(seller, name)
	settings = frappe.get_single("MercadoLibre Settings")
	application = {"application_id": meli.application_id, "client_secret": meli.application_secret}
	settings.update({**application, "calls_per_minute": 60_000})
	settings.save()
	account = frappe.new_doc(ACCOUNT)
	account.update({"account_name": name, "nickname": name, "user_id": seller, "site": "MLA", "enabled": 1})
	account.update({"company": masters.company(), "customer_group": masters.customer_group()})
	account.insert()
	connection.store_tokens(name, Tokens.from_json(meli.issue_tokens(seller)))
	frappe.db.commit()


def notify(number: str, topic: str = "orders_v2", resource: str = "orders") -> None:
	"""Store what MercadoLibre tells the first account of an order, or of something else."""
	notification = Notification(
		topic, f"/{resource}/{number}", SELLER, MeliControl.application_id, None, None
	)
	intake.store(notification, "one", intake.SOURCE_POSTED, intake.PRIORITY_FRESH)
