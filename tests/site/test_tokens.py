"""Staying connected: one renewal however many workers, and people who are told once."""

from unittest.mock import patch

import frappe
from frappe.utils import add_to_date, now_datetime

from mercadolibre_sync.inbox import claims, sweep, worker
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.meli.errors import ReauthorisationNeeded
from mercadolibre_sync.sync import connection
from mercadolibre_sync.sync.accounts import ACCOUNT
from mercadolibre_sync.sync.errors import TryLater
from tests.ground.process import outputs, together
from tests.site.base import ACCOUNT_NAME, SELLER, SiteTestCase, give_tokens, make_manager, told

DRAIN = """
	from mercadolibre_sync.inbox import worker
	worker.drain()
"""


class TestRenewal(SiteTestCase):
	def status(self) -> str:
		frappe.db.rollback()
		return frappe.db.get_value(ACCOUNT, ACCOUNT_NAME, "status")

	def test_eight_workers_that_meet_an_expired_token_renew_it_once_and_lose_no_call(self):
		orders = [self.add_order(self.add_buyer(f"COMPRADOR{number}")) for number in range(24)]
		names = [self.notify("orders_v2", f"/orders/{order}") for order in orders]
		self.meli.expire_access_tokens(SELLER)
		# So that all eight are at it with the old token before the first has renewed it.
		self.meli.misbehave("^/orders/", "slow", seconds=0.5, times=8)
		outputs(together(DRAIN, 8))
		self.assertEqual([call.status for call in self.meli.refreshes()], [200])
		frappe.db.rollback()
		self.assertEqual({self.notification(name).status for name in names}, {"Done"})
		self.assertEqual({self.notification(name).attempts for name in names}, {1})
		self.assertGreater(len([call for call in self.meli.calls("^/orders/") if call.status == 401]), 1)

	def test_a_token_that_is_about_to_expire_is_renewed_before_the_call(self):
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "token_expires_at", add_to_date(now_datetime(), minutes=4))
		frappe.db.commit()
		with connection.connected(ACCOUNT_NAME) as client:
			client.me()
		self.assertEqual([call.status for call in self.meli.calls()], [200, 200])
		self.assertEqual(len(self.meli.refreshes()), 1)

	def test_the_new_refresh_token_is_committed_before_it_is_used(self):
		self.meli.expire_access_tokens(SELLER)
		self.meli.misbehave("^/users/me", "401", times=1)
		with connection.connected(ACCOUNT_NAME) as client:
			client.me()
			frappe.db.rollback()
		self.meli.expire_access_tokens(SELLER)
		with connection.connected(ACCOUNT_NAME) as client:
			client.me()
		self.assertEqual([call.status for call in self.meli.refreshes()], [200, 200])

	def test_no_refresh_token_is_used_up_that_a_full_disk_would_lose(self):
		self.meli.expire_access_tokens(SELLER)
		order = self.add_order(self.add_buyer())
		full = frappe.db.OperationalError(1114, "The table '__Auth' is full")
		with patch.object(connection, "set_encrypted_password", side_effect=full):
			row = self.sync_order(order)
		self.assertEqual((row.status, self.meli.refreshes()), ("Waiting for retry", []))
		self.assertEqual(self.sync_order(order).status, "Done")
		self.assertEqual(self.status(), "Connected")

	def test_a_refresh_that_was_not_answered_is_tried_again_with_the_same_token(self):
		self.meli.expire_access_tokens(SELLER)
		self.meli.misbehave("/oauth/token", "503")
		row = self.sync_order(self.add_order(self.add_buyer()))
		self.assertEqual(row.status, "Waiting for retry")
		self.assertEqual(self.status(), "Connected")
		frappe.db.set_value(NOTIFICATION, row.name, "status", "Queued")
		self.assertEqual(self.drained(row.name).status, "Done")


