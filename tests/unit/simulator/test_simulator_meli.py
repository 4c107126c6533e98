"""The client against the simulator: every call, every misbehaviour, over real HTTP and in another process."""

import subprocess
import sys
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import requests

from mercadolibre_sync.meli.client import Client
from mercadolibre_sync.meli.errors import (
	ApplicationBlocked,
	Forbidden,
	InvalidClient,
	MeliError,
	NotFound,
	RateLimited,
	ReauthorisationNeeded,
	Unavailable,
)
from mercadolibre_sync.meli.models import BillingInfo, Order, User
from mercadolibre_sync.meli.notification import parse
from mercadolibre_sync.meli.oauth import OAuth, Tokens, authorization_url, pkce
from mercadolibre_sync.meli.values import to_datetime
from simulator import running
from simulator.control import ControlError, MeliControl
from simulator.meli_notifications import notification_body

SELLER, BUYER, COMPANY = "207035636", "207040551", "650079057"
BACK = "https://erp.example/back"


class Seller:
	"""A TokenSource that renews for real."""

	def __init__(self, oauth: OAuth, tokens: dict) -> None:
		self.oauth = oauth
		self.tokens = Tokens.from_json(tokens)

	def access_token(self) -> str:
		return self.tokens.access_token

	def renew(self, rejected: str) -> str:
		self.tokens = self.oauth.refresh(self.tokens.refresh_token)
		return self.tokens.access_token


class SimulatorCase(unittest.TestCase):
	@classmethod
	def setUpClass(cls) -> None:
		stack = ExitStack()
		cls.addClassCleanup(stack.close)
		cls.control = MeliControl(stack.enter_context(running()))

	def setUp(self) -> None:
		self.control.reset()
		self.control.add_seller(SELLER, "TETE9544096")
		self.control.add_buyer(
			BUYER,
			"TETE5029382",
			first_name="María Lupita",
			last_name="Gomez Blanco",
			document=("DNI", "32659430"),
			taxpayer_type="Consumidor Final",
		)
		self.control.add_buyer(
			COMPANY,
			"MELI SRL",
			first_name="Ana",
			last_name="Paz",
			document=("CUIT", "30703088534"),
			taxpayer_type="IVA Responsable Inscripto",
			billing_name="Mercado Libre S.R.L",
		)
		self.oauth = OAuth(
			self.control.base_url,
			self.control.application_id,
			self.control.application_secret,
			timeout=(1, 5),
		)
		self.seller = Seller(self.oauth, self.control.issue_tokens(SELLER))
		self.client = Client(self.control.base_url, self.seller, timeout=(1, 5))

	def paths(self) -> list[str]:
		return [call.path for call in self.control.calls()]


class TestOrders(SimulatorCase):
	def test_an_order_as_documented(self):
		shipment_id = self.control.add_shipment(SELLER, BUYER)
		order_id = self.control.add_order(
			SELLER,
			BUYER,
			shipment_id=shipment_id,
			pack_id="2000009955773001",
			tags=["paid", "pack_order"],
			last_updated="2026-11-11T12:33:06.000-04:00",
		)
		order = self.client.order(order_id)
		self.assertEqual(
			(order.id, order.status, order.seller_id, order.pack_id, order.shipment_id, order.site_id),
			(order_id, "paid", SELLER, "2000009955773001", shipment_id, "MLA"),
		)
		self.assertEqual(order.tags, {"paid", "pack_order"})
		self.assertEqual(order.last_updated, datetime(2026, 11, 11, 16, 33, 6, tzinfo=timezone.utc))
		self.assertEqual(
			(order.buyer.id, order.buyer.nickname, order.buyer.full_name),
			(BUYER, "TETE5029382", "María Lupita Gomez Blanco"),
		)
		self.assertEqual((order.buyer.email, order.buyer.phone), (None, None))

	def test_how_much_of_the_buyer_an_order_tells(self):
		for form, nickname, has_billing_info in (
			("full", "TETE5029382", True),
			("billing_info", None, True),
			("id", None, False),
		):
			buyer = self.client.order(self.control.add_order(SELLER, BUYER, buyer_form=form)).buyer
			self.assertEqual(
				(buyer.id, buyer.nickname, buyer.billing_info_id is not None),
				(BUYER, nickname, has_billing_info),
			)

	def test_changes_are_seen(self):
		order_id = self.control.add_order(SELLER, BUYER, last_updated="2026-01-01T00:00:00.000-04:00")
		self.control.set_nickname(BUYER, "OTRO")
		self.control.set_order(order_id, status="cancelled")
		order = self.client.order(order_id)
		self.assertEqual((order.buyer.nickname, order.is_cancelled), ("OTRO", True))
		self.assertGreater(order.last_updated, datetime.now(timezone.utc) - timedelta(minutes=1))

	def test_an_order_that_is_not_there(self):
		with self.assertRaises(NotFound) as caught:
			self.client.order("1")
		self.assertEqual(caught.exception.code, "order_not_found")

	def test_another_sellers_order(self):
		self.control.add_seller("5", "OTHER")
		order_id = self.control.add_order("5", BUYER)
		with self.assertRaises(Forbidden) as caught:
			self.client.order(order_id)
		self.assertEqual(caught.exception.code, "not_owned_order")
		self.assertFalse(caught.exception.missing_permission)


