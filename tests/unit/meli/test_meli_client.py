import gc
import json
import socket
import traceback
import unittest
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mercadolibre_sync.meli import http
from mercadolibre_sync.meli.client import Client
from mercadolibre_sync.meli.errors import (
	ApplicationBlocked,
	Forbidden,
	MeliError,
	NotFound,
	PermanentError,
	RateLimited,
	ReauthorisationNeeded,
	TemporaryError,
	Unavailable,
	UnexpectedShape,
)
from mercadolibre_sync.meli.models import BillingInfo, Order
from simulator.meli_world import PAYLOADS
from tests.unit.meli.loopback import Loopback, Say

TOKEN = "APP_USR-123456-090515-8cc4448aac10d5105474e1351-1234567"
NEW_TOKEN = "APP_USR-123456-090516-0000000000000000000000000-1234567"

NOT_FOUND = Say(
	404, {"message": "Order not found.", "error": "order_not_found", "status": 404, "cause": None}
)
REFUSED = Say(401, {"message": "invalid_token", "error": "not_found", "status": 401, "cause": []})


def payload(name: str) -> Any:
	return json.loads((PAYLOADS / f"{name}.json").read_bytes())


class Tokens:
	def __init__(self, token: str = TOKEN) -> None:
		self.token = token
		self.rejected: list[str] = []

	def access_token(self) -> str:
		return self.token

	def renew(self, rejected: str) -> str:
		self.rejected.append(rejected)
		self.token = NEW_TOKEN
		return self.token


class Pace:
	def __init__(self) -> None:
		self.waits = self.relaxations = 0
		self.penalties: list[float] = []

	def wait(self) -> None:
		self.waits += 1

	def penalise(self, seconds: float) -> None:
		self.penalties.append(seconds)

	def relax(self) -> None:
		self.relaxations += 1


class ClientCase(unittest.TestCase):
	def setUp(self) -> None:
		self.server = Loopback()
		self.addCleanup(self.server.stop)
		self.tokens = Tokens()
		self.pace = Pace()
		self.client = Client(self.server.url, self.tokens, timeout=(1, 1), limiter=self.pace)

	def met(self, *answers: Say) -> MeliError:
		"""The error the client raises for these answers, with nothing in it that must not be logged."""
		self.server.say(*answers)
		with self.assertRaises(MeliError) as caught:
			self.client.order("2195160686")
		text = "".join(traceback.format_exception(caught.exception)) + repr(vars(caught.exception))
		# Frames of requests hold the request with its secrets, for whoever logs a traceback with its variables.
		self.assertNotIn("site-packages", text)
		self.assertNotIn("APP_USR", text)
		self.assertNotIn("Bearer", text)
		return caught.exception


