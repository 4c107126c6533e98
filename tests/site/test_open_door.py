"""Whatever a stranger posts to the endpoint, or brings to the address that MercadoLibre sends sellers back to."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import frappe
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from mercadolibre_sync.inbox import door, wake, worker
from mercadolibre_sync.inbox.states import DONE, FAILED, IGNORED, NOTIFICATION, WAITING
from mercadolibre_sync.sync.accounts import ACCOUNT
from simulator.control import MeliControl
from simulator.meli_notifications import notification_body
from tests.ground import visit
from tests.site.base import ACCOUNT_NAME, ENDPOINT, SELLER, make_manager
from tests.site.served import ServedTestCase
from tests.site.test_every_value import ANY, EXAMPLES, TEXT

# VALUES=2000 in the environment tries so many examples of each kind, and others each time.
fuzzed = settings(
	max_examples=EXAMPLES or 25,
	derandomize=not EXAMPLES,
	database=None,
	deadline=None,
	suppress_health_check=list(HealthCheck),
)
FIELDS = tuple(notification_body("orders_v2", "/orders/2195160686", SELLER))
# Values that mean something to whoever looks for our application or our seller.
TELLING = some.sampled_from([int(SELLER), SELLER, float(SELLER), f" {SELLER}", True, 0, -1, 2**63, 10**400])
VALUES = ANY | TELLING
TYPES = some.sampled_from(
	[
		"text/plain",
		"text/json",
		"application/octet-stream",
		"application/x-www-form-urlencoded",
		"multipart/form-data",
		"multipart/form-data; boundary=x",
		"\x7f",
	]
)
CALLBACK = "/api/method/mercadolibre_sync.api.authorized"
# What a page must not give back as it came.
MARKUP = "<script>alert(1)</script>"


class OpenDoorTestCase(ServedTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.session = requests.Session()
		self.addCleanup(self.session.close)

	@contextmanager
	def nothing_grows(self) -> Iterator[None]:
		"""Not one table of the site, ours or another's, has more rows afterwards, or fewer."""
		before = visit.census()
		yield
		after = visit.census()
		self.assertEqual(visit.difference(before, after, before), {})