class TestBillingInfo(SimulatorCase):
	def billing_info(self, buyer_id: str, form: str = "full") -> BillingInfo | None:
		order = self.client.order(self.control.add_order(SELLER, buyer_id, buyer_form=form))
		return self.client.billing_info(order, "MLA")

	def test_a_person_and_a_company(self):
		self.assertEqual(
			self.billing_info(BUYER),
			BillingInfo("María Lupita", "Gomez Blanco", "DNI", "32659430", "Consumidor Final"),
		)
		self.assertEqual(
			self.billing_info(COMPANY),
			BillingInfo("Mercado Libre S.R.L", None, "CUIT", "30703088534", "IVA Responsable Inscripto"),
		)

	def test_the_older_call_says_the_same(self):
		self.assertEqual(self.billing_info(COMPANY, "id"), self.billing_info(COMPANY))
		self.assertRegex(self.paths()[1], r"^/orders/\d+/billing_info$")

	def test_the_first_generation_without_the_header(self):
		order_id = self.control.add_order(SELLER, COMPANY)
		answer = requests.get(
			f"{self.control.base_url}/orders/{order_id}/billing_info",
			headers={"Authorization": f"Bearer {self.seller.access_token()}"},
			timeout=5,
		)
		self.assertEqual(
			BillingInfo.from_json(answer.json()),
			BillingInfo("Mercado Libre S.R.L", None, "CUIT", "30703088534", "IVA Responsable Inscripto"),
		)

	def test_a_buyer_without_fiscal_data(self):
		self.control.add_buyer("9", "NADIE")
		self.assertIsNone(self.billing_info("9"))
		self.assertEqual(len(self.control.calls("billing")), 1)


