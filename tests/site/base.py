"""What tests on a site share: the simulated MercadoLibre, one connected account, and a clean start."""

import atexit
import contextlib
import itertools
import unittest
from functools import cache

import frappe
from frappe.installer import update_site_config
from frappe.utils.password import get_encryption_key, update_password

from mercadolibre_sync.backfill.run import BACKFILL
from mercadolibre_sync.inbox import claims, intake, states, wake, worker
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.meli.notification import Notification
from mercadolibre_sync.meli.oauth import Tokens
from mercadolibre_sync.sync import connection, pace, sales, versions
from mercadolibre_sync.sync.accounts import ACCOUNT
from mercadolibre_sync.words import restored
from simulator.control import MeliControl
from simulator.server import running
from tests.ground import masters, visit

ENDPOINT = "/api/method/mercadolibre_sync.api.notifications"
SELLER = "468424240"
ACCOUNT_NAME = "TETE5915550"
# Buyers of tests have numbers of their own, so that cleaning up touches nobody else's customers.
FIRST_BUYER = 990_000_000_001
BUYERS = "990000______"
PASSWORD = "una-clave-larga-para-las-pruebas"


@cache
def simulator_url() -> str:
	"""The address of a simulator that lives as long as this process."""
	stack = contextlib.ExitStack()
	atexit.register(stack.close)
	return stack.enter_context(running())


class SiteTestCase(unittest.TestCase):
	"""A test on a site. `self.meli` steers the simulator; `sync_order` does what a notification would."""

	@classmethod
	def setUpClass(cls) -> None:
		# Under `bench run-tests` Frappe has connected already.
		if not getattr(frappe.local, "site", None) or not frappe.db:
			from tests.ground.site import connect

			connect()
		visit.begin()
		# Frappe makes the key when it first stores a password. A process that was started before would not know it.
		get_encryption_key()
		cls.meli = MeliControl(simulator_url())
		update_site_config("mercadolibre_sync_simulator", simulator_url())
		frappe.local.conf.update({"mercadolibre_sync_simulator": simulator_url(), "developer_mode": 1})

	def setUp(self) -> None:
		frappe.set_user("Administrator")
		# Tests tell of the same order again and again; those of bursts say how long is waited for more.
		claims.HOLD_SECONDS = 0
		# Tests compare what they read in English, whatever the site's language; some set another one.
		frappe.local.lang = "en"
		self.meli.reset()
		clean()
		self.meli.add_seller(SELLER, ACCOUNT_NAME)
		self.account = make_account()
		self._buyers = itertools.count(FIRST_BUYER)
		frappe.db.commit()
		self.addCleanup(frappe.db.rollback)
		# For what comes after this test: the next class's preparations begin before its setUp.
		self.addCleanup(frappe.set_user, "Administrator")

	# What MercadoLibre knows.

	def add_buyer(self, nickname: str = "GUZMARIANA", **details) -> str:
		"""Add a buyer to MercadoLibre and return the buyer's id."""
		details = {"first_name": "Mariana", "last_name": "Guzmán", "document": ("DNI", "32659430"), **details}
		return self.meli.add_buyer(str(next(self._buyers)), nickname, **details)

	def add_order(self, buyer: str, *, shipment: dict | None = None, **details) -> str:
		"""Add an order to MercadoLibre and return its number. `shipment`: None has no delivery."""
		if shipment is not None:
			details["shipment_id"] = self.meli.add_shipment(SELLER, buyer, **shipment)
		return self.meli.add_order(SELLER, buyer, **details)

	# What happens then.

	def notify(self, topic: str, resource: str) -> str:
		"""Store a notification as the endpoint does and return its name."""
		notification = Notification(topic, resource, SELLER, MeliControl.application_id, None, None)
		before = set(frappe.get_all(NOTIFICATION, pluck="name"))
		intake.store(notification, ACCOUNT_NAME, intake.SOURCE_POSTED, states.PRIORITY_FRESH)
		frappe.db.commit()
		return (set(frappe.get_all(NOTIFICATION, pluck="name")) - before).pop()

	def sync_order(self, order_id: str) -> frappe._dict:
		"""Notify of an order, empty the inbox and return the notification's row."""
		return self.drained(self.notify("orders_v2", f"/orders/{order_id}"))

	def drained(self, name: str) -> frappe._dict:
		"""Empty the inbox as the background job does and return this notification's row."""
		worker.drain()
		frappe.db.commit()
		return self.notification(name)

	def notification(self, name: str) -> frappe._dict:
		"""The row, with its reason as this process reads it."""
		row = frappe.db.get_value(NOTIFICATION, name, "*", as_dict=True)
		row.reason = str(restored(row.reason))
		return row

	# What stands in the ERP.

	def customer(self, buyer: str):
		return frappe.get_doc("Customer", buyer)

	def addresses(self, customer: str) -> list:
		return linked("Address", customer)

	def contacts(self, customer: str) -> list:
		return linked("Contact", customer)

	def fingerprint(self, customer: str) -> dict:
		"""Everything that would differ if the customer's documents were written again."""
		documents = [
			frappe.get_doc("Customer", customer),
			*self.addresses(customer),
			*self.contacts(customer),
		]
		state = {(doc.doctype, doc.name): str(doc.modified) for doc in documents}
		names = [doc.name for doc in documents]
		state["versions"] = frappe.db.count("Version", {"docname": ("in", names)})
		state["comments"] = frappe.db.count("Comment", {"reference_name": ("in", names)})
		return state