class TestRequests(ClientCase):
	def test_the_token_travels_in_the_header_only(self):
		self.server.say(Say(body={"id": 2195160686}))
		self.client.order("2195160686")
		(asked,) = self.server.asked
		self.assertEqual((asked.method, asked.path), ("GET", "/orders/2195160686"))
		self.assertEqual(asked.headers["authorization"], f"Bearer {TOKEN}")

	def test_shipments_are_asked_for_in_the_new_format(self):
		self.server.say(Say(body=payload("mlm_shipment_new_format_2021_test_shipment")))
		self.assertEqual(self.client.shipment("40531399184").destination.city, "Alvaro Obregón")
		(asked,) = self.server.asked
		self.assertEqual((asked.path, asked.headers["x-format-new"]), ("/shipments/40531399184", "true"))

	def test_orders_of_a_shipment_each_once(self):
		row = {"order_id": "2000014428837134", "pack_id": "2000015428123455", "item_id": "MLA2041819084"}
		self.server.say(Say(body=[row, {**row, "item_id": "MLA1"}, {**row, "order_id": 5}, {}]))
		self.assertEqual(self.client.shipment_order_ids("7"), ("2000014428837134", "5"))
		(asked,) = self.server.asked
		self.assertEqual((asked.path, asked.headers["x-new-domain"]), ("/shipments/7/orders", "true"))

	def test_a_shipment_without_orders_answers_204(self):
		self.server.say(Say(204))
		self.assertEqual(self.client.shipment_order_ids("7"), ())

	def test_users(self):
		self.server.say(Say(body={"id": 5, "nickname": "TETE"}), Say(body={"id": 9, "site_id": "MLA"}))
		self.assertEqual(self.client.user("5").nickname, "TETE")
		self.assertEqual(self.client.me().id, "9")
		self.assertEqual([asked.path for asked in self.server.asked], ["/users/5", "/users/me"])

	def test_missed_feeds(self):
		self.server.say(Say(body=payload("missed_feeds_200")))
		self.assertEqual(self.client.missed_feeds("3486171129139063", "orders_v2", 20, 10).rows, 2)
		self.assertEqual(
			self.server.asked[0].path,
			"/missed_feeds?app_id=3486171129139063&offset=20&limit=10&topic=orders_v2",
		)

	def test_a_grant_is_revoked(self):
		self.server.say(Say(body={"user_id": "5", "app_id": "7", "msg": "Autorización eliminada"}))
		self.client.revoke_grant("5", "7")
		self.assertEqual(
			[(asked.method, asked.path) for asked in self.server.asked],
			[("DELETE", "/users/5/applications/7")],
		)

	def test_an_id_that_is_not_digits_never_reaches_an_address(self):
		for bad in ("", "0", "1/2", "../users/1", "1?x", "abc", " 1", "१"):
			for call in (
				self.client.order,
				self.client.shipment,
				self.client.shipment_order_ids,
				self.client.user,
				self.client.missed_feeds,
				lambda bad: self.client.revoke_grant(bad, "1"),
				lambda bad: self.client.revoke_grant("1", bad),
			):
				with self.assertRaises(ValueError):
					call(bad)
		self.assertEqual(self.server.asked, [])

	def test_the_base_address_has_to_be_http(self):
		for base in ("", "api.mercadolibre.com", "ftp://api.mercadolibre.com", "https://"):
			with self.assertRaises(ValueError):
				Client(base, self.tokens)


class TestSearch(ClientCase):
	def search(self, updated_from: datetime, updated_to: datetime, **page: int) -> dict[str, list[str]]:
		self.server.say(Say(body=payload("mla_orders_search_2016_to_be_agreed")))
		found = self.client.orders("207035636", updated_from, updated_to, **page)
		self.assertEqual([row.id for row in found.rows], ["1068825849"])
		path = urlsplit(self.server.asked[-1].path)
		self.assertEqual(path.path, "/orders/search")
		return parse_qs(path.query)

	def test_both_ends_are_whole_hours_that_enclose_the_span(self):
		argentina = timezone(timedelta(hours=-3))
		query = self.search(
			datetime(2026, 11, 1, 0, 30, tzinfo=argentina),
			datetime(2026, 11, 1, 2, 0, 0, 1, tzinfo=argentina),
		)
		self.assertEqual(query["order.date_last_updated.from"], ["2026-11-01T03:00:00.000+00:00"])
		self.assertEqual(query["order.date_last_updated.to"], ["2026-11-01T06:00:00.000+00:00"])

	def test_a_span_of_whole_hours_stays_as_it_is(self):
		hour = datetime(2026, 11, 1, 5, tzinfo=timezone.utc)
		query = self.search(hour, hour + timedelta(hours=1), offset=50, limit=51)
		self.assertEqual(query["order.date_last_updated.from"], ["2026-11-01T05:00:00.000+00:00"])
		self.assertEqual(query["order.date_last_updated.to"], ["2026-11-01T06:00:00.000+00:00"])
		self.assertEqual(
			(query["seller"], query["offset"], query["limit"], query["sort"]),
			(["207035636"], ["50"], ["51"], ["date_asc"]),
		)

	def test_a_page_beyond_mercadolibres_limits_is_not_asked_for(self):
		now = datetime.now(timezone.utc)
		for offset, limit in ((0, 52), (0, 0), (-1, 50), (9951, 50)):
			with self.assertRaises(ValueError):
				self.client.orders("1", now, now, offset, limit)
		self.assertEqual(self.server.asked, [])