class TestShipments(SimulatorCase):
	def test_an_address_as_documented(self):
		shipment_id = self.control.add_shipment(
			SELLER,
			BUYER,
			address_comment="timbre 2",
			comments="7b",
			neighborhood="Palermo",
			receiver_name="Mara",
		)
		shipment = self.client.shipment(shipment_id)
		found = shipment.destination
		self.assertIsNone(shipment.order_id)
		self.assertEqual(
			(
				found.street_name,
				found.street_number,
				found.address_line,
				found.city,
				found.state,
				found.state_id,
			),
			("Santa Fe", "1234", "Santa Fe 1234", "Palermo", "Capital Federal", "AR-C"),
		)
		self.assertEqual(
			(found.zip_code, found.country_id, found.comments, found.neighborhood),
			("1425", "AR", ("7b", "timbre 2"), "Palermo"),
		)
		self.assertEqual(
			(found.receiver_id, found.receiver_name, found.receiver_phone, found.is_agency),
			(BUYER, "Mara", None, False),
		)

	def test_a_masked_address_is_revealed(self):
		shipment_id = self.control.add_shipment(SELLER, BUYER, comments="7b", masked=True)
		hidden = self.client.shipment(shipment_id).destination
		self.assertEqual(
			(hidden.street_name, hidden.street_number, hidden.address_line, hidden.zip_code, hidden.comments),
			(None, None, None, None, ()),
		)
		self.control.reveal(shipment_id)
		self.assertEqual(self.client.shipment(shipment_id).destination.street_name, "Santa Fe")

	def test_a_pick_up_point(self):
		shipment_id = self.control.add_shipment(SELLER, BUYER, agency=True)
		self.assertTrue(self.client.shipment(shipment_id).destination.is_agency)

	def test_the_phone_of_mercado_envios_1(self):
		shipment_id = self.control.add_shipment(SELLER, BUYER, receiver_phone="1144445555")
		self.assertEqual(self.client.shipment(shipment_id).destination.receiver_phone, "1144445555")

	def test_the_old_format_without_the_header(self):
		shipment_id = self.control.add_shipment(SELLER, BUYER)
		order_id = self.control.add_order(SELLER, BUYER, shipment_id=shipment_id)
		answer = requests.get(
			f"{self.control.base_url}/shipments/{shipment_id}",
			headers={"Authorization": f"Bearer {self.seller.access_token()}"},
			timeout=5,
		).json()
		self.assertNotIn("destination", answer)
		self.assertEqual(answer["receiver_address"]["street_name"], "Santa Fe")
		self.assertEqual(answer["order_id"], int(order_id))

	def test_orders_of_a_shipment(self):
		shipment_id = self.control.add_shipment(SELLER, BUYER)
		self.assertEqual(self.client.shipment_order_ids(shipment_id), ())
		ids = tuple(self.control.add_order(SELLER, BUYER, shipment_id=shipment_id) for _ in range(2))
		self.assertEqual(self.client.shipment_order_ids(shipment_id), ids)

	def test_a_shipment_that_is_not_there_or_not_ours(self):
		for call in (self.client.shipment, self.client.shipment_order_ids):
			with self.assertRaises(NotFound) as caught:
				call("1")
			self.assertEqual(caught.exception.code, "not_found_shipping_id")
		self.control.add_seller("5", "OTHER")
		with self.assertRaises(Forbidden):
			self.client.shipment(self.control.add_shipment("5", BUYER))

	def test_a_pack_names_its_shipment_and_orders(self):
		shipment_id = self.control.add_shipment(SELLER, BUYER)
		ids = [
			self.control.add_order(SELLER, BUYER, shipment_id=shipment_id, pack_id="2000006181551917")
			for _ in range(2)
		]
		headers = {"Authorization": f"Bearer {self.seller.access_token()}"}
		pack = requests.get(
			f"{self.control.base_url}/packs/2000006181551917", headers=headers, timeout=5
		).json()
		self.assertEqual([str(order["id"]) for order in pack["orders"]], ids)
		self.assertEqual(
			(pack["shipment"]["id"], pack["buyer"]["id"], pack["status"]),
			(int(shipment_id), int(BUYER), "released"),
		)
		with self.assertRaises(NotFound):
			self.client.order("2000006181551917")


class TestUsers(SimulatorCase):
	def test_a_buyer_and_the_seller(self):
		self.assertEqual(
			self.client.user(COMPANY),
			User(COMPANY, "MELI SRL", "MLA", f"{self.control.base_url}/perfil/MELI+SRL", "AR"),
		)
		self.assertEqual(self.client.me().id, SELLER)
		with self.assertRaises(NotFound):
			self.client.user("1")


