"""Texts that are stored in no language and read in two, whoever wrote them."""

import contextlib
import html
import json
from collections.abc import Iterator
from pathlib import Path

import frappe
import requests
from frappe.cache_manager import clear_defaults_cache
from frappe.translate import get_user_lang

import mercadolibre_sync
from mercadolibre_sync.boot import translate_sidebar
from mercadolibre_sync.inbox import digest, intake, states
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.sync.accounts import ACCOUNT
from mercadolibre_sync.words import Text, restored, sentences, text
from tests.ground.process import wait_for, web_server, workers
from tests.site.base import ACCOUNT_NAME, PASSWORD, SELLER, SiteTestCase, make_manager

SIDEBAR = Path(mercadolibre_sync.__file__).parent / "workspace_sidebar" / "mercadolibre.json"
ENGLISH = "reader.en@example.com"
SPANISH = "reader.es@example.com"
# Has no language of its own: the site's.
NEITHER = "reader@example.com"

DISABLED = 'The MercadoLibre account {0} is disabled. Tick "Enabled" in it and retry.'
IN_ENGLISH = f'The MercadoLibre account {ACCOUNT_NAME} is disabled. Tick "Enabled" in it and retry.'
IN_SPANISH = f'La cuenta de MercadoLibre {ACCOUNT_NAME} está desactivada. Marcá "Activa" en ella y reintentá.'


class TestStored(SiteTestCase):
	def test_a_text_comes_back_as_it_was(self):
		for written in (
			text("New customer."),
			text("Order {0} belongs to another seller than the account {1}.", "2000", 'ÑANDÚ "SRL"'),
			text(
				"{0} Gave up after {1} attempts; press Retry to start anew.",
				text("The database was busy."),
				10,
			),
			text("Updated: {0}.", (text("address"), Text("{0} and {1}", (text("contact"), "a ← [1]")))),
		):
			with self.subTest(written.source):
				self.assertEqual(restored(written.stored), written)

	def test_what_an_earlier_version_stored_stays_as_it_is(self):
		for stored in ("Cliente nuevo.", "Con {0} y {llaves}.", "De A ← B", "De ← [A]", ""):
			with self.subTest(stored):
				self.assertEqual(str(restored(stored)), stored)
		self.assertEqual(str(restored(None)), "")

	def test_values_are_translated_only_where_they_are_texts(self):
		said = "New customer."
		written = sentences(text("Updated: {0}.", [text("address"), text("contact")]), "", said)
		self.assertEqual(written.translated("en"), "Updated: address, contact. New customer.")
		self.assertEqual(written.translated("es"), "Se actualizó: dirección, contacto. New customer.")


class TestReaders(SiteTestCase):
	"""Two people with two languages look at one row."""

	def setUp(self) -> None:
		super().setUp()
		make_readers()
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "enabled", 0)
		self.row = self.sync_order(self.add_order(self.add_buyer()))

	def test_each_reads_the_reason_in_their_own_language(self):
		self.addCleanup(setattr, frappe.local, "lang", frappe.local.lang)
		for reader, reason in ((ENGLISH, IN_ENGLISH), (SPANISH, IN_SPANISH)):
			with self.subTest(reader):
				frappe.set_user(reader)
				frappe.local.lang = get_user_lang()
				printed = frappe.get_doc(NOTIFICATION, self.row.name)
				printed.run_method("before_print")
				self.assertEqual(printed.reason, reason)

	def test_filter_and_group_by_reason_find_the_same_for_everybody(self):
		stored = text(DISABLED, ACCOUNT_NAME).stored
		with web_server() as address:
			for reader in (ENGLISH, SPANISH):
				with self.subTest(reader):
					desk = Desk(address, reader)
					filtered = desk.call(
						"frappe.client.get_list", doctype=NOTIFICATION, filters={"reason": stored}
					)
					self.assertEqual([row["name"] for row in filtered], [self.row.name])
					(group,) = desk.call(
						"frappe.desk.listview.get_group_by_count",
						doctype=NOTIFICATION,
						current_filters=[[NOTIFICATION, "name", "=", self.row.name]],
						field="reason",
					)
					self.assertEqual((group["name"], group["count"]), (stored, 1))

	def test_the_digest_is_written_in_each_readers_language(self):
		digest.send()
		frappe.db.rollback()
		for reader, subject, reason in (
			(ENGLISH, "1 MercadoLibre notifications failed", IN_ENGLISH),
			(SPANISH, "Fallaron 1 notificaciones de MercadoLibre", IN_SPANISH),
		):
			with self.subTest(reader):
				log = news(reader)
				self.assertEqual(log.subject, subject)
				self.assertIn(reason, html.unescape(log.email_content))

	def test_a_guests_request_stores_no_language(self):
		name = self.notify("questions", "/questions/1")
		stored = frappe.db.get_value(NOTIFICATION, name, "reason")
		self.assertEqual(stored, intake.NO_USE.source)