class TestEndpoint(OpenDoorTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.post(b"{}")

	def post(self, body: bytes, kind: str = "text/plain") -> requests.Response:
		"""Post a body: as text, which Frappe leaves to us to parse, unless it says that it is something else."""
		# The brake for who posts too much has a test of its own.
		frappe.cache.delete_keys(door.KNOCKS_KEY)
		return self.session.post(
			self.address + ENDPOINT, data=body, headers={"Content-Type": kind}, timeout=30
		)

	def body(self, **changes) -> bytes:
		return json.dumps(
			{**notification_body("orders_v2", "/orders/2195160686", SELLER), **changes}
		).encode()

	def test_strangers_learn_nothing_and_nothing_grows(self):
		@fuzzed
		@given(some.sampled_from(["user_id", "application_id"]), changes(), VALUES | some.integers())
		def post(who, others, value):
			if str(value).strip().split(".")[0] in (SELLER, MeliControl.application_id):
				value = 1
			self.assert_nothing_is_said(self.post(self.body(**others, **{who: value})))

		with self.nothing_grows():
			post()
		self.assertFalse(wake.is_awake())

	def test_any_json_is_answered_and_nothing_grows(self):
		@fuzzed
		@given(ANY | nested())
		def post(value):
			self.assert_nothing_is_said(self.post(json.dumps(value).encode()))

		with self.nothing_grows():
			post()

	def test_what_says_that_it_is_json_is_answered_by_frappe_or_by_us_and_nothing_grows(self):
		@fuzzed
		@given(changes())
		def post(value):
			answer = self.post(self.body(user_id=1, **value), "application/json")
			# What only a lenient parser takes for JSON, 16 refuses with 417, and 15 does not expect.
			self.assertIn((answer.status_code, answer.content[:1]), [(200, b""), (417, b"{"), (500, b"{")])

		with self.nothing_grows():
			post()

	def test_any_bytes_are_answered_and_nothing_grows(self):
		@fuzzed
		@given(some.binary(max_size=500) | TEXT.map(lambda text: text.encode(errors="replace")), TYPES)
		def post(raw, kind):
			self.assertLess(self.post(raw, kind).status_code, 500)

		with self.nothing_grows():
			post()

	def test_a_body_beside_the_point_is_answered_as_any_other(self):
		"""Addresses and headers that others look at."""

		@fuzzed
		@given(some.dictionaries(some.sampled_from(["cmd", "usr", "sid", "_lang", "data", "doctype"]), TEXT))
		def post(query):
			query = {name: value.encode(errors="replace") for name, value in query.items()}
			answer = self.session.post(self.address + ENDPOINT, params=query, data=b"{}", timeout=30)
			self.assertLess(answer.status_code, 500)

		with self.nothing_grows():
			post()

	def test_what_is_ours_comes_to_an_end_whatever_else_it_says(self):
		@fuzzed
		@given(changes())
		def post(others):
			self.assert_nothing_is_said(self.post(self.body(**others)))

		with self.only_grows(NOTIFICATION):
			post()
			worker.drain()
			frappe.db.commit()
		rows = frappe.get_all(NOTIFICATION, fields=["account", "user_id", "status", "reason"])
		self.assertEqual({(row.account, row.user_id) for row in rows}, {(ACCOUNT_NAME, SELLER)})
		self.assertLessEqual({row.status for row in rows}, {DONE, IGNORED, WAITING, FAILED})
		self.assertEqual([row for row in rows if not row.reason], [])

	@contextmanager
	def only_grows(self, doctype: str) -> Iterator[None]:
		before = visit.census()
		yield
		grown = visit.difference(before, visit.census(), before)
		self.assertEqual(set(grown), {f"tab{doctype}"})

	def assert_nothing_is_said(self, answer: requests.Response) -> None:
		self.assertEqual((answer.status_code, answer.content), (200, b""))

	def test_the_answer_to_ours_and_to_a_strangers_has_one_shape(self):
		ours, strangers = self.post(self.body()), self.post(self.body(user_id=1))
		self.assertEqual(shape(ours), shape(strangers))
		self.assertEqual(frappe.db.count(NOTIFICATION), 1)


class TestCallback(OpenDoorTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.session = self.logged_in(make_manager())
		self.bring({})

	def bring(self, query: dict, session: requests.Session | None = None) -> requests.Response:
		query = {name: value.encode(errors="replace") for name, value in query.items()}
		address = self.address + CALLBACK
		return (session or self.session).get(address, params=query, timeout=30, allow_redirects=False)

	def test_a_guest_is_sent_to_log_in_and_nothing_grows(self):
		guest = requests.Session()
		self.addCleanup(guest.close)
		with self.nothing_grows():
			self.tried(lambda query: self.assertEqual(self.bring(query, guest).status_code, 403))

	def test_a_manager_who_comes_from_elsewhere_changes_nothing(self):
		before = frappe.db.get_value(ACCOUNT, ACCOUNT_NAME, "*")

		def refused(query: dict) -> None:
			answer = self.bring(query)
			self.assertEqual(answer.status_code, 400)
			self.assertNotIn(MARKUP, answer.text)

		with self.nothing_grows():
			self.tried(refused)
		self.assertEqual(self.meli.calls(), [])
		self.assertEqual(frappe.db.get_value(ACCOUNT, ACCOUNT_NAME, "*"), before)

	def tried(self, check: Callable[[dict], None]) -> None:
		"""Call `check` with any query string."""

		@fuzzed
		@given(some.dictionaries(some.sampled_from(["code", "state", "error"]), TEXT | some.just(MARKUP)))
		def bring(query):
			check(query)

		bring()


def changes() -> some.SearchStrategy:
	"""Of a notification, any fields but who it is for."""
	others = [name for name in FIELDS if name not in ("user_id", "application_id")]
	return some.dictionaries(some.sampled_from([*others, "_id", "id", "actions"]), VALUES, max_size=3)


def nested() -> some.SearchStrategy:
	"""Lists within lists, deeper than anybody means them."""
	return some.builds(lambda depth: json.loads("[" * depth + "]" * depth), some.integers(1, 900))


def shape(answer: requests.Response) -> tuple:
	"""What of an answer does not depend on when it was given."""
	varying = ("Date", "X-Frappe-Request-Duration")
	headers = [(name, value) for name, value in answer.headers.items() if name not in varying]
	return answer.status_code, headers, answer.content