class TestCatchingUp(SimulatorCase):
	def test_a_search_is_paged(self):
		start = datetime(2026, 11, 1, tzinfo=timezone.utc)
		ids = self.control.batch(
			(
				"add_order",
				{
					"seller_id": SELLER,
					"buyer_id": BUYER,
					"last_updated": (start + timedelta(minutes=n)).isoformat(timespec="milliseconds"),
				},
			)
			for n in range(120)
		)
		found: list[str] = []
		while True:
			page = self.client.orders(SELLER, start, start + timedelta(hours=3), offset=len(found), limit=51)
			found += [row.id for row in page.rows]
			if len(found) >= page.total:
				break
		self.assertEqual(found, ids)
		self.assertEqual(page.rows[0].last_updated, start + timedelta(minutes=102))

	def test_no_order_of_the_span_is_lost_though_minutes_are_dropped(self):
		for text in ("2026-11-01T10:05:00.000Z", "2026-11-01T10:59:59.999Z", "2026-11-01T12:59:59.000Z"):
			self.control.add_order(SELLER, BUYER, last_updated=text)
		page = self.client.orders(
			SELLER,
			to_datetime("2026-11-01T10:50:00.000Z"),
			to_datetime("2026-11-01T12:59:59.500Z"),
		)
		self.assertEqual(page.total, 3)

	def test_another_sellers_orders_are_not_listed(self):
		self.control.add_seller("5", "OTHER")
		self.control.add_order("5", BUYER)
		now = datetime.now(timezone.utc)
		self.assertEqual(self.client.orders(SELLER, now - timedelta(hours=1), now).total, 0)
		with self.assertRaises(Forbidden):
			self.client.orders("5", now - timedelta(hours=1), now)

	def test_limits_of_the_search(self):
		headers = {"Authorization": f"Bearer {self.seller.access_token()}"}
		for page in ("limit=52", "offset=10000&limit=1", "offset=9951&limit=50"):
			answer = requests.get(
				f"{self.control.base_url}/orders/search?seller={SELLER}&{page}", headers=headers, timeout=5
			)
			self.assertEqual((answer.status_code, answer.json()["error"]), (400, "limit.maximum_exceeded"))

	def test_missed_feeds(self):
		long_ago = (datetime.now(timezone.utc) - timedelta(hours=49)).isoformat()
		self.control.miss_notification("orders_v2", "/orders/1", SELLER, sent=long_ago)
		for number in range(2, 14):
			self.control.miss_notification("orders_v2", f"/orders/{number}", SELLER)
		self.control.miss_notification("items", "/items/MLA1", SELLER)
		application = self.control.application_id
		first = self.client.missed_feeds(application, "orders_v2")
		second = self.client.missed_feeds(application, "orders_v2", offset=10)
		self.assertEqual(
			[row.resource for row in (*first.notifications, *second.notifications)],
			[f"/orders/{number}" for number in range(2, 14)],
		)
		self.assertEqual(first.notifications[0].user_id, SELLER)
		self.assertEqual(self.client.missed_feeds(application, limit=50).rows, 13)
		with self.assertRaises(Forbidden):
			self.client.missed_feeds("1")


class TestAuthorisation(SimulatorCase):
	def url(self, challenge: str) -> str:
		return authorization_url(
			"MLA", self.control.application_id, BACK, "st&ate", challenge, self.control.base_url
		)

	def code(self, challenge: str) -> str:
		location = urlsplit(self.control.decide(self.url(challenge), SELLER))
		answer = parse_qs(location.query)
		self.assertEqual((f"https://{location.netloc}{location.path}", answer["state"]), (BACK, ["st&ate"]))
		return answer["code"][0]

	def test_from_the_consent_page_to_tokens_that_work(self):
		page = requests.get(self.url("c"), timeout=5).text
		for text in ("Permitir", "Cancelar", "TETE9544096"):
			self.assertIn(text, page)
		verifier, challenge = pkce()
		tokens = self.oauth.exchange(self.code(challenge), BACK, verifier)
		self.assertEqual((tokens.user_id, tokens.expires_in), (SELLER, 21600))
		self.seller.tokens = tokens
		self.assertEqual(self.client.me().nickname, "TETE9544096")

	def test_the_page_escapes_what_it_was_given(self):
		page = requests.get(self.url("c") + "&x=%22%3E%3Cscript%3E", timeout=5).text
		self.assertNotIn("<script>", page)

	def test_a_code_works_once(self):
		verifier, challenge = pkce()
		code = self.code(challenge)
		self.oauth.exchange(code, BACK, verifier)
		with self.assertRaises(ReauthorisationNeeded):
			self.oauth.exchange(code, BACK, verifier)

	def test_the_verifier_and_the_redirect_address_have_to_match(self):
		verifier, challenge = pkce()
		for redirect_uri, given in ((BACK, pkce()[0]), (BACK + "/", verifier)):
			with self.assertRaises(ReauthorisationNeeded):
				self.oauth.exchange(self.code(challenge), redirect_uri, given)

	def test_the_person_refuses(self):
		location = self.control.decide(self.url("c"), SELLER, allow=False)
		self.assertEqual(
			parse_qs(urlsplit(location).query), {"error": ["access_denied"], "state": ["st&ate"]}
		)

	def test_a_collaborator_and_a_foreign_redirect_address_get_an_error_page(self):
		self.control.add_seller("5", "EMPLEADO", operator=True)
		self.assertIsNone(self.control.decide(self.url("c"), "5"))
		self.control.set_application(redirect_uri="https://erp.example/other")
		self.assertIsNone(self.control.decide(self.url("c"), SELLER))
		self.assertIn("no puede conectarse", requests.get(self.url("c"), timeout=5).text)

	def test_a_wrong_secret(self):
		oauth = OAuth(self.control.base_url, self.control.application_id, "wrong")
		with self.assertRaises(InvalidClient):
			oauth.refresh(self.seller.tokens.refresh_token)

	def test_without_offline_access_there_is_no_refresh_token(self):
		self.control.set_application(offline_access=False)
		self.assertNotIn("refresh_token", self.control.issue_tokens(SELLER))

	def test_revoking_ends_the_grant(self):
		headers = {"Authorization": f"Bearer {self.seller.access_token()}"}
		url = f"{self.control.base_url}/applications/{self.control.application_id}/grants"
		(grant,) = requests.get(url, headers=headers, timeout=5).json()["grants"]
		self.assertEqual(
			(grant["user_id"], grant["scopes"]), (int(SELLER), ["read", "write", "offline_access"])
		)
		self.client.revoke_grant(SELLER, self.control.application_id)
		with self.assertRaises(ReauthorisationNeeded):
			self.client.me()


