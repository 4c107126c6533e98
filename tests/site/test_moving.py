"""A copy of a site at another address: it leaves the connection to the site it was copied from, and says so."""

import frappe

from mercadolibre_sync.account import authorisation, moved
from mercadolibre_sync.inbox import states, sweep
from mercadolibre_sync.patches import note_site_address
from mercadolibre_sync.sync import connection, moving
from mercadolibre_sync.sync.accounts import ACCOUNT, CONNECTED, RECONNECT_NEEDED
from tests.site.base import ACCOUNT_NAME, SELLER, SiteTestCase, give_tokens, make_manager, told

ELSEWHERE = "vivo.ejemplo.example"


class TestMoving(SiteTestCase):
	def copied(self) -> None:
		"""Have the site be a copy of one at another address."""
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "site_address", ELSEWHERE)
		frappe.db.commit()

	def field(self, fieldname: str) -> str | None:
		frappe.db.rollback()
		return frappe.db.get_value(ACCOUNT, ACCOUNT_NAME, fieldname)

	def test_an_account_notes_where_it_was_authorised(self):
		self.assertEqual(self.field("site_address"), moving.address())

	def test_the_address_is_a_host_name_whatever_else_the_configuration_says(self):
		before = frappe.conf.host_name
		self.addCleanup(frappe.conf.update, {"host_name": before})
		for said in ("https://Nuevo.example/", "nuevo.example", "http://nuevo.example:8000"):
			frappe.conf.host_name = said
			self.assertEqual(moving.address(), "nuevo.example")
		frappe.conf.host_name = ""
		self.assertEqual(moving.address(), frappe.local.site)

	def test_a_copy_asks_mercadolibre_nothing_and_what_arrives_waits_with_the_reason(self):
		self.copied()
		self.meli.expire_access_tokens(SELLER)
		self.meli.forget_calls()
		row = self.sync_order(self.add_order(self.add_buyer()))
		self.assertEqual((row.status, row.next_attempt), (states.WAITING, None))
		self.assertIn(ELSEWHERE, row.reason)
		self.assertIn(moving.address(), row.reason)
		self.assertEqual((self.meli.calls(), self.meli.refreshes()), ([], []))

	def test_managers_are_told_once_and_the_form_says_it(self):
		manager = make_manager()
		self.copied()
		for _minute in range(2):
			moved.look()
		self.assertEqual(self.field("status"), RECONNECT_NEEDED)
		self.assertEqual(len(told(manager)), 1)
		document = frappe.get_doc(ACCOUNT, ACCOUNT_NAME)
		document.run_method("onload")
		self.assertIn(ELSEWHERE, document.get_onload("moved"))

	def test_where_it_was_authorised_nothing_changes(self):
		moved.look()
		self.assertEqual(self.field("status"), CONNECTED)

	def test_authorising_here_moves_the_account_for_good(self):
		self.copied()
		row = self.sync_order(self.add_order(self.add_buyer()))
		moved.look()
		give_tokens(ACCOUNT_NAME, self.meli.issue_tokens(SELLER))
		sweep.sweep()
		self.assertEqual(self.field("site_address"), moving.address())
		self.assertEqual(self.drained(row.name).status, states.DONE)

	def test_disconnecting_a_copy_leaves_the_authorisation_to_the_other_site(self):
		self.copied()
		said = authorisation.disconnect(ACCOUNT_NAME)
		self.assertIn("stays", said)
		self.assertEqual(self.meli.calls(), [])
		self.assertFalse(self.field("access_token"))
		self.assertIsNone(self.field("site_address"))

	def test_an_account_of_an_earlier_version_belongs_to_the_site_that_migrates(self):
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "site_address", None)
		note_site_address.execute()
		self.assertEqual(self.field("site_address"), moving.address())

	def test_a_pair_of_tokens_that_is_renewed_keeps_the_address(self):
		self.meli.expire_access_tokens(SELLER)
		with connection.connected(ACCOUNT_NAME) as client:
			client.me()
		self.assertEqual(self.field("site_address"), moving.address())
