"""The endpoint over real HTTP: what MercadoLibre, and a stranger, get for an answer."""

import json

import frappe
import requests

from mercadolibre_sync.inbox import door, intake, wake
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.meli.notification import MAX_BODY
from simulator.meli_notifications import notification_body
from tests.ground.process import outputs, python
from tests.site.base import ACCOUNT_NAME, ENDPOINT, SELLER
from tests.site.served import ServedTestCase

SECOND = {"name": None, "account_name": "LA SEGUNDA", "user_id": "468424241"}


class TestEndpoint(ServedTestCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.url = cls.address + ENDPOINT

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
				response = requests.get(self.url.replace(ENDPOINT, f"/api/resource/{resource}"), timeout=30)
				self.assertIn(response.status_code, (401, 403))

	def test_a_notification_of_a_disabled_account_is_kept(self):
		frappe.db.set_value("MercadoLibre Account", ACCOUNT_NAME, "enabled", 0)
		frappe.db.commit()
		self.assertEqual(self.post(self.body()).status_code, 200)
		self.assertEqual([row.status for row in self.rows()], ["Queued"])

	def test_one_insert_and_no_select_while_the_settings_stand(self):
		self.receive()
		queries = self.queries_of(self.receive)
		# Versions of Frappe begin a transaction differently.
		verbs = {query.split()[0].lower() for query in queries} - {"commit", "start"}
		self.assertEqual(verbs, {"insert"}, queries)
		self.assertEqual(sum(query.startswith("insert") for query in queries), 1)

	def test_an_account_added_since_redis_was_told_is_known(self):
		self.post(self.body())
		for change in (
			lambda: frappe.get_doc(self.account.as_dict() | SECOND).insert(ignore_permissions=True),
			# Behind the controllers' back, so that nobody tells Redis.
			lambda: frappe.db.set_value("MercadoLibre Account", "LA SEGUNDA", "user_id", "468424242"),
		):
			change()
			frappe.db.commit()
			seller = frappe.db.get_value("MercadoLibre Account", "LA SEGUNDA", "user_id")
			self.post(self.body(user_id=int(seller)))
			self.assertIn((seller, "LA SEGUNDA"), [(row.user_id, row.account) for row in self.rows()])

	def test_a_change_counts_when_it_is_committed_and_not_when_it_is_rolled_back(self):
		frappe.cache.delete(door._sellers_key())
		self.account.reload()
		self.account.user_id = "468424243"
		self.account.save()
		# Another process fills Redis while the change is not committed yet.
		self.post(self.body())
		frappe.db.rollback()
		self.assertEqual(self.post_and_count(self.body()), 2)
		self.assertEqual(self.post_and_count(self.body(user_id=468424243)), 2)
		self.account.reload()
		self.account.user_id = "468424243"
		self.account.save()
		frappe.db.commit()
		self.assertEqual(self.post_and_count(self.body(user_id=468424243)), 3)
		self.assertEqual(self.post_and_count(self.body()), 3)

	def test_what_was_read_before_a_change_is_not_stored_after_it(self):
		read = door._read
		self.addCleanup(setattr, door, "_read", read)

		def read_slowly():
			sellers = read()
			process = python(f"""
				account = frappe.get_doc("MercadoLibre Account", {ACCOUNT_NAME!r})
				account.user_id = "468424244"
				account.save()
				frappe.db.commit()
			""")
			outputs(process)
			return sellers

		door._read = read_slowly
		frappe.cache.delete(door._sellers_key())
		self.receive()
		door._read = read
		self.assertEqual(self.post_and_count(self.body(user_id=468424244)), 2)
		# What the slow one read is not in Redis: nobody is taken for ours by it.
		self.assertEqual(self.post_and_count(self.body()), 2)

	def test_a_new_application_is_known_at_once(self):
		self.post(self.body())
		settings = frappe.get_single("MercadoLibre Settings")
		settings.application_id = "4242"
		settings.save()
		frappe.db.commit()
		self.assertEqual(self.post_and_count(self.body(application_id=4242)), 2)
		self.assertEqual(self.post_and_count(self.body()), 2)

	def test_redis_that_has_forgotten_is_no_loss(self):
		self.post(self.body())
		frappe.cache.delete(door._sellers_key())
		self.assertEqual(self.post_and_count(self.body()), 2)

	def test_a_thousand_posts_a_minute_from_one_address_are_enough(self):
		address = "192.0.2.1"
		key = frappe.cache.make_key(f"{door.KNOCKS_KEY}:{address}")
		self.addCleanup(frappe.cache.delete, key)
		frappe.cache.set(key, door.POSTS_PER_MINUTE_AND_ADDRESS - 1, ex=60)
		statuses = [
			self.post(self.body(), **{"X-Forwarded-For": address}).status_code for _attempt in range(2)
		]
		self.assertEqual(statuses, [200, 429])
		self.assertEqual(self.post(self.body()).status_code, 200)
		self.assertEqual(len(self.rows()), 2)

	def receive(self) -> None:
		intake.receive(json.dumps(self.body()).encode(), "127.0.0.1")
		frappe.db.commit()

	def post_and_count(self, body: dict) -> int:
		self.assertEqual(self.post(body).status_code, 200)
		return len(self.rows())

	def queries_of(self, action) -> list[str]:
		queries = []
		sql = frappe.db.sql
		self.addCleanup(setattr, frappe.db, "sql", sql)
		frappe.db.sql = lambda query, *args, **kwargs: (
			queries.append(str(query)),
			sql(query, *args, **kwargs),
		)[1]
		action()
		return queries