class TestTokens(SimulatorCase):
	def test_an_expired_token_is_renewed_once(self):
		before = self.seller.tokens
		self.control.expire_access_tokens(SELLER)
		self.client.me()
		self.assertNotEqual(before.refresh_token, self.seller.tokens.refresh_token)
		self.assertEqual([call.status for call in self.control.refreshes()], [200])
		self.assertEqual(self.paths(), ["/users/me", "/oauth/token", "/users/me"])

	def test_a_token_ends_by_itself(self):
		self.control.set_application(token_lifetime=0.05)
		self.seller.tokens = Tokens(self.control.issue_tokens(SELLER)["access_token"], None, 1, SELLER, "")
		time.sleep(0.1)
		answer = requests.get(
			f"{self.control.base_url}/users/me",
			headers={"Authorization": f"Bearer {self.seller.access_token()}"},
			timeout=5,
		)
		self.assertEqual(answer.status_code, 401)

	def test_only_the_last_refresh_token_works(self):
		first = self.seller.tokens.refresh_token
		self.oauth.refresh(first)
		with self.assertRaises(ReauthorisationNeeded) as caught:
			self.oauth.refresh(first)
		self.assertEqual(caught.exception.code, "invalid_grant")

	def test_of_two_renewals_at_once_one_loses(self):
		def refresh(refresh_token: str) -> bool:
			try:
				OAuth(
					self.control.base_url, self.control.application_id, self.control.application_secret
				).refresh(refresh_token)
			except ReauthorisationNeeded:
				return False
			return True

		with ThreadPoolExecutor(8) as pool:
			won = list(pool.map(refresh, [self.seller.tokens.refresh_token] * 8))
		self.assertEqual(sum(won), 1)

	def test_a_revoked_grant_needs_the_seller(self):
		self.control.revoke(SELLER)
		with self.assertRaises(ReauthorisationNeeded):
			self.client.me()

	def test_a_blocked_application(self):
		self.control.set_application(blocked=True)
		with self.assertRaises(ApplicationBlocked):
			self.client.me()
		with self.assertRaises(ApplicationBlocked):
			self.oauth.refresh(self.seller.tokens.refresh_token)

	def test_a_request_without_token(self):
		answer = requests.get(f"{self.control.base_url}/users/me", timeout=5)
		self.assertEqual((answer.status_code, answer.json()["message"]), (401, "invalid_token"))