class TestBillingInfo(ClientCase):
	def order(self, **buyer: object) -> Order:
		return Order.from_json({"id": 42, "buyer": {"id": 5, **buyer}, "context": {"site": "MLA"}})

	def paths(self) -> list[str]:
		return [asked.path for asked in self.server.asked]

	def test_the_current_call_goes_by_the_id_of_the_billing_info(self):
		self.server.say(Say(body=payload("mla_billing_info_v2_persona_fisica")))
		found = self.client.billing_info(self.order(billing_info={"id": "677"}), "MLB")
		self.assertEqual(found.full_name, "Juan Soares Sanchez")
		self.assertEqual(self.paths(), ["/orders/billing-info/MLA/677"])

	def test_the_accounts_site_serves_an_order_that_names_none(self):
		self.server.say(Say(body=payload("mla_billing_info_v2_persona_fisica")))
		order = Order.from_json({"id": 42, "buyer": {"billing_info": {"id": "677"}}})
		self.client.billing_info(order, "MLU")
		self.assertEqual(self.paths(), ["/orders/billing-info/MLU/677"])

	def test_not_found_by_id_falls_back_to_the_older_call_once(self):
		self.server.say(NOT_FOUND, Say(body=payload("mla_billing_info_v1_persona_fisica")))
		found = self.client.billing_info(self.order(billing_info={"id": "677"}), "MLA")
		self.assertEqual(found.document_number, "32659430")
		self.assertEqual(self.paths(), ["/orders/billing-info/MLA/677", "/orders/42/billing_info"])
		self.assertEqual(self.server.asked[1].headers["x-version"], "2")

	def test_no_id_asks_the_older_call_and_then_gives_up_quietly(self):
		self.server.say(NOT_FOUND)
		self.assertIsNone(self.client.billing_info(self.order(), "MLA"))
		self.assertEqual(self.paths(), ["/orders/42/billing_info"])

	def test_an_order_of_2016_holds_the_document_itself(self):
		self.server.say(NOT_FOUND)
		order = self.order(
			first_name="Ana", last_name="Paz", billing_info={"doc_type": "DNI", "doc_number": "32659430"}
		)
		self.assertEqual(
			self.client.billing_info(order, "MLA"), BillingInfo("Ana", "Paz", "DNI", "32659430", None)
		)

	def test_a_missing_permission_is_not_taken_for_missing_data(self):
		self.server.say(Say(403, payload("error_403_policyagent")))
		with self.assertRaises(Forbidden) as caught:
			self.client.billing_info(self.order(billing_info={"id": "677"}), "MLA")
		self.assertTrue(caught.exception.missing_permission)
		self.assertEqual(caught.exception.permission, "Facturación")

	def test_a_site_that_is_none_never_reaches_an_address(self):
		order = Order.from_json({"id": 42, "buyer": {"billing_info": {"id": "677"}}})
		with self.assertRaises(ValueError):
			self.client.billing_info(order, "../x")
		self.assertEqual(self.server.asked, [])


class TestPartialAnswers(ClientCase):
	def test_206_is_a_success_that_names_its_holes(self):
		headers = {"X-Content-Missing": "buyer, feedback"}
		self.server.say(Say(206, payload("order_206_partial_buyer_empty"), headers))
		order = self.client.order("768570754")
		self.assertEqual(order.missing, frozenset({"buyer", "feedback"}))
		self.assertIsNone(order.buyer.id)

	def test_206_without_the_header(self):
		self.server.say(Say(206, {"id": 5}))
		self.assertEqual(self.client.order("5").missing, frozenset())


