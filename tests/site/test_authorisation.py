"""Connecting, testing and disconnecting an account, over HTTP as a browser does it."""

from urllib.parse import parse_qsl, urlencode, urlsplit

import frappe
import requests
from frappe.utils import now_datetime, strip_html

from mercadolibre_sync.account import authorisation
from mercadolibre_sync.inbox import wake
from mercadolibre_sync.sync import connection
from mercadolibre_sync.sync.accounts import ACCOUNT
from tests.site.base import (
	ACCOUNT_NAME,
	PASSWORD,
	SELLER,
	SiteTestCase,
	give_tokens,
	make_account,
	make_manager,
)
from tests.site.served import ServedTestCase

OTHER_SELLER = "779432305"


class Browser:
	"""A person logged in to the desk."""

	def __init__(self, address: str, user: str) -> None:
		self.address = address
		self._session = requests.Session()
		self._session.trust_env = False
		answer = self._session.post(f"{address}/api/method/login", {"usr": user, "pwd": PASSWORD}, timeout=30)
		assert answer.status_code == 200, answer.text

	def press(self, method: str, account: str = ACCOUNT_NAME, **arguments) -> requests.Response:
		"""Call a method of the account's form."""
		form = {"dt": ACCOUNT, "dn": account, "method": method, "args": frappe.as_json(arguments)}
		return self._session.post(f"{self.address}/api/method/run_doc_method", form, timeout=30)

	def get(self, path: str, **query: str) -> str:
		"""What an address of the site answers, whatever it is."""
		return self._session.get(self.address + path, params=query, timeout=30).text

	def open(self, url: str) -> requests.Response:
		return self._session.get(self.here(url), allow_redirects=False, timeout=30)

	def here(self, url: str) -> str:
		"""The same page at the test's web server, whatever host the site believes to have."""
		parts = urlsplit(url)
		return f"{self.address}{parts.path}?{parts.query}"


class AuthorisationTestCase(ServedTestCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.browser = Browser(cls.address, make_manager())

	def setUp(self) -> None:
		super().setUp()
		with connection.tokens_lock(ACCOUNT_NAME):
			connection.remove_tokens(ACCOUNT_NAME)
			frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, {"user_id": None, "nickname": None})
			frappe.db.commit()
		self.meli.revoke(SELLER)
		self.meli.forget_calls()

	def begin(self, browser: Browser | None = None, account: str = ACCOUNT_NAME) -> str:
		"""Press Authorise; returns the address of MercadoLibre's page."""
		answer = (browser or self.browser).press("authorise", account)
		self.assertEqual(answer.status_code, 200, answer.text)
		return answer.json()["message"]

	def authorise(self, seller: str = SELLER, *, allow: bool = True) -> requests.Response:
		"""From Authorise to where MercadoLibre's redirect ends."""
		return self.browser.open(self.meli.decide(self.begin(), seller, allow=allow))

	def state_of(self, url: str) -> str:
		return dict(parse_qsl(urlsplit(url).query))["state"]

	def callback(self, **query: str) -> str:
		return f"{self.address}/api/method/mercadolibre_sync.api.authorized?{urlencode(query)}"

	def account_row(self, name: str = ACCOUNT_NAME) -> frappe._dict:
		frappe.db.rollback()
		return frappe.db.get_value(ACCOUNT, name, "*", as_dict=True)

	def access_token(self, name: str = ACCOUNT_NAME) -> str | None:
		return frappe.get_doc(ACCOUNT, name).get_password("access_token", raise_exception=False)

	def assert_refused(self, answer: requests.Response, *words: str) -> None:
		self.assertEqual(answer.status_code, 400, answer.text)
		for word in words:
			self.assertIn(word, strip_html(answer.text))
		row = self.account_row()
		self.assertEqual((row.status, row.user_id, row.nickname), ("Not connected", None, None))
		self.assertIsNone(self.access_token())