class TestMisbehaviour(SimulatorCase):
	def setUp(self) -> None:
		super().setUp()
		self.order_id = self.control.add_order(SELLER, BUYER)

	def spoilt(self, kind: str, **details: object) -> MeliError:
		self.control.misbehave("^/orders/", kind, **details)
		with self.assertRaises(MeliError) as caught:
			self.client.order(self.order_id)
		return caught.exception

	def test_each_error_is_met_once_and_then_all_is_well(self):
		for kind, expected in (
			("401_blocked", ApplicationBlocked),
			("403", Forbidden),
			("403_policy", Forbidden),
			("404", NotFound),
			("429", RateLimited),
			("500", Unavailable),
			("503", Unavailable),
			("cut_off", Unavailable),
			("html", Unavailable),
		):
			error = self.spoilt(kind)
			self.assertIs(type(error), expected, kind)
			self.assertEqual(getattr(error, "missing_permission", False), kind == "403_policy")
			self.assertEqual(self.client.order(self.order_id).id, self.order_id)

	def test_401_once_is_cured_and_twice_is_not(self):
		self.control.misbehave("^/orders/", "401")
		self.client.order(self.order_id)
		self.assertIsInstance(self.spoilt("401", times=2), ReauthorisationNeeded)
		self.assertEqual(len(self.control.refreshes()), 2)

	def test_429_with_retry_after(self):
		self.assertEqual(self.spoilt("429", retry_after="7").retry_after, 7)

	def test_a_partial_answer(self):
		self.control.misbehave("^/orders/", "206", missing=["buyer", "feedback"])
		order = self.client.order(self.order_id)
		self.assertEqual((order.missing, order.buyer.id), ({"buyer", "feedback"}, None))

	def test_a_refusal_is_never_partial(self):
		self.control.misbehave("^/orders/", "206")
		with self.assertRaises(NotFound):
			self.client.order("1")

	def test_a_slow_answer(self):
		self.client = Client(self.control.base_url, self.seller, timeout=(1, 0.1))
		self.assertIsInstance(self.spoilt("slow", seconds=0.4), Unavailable)

	def test_an_answer_cut_off_after_the_refresh_token_was_used(self):
		self.control.misbehave("^/oauth/token$", "cut_off")
		refresh_token = self.seller.tokens.refresh_token
		with self.assertRaises(Unavailable):
			self.oauth.refresh(refresh_token)
		with self.assertRaises(ReauthorisationNeeded):
			self.oauth.refresh(refresh_token)

	def test_until_told_to_behave(self):
		for _ in range(3):
			self.assertIsInstance(self.spoilt("500", times=None), Unavailable)
		self.control.behave()
		self.client.order(self.order_id)

	def test_other_paths_are_left_alone(self):
		self.control.misbehave("^/orders/", "500")
		self.client.me()

	def test_unknown_misbehaviour_is_refused(self):
		for path, kind in (("/", "418"), ("(", "500")):
			with self.assertRaises(ControlError):
				self.control.misbehave(path, kind)


class TestControl(SimulatorCase):
	def test_calls_are_counted(self):
		order_id = self.control.add_order(SELLER, BUYER)
		self.client.order(order_id)
		self.client.me()
		(call,) = self.control.calls("^/orders/")
		self.assertEqual((call.method, call.path, call.status), ("GET", f"/orders/{order_id}", 200))
		self.assertEqual(len(self.control.calls()), 2)
		self.assertEqual(self.control.calls(method="DELETE"), [])
		self.control.forget_calls()
		self.assertEqual(self.control.calls(), [])

	def test_no_token_is_kept_among_the_calls(self):
		self.control.expire_access_tokens(SELLER)
		self.client.me()
		text = repr(self.control.calls())
		self.assertNotIn("APP_USR", text)
		self.assertNotIn("TG-", text)

	def test_mistakes_are_named(self):
		for command, arguments in (
			("nonsense", {}),
			("add_order", {"seller_id": SELLER, "buyer_id": "1"}),
			("add_order", {"seller_id": SELLER, "buyer_id": BUYER, "buyer_form": "x"}),
			("add_order", {"seller_id": SELLER, "buyer_id": BUYER, "x": 1}),
			("add_seller", {"seller_id": "5", "nickname": "X", "site_id": "XXX"}),
			("set_user", {"user_id": BUYER, "x": 1}),
			("set_application", {"x": 1}),
			("issue_tokens", {"seller_id": "1"}),
		):
			with self.assertRaises(ControlError):
				self.control.do(command, **arguments)

	def test_reset_forgets_everything(self):
		order_id = self.control.add_order(SELLER, BUYER)
		self.control.misbehave("/", "500", times=None)
		self.control.reset()
		self.assertEqual(self.control.calls(), [])
		with self.assertRaises(ReauthorisationNeeded):
			self.client.order(order_id)


