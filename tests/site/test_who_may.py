"""Every method of ours that a browser can call, called by everybody: who is let in, and that nobody else is."""

import importlib
import json
import pkgutil
from collections.abc import Collection, Iterator
from inspect import isclass, isfunction
from types import FunctionType, ModuleType

import frappe
import requests
from frappe.utils import add_days, now_datetime

import mercadolibre_sync
from mercadolibre_sync.backfill.run import BACKFILL
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.roles import MANAGER, USER
from mercadolibre_sync.sync.accounts import ACCOUNT
from mercadolibre_sync.sync.customers import CUSTOMER
from tests.ground.people import make_user
from tests.site.base import ACCOUNT_NAME, PASSWORD
from tests.site.served import ServedTestCase

GUEST, PORTAL = "guest", "portal"
SALES, MASTER, SYSTEM = "Sales User", "Sales Master Manager", "System Manager"
SELLING_MANAGER = "selling manager"
# Everybody who logs in, by what they are called here, with their roles.
ROLES = {
	PORTAL: [],
	**{role: [role] for role in (SALES, MASTER, USER, MANAGER, SYSTEM)},
	SELLING_MANAGER: [SALES, MANAGER],
}
EVERYBODY = (GUEST, *ROLES)
MANAGERS = (MANAGER, SYSTEM)
READERS = (USER, *MANAGERS)
WRITERS = (SALES, MASTER)

FORMS = "mercadolibre_sync.doctype"
# Who is let in, by the function's path in the app. Whoever is not named gets 403.
LET_IN: dict[str, Collection[str]] = {
	"api.notifications": EVERYBODY,
	# What they bring has to be their own session's, and the account theirs to change: see test_authorisation.
	"api.authorized": tuple(ROLES),
	"customer_desk.orders": READERS,
	"duplicates_api.compare": (MASTER,),
	"duplicates_api.join": (MASTER,),
	"duplicates_api.keep_apart": WRITERS,
	# Who manages MercadoLibre and may write this customer.
	"erasure_api.show": (SELLING_MANAGER,),
	"erasure_api.erase": (SELLING_MANAGER,),
	"fiscal_api.compare": WRITERS,
	"fiscal_api.take": WRITERS,
	"fiscal_api.ask_for": WRITERS,
	"guided_start.look": MANAGERS,
	"workspace_numbers.time_to_customer": READERS,
	"workspace_numbers.notifications_by_outcome": READERS,
	f"{FORMS}.arca_settings.arca_settings.create_key_and_request": MANAGERS,
	f"{FORMS}.arca_settings.arca_settings.test_connection": MANAGERS,
	f"{FORMS}.mercadolibre_notification.mercadolibre_notification.retry": READERS,
	f"{FORMS}.mercadolibre_notification.mercadolibre_notification.MercadoLibreNotification.retry": READERS,
	f"{FORMS}.mercadolibre_account.mercadolibre_account.MercadoLibreAccount.authorise": MANAGERS,
	f"{FORMS}.mercadolibre_account.mercadolibre_account.MercadoLibreAccount.disconnect": MANAGERS,
	f"{FORMS}.mercadolibre_account.mercadolibre_account.MercadoLibreAccount.test_connection": MANAGERS,
	f"{FORMS}.mercadolibre_account.mercadolibre_account.MercadoLibreAccount.synchronise": MANAGERS,
	f"{FORMS}.mercadolibre_account.mercadolibre_account.MercadoLibreAccount.synchronise_order": MANAGERS,
	f"{FORMS}.mercadolibre_back_fill.mercadolibre_back_fill.MercadoLibreBackfill.stop": MANAGERS,
	f"{FORMS}.mercadolibre_back_fill.mercadolibre_back_fill.MercadoLibreBackfill.resume": MANAGERS,
}
BY_GET = ("api.authorized", "customer_desk.orders")
OF_A_CUSTOMER = tuple(
	path for path in LET_IN if path.split("_api.")[0] in ("duplicates", "erasure", "fiscal")
)


