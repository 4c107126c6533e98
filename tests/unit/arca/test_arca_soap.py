"""The connection: TLS checked in full, tickets sent to the configured address only, nothing loaded or logged."""

import logging
import ssl
import unittest
from pathlib import Path

from requests.adapters import HTTPAdapter
from werkzeug.wrappers import Request, Response

from mercadolibre_sync.arca import errors, soap
from mercadolibre_sync.arca.endpoints import HOMOLOGACION, PRODUCCION, endpoints
from mercadolibre_sync.arca.padron import Padron
from mercadolibre_sync.arca.wsaa import Wsaa
from tests.unit.arca.support import REPRESENTED, serve, some_ticket

PACKAGE = Path(soap.__file__).parent


class TestEndpoints(unittest.TestCase):
	def test_each_environment_has_its_hosts(self) -> None:
		test, real = endpoints(HOMOLOGACION), endpoints(PRODUCCION)
		self.assertEqual(test.wsaa, "https://wsaahomo.afip.gov.ar/ws/services/LoginCms")
		self.assertEqual(test.padron, "https://awshomo.afip.gov.ar/sr-padron/webservices/personaServiceA5")
		self.assertEqual(real.wsaa, "https://wsaa.afip.gov.ar/ws/services/LoginCms")
		self.assertEqual(real.padron, "https://aws.afip.gov.ar/sr-padron/webservices/personaServiceA5")

	def test_a_base_of_ones_own_replaces_the_host_only(self) -> None:
		own = endpoints(PRODUCCION, padron_base="https://aws.arca.gob.ar/")
		self.assertEqual(own.padron, "https://aws.arca.gob.ar/sr-padron/webservices/personaServiceA5")
		self.assertEqual(own.wsaa, endpoints(PRODUCCION).wsaa)

	def test_another_environment_is_refused(self) -> None:
		with self.assertRaises(errors.EndpointInvalid):
			endpoints("Testing")

	def test_plain_http_is_for_this_machine_only(self) -> None:
		for address in (
			"https://wsaa.afip.gov.ar/x",
			"http://127.0.0.1:80/x",
			"http://localhost/x",
			"http://[::1]/x",
		):
			soap.check_address(address)
		for address in (
			"http://wsaa.afip.gov.ar/x",
			"http://127.0.0.1.example.com/x",
			"wsaa.afip.gov.ar",
			"ftp://127.0.0.1/x",
			"https://",
			"http://[::1",
			"",
		):
			with self.assertRaises(errors.EndpointInvalid):
				soap.check_address(address)


class TestTls(unittest.TestCase):
	def test_a_server_certificate_nobody_vouches_for_is_refused(self) -> None:
		with self.assertRaises(errors.TlsFailure):
			Padron(
				endpoints(HOMOLOGACION, padron_base=serve(self, Response("reached"), tls=True)).padron,
				timeout=5,
			).health()

	def test_sessions_check_certificates_with_the_standard_adapter(self) -> None:
		for service in (Wsaa("https://wsaa.afip.gov.ar"), Padron("https://aws.afip.gov.ar")):
			session = service._service._service._client.transport.session
			adapter = session.get_adapter("https://wsaa.afip.gov.ar")
			self.assertIs(session.verify, True)
			self.assertIs(type(adapter), HTTPAdapter)
			self.assertEqual(adapter.max_retries.total, 0)

	def test_no_line_of_the_package_touches_ciphers_levels_or_checks(self) -> None:
		for path in PACKAGE.rglob("*.py"):
			source = path.read_text("utf-8")
			for word in (
				"verify=",
				"SECLEVEL",
				"ciphers",
				"CERT_NONE",
				"ssl_context",
				"disable_warnings",
				"OPENSSL_CONF",
			):
				self.assertNotIn(word, source, path.name)
		self.assertIs(ssl._create_default_https_context, ssl.create_default_context)


class TestConnection(unittest.TestCase):
	def test_the_request_is_what_the_service_documents(self) -> None:
		seen: list[Request] = []

		@Request.application
		def record(request: Request) -> Response:
			request.get_data()
			seen.append(request)
			return Response("", 503)

		with self.assertRaises(errors.TemporaryError):
			Padron(serve(self, record) + "/here").person(some_ticket("<&>"), REPRESENTED, "20164755100")
		(request,) = seen
		self.assertEqual((request.method, request.path), ("POST", "/here"))
		self.assertEqual(request.headers["SOAPAction"], '""')
		self.assertTrue(request.headers["Content-Type"].startswith("text/xml"))
		body = request.get_data(as_text=True)
		self.assertIn(
			':getPersona_v2 xmlns:ns0="http://a5.soap.ws.server.puc.sr/"><token>token-&lt;&amp;&gt;</token>'
			"<sign>sign-&lt;&amp;&gt;</sign><cuitRepresentada>30558515305</cuitRepresentada>"
			"<idPersona>20164755100</idPersona></ns0:getPersona_v2>",
			body,
		)

	def test_a_ticket_does_not_follow_a_redirection(self) -> None:
		seen: list[str] = []

		@Request.application
		def redirect(request: Request) -> Response:
			seen.append(request.path)
			return Response("", 307, {"Location": "/elsewhere"})

		with self.assertRaises(errors.UnexpectedAnswer):
			Padron(serve(self, redirect) + "/here").person(some_ticket(), REPRESENTED, "20164755100")
		self.assertEqual(seen, ["/here"])

	def test_a_port_nobody_listens_on_is_temporary(self) -> None:
		with self.assertRaises(errors.TemporaryError) as caught:
			Padron("http://127.0.0.1:9/x").health()
		self.assertEqual(caught.exception.detail, "no connection")

	def test_zeep_never_fetches_a_schema(self) -> None:
		transport = soap._Transport()
		with self.assertRaises(RuntimeError):
			transport.load("http://127.0.0.1:9/x?wsdl")

	def test_the_debug_log_shows_neither_token_nor_sign(self) -> None:
		with self.assertLogs(level=logging.DEBUG) as logs, self.assertRaises(errors.TemporaryError):
			logging.getLogger().debug("there is a log")
			Padron("http://127.0.0.1:9/x").person(some_ticket("SECRET"), REPRESENTED, "20164755100")
		self.assertNotIn("SECRET", "\n".join(logs.output))