class TestSidebar(SiteTestCase):
	def test_its_labels_are_in_the_readers_language(self):
		"""Frappe 16 sends the desk what it has stored, and shows that; Frappe 15 has no such sidebar."""
		self.addCleanup(setattr, frappe.local, "lang", frappe.local.lang)
		frappe.local.lang = "es"
		items = json.loads(SIDEBAR.read_text())["items"]
		bootinfo = {"workspace_sidebar_item": {"mercadolibre": {"items": items}}}
		translate_sidebar(bootinfo)
		self.assertEqual([item["label"] for item in items][:2], ["Inicio", "Notificaciones"])
		translate_sidebar({})


class TestWorkerOnASpanishSite(SiteTestCase):
	"""Frappe's workers speak English, or what the bench's configuration says, whatever the site speaks."""

	def test_a_worker_writes_for_everybody_in_the_sites_language_and_for_each_in_their_own(self):
		make_readers()
		spoilt = self.add_order(self.add_buyer(document=("CUIT", "30703088535")))
		with site_speaks("es"), workers("default"):
			done = self.worked_on(spoilt)
			(comment,) = frappe.get_all(
				"Comment", {"reference_name": done.customer, "comment_type": "Comment"}, pluck="content"
			)
			self.meli.revoke(SELLER)
			waiting = self.worked_on(self.add_order(self.add_buyer("OTRA")))

			self.assertEqual(done.reason, text("New customer. Its address is not known yet.").stored)
			self.assertIn("tiene mal el dígito verificador", comment)
			self.assertTrue(waiting.reason.startswith("MercadoLibre no longer accepts"))
			for reader, subject in (
				(ENGLISH, f"The MercadoLibre account {ACCOUNT_NAME} has to be connected again"),
				(SPANISH, f"Hay que volver a conectar la cuenta de MercadoLibre {ACCOUNT_NAME}"),
				(NEITHER, f"Hay que volver a conectar la cuenta de MercadoLibre {ACCOUNT_NAME}"),
			):
				with self.subTest(reader):
					self.assertEqual(news(reader).subject, subject)

	def worked_on(self, order: str) -> frappe._dict:
		"""The row of a notification of this order, as it is stored, once a worker is done with it."""
		name = self.notify("orders_v2", f"/orders/{order}")
		frappe.enqueue("mercadolibre_sync.inbox.worker.drain", queue="default")

		def row() -> frappe._dict:
			frappe.db.rollback()
			return frappe.db.get_value(NOTIFICATION, name, "*", as_dict=True)

		wait_for(lambda: row().status not in (states.QUEUED, states.PROCESSING))
		return row()


def make_readers() -> None:
	"""Managers who read English, Spanish, and what the site speaks; none of them has news."""
	for name, language in ((ENGLISH, "en"), (SPANISH, "es"), (NEITHER, "")):
		make_manager(name)
		frappe.db.set_value("User", name, "language", language)
		frappe.clear_cache(user=name)
		frappe.db.delete("Notification Log", {"for_user": name})
	frappe.db.commit()


@contextlib.contextmanager
def site_speaks(language: str) -> Iterator[None]:
	"""Give the site a language, and its own back afterwards."""
	before = frappe.db.get_default("lang"), frappe.db.get_single_value("System Settings", "language")
	try:
		_set_language(language, language)
		yield
	finally:
		_set_language(*before)


def _set_language(default: str | None, setting: str | None) -> None:
	frappe.db.rollback()
	# Not set_default(), which makes one row of two that some sites have.
	frappe.db.set_value("DefaultValue", {"defkey": "lang", "parent": "__default"}, "defvalue", default)
	frappe.db.set_single_value("System Settings", "language", setting)
	frappe.db.commit()
	frappe.clear_cache()
	clear_defaults_cache()


class Desk:
	"""What somebody's browser asks of the server at this address."""

	def __init__(self, address: str, user: str) -> None:
		self._session = requests.Session()
		self._address = address
		self._ask("login", usr=user, pwd=PASSWORD)

	def call(self, method: str, **arguments: object):
		"""What a whitelisted function answers."""
		given = {name: json.dumps(value) for name, value in arguments.items() if not isinstance(value, str)}
		return self._ask(method, **(arguments | given)).json()["message"]

	def _ask(self, method: str, **arguments: object) -> requests.Response:
		answer = self._session.get(f"{self._address}/api/method/{method}", params=arguments, timeout=60)
		assert answer.ok, answer.text
		return answer


def news(user: str) -> frappe._dict:
	"""The one thing that the desk shows this user as news."""
	(log,) = frappe.get_all("Notification Log", {"for_user": user}, ["subject", "email_content"])
	return log
