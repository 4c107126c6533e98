import base64
import hashlib
import json
import traceback
import unittest
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mercadolibre_sync.meli.errors import (
	ApplicationBlocked,
	Forbidden,
	InvalidClient,
	MeliError,
	RateLimited,
	ReauthorisationNeeded,
	Unavailable,
	UnexpectedShape,
)
from mercadolibre_sync.meli.oauth import OAuth, Tokens, authorization_url, pkce
from simulator.meli_world import PAYLOADS
from tests.unit.meli.loopback import Loopback, Say

SECRET = "s3cr3t-of-the-application"
REFRESH = "TG-5b9032b4e23464aed1f959f-1234567"


def payload(name: str) -> Any:
	return json.loads((PAYLOADS / f"{name}.json").read_bytes())


class TestAuthorizationUrl(unittest.TestCase):
	def test_argentina(self):
		url = urlsplit(authorization_url("MLA", "123", "https://erp.example/back?x=1", "st ate", "chal"))
		self.assertEqual(
			(url.scheme, url.netloc, url.path), ("https", "auth.mercadolibre.com.ar", "/authorization")
		)
		self.assertEqual(
			parse_qs(url.query),
			{
				"response_type": ["code"],
				"client_id": ["123"],
				"redirect_uri": ["https://erp.example/back?x=1"],
				"state": ["st ate"],
				"code_challenge": ["chal"],
				"code_challenge_method": ["S256"],
			},
		)

	def test_brazil_and_a_simulator(self):
		self.assertIn(
			"https://auth.mercadolivre.com.br/authorization?", authorization_url("MLB", "1", "u", "s", "c")
		)
		self.assertIn(
			"http://127.0.0.1:1/meli/authorization?",
			authorization_url("MLB", "1", "u", "s", "c", "http://127.0.0.1:1/meli/"),
		)

	def test_the_challenge_is_the_hash_of_the_verifier(self):
		verifier, challenge = pkce()
		self.assertRegex(verifier, r"\A[A-Za-z0-9_-]{43,128}\Z")
		digest = hashlib.sha256(verifier.encode()).digest()
		self.assertEqual(base64.urlsafe_b64decode(challenge + "="), digest)
		self.assertNotIn("=", challenge)
		self.assertNotEqual(pkce()[0], verifier)


class OAuthCase(unittest.TestCase):
	def setUp(self) -> None:
		self.server = Loopback()
		self.addCleanup(self.server.stop)
		self.oauth = OAuth(self.server.url, "123", SECRET, timeout=(1, 1))

	def refuse(self, say: Say) -> MeliError:
		"""The error a refresh raises for this answer, with no secret anywhere in it."""
		self.server.say(say)
		with self.assertRaises(MeliError) as caught:
			self.oauth.refresh(REFRESH)
		text = "".join(traceback.format_exception(caught.exception)) + repr(vars(caught.exception))
		# Frames of requests hold the request with its secrets, for whoever logs a traceback with its variables.
		self.assertNotIn("site-packages", text)
		self.assertNotIn(REFRESH, text)
		self.assertNotIn(SECRET, text)
		return caught.exception


class TestTokens(OAuthCase):
	def test_a_code_is_exchanged(self):
		self.server.say(Say(body=payload("oauth_token_200")))
		self.assertEqual(
			self.oauth.exchange("TG-code", "https://erp.example/back", "verifier"),
			Tokens(
				access_token="APP_USR-123456-090515-8cc4448aac10d5105474e1351-1234567",
				refresh_token=REFRESH,
				expires_in=10800,
				user_id="1234567",
				scope="offline_access read write",
			),
		)
		(asked,) = self.server.asked
		self.assertEqual((asked.method, asked.path), ("POST", "/oauth/token"))
		self.assertEqual(asked.headers["content-type"], "application/x-www-form-urlencoded")
		self.assertEqual(
			parse_qs(asked.body.decode()),
			{
				"grant_type": ["authorization_code"],
				"client_id": ["123"],
				"client_secret": [SECRET],
				"code": ["TG-code"],
				"redirect_uri": ["https://erp.example/back"],
				"code_verifier": ["verifier"],
			},
		)

	def test_a_refresh(self):
		self.server.say(Say(body=payload("oauth_token_200")))
		self.oauth.refresh(REFRESH)
		self.assertEqual(
			parse_qs(self.server.asked[0].body.decode()),
			{
				"grant_type": ["refresh_token"],
				"client_id": ["123"],
				"client_secret": [SECRET],
				"refresh_token": [REFRESH],
			},
		)

	def test_without_offline_access_there_is_no_refresh_token(self):
		answer = payload("oauth_token_200")
		del answer["refresh_token"]
		self.assertIsNone(Tokens.from_json(answer).refresh_token)

	def test_the_repr_holds_no_secret(self):
		text = repr(Tokens.from_json(payload("oauth_token_200")))
		self.assertNotIn("APP_USR", text)
		self.assertNotIn("TG-", text)
		self.assertIn("1234567", text)

	def test_an_answer_that_is_not_what_is_documented(self):
		for key in ("access_token", "expires_in", "user_id"):
			self.assertIsInstance(
				self.refuse(Say(body={**payload("oauth_token_200"), key: None})), UnexpectedShape
			)
		self.assertIsInstance(self.refuse(Say(body=b"<html>")), Unavailable)


class TestRefusals(OAuthCase):
	def test_the_documented_invalid_grant(self):
		error = self.refuse(Say(400, payload("oauth_error_invalid_grant_400")))
		self.assertIsInstance(error, ReauthorisationNeeded)
		self.assertEqual((error.status, error.code), (400, "invalid_grant"))

	def test_each_documented_code(self):
		for status, code, expected in (
			(400, "invalid_client", InvalidClient),
			(401, "invalid_client", InvalidClient),
			(400, "unauthorized_client", ReauthorisationNeeded),
			(403, "invalid_operator_user_id", ReauthorisationNeeded),
			(400, "unauthorized_application", ApplicationBlocked),
			(401, "unauthorized_scopes", ApplicationBlocked),
			(403, "forbidden", Forbidden),
			(429, "local_rate_limited", RateLimited),
			(400, "invalid_scope", UnexpectedShape),
			(400, "invalid_request", UnexpectedShape),
			(400, "unsupported_grant_type", UnexpectedShape),
		):
			error = self.refuse(Say(status, {"error_description": "x", "error": code, "status": status}))
			self.assertIs(type(error), expected, code)
			self.assertEqual(error.code, code)

	def test_trouble_on_the_way(self):
		self.assertIsInstance(self.refuse(Say(503)), Unavailable)
		self.assertIsInstance(self.refuse(Say(200, b"{", announced=500)), Unavailable)