class TestConnect(AuthorisationTestCase):
	def test_one_click_fills_the_account_and_returns_to_its_form(self):
		answer = self.authorise()
		self.assertEqual(answer.status_code, 302, answer.text)
		self.assertTrue(answer.headers["Location"].endswith(f"/{ACCOUNT_NAME}?authorised=1"))
		row = self.account_row()
		self.assertEqual((row.status, row.user_id, row.nickname), ("Connected", SELLER, ACCOUNT_NAME))
		self.assertGreater(row.token_expires_at, now_datetime())
		with connection.connected(ACCOUNT_NAME) as client:
			self.assertEqual(client.me().id, SELLER)

	def test_the_page_is_that_of_the_accounts_country_and_carries_state_and_pkce(self):
		asked = dict(parse_qsl(urlsplit(self.begin()).query))
		self.assertEqual(asked["code_challenge_method"], "S256")
		self.assertGreaterEqual(len(asked["state"]), 32)
		self.assertNotIn("code_verifier", asked)
		without_simulator = frappe.local.conf.pop("mercadolibre_sync_simulator")
		self.addCleanup(frappe.local.conf.update, {"mercadolibre_sync_simulator": without_simulator})
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "site", "MLB")
		self.assertEqual(urlsplit(authorisation.begin(ACCOUNT_NAME)).hostname, "auth.mercadolivre.com.br")

	def test_what_waited_for_the_account_goes_on_by_itself(self):
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "user_id", SELLER)
		row = self.sync_order(self.add_order(self.add_buyer()))
		self.assertEqual(row.status, "Waiting for retry")
		wake.wake()
		self.authorise()
		frappe.db.rollback()
		self.assertEqual(self.notification(row.name).status, "Queued")
		self.assertEqual(self.drained(row.name).status, "Done")

	def test_saving_the_form_keeps_the_tokens(self):
		self.authorise()
		token = self.access_token()
		account = frappe.get_doc(ACCOUNT, ACCOUNT_NAME)
		account.only_paid_orders = 1
		account.save()
		self.assertEqual(self.account_row().status, "Connected")
		self.assertEqual(self.access_token(), token)

	def test_authorising_again_replaces_the_tokens(self):
		self.authorise()
		first = self.access_token()
		self.assertEqual(self.authorise().status_code, 302)
		frappe.db.rollback()
		self.assertNotEqual(self.access_token(), first)

	def test_only_who_may_change_the_account_can_connect_it(self):
		user = Browser(self.address, make_manager("vendedora@example.com", role="MercadoLibre User"))
		self.assertEqual(user.press("authorise").status_code, 403)
		guest = requests.get(self.callback(code="TG-1", state="x"), allow_redirects=False, timeout=30)
		self.assertEqual(guest.status_code, 403)


class TestRefused(AuthorisationTestCase):
	def test_a_person_who_refuses(self):
		self.assert_refused(self.authorise(allow=False), "refused at MercadoLibre")

	def test_a_state_works_once(self):
		location = self.meli.decide(self.begin(), SELLER, allow=False)
		self.browser.open(location)
		self.assert_refused(self.browser.open(location), "used already")

	def test_a_state_of_nobody_and_one_too_old(self):
		self.assert_refused(
			self.browser.open(self.callback(code="TG-1", state="inventado")), "Press Authorise"
		)
		self.assert_refused(self.browser.open(self.callback(code="TG-1")), "Press Authorise")
		location = self.meli.decide(self.begin(), SELLER)
		frappe.cache.delete(authorisation._key(self.state_of(location)))
		self.assert_refused(self.browser.open(location), "10 minutes")

	def test_a_state_of_another_session_even_of_the_same_person(self):
		# First, because preparing the user empties what Frappe 15 has cached, the attempt included.
		another = Browser(self.address, make_manager())
		location = self.meli.decide(self.begin(), SELLER)
		self.assert_refused(another.open(location), "another session")

	def test_a_code_that_was_begun_with_another_verifier(self):
		stolen = dict(parse_qsl(urlsplit(self.meli.decide(self.begin(), SELLER)).query))["code"]
		state = self.state_of(self.begin())
		self.assert_refused(
			self.browser.open(self.callback(code=stolen, state=state)), "did not accept the authorisation"
		)

	def test_a_redirect_address_that_does_not_match(self):
		begun = self.begin()
		self.meli.set_application(redirect_uri="https://otra.example/volver")
		self.assertIsNone(self.meli.decide(begun, SELLER))
		self.meli.set_application(redirect_uri=None)
		# MercadoLibre notices at the exchange, too: the code was issued for another address.
		elsewhere = begun.replace("redirect_uri=http", "redirect_uri=https%3A%2F%2Fotra.example%2F%3F")
		code = dict(parse_qsl(urlsplit(self.meli.decide(elsewhere, SELLER)).query))["code"]
		answer = self.browser.open(self.callback(code=code, state=self.state_of(begun)))
		self.assert_refused(answer, "Redirect URI", "mercadolibre_sync.api.authorized")

	def test_a_wrong_client_secret(self):
		self.meli.set_application(secret="otro")
		self.assert_refused(self.authorise(), "Client Secret")

	def test_a_collaborators_login(self):
		self.meli.set_user(SELLER, operator=True)
		begun = self.begin()
		self.assertIsNone(self.meli.decide(begun, SELLER))
		answer = self.browser.open(
			self.callback(error="invalid_operator_user_id", state=self.state_of(begun))
		)
		self.assert_refused(answer, "collaborator", "administrator")

	def test_a_site_that_does_not_match_leaves_no_grant_behind(self):
		self.meli.add_seller(OTHER_SELLER, "BRASIL", site_id="MLB")
		self.assert_refused(self.authorise(OTHER_SELLER), "MLB (Brazil)", "MLA (Argentina)")
		self.assertEqual([call.status for call in self.meli.calls(method="DELETE")], [200])

	def test_a_seller_whom_another_account_holds_and_that_account_goes_on_working(self):
		self.meli.add_seller(OTHER_SELLER, "OTRO")
		make_account("OTRO", OTHER_SELLER)
		frappe.db.commit()
		self.assert_refused(self.authorise(OTHER_SELLER), "already belongs to the account OTRO")
		self.meli.expire_access_tokens(OTHER_SELLER)
		with connection.connected("OTRO") as client:
			self.assertEqual(client.me().id, OTHER_SELLER)

	def test_another_seller_than_the_accounts(self):
		self.authorise()
		token = self.access_token()
		self.meli.add_seller(OTHER_SELLER, "OTRO")
		answer = self.authorise(OTHER_SELLER)
		self.assertEqual(answer.status_code, 400)
		self.assertIn("logged in to MercadoLibre as OTRO", answer.text)
		frappe.db.rollback()
		self.assertEqual((self.account_row().user_id, self.access_token()), (SELLER, token))

	def test_an_application_without_offline_access(self):
		self.meli.set_application(offline_access=False)
		self.assert_refused(self.authorise(), "offline_access")

	def test_mercadolibre_does_not_answer(self):
		self.meli.misbehave("/oauth/token", "503")
		self.assert_refused(self.authorise(), "does not answer")

	def test_what_a_stranger_writes_into_the_address_is_not_shown(self):
		state = self.state_of(self.begin())
		answer = self.browser.open(self.callback(error="<script>alert(1)</script>", state=state))
		self.assert_refused(answer)
		self.assertNotIn("alert(1)", answer.text)

	def test_settings_without_the_application_are_named(self):
		frappe.db.set_single_value("MercadoLibre Settings", "application_id", "")
		frappe.db.commit()
		answer = self.browser.press("authorise")
		self.assertEqual(answer.status_code, 417)
		self.assertIn("Application ID", answer.text)