class TestWhoMay(ServedTestCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.sessions = {GUEST: requests.Session()}
		for name, roles in ROLES.items():
			make_user(email(name), name, PASSWORD, roles)
			cls.sessions[name] = cls.logged_in(email(name))

	def setUp(self) -> None:
		super().setUp()
		self.buyer = self.add_buyer("GUZMARIANA")
		self.row = self.sync_order(self.add_order(self.buyer)).name
		span = {"account": ACCOUNT_NAME, "updated_from": str(add_days(now_datetime(), -1))}
		self.backfill = frappe.get_doc({"doctype": BACKFILL, **span}).insert().name
		frappe.db.commit()

	def call(self, path: str, session: requests.Session) -> requests.Response:
		"""Call a method as the desk does, about what `setUp` made."""
		if "Mercado" not in path:
			verb = "get" if path in BY_GET else "post"
			arguments = {"params" if verb == "get" else "data": self.arguments(path)}
			url = f"{self.address}/api/method/mercadolibre_sync.{path}"
			return session.request(verb, url, **arguments, timeout=60, allow_redirects=False)
		owner, method = path.split(".")[-2:]
		doctype, name = {
			"MercadoLibreAccount": (ACCOUNT, ACCOUNT_NAME),
			"MercadoLibreBackfill": (BACKFILL, self.backfill),
			"MercadoLibreNotification": (NOTIFICATION, self.row),
		}[owner]
		form = {"dt": doctype, "dn": name, "method": method, "args": json.dumps(self.arguments(path))}
		return session.post(f"{self.address}/api/method/run_doc_method", form, timeout=60)

	def arguments(self, path: str) -> dict:
		return {
			"customer_desk.orders": {"customer": self.buyer},
			"fiscal_api.take": {"customer": self.buyer, "keys": "[]"},
			"fiscal_api.ask_for": {"customers": json.dumps([self.buyer])},
			f"{FORMS}.mercadolibre_notification.mercadolibre_notification.retry": {
				"names": json.dumps([self.row])
			},
			f"{FORMS}.mercadolibre_account.mercadolibre_account.MercadoLibreAccount.synchronise": {
				"updated_from": str(now_datetime())
			},
			f"{FORMS}.mercadolibre_account.mercadolibre_account.MercadoLibreAccount.synchronise_order": {
				"order_id": "2195160686"
			},
		}.get(path, {"customer": self.buyer} if path in OF_A_CUSTOMER else {})

	def test_every_method_that_a_browser_can_call_is_in_the_table(self):
		self.assertEqual(callable_from_browsers(), set(LET_IN))

	def test_only_the_endpoint_is_open_to_guests(self):
		frappe.set_user("Guest")
		self.assertEqual(callable_from_browsers(), {"api.notifications"})

	def test_who_is_not_let_in_is_refused_and_told_nothing(self):
		for path, let_in in LET_IN.items():
			for name, session in self.sessions.items():
				if set(ROLES.get(name, ())) & set(let_in) or name in let_in:
					continue
				with self.subTest(path, who=name):
					before = self.fingerprint(self.buyer)
					answer = self.call(path, session)
					self.assertEqual(answer.status_code, 403, answer.text)
					self.assertNotIn("GUZMARIANA", answer.text)
					frappe.db.rollback()
					self.assertEqual(self.fingerprint(self.buyer), before)

	def test_who_is_let_in_is_not_refused(self):
		for path, let_in in LET_IN.items():
			for name in let_in:
				with self.subTest(path, who=name):
					self.assertNotIn(self.call(path, self.sessions[name]).status_code, (401, 403, 500))

	def test_who_may_see_one_customer_only_is_refused_for_another(self):
		roles = [SALES, MASTER, USER, MANAGER]
		own = frappe.get_doc("Customer", self.buyer).as_dict() | {"name": None, "mercadolibre_id": None}
		own = frappe.get_doc({**own, "customer_name": "Una sola"}).insert()
		make_user(email("una sola"), "una sola", PASSWORD, roles)
		permission = {"user": email("una sola"), "allow": CUSTOMER, "for_value": own.name}
		frappe.get_doc({"doctype": "User Permission", **permission}).insert()
		frappe.db.commit()
		session = self.logged_in(email("una sola"))
		for path in OF_A_CUSTOMER:
			with self.subTest(path):
				answer = self.call(path, session)
				self.assertEqual(answer.status_code, 403, answer.text)
				self.assertNotIn("GUZMARIANA", answer.text)
		self.assertEqual(self.call("customer_desk.orders", session).json().get("message"), [])


def email(name: str) -> str:
	return f"{frappe.scrub(name)}-puede@mercadolibre-sync.example"


def callable_from_browsers() -> set[str]:
	"""Paths in the app of the functions, and methods of forms, that Frappe would call for the user of the moment."""
	package = f"{mercadolibre_sync.__name__}."
	return {
		f"{function.__module__}.{function.__qualname__}".removeprefix(package)
		for module in pkgutil.walk_packages(mercadolibre_sync.__path__, package)
		for function in functions_of(importlib.import_module(module.name))
		if is_whitelisted(function)
	}


def functions_of(module: ModuleType) -> Iterator[FunctionType]:
	"""Functions that a module defines, with those of its classes."""
	defined = [
		thing for thing in vars(module).values() if getattr(thing, "__module__", None) == module.__name__
	]
	for thing in defined:
		yield from filter(isfunction, vars(thing).values() if isclass(thing) else [thing])


def is_whitelisted(function: FunctionType) -> bool:
	try:
		frappe.is_whitelisted(function)
	except frappe.PermissionError:
		return False
	return True
