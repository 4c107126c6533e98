"""What goes wrong at MercadoLibre or here ends in a state and in words that name the remedy."""

import frappe

from mercadolibre_sync.inbox import failures
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.sync import customers
from tests.ground import masters
from tests.site.base import ACCOUNT_NAME, SELLER, SiteTestCase

ACCOUNT = "MercadoLibre Account"


class TestMisbehaviour(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.buyer = self.add_buyer()
		self.order = self.add_order(self.buyer, shipment={})

	def test_temporary_failures_wait_for_a_retry_and_succeed_then(self):
		for kind in ("429", "500", "503", "cut_off", "html"):
			for path in ("^/orders/{0}$", "billing", "^/shipments/"):
				with self.subTest(kind=kind, path=path):
					# Another order each time: of one that is known nothing more would be asked.
					order = self.add_order(self.buyer, shipment={})
					self.meli.misbehave(path.format(order), kind, times=1, retry_after="0")
					row = self.sync_order(order)
					self.assertEqual(row.status, "Waiting for retry", row.reason)
					self.assertGreater(row.next_attempt, row.received)
					frappe.db.set_value(NOTIFICATION, row.name, "status", "Queued")
					self.assertEqual(self.drained(row.name).status, "Done")

	def test_nothing_is_written_before_everything_is_fetched(self):
		self.meli.misbehave("^/shipments/", "500")
		self.sync_order(self.order)
		self.assertFalse(frappe.db.exists("Customer", self.buyer))

	def test_an_order_without_its_buyer_is_read_again_later(self):
		self.meli.misbehave(f"^/orders/{self.order}$", "206")
		row = self.sync_order(self.order)
		self.assertEqual(row.status, "Waiting for retry")
		frappe.db.set_value(NOTIFICATION, row.name, "status", "Queued")
		self.assertEqual(self.drained(row.name).status, "Done")

	def test_a_missing_permission_is_named(self):
		for path, permission in ((f"^/orders/{self.order}$", "Ventas y envíos"), ("billing", "Facturación")):
			with self.subTest(permission):
				self.meli.misbehave(path, "403_policy")
				row = self.sync_order(self.order)
				self.assertEqual(row.status, "Failed")
				self.assertIn(permission, row.reason)

	def test_an_unknown_order_is_tried_a_few_times_and_then_given_up(self):
		name = self.notify("orders_v2", "/orders/2000000000000001")
		self.assertEqual(self.drained(name).status, "Waiting for retry")
		frappe.db.set_value(NOTIFICATION, name, {"status": "Queued", "attempts": 3})
		self.assertEqual(self.drained(name).status, "Failed")

	def test_a_page_in_place_of_an_answer_fails_only_when_it_lasts(self):
		self.meli.misbehave(f"^/orders/{self.order}$", "html", times=2)
		row = self.sync_order(self.order)
		self.assertEqual(row.status, "Waiting for retry")
		frappe.db.set_value(NOTIFICATION, row.name, {"status": "Queued", "attempts": 9})
		row = self.drained(row.name)
		self.assertEqual(row.status, "Failed")
		self.assertIn("does not answer", row.reason)

	def test_a_blocked_application_is_told_from_an_expired_grant(self):
		self.meli.misbehave("^/orders/", "401_blocked")
		row = self.sync_order(self.order)
		self.assertEqual(row.status, "Failed")
		self.assertIn("blocked", row.reason)
		self.assertEqual(frappe.db.get_value(ACCOUNT, ACCOUNT_NAME, "status"), "Connected")

	def test_an_order_of_another_seller_is_refused(self):
		self.meli.add_seller("779432305", "OTRO")
		order = self.meli.add_order("779432305", self.buyer)
		row = self.sync_order(order)
		self.assertEqual(row.status, "Failed")
		self.assertIn("another seller", row.reason)
		self.assertFalse(frappe.db.exists("Customer", self.buyer))

	def test_the_resource_is_never_fetched_as_sent(self):
		for resource in (
			"/orders/1/../../users/me",
			"http://127.0.0.1/orders/1",
			"/orders/1?x=1",
			"/orders/abc",
		):
			with self.subTest(resource):
				self.assertEqual(self.notification(self.notify("orders_v2", resource)).status, "Ignored")
		self.assertEqual(self.meli.calls(), [])


class TestTokens(SiteTestCase):
	def test_refused_tokens_wait_for_the_account_and_go_on_once_it_is_connected(self):
		buyer = self.add_buyer()
		order = self.add_order(buyer)
		self.meli.revoke(SELLER)
		row = self.sync_order(order)
		self.assertEqual(row.status, "Waiting for retry")
		self.assertIn("Connect the account again", row.reason)
		self.assertEqual(frappe.db.get_value(ACCOUNT, ACCOUNT_NAME, "status"), "Reconnect needed")
		account = frappe.get_doc(ACCOUNT, ACCOUNT_NAME)
		tokens = self.meli.issue_tokens(SELLER)
		account.update({"access_token": tokens["access_token"], "refresh_token": tokens["refresh_token"]})
		account.save()
		frappe.db.commit()
		self.assertEqual(self.drained(row.name).status, "Done")

	def test_an_account_that_waits_does_not_trouble_mercadolibre(self):
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "status", "Reconnect needed")
		frappe.db.commit()
		row = self.sync_order(self.add_order(self.add_buyer()))
		self.assertEqual(row.status, "Waiting for retry")
		self.assertEqual(self.meli.calls(), [])

	def test_an_expired_access_token_is_renewed_on_the_way(self):
		self.meli.expire_access_tokens(SELLER)
		row = self.sync_order(self.add_order(self.add_buyer()))
		self.assertEqual(row.status, "Done", row.reason)
		self.assertEqual([call.status for call in self.meli.refreshes()], [200])

	def test_a_wrong_client_secret_is_named(self):
		self.meli.set_application(secret="another")
		self.meli.expire_access_tokens(SELLER)
		row = self.sync_order(self.add_order(self.add_buyer()))
		self.assertEqual(row.status, "Failed")
		self.assertIn('"Client Secret"', row.reason)