class TestDisconnect(AuthorisationTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.authorise()
		self.meli.forget_calls()

	def test_the_grant_is_removed_there_and_the_tokens_here(self):
		answer = self.browser.press("disconnect")
		self.assertEqual(answer.json()["message"], "The account is disconnected.")
		self.assertEqual([call.status for call in self.meli.calls(method="DELETE")], [200])
		row = self.account_row()
		self.assertEqual((row.status, row.user_id), ("Not connected", SELLER))
		self.assertIsNone(self.access_token())

	def test_a_grant_that_is_already_gone_is_no_obstacle(self):
		self.meli.revoke(SELLER)
		answer = self.browser.press("disconnect")
		self.assertIn("before", answer.json()["message"])
		frappe.db.rollback()
		self.assertIsNone(self.access_token())

	def test_nothing_changes_while_mercadolibre_does_not_answer(self):
		self.meli.misbehave("/applications/", "503")
		answer = self.browser.press("disconnect")
		self.assertEqual(answer.status_code, 417)
		self.assertIn("Nothing was changed", answer.text)
		self.assertEqual(self.account_row().status, "Connected")


class TestTestConnection(SiteTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.order = self.add_order(self.add_buyer())

	def check(self) -> dict[str, tuple]:
		results = frappe.get_doc(ACCOUNT, ACCOUNT_NAME).test_connection()
		return {result["subject"]: (result["works"], result["message"]) for result in results}

	def test_what_works_is_said(self):
		results = self.check()
		self.assertEqual([works for works, _message in results.values()], [True, True, True])
		self.assertIn(ACCOUNT_NAME, results["Authorisation"][1])

	def test_the_missing_permission_is_named(self):
		for path, permission in (("^/orders/search", "Ventas y envíos"), ("billing", "Facturación")):
			with self.subTest(permission):
				self.meli.misbehave(path, "403_policy", times=2)
				works, message = self.check()[permission]
				self.assertIs(works, False)
				self.assertIn(permission, message)
				self.meli.behave()

	def test_what_cannot_be_tried_is_neither(self):
		self.meli.reset()
		self.meli.add_seller(SELLER, ACCOUNT_NAME)
		tokens = self.meli.issue_tokens(SELLER)
		give_tokens(ACCOUNT_NAME, tokens)
		frappe.db.commit()
		self.assertIsNone(self.check()["Facturación"][0])

	def test_a_dead_grant_is_told(self):
		self.meli.revoke(SELLER)
		works, message = self.check()["Authorisation"]
		self.assertIs(works, False)
		self.assertIn("Connect the account again", message)