class TestLostGrant(SiteTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.manager = make_manager()
		self.orders = [self.add_order(self.add_buyer(f"COMPRADOR{number}")) for number in range(6)]
		self.names = [self.notify("orders_v2", f"/orders/{order}") for order in self.orders]

	def statuses(self) -> set[str]:
		frappe.db.rollback()
		return {self.notification(name).status for name in self.names}

	def news(self) -> list[str]:
		return [subject for subject in told(self.manager) if "connected again" in subject]

	def test_people_are_told_once_whatever_number_of_workers_and_notifications_meet_it(self):
		self.meli.revoke(SELLER)
		outputs(together(DRAIN, 3))
		self.assertEqual(self.statuses(), {"Waiting for retry"})
		self.assertEqual(frappe.db.get_value(ACCOUNT, ACCOUNT_NAME, "status"), "Reconnect needed")
		self.assertEqual(len(self.news()), 1)

	def test_an_email_goes_out_where_an_outgoing_account_is_set_up(self):
		frappe.db.delete("Email Queue")
		self.make_email_account()
		self.meli.revoke(SELLER)
		worker.drain()
		recipients = frappe.get_all("Email Queue Recipient", pluck="recipient")
		self.assertIn(self.manager, recipients)

	def test_a_second_loss_is_told_again(self):
		self.meli.revoke(SELLER)
		worker.drain()
		self.reconnect()
		self.meli.revoke(SELLER)
		claims.requeue_waiting_for_account(ACCOUNT_NAME)
		worker.drain()
		self.assertEqual(len(self.news()), 2)

	def test_a_worker_that_met_the_old_grant_does_not_undo_a_reconnection(self):
		with self.assertRaises(TryLater), connection.connected(ACCOUNT_NAME) as client:
			client.me()
			self.reconnect()
			raise ReauthorisationNeeded("The answer to the old token, late.")
		self.assertEqual(frappe.db.get_value(ACCOUNT, ACCOUNT_NAME, "status"), "Connected")
		self.assertEqual(self.news(), [])

	def test_what_begins_to_wait_while_the_account_is_being_connected_is_found_by_the_sweep(self):
		for name in self.names:
			frappe.db.set_value(NOTIFICATION, name, {"status": "Waiting for retry", "next_attempt": None})
		sweep.sweep()
		self.assertEqual(self.statuses(), {"Queued"})

	def test_what_waits_for_its_account_is_not_tried_meanwhile(self):
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "status", "Reconnect needed")
		for name in self.names:
			frappe.db.set_value(NOTIFICATION, name, {"status": "Waiting for retry", "next_attempt": None})
		sweep.sweep()
		self.assertEqual(self.statuses(), {"Waiting for retry"})

	def test_a_disconnected_account_makes_things_wait_and_alarms_nobody(self):
		with connection.tokens_lock(ACCOUNT_NAME):
			connection.remove_tokens(ACCOUNT_NAME)
			frappe.db.commit()
		worker.drain()
		self.assertEqual(self.statuses(), {"Waiting for retry"})
		self.assertEqual(frappe.db.get_value(ACCOUNT, ACCOUNT_NAME, "status"), "Not connected")
		self.assertEqual(self.news(), [])

	def test_a_blocked_application_is_told_apart_and_once(self):
		frappe.cache.delete(frappe.cache.make_key(connection.BLOCKED_KEY))
		self.meli.set_application(blocked=True)
		worker.drain()
		self.assertEqual(self.statuses(), {"Failed"})
		self.assertEqual(frappe.db.get_value(ACCOUNT, ACCOUNT_NAME, "status"), "Connected")
		self.assertEqual(self.news(), [])
		self.assertEqual(told(self.manager), ["MercadoLibre has blocked the application"])

	def reconnect(self) -> None:
		with connection.tokens_lock(ACCOUNT_NAME):
			give_tokens(ACCOUNT_NAME, self.meli.issue_tokens(SELLER))
			frappe.db.commit()

	def make_email_account(self) -> None:
		account = frappe.new_doc("Email Account")
		account.update(
			{
				"email_account_name": "Pruebas",
				"email_id": "pruebas@example.com",
				"enable_outgoing": 1,
				"default_outgoing": 1,
				"smtp_server": "127.0.0.1",
				"password": "x",
			}
		)
		account.db_insert()
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.delete, "Email Account", {"name": account.name})
		frappe.db.commit()