class TestAccountSettings(SiteTestCase):
	def test_a_disabled_account_fails_with_the_remedy_and_nothing_is_lost(self):
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "enabled", 0)
		frappe.db.commit()
		row = self.sync_order(self.add_order(self.add_buyer()))
		self.assertEqual(row.status, "Failed")
		self.assertIn('"Enabled"', row.reason)

	def test_a_customer_group_that_became_a_node_fails_with_the_remedy(self):
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "customer_group", masters.root("Customer Group"))
		frappe.db.commit()
		row = self.sync_order(self.add_order(self.add_buyer()))
		self.assertEqual(row.status, "Failed")
		self.assertIn('"Customer Group"', row.reason)

	def test_the_form_refuses_a_group_node_a_foreign_seller_and_an_id_that_is_no_number(self):
		for field, value, named in (
			("customer_group", masters.root("Customer Group"), "Customer Group"),
			("user_id", "no es un número", "Seller ID"),
		):
			with self.subTest(field):
				account = frappe.get_doc(ACCOUNT, ACCOUNT_NAME)
				account.set(field, value)
				with self.assertRaisesRegex(frappe.ValidationError, named):
					account.save()
				frappe.db.rollback()
		other = frappe.copy_doc(frappe.get_doc(ACCOUNT, ACCOUNT_NAME), ignore_no_copy=False)
		other.update({"account_name": "OTRA", "user_id": SELLER})
		with self.assertRaisesRegex(frappe.ValidationError, ACCOUNT_NAME):
			other.insert()

	def test_an_account_needs_a_customer_group(self):
		account = frappe.get_doc(ACCOUNT, ACCOUNT_NAME)
		account.customer_group = None
		with self.assertRaisesRegex(frappe.ValidationError, "Customer Group|customer_group"):
			account.save()

	def test_settings_refuse_an_application_id_that_is_no_number(self):
		settings = frappe.get_single("MercadoLibre Settings")
		settings.application_id = "mi aplicación"
		with self.assertRaisesRegex(frappe.ValidationError, "Application ID"):
			settings.save()


class TestPrivacy(SiteTestCase):
	def test_neither_tokens_nor_buyers_reach_the_error_log(self):
		self.customer_name = "Nombre Privado"
		buyer = self.add_buyer("SECRETO", first_name="Nombre", last_name="Privado")
		tokens = self.meli.issue_tokens(SELLER)
		frappe.db.delete("Error Log")
		self.addCleanup(setattr, customers, "_default_territory", customers._default_territory)

		def broken() -> None:
			raise KeyError(self.customer_name)

		customers._default_territory = broken
		row = self.sync_order(self.add_order(buyer))
		self.assertEqual(row.status, "Waiting for retry")
		log = frappe.get_all("Error Log", fields=["method", "error"])
		self.assertEqual(len(log), 1)
		self.assertIn("KeyError", log[0].method)
		text = f"{log[0].method}{log[0].error}{row.reason}"
		for secret in ("Privado", "SECRETO", "32659430", tokens["access_token"]):
			self.assertNotIn(secret, text)


class TestDatabase(SiteTestCase):
	def test_a_full_disk_is_waited_for_and_named(self):
		for number in (1114, 1290):
			with self.subTest(number), self.assertRaises(frappe.db.OperationalError) as raised:
				frappe.db.sql(f"signal sqlstate 'HY000' set mysql_errno = {number}, message_text = 'full'")
			verdict = failures.explain(raised.exception, 1)
			self.assertGreater(verdict.retry_in, 0)
			self.assertIn(f"error {number}", str(verdict.reason))