class TestNotifications(SimulatorCase):
	def test_the_body_is_the_documented_one(self):
		order = notification_body("orders_v2", "/orders/1", SELLER)
		self.assertEqual(
			set(order), {"resource", "user_id", "topic", "application_id", "attempts", "sent", "received"}
		)
		self.assertIn("_id", notification_body("shipments", "/shipments/1", SELLER))

	def test_it_is_posted_and_its_answer_reported(self):
		bodies: list[bytes] = []

		class Receiver(BaseHTTPRequestHandler):
			def do_POST(self) -> None:
				bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
				time.sleep(0.05)
				self.send_response(202)
				self.end_headers()

			def log_message(self, format: str, *args: object) -> None:
				pass

		with HTTPServer(("127.0.0.1", 0), Receiver) as server:
			threading.Thread(target=server.handle_request, daemon=True).start()
			delivery = self.control.post_notification(
				f"http://127.0.0.1:{server.server_port}/", "orders_v2", "/orders/77", SELLER, attempts=3
			)
		self.assertEqual(delivery.status, 202)
		self.assertGreaterEqual(delivery.milliseconds, 50)
		found = parse(bodies[0])
		self.assertEqual(
			(found.topic, found.resource, found.user_id, found.application_id),
			("orders_v2", "/orders/77", SELLER, self.control.application_id),
		)


class TestProcess(unittest.TestCase):
	def test_it_listens_on_loopback_only_and_ends_with_the_block(self):
		with running() as url:
			self.assertEqual(urlsplit(url).hostname, "127.0.0.1")
			self.assertEqual(requests.get(url, timeout=5).json(), {"halves": ["arca", "feria", "meli"]})
		with self.assertRaises(requests.ConnectionError):
			requests.get(url, timeout=1)

	def test_reset_of_all_halves_at_once(self):
		with running() as url:
			control = MeliControl(url)
			control.add_seller(SELLER, "X")
			self.assertEqual(requests.post(f"{url}/_reset", timeout=5).status_code, 200)
			with self.assertRaises(ControlError):
				control.issue_tokens(SELLER)
			self.assertEqual(requests.get(f"{url}/nothing", timeout=5).status_code, 404)

	def test_it_ends_with_the_process_that_started_it(self):
		script = (
			"import os\nfrom simulator import running\n"
			"with running() as url:\n\tprint(url, flush=True)\n\tos._exit(1)"
		)
		done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30)
		url = done.stdout.strip()
		for _ in range(100):
			try:
				requests.get(url, timeout=1)
			except requests.ConnectionError:
				return
			time.sleep(0.02)
		self.fail("The simulator outlived the process that started it.")


class TestPayloads(unittest.TestCase):
	def test_no_order_has_a_field_that_is_not_documented(self):
		from simulator.meli_world import World, payload

		world = World()
		world.add_seller(SELLER, "S")
		world.add_buyer(BUYER, "B", document=("DNI", "1"))
		shipment_id = world.add_shipment(SELLER, BUYER, masked=True, agency=True)
		order = world.orders[world.add_order(SELLER, BUYER, shipment_id=shipment_id)]
		documented = payload("mlb_order_2024_pack_order_buyer_id_only")
		self.assertEqual(set(world.order_json(order)), set(documented))
		self.assertEqual(Order.from_json(world.order_json(order)).id, order.id)
		shipment = world.shipment_json(world.shipments[shipment_id])
		documented = payload("mlm_shipment_new_format_2021_test_shipment")
		self.assertLessEqual(set(shipment), set(documented))
		self.assertEqual(set(shipment["destination"]), set(documented["destination"]))
		self.assertEqual(
			set(shipment["destination"]["shipping_address"]),
			set(documented["destination"]["shipping_address"]),
		)
