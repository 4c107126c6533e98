"""The endpoint over real HTTP: what MercadoLibre, and a stranger, get for an answer."""

import json

import frappe
import requests

from mercadolibre_sync.inbox import intake, wake
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.meli.notification import MAX_BODY
from simulator.meli_notifications import notification_body
from tests.ground.process import web_server
from tests.site.base import ACCOUNT_NAME, SELLER, SiteTestCase

PATH = "/api/method/mercadolibre_sync.api.notifications"


class TestEndpoint(SiteTestCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		server = web_server()
		cls.url = server.__enter__() + PATH
		cls.addClassCleanup(server.__exit__, None, None, None)

	def post(self, body: object = None, raw: bytes | None = None, **headers: str) -> requests.Response:
		data = raw if raw is not None else json.dumps(body).encode()
		return requests.post(
			self.url, data=data, headers={"Content-Type": "application/json", **headers}, timeout=30
		)

	def rows(self) -> list[frappe._dict]:
		frappe.db.rollback()
		return frappe.get_all(NOTIFICATION, fields=["*"])

	def body(self, **changes) -> dict:
		return {**notification_body("orders_v2", "/orders/2195160686", SELLER), **changes}

	def test_a_notification_is_stored_and_answered_with_200(self):
		delivery = self.meli.post_notification(self.url, "orders_v2", "/orders/2195160686", SELLER)
		self.assertEqual((delivery.status, delivery.body), (200, ""))
		(row,) = self.rows()
		self.assertEqual(
			(row.status, row.account, row.resource), ("Queued", ACCOUNT_NAME, "/orders/2195160686")
		)
		self.assertEqual((row.topic, row.source, row.user_id), ("orders_v2", "MercadoLibre", SELLER))
		self.assertTrue(wake.is_awake())

	def test_a_topic_that_is_not_ours_is_kept_as_ignored_and_wakes_nobody(self):
		response = self.post(self.body(topic="items", resource="/items/MLA1"))
		self.assertEqual(response.status_code, 200)
		self.assertEqual([row.status for row in self.rows()], ["Ignored"])
		self.assertFalse(wake.is_awake())

	def test_strangers_learn_nothing_and_store_nothing(self):
		known = self.post(self.body())
		frappe.db.delete(NOTIFICATION)
		frappe.db.commit()
		wake.fall_asleep()
		for posted in (
			self.body(application_id=1),
			self.body(user_id=1),
			self.body(user_id=None),
			self.body(resource=["/orders/1"]),
			self.body(topic="x" * 141),
			self.body(topic="o\u0000"),
			{},
			[],
			[self.body()],
		):
			with self.subTest(posted):
				response = self.post(posted)
				self.assertEqual((response.status_code, response.content), (200, known.content))
		self.assertEqual(self.rows(), [])
		self.assertFalse(wake.is_awake())

	def test_an_oversized_body_is_dropped(self):
		response = self.post(self.body(padding="x" * MAX_BODY))
		self.assertEqual((response.status_code, response.content), (200, b""))
		self.assertEqual(self.rows(), [])

	def test_bytes_that_are_not_json_are_dropped(self):
		for raw in (b"", b"\xff\xfe", b"resource=/orders/1", b"{" * 1000):
			with self.subTest(raw):
				response = self.post(raw=raw, **{"Content-Type": "text/plain"})
				self.assertEqual(response.status_code, 200)
		self.assertEqual(self.rows(), [])

	def test_what_claims_to_be_json_and_is_not_is_refused_by_frappe_before_us(self):
		response = self.post(raw=b"{not json")
		# Frappe parses JSON before it looks for a method: 16 refuses with 417, 15 does not expect it.
		self.assertIn(response.status_code, (417, 500))
		self.assertEqual(self.rows(), [])

	def test_only_post_is_served(self):
		for method in ("GET", "PUT", "DELETE"):
			with self.subTest(method):
				response = requests.request(method, self.url, json=self.body(), timeout=30)
				self.assertEqual(response.status_code, 403)
		self.assertEqual(self.rows(), [])

	def test_guests_reach_no_data(self):
		for resource in (
			"MercadoLibre Notification",
			"MercadoLibre Order",
			"MercadoLibre Account",
			f"MercadoLibre Account/{ACCOUNT_NAME}",
			# The list of a Single is an error in Frappe 16, for everybody.
			"MercadoLibre Settings/MercadoLibre Settings",
		):
			with self.subTest(resource):
				response = requests.get(self.url.replace(PATH, f"/api/resource/{resource}"), timeout=30)
				self.assertIn(response.status_code, (401, 403))

	def test_a_notification_of_a_disabled_account_is_kept(self):
		frappe.db.set_value("MercadoLibre Account", ACCOUNT_NAME, "enabled", 0)
		frappe.db.commit()
		self.assertEqual(self.post(self.body()).status_code, 200)
		self.assertEqual([row.status for row in self.rows()], ["Queued"])

	def test_one_insert_and_no_document_hooks(self):
		queries = []
		sql = frappe.db.sql
		self.addCleanup(setattr, frappe.db, "sql", sql)
		frappe.db.sql = lambda query, *args, **kwargs: (
			queries.append(str(query)),
			sql(query, *args, **kwargs),
		)[1]
		intake.receive(json.dumps(self.body()).encode())
		writes = [
			query for query in queries if query.lstrip().lower().startswith(("insert", "update", "delete"))
		]
		self.assertEqual(len(writes), 1, writes)