class TestRefusedToken(ClientCase):
	def test_401_is_cured_by_one_renewal(self):
		self.server.say(REFUSED, Say(body={"id": 5}))
		self.client.order("5")
		self.assertEqual(self.tokens.rejected, [TOKEN])
		self.assertEqual(
			[asked.headers["authorization"] for asked in self.server.asked],
			[f"Bearer {TOKEN}", f"Bearer {NEW_TOKEN}"],
		)

	def test_a_second_401_needs_the_seller(self):
		error = self.met(REFUSED, REFUSED)
		self.assertIsInstance(error, ReauthorisationNeeded)
		self.assertEqual((error.status, len(self.server.asked), len(self.tokens.rejected)), (401, 2, 1))

	def test_401_is_decided_by_status_whatever_the_text(self):
		for body in (
			{"message": "expired_token", "error": "expired_token", "status": 401},
			{"code": "unauthorized", "message": "invalid access token"},
			{"message": "authorization value not present"},
			b"Invalid token",
			b"",
		):
			self.assertIsInstance(self.met(Say(401, body), Say(401, body)), ReauthorisationNeeded)

	def test_a_blocked_application_is_not_cured_by_renewing(self):
		for status in (400, 401, 403):
			for code in ("unauthorized_scopes", "unauthorized_application"):
				error = self.met(Say(status, {"message": "blocked", "error": code, "status": status}))
				self.assertIsInstance(error, ApplicationBlocked)
				self.assertEqual(error.code, code)
		self.assertEqual(self.tokens.rejected, [])

	def test_a_token_that_is_none_is_not_sent(self):
		for token in ("", "APP_USR 1", "APP_USR-1\n", "APP_USR-ñ"):
			self.tokens.token = token
			self.assertIsInstance(self.met(), ReauthorisationNeeded)
		self.assertEqual(self.server.asked, [])


class TestPermanentErrors(ClientCase):
	def test_missing_functional_permission(self):
		error = self.met(Say(403, payload("error_403_policyagent")))
		self.assertIsInstance(error, Forbidden)
		self.assertEqual(
			(error.missing_permission, error.permission, error.code),
			(True, "Ventas y envíos", "PA_UNAUTHORIZED_RESULT_FROM_POLICIES"),
		)
		self.assertIn("Ventas y envíos", str(error))

	def test_another_sellers_order(self):
		for body in (
			payload("error_403_access_denied"),
			{"message": "The user has not access to the order", "error": "not_owned_order", "status": 403},
			b"Forbidden",
			b"",
		):
			error = self.met(Say(403, body))
			self.assertIsInstance(error, Forbidden)
			self.assertFalse(error.missing_permission)
			self.assertIn("2195160686", str(error))

	def test_a_code_that_is_a_sentence_gives_way_to_the_gateways(self):
		self.assertEqual(self.met(Say(403, payload("error_403_invalid_scopes"))).code, "FORBIDDEN")

	def test_451_is_like_403(self):
		self.assertIsInstance(self.met(Say(451)), Forbidden)

	def test_404(self):
		error = self.met(NOT_FOUND)
		self.assertIsInstance(error, NotFound)
		self.assertEqual((error.status, error.code), (404, "order_not_found"))

	def test_a_status_with_no_known_meaning(self):
		for status in (400, 409, 412, 422):
			error = self.met(Say(status, {"message": "x", "error": "bad_request", "status": status}))
			self.assertIsInstance(error, UnexpectedShape)
			self.assertIn(str(status), str(error))

	def test_redirects_are_not_followed(self):
		error = self.met(Say(302, b"", {"Location": f"{self.server.url}/elsewhere"}))
		self.assertIsInstance(error, UnexpectedShape)
		self.assertEqual(len(self.server.asked), 1)

	def test_success_that_is_not_json_is_weather(self):
		for body in (b"<html>maintenance</html>", b"", b"\xff"):
			self.assertIsInstance(self.met(Say(200, body)), Unavailable)

	def test_success_that_is_nested_without_end_is_weather(self):
		# A collection that begins at the limit of recursion fails in the finalizers of what other tests left behind.
		gc.disable()
		self.addCleanup(gc.enable)
		self.assertIsInstance(self.met(Say(200, b"[" * 100_000)), Unavailable)

	def test_success_that_is_not_what_is_documented(self):
		for body in ([], {}, {"id": None}, {"id": 999}):
			self.assertIsInstance(self.met(Say(200, body)), UnexpectedShape)
		self.assertIsInstance(self.met(Say(204)), UnexpectedShape)

	def test_an_endless_answer_is_not_read(self):
		limit = http.MAX_ANSWER
		self.addCleanup(setattr, http, "MAX_ANSWER", limit)
		http.MAX_ANSWER = 1000
		self.assertIsInstance(self.met(Say(200, b" " * 1001)), UnexpectedShape)

	def test_no_word_of_an_answer_gets_into_an_error(self):
		leak = {"message": "Juan Soares 30772273", "error": "Juan Soares", "code": "30772273", "status": 0}
		for status in (400, 401, 403, 404, 422, 429, 451, 500):
			error = self.met(Say(status, leak), Say(status, leak))
			self.assertNotIn("Juan", str(error))
			self.assertIsNone(error.code)