def claim_next(mark: str = "") -> claims.Claim | None:
	"""What a worker with this mark would take next, claimed for it, or None if nothing is free."""
	return next(iter(claims.claim(mark, 1)), None)


def linked(doctype: str, customer: str) -> list:
	"""Documents of that type linked to the customer, oldest first."""
	names = frappe.get_all(
		"Dynamic Link",
		filters={"parenttype": doctype, "link_doctype": "Customer", "link_name": customer},
		pluck="parent",
	)
	return sorted((frappe.get_doc(doctype, name) for name in names), key=lambda doc: (doc.creation, doc.name))


def make_account(name: str = ACCOUNT_NAME, user_id: str = SELLER, **values):
	"""A connected account, and the application in Settings."""
	frappe.db.set_single_value("MercadoLibre Settings", "calls_per_hour_allowed", 0)
	settings = frappe.get_single("MercadoLibre Settings")
	settings.update(
		{
			"application_id": MeliControl.application_id,
			"client_secret": MeliControl.application_secret,
			# The tests of the pace set their own.
			"calls_per_minute": 60_000,
		}
	)
	settings.save()
	account = frappe.new_doc(ACCOUNT)
	account.update(
		{
			"account_name": name,
			"user_id": user_id,
			"nickname": name,
			"site": "MLA",
			"company": masters.company(),
			"customer_group": masters.customer_group(),
			"enabled": 1,
			**values,
		}
	)
	account.insert()
	give_tokens(account.name, MeliControl(simulator_url()).issue_tokens(user_id))
	return frappe.get_doc(ACCOUNT, account.name)


def give_tokens(account: str, tokens: dict) -> None:
	"""Connect the account. Tokens as the token endpoint answers them."""
	connection.store_tokens(account, Tokens.from_json(tokens))


def make_manager(name: str = "gerente@example.com", *, role: str = "MercadoLibre Manager") -> str:
	"""A user with one of the app's roles and the password PASSWORD."""
	if not frappe.db.exists("User", name):
		user = frappe.new_doc("User")
		user.update({"email": name, "first_name": name.split("@")[0], "send_welcome_email": 0})
		user.language = "en"
		user.insert()
	# Also where the user is there: uninstalling the app takes its roles away.
	update_password(name, PASSWORD)
	frappe.get_doc("User", name).add_roles(role)
	frappe.db.commit()
	return name


def told(user: str) -> list[str]:
	"""Subjects of what the desk shows this user as news, oldest first."""
	frappe.db.rollback()
	return frappe.get_all(
		"Notification Log", filters={"for_user": user}, pluck="subject", order_by="creation asc, name asc"
	)


def clean() -> None:
	"""Remove what earlier tests left."""
	frappe.db.rollback()
	for customer in frappe.get_all(
		"Customer", or_filters={"name": ("like", BUYERS), "mercadolibre_id": ("like", BUYERS)}, pluck="name"
	):
		remove_customer(customer)
	for doctype in (NOTIFICATION, versions.ORDER, BACKFILL, "Notification Log"):
		frappe.db.delete(doctype)
	for account in frappe.get_all(ACCOUNT, pluck="name"):
		frappe.db.delete("__Auth", {"doctype": ACCOUNT, "name": account})
		_delete(ACCOUNT, account)
	# Tests of the registry switch it on; the others must not ask it.
	frappe.db.set_single_value("ARCA Settings", "enabled", 0)
	wake.fall_asleep()
	frappe.cache.delete_keys(pace.KEY)
	frappe.db.commit()


def remove_customer(customer: str) -> None:
	"""Delete a customer and what is linked to it, asking nobody."""
	# A bench has them: they would name the addresses and contacts of the next test's buyer, who is called the same.
	for kind, fieldname in sales.DOCUMENTS.items():
		if frappe.db.table_exists(kind):
			for name in frappe.get_all(kind, {fieldname: customer}, pluck="name"):
				_delete(kind, name)
	for doctype in ("Address", "Contact"):
		for document in linked(doctype, customer):
			_delete(doctype, document.name)
	_delete("Customer", customer)


def _delete(doctype: str, name: str) -> None:
	"""Delete without asking anybody: on_trash would look for links and is slow."""
	for table in frappe.get_meta(doctype).get_table_fields():
		frappe.db.delete(table.options, {"parenttype": doctype, "parent": name})
	frappe.db.delete("Comment", {"reference_doctype": doctype, "reference_name": name})
	frappe.db.delete("Version", {"ref_doctype": doctype, "docname": name})
	frappe.db.delete(doctype, {"name": name})
