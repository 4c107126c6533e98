"""Tokens, keys and passwords: after all that can happen they are found nowhere but encrypted, in the table made for it."""

import time
import zlib
from unittest.mock import patch

import frappe
from frappe.utils import add_days, now_datetime
from frappe.utils.background_jobs import get_redis_conn
from frappe.utils.password import get_decrypted_password

from mercadolibre_sync import fiscal_api
from mercadolibre_sync.backfill.run import BACKFILL
from mercadolibre_sync.custom_fields import MODULE
from mercadolibre_sync.inbox import wake
from mercadolibre_sync.meli import client, oauth
from mercadolibre_sync.mercadolibre_sync.doctype.arca_settings.arca_settings import (
	test_connection as try_arca,
)
from mercadolibre_sync.sync.accounts import ACCOUNT
from mercadolibre_sync.sync.fiscal.registry import SETTINGS as ARCA
from mercadolibre_sync.sync.fiscal.tickets import TICKET
from tests.ground.paths import LOGS
from tests.ground.people import make_user
from tests.site.base import PASSWORD, SELLER
from tests.site.fiscal import FiscalTestCase, configure, make_pair
from tests.site.test_authorisation import AuthorisationTestCase, Browser
from tests.site.traces import backup_with, files_with, keys_with, overheard, tables_with

# Of a key or a ticket some letters in the middle tell it as well as all of them, whatever it is broken into.
TELLING = slice(100, 140)
MELI_SPOILT = ("401", "403", "429", "500", "html", "cut_off", "slow")
ARCA_SPOILT = ("html", "cut_off", "wrong_shape", "down")
SYSTEM_MANAGER = "sistema@mercadolibre-sync.example"


class TestSecrets(FiscalTestCase, AuthorisationTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.began = time.time()
		self.secrets: set[str] = set()
		self.answers: list[str] = []

	def test_they_are_found_nowhere_but_encrypted(self):
		with overheard() as told:
			self.connect()
			self.sync_in_all_ways()
			self.ask_arca_in_all_ways()
			self.leave_jobs_behind()
			self.read_all_that_can_be_read()
		# The application's, two pairs of tokens, a key, a ticket's token and its sign.
		self.assertGreaterEqual(len(self.secrets), 8)
		frappe.db.rollback()
		self.assertEqual(tables_with(self.secrets), {})
		self.assertEqual(keys_with(self.secrets), set())
		self.assertEqual(files_with(self.secrets, self.began), set())
		self.assertEqual(backup_with(self.secrets), set())
		self.assertFalse(any(secret.encode() in line for secret in self.secrets for line in told))
		self.assertFalse(any(secret in answer for secret in self.secrets for answer in self.answers))

	def test_who_looks_for_them_finds_them(self):
		"""The search itself, with a word that does stand everywhere."""
		word = "Zunildandra"
		with overheard() as told:
			buyer = self.add_buyer(word)
			self.authorise()
			self.sync_order(self.add_order(buyer))
			frappe.publish_realtime("tests", {"word": word})
			frappe.cache.set_value("tests", word)
			# As RQ packs what a job is called with; a real one the bench's worker would take away.
			get_redis_conn().hset("rq:job:tests", "data", zlib.compress(word.encode()))
			self.addCleanup(get_redis_conn().delete, "rq:job:tests")
			(LOGS / "tests.log").write_text(word)
			self.addCleanup((LOGS / "tests.log").unlink)
			self.addCleanup(frappe.cache.delete_value, "tests")
		self.assertIn("tabCustomer", tables_with([word]))
		keys = keys_with([word])
		self.assertTrue(any(key.endswith("rq:job:tests") for key in keys), keys)
		self.assertTrue(any(key.endswith("|tests") for key in keys), keys)
		# Beside it, where customers are named by their name, the tests' own note of what they made.
		self.assertIn(str(LOGS / "tests.log"), files_with([word], self.began))
		self.assertEqual(backup_with([word, frappe.conf.db_name]), {".sql.gz", ".json"})
		self.assertTrue(any(word.encode() in line for line in told))

	def note_secrets(self) -> None:
		"""Add what is encrypted at this moment: passwords of the app's doctypes, whatever they are."""
		frappe.db.rollback()
		for doctype, name, fieldname in frappe.db.sql(
			"select doctype, name, fieldname from __Auth where encrypted"
		):
			if frappe.db.get_value("DocType", doctype, "module") == MODULE:
				secret = get_decrypted_password(doctype, name, fieldname)
				self.secrets.add(secret[TELLING] if len(secret) > TELLING.stop else secret)

	def connect(self) -> None:
		self.answers.append(self.authorise().text)
		self.note_secrets()

	def sync_in_all_ways(self) -> None:
		self.sync_order(self.add_order(self.add_buyer(), shipment={}))
		for kind in MELI_SPOILT:
			self.meli.misbehave("^/(orders|shipments)", kind, seconds=0.1)
			self.sync_order(self.add_order(self.add_buyer(), shipment={}))
			self.meli.behave()
		for kind in (None, "500", "html"):
			if kind:
				self.meli.misbehave("^/oauth/token", kind)
			self.meli.expire_access_tokens(SELLER)
			self.sync_order(self.add_order(self.add_buyer()))
			self.note_secrets()
		# What was spoilt may have used the refresh token up.
		self.connect()
		# Mistakes of our own where tokens are at hand: Frappe logs the variables of every function on the way.
		for module in (client, oauth):
			self.meli.expire_access_tokens(SELLER)
			with patch.object(module, "exchange", side_effect=KeyError("a mistake")):
				self.sync_order(self.add_order(self.add_buyer()))
		self.assertGreaterEqual(frappe.db.count("Error Log"), 2)

	def ask_arca_in_all_ways(self) -> None:
		certificate, key = make_pair()
		configure(certificate=certificate, private_key=key.reveal())
		self.synced(self.add_company())
		self.note_secrets()
		for kind in ARCA_SPOILT:
			self.arca.fail("getPersona_v2", kind)
			self.synced(self.add_company())
			self.arca.heal()
		self.answers.append(str(try_arca()))

	def leave_jobs_behind(self) -> None:
		"""In the queue, or done by the bench's own worker meanwhile."""
		wake.wake()
		self.answers.append(self.browser.press("test_connection").text)
		self.answers.append(
			self.browser.press("synchronise", updated_from=str(add_days(now_datetime(), -1))).text
		)
		fiscal_api.ask_for(frappe.get_all("Customer", {"mercadolibre_id": ("is", "set")}, pluck="name"))
		frappe.db.commit()

	def read_all_that_can_be_read(self) -> None:
		make_user(SYSTEM_MANAGER, "Sistema", PASSWORD, ["System Manager"])
		documents = [
			(doctype, name)
			for doctype in (ACCOUNT, TICKET, BACKFILL)
			for name in frappe.get_all(doctype, pluck="name")
		]
		documents += [(doctype, doctype) for doctype in ("MercadoLibre Settings", ARCA)]
		for browser in (self.browser, Browser(self.address, SYSTEM_MANAGER)):
			for doctype, name in documents:
				about = {"doctype": doctype, "name": name}
				self.answers += [
					browser.get(f"/api/resource/{doctype}/{name}"),
					browser.get("/api/method/frappe.desk.form.load.getdoc", **about),
					browser.get("/api/method/frappe.client.get", **about),
					browser.get(f"/api/resource/{doctype}", fields='["*"]'),
				]