class TestTemporaryErrors(ClientCase):
	def test_server_side_statuses(self):
		for status in (423, 499, 500, 502, 503, 534, 535):
			error = self.met(Say(status, b"oops"))
			self.assertIsInstance(error, Unavailable)
			self.assertEqual((error.status, error.retry_after), (status, None))

	def test_503_may_say_when_to_come_back(self):
		self.assertEqual(self.met(Say(503, b"", {"Retry-After": "120"})).retry_after, 120)

	def test_429_with_seconds_slows_everybody_down(self):
		error = self.met(Say(429, {"error": "local_rate_limited"}, {"Retry-After": "7"}))
		self.assertIsInstance(error, RateLimited)
		self.assertEqual((error.retry_after, self.pace.penalties), (7, [7]))
		self.assertEqual(self.pace.relaxations, 0)

	def test_429_with_a_date(self):
		moment = datetime.now(timezone.utc) + timedelta(seconds=60)
		error = self.met(Say(429, b"", {"Retry-After": format_datetime(moment, usegmt=True)}))
		self.assertTrue(55 < error.retry_after <= 60, error.retry_after)

	def test_429_with_a_date_gone_by(self):
		error = self.met(Say(429, b"", {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}))
		self.assertEqual(error.retry_after, 0)

	def test_429_that_says_nothing_usable(self):
		for value in ("", "soon", "-5", "1e9", "nan", "9" * 30):
			self.pace.penalties.clear()
			error = self.met(Say(429, b"slow down", {"Retry-After": value}))
			self.assertIsInstance(error, RateLimited)
			self.assertIsNone(error.retry_after)
			self.assertEqual(self.pace.penalties, [10])

	def test_every_call_waits_for_its_turn(self):
		self.server.say(REFUSED, Say(body={"id": 5}))
		self.client.order("5")
		self.assertEqual(self.pace.waits, 2)
		self.assertEqual(self.pace.relaxations, 1)

	def test_time_out(self):
		self.client = Client(self.server.url, self.tokens, timeout=(1, 0.05))
		error = self.met(Say(delay=0.3))
		self.assertIsInstance(error, Unavailable)
		self.assertIsNone(error.status)

	def test_nobody_listens(self):
		with socket.socket() as unused:
			unused.bind(("127.0.0.1", 0))
			client = Client(f"http://127.0.0.1:{unused.getsockname()[1]}", self.tokens, timeout=(1, 1))
			with self.assertRaises(Unavailable):
				client.order("5")

	def test_an_answer_cut_off(self):
		self.assertIsInstance(self.met(Say(200, b'{"id": 21951', announced=5000)), Unavailable)

	def test_an_answer_cut_off_where_it_still_reads_as_json(self):
		self.assertIsInstance(self.met(Say(200, b'{"id": 2195160686}', announced=5000)), Unavailable)

	def test_every_error_is_either_temporary_or_permanent(self):
		for found in (Unavailable, RateLimited):
			self.assertTrue(issubclass(found, TemporaryError))
		for found in (ReauthorisationNeeded, ApplicationBlocked, Forbidden, NotFound, UnexpectedShape):
			self.assertTrue(issubclass(found, PermanentError))
