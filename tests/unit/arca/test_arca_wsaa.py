"""WSAA: what is signed and how, the ticket read, and each documented fault by what has to be done about it."""

import base64
import shutil
import subprocess
import tempfile
import unittest
from datetime import datetime, timedelta, timezone
from pathlib import Path

import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7
from lxml import etree

from mercadolibre_sync.arca import errors, wsaa
from mercadolibre_sync.arca.certificate import create_key_and_csr, load_certificate, load_key
from mercadolibre_sync.arca.padron import SERVICE
from mercadolibre_sync.arca.secret import Secret
from mercadolibre_sync.arca.wsaa import Wsaa, login_ticket_request, sign
from simulator import arca_cms
from tests.unit.arca.support import ArcaCase, shown_by

# Every code of the specification's table, and the class it belongs to.
FAULTS: list[tuple[str, type[errors.ArcaError]]] = [
	("coe.notAuthorized", errors.ServiceNotDelegated),
	("coe.alreadyAuthenticated", errors.AlreadyAuthenticated),
	("cms.bad", errors.RequestRefused),
	("cms.bad.base64", errors.RequestRefused),
	("cms.cert.notFound", errors.RequestRefused),
	("cms.sign.invalid", errors.KeyOfAnotherCertificate),
	("cms.cert.expired", errors.CertificateExpired),
	("cms.cert.invalid", errors.CertificateNotYetValid),
	("cms.cert.untrusted", errors.CertificateOfOtherEnvironment),
	("xml.bad", errors.RequestRefused),
	("xml.version.notSupported", errors.RequestRefused),
	("xml.source.invalid", errors.RequestRefused),
	("xml.destination.invalid", errors.RequestRefused),
	("xml.generationTime.invalid", errors.ClockSkew),
	("xml.expirationTime.expired", errors.ClockSkew),
	("xml.expirationTime.invalid", errors.ClockSkew),
	("wsn.notFound", errors.UnknownService),
	("wsn.unavailable", errors.TemporaryError),
	("wsaa.unavailable", errors.TemporaryError),
	("wsaa.internalError", errors.TemporaryError),
	("of.tomorrow", errors.RequestRefused),
]


class TestRequest(unittest.TestCase):
	def test_the_request_has_no_namespace_and_forgives_a_clock_ten_minutes_ahead(self) -> None:
		now = datetime(2026, 11, 23, 15, 0, 30, tzinfo=timezone.utc)
		root = etree.fromstring(login_ticket_request(SERVICE, now))
		self.assertEqual(
			[(element.tag, element.text) for element in root.iter() if not len(element)],
			[
				("uniqueId", str(int(now.timestamp()))),
				("generationTime", "2026-11-23T11:50:30-03:00"),
				("expirationTime", "2026-11-23T12:10:30-03:00"),
				("service", "ws_sr_constancia_inscripcion"),
			],
		)
		self.assertEqual((root.tag, root.get("version")), ("loginTicketRequest", "1.0"))


class TestSignature(ArcaCase):
	def test_openssl_verifies_the_cms_and_finds_the_same_bytes_in_it(self) -> None:
		openssl = shutil.which("openssl")
		if not openssl:
			self.skipTest("the openssl command is not installed")
		content = b"<a>\n\t<b>\xc3\xb1</b>\n</a>\n"
		signed = base64.b64decode(sign(content, self.certificate, self.key).reveal())
		authority = self.simulator._wsaa.authorities["Homologación"].certificate
		with tempfile.TemporaryDirectory() as folder:
			cms, ca = Path(folder, "cms.der"), Path(folder, "ca.pem")
			cms.write_bytes(signed)
			ca.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
			command = [openssl, "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any"]
			verified = subprocess.run(
				[*command, "-in", str(cms), "-CAfile", str(ca)], capture_output=True, check=False
			)
		self.assertEqual(verified.returncode, 0, verified.stderr)
		self.assertEqual(verified.stdout, content)

	def test_it_is_attached_sha256_one_line_of_base64(self) -> None:
		cms = sign(b"<a/>", self.certificate, self.key).reveal()
		self.assertRegex(cms, r"^[A-Za-z0-9+/]+=*$")
		content, signer = arca_cms.verify(base64.b64decode(cms))
		self.assertEqual(content, b"<a/>")
		self.assertEqual(signer, load_certificate(self.certificate))


class TestLogin(ArcaCase):
	def test_a_ticket_lives_twelve_hours_by_arcas_clock(self) -> None:
		ticket = self.login()
		self.assertEqual(ticket.expires_at - ticket.generated_at, timedelta(hours=12))
		self.assertEqual(ticket.expires_at.utcoffset(), timedelta(hours=-3))
		self.assertIn(b"<relation key=", base64.b64decode(ticket.token.reveal()))
		self.assertTrue(ticket.sign)

	def test_the_answer_is_found_in_any_namespace_as_entities_or_cdata_and_in_either_version(self) -> None:
		inner = (
			'<loginTicketResponse version="1.0"><header><generationTime>2026-11-23T10:00:00.5-03:00</generationTime>'
			"<expirationTime>2026-11-23T22:00:00Z</expirationTime></header>"
			"<credentials><token>T</token><sign>S</sign></credentials></loginTicketResponse>"
		)
		for namespace in (
			"http://wsaa.view.sua.dvadac.desein.afip.gov",
			"https://wsaa.afip.gov.ar/ws/services",
		):
			for text in (f"<![CDATA[{inner}]]>", inner.replace("<", "&lt;")):
				xml = f'<r xmlns="{namespace}"><loginCmsReturn>{text}</loginCmsReturn></r>'
				ticket = wsaa._ticket(etree.fromstring(xml))
				self.assertEqual((ticket.token.reveal(), ticket.sign.reveal()), ("T", "S"))
				self.assertEqual(ticket.expires_at, datetime(2026, 11, 23, 22, tzinfo=timezone.utc))

	def test_each_documented_fault_has_its_class(self) -> None:
		for code, kind in FAULTS:
			with self.subTest(code):
				self.arca.fail_login(code)
				with self.assertRaises(errors.ArcaError) as caught:
					self.login()
				self.assertIs(type(caught.exception), kind)
				self.assertIn(code, caught.exception.detail)

	def test_a_certificate_of_the_other_environment_is_told_by_wsaa(self) -> None:
		with self.assertRaises(errors.CertificateOfOtherEnvironment):
			self.wsaa.login(SERVICE, self.arca.issue_certificate(self.csr, "Producción"), self.key)

	def test_a_service_not_delegated_is_told_and_works_once_it_is(self) -> None:
		self.arca.set_delegated(False)
		with self.assertRaises(errors.ServiceNotDelegated):
			self.login()
		self.arca.set_delegated(True)
		self.assertTrue(self.login().token)

	def test_a_second_ticket_within_the_window_is_refused_and_after_it_given(self) -> None:
		self.login()
		with self.assertRaises(errors.AlreadyAuthenticated):
			self.login()
		self.arca.set_window(0)
		self.login()

	def test_a_clock_less_than_ten_minutes_ahead_works_and_more_is_told(self) -> None:
		self.arca.set_clock_skew(-9 * 60)
		self.login()
		self.arca.set_clock_skew(-11 * 60)
		with self.assertRaises(errors.ClockSkew):
			self.login()

	def test_a_clock_that_is_behind_is_told(self) -> None:
		self.arca.set_clock_skew(11 * 60)
		with self.assertRaises(errors.ClockSkew):
			self.login()

	def test_an_unknown_service_is_told(self) -> None:
		with self.assertRaises(errors.UnknownService):
			self.wsaa.login("ws_of_nobody", self.certificate, self.key)

	def test_a_pair_that_cannot_work_is_not_sent(self) -> None:
		other, _ = create_key_and_csr("30558515305", "Ñandú S.A.", "erp")
		expired = self.arca.issue_certificate(self.csr, valid_from_days=-800)
		for certificate, key, kind in (
			(self.certificate, other, errors.KeyOfAnotherCertificate),
			(expired, self.key, errors.CertificateExpired),
			("nothing", self.key, errors.MalformedCertificate),
			(self.certificate, Secret("nothing"), errors.MalformedKey),
		):
			with self.assertRaises(kind):
				self.wsaa.login(SERVICE, certificate, key)
		self.assertEqual(self.arca.counts(), {"tickets": 0})

	def test_failures_on_the_way_are_temporary_and_pass(self) -> None:
		for failure in ("http", "down"):
			self.arca.fail("loginCms", failure)
			with self.assertRaises(errors.TemporaryError) as caught:
				self.login()
			self.assertNotIsInstance(caught.exception, errors.UnexpectedAnswer)
		self.assertTrue(self.login().token)

	def test_answers_that_are_no_ticket_are_unexpected(self) -> None:
		self.arca.set_window(0)
		for failure in ("cut_off", "wrong_shape", "html"):
			with self.subTest(failure):
				self.arca.fail("loginCms", failure)
				with self.assertRaises(errors.UnexpectedAnswer):
					self.login()

	def test_a_server_that_does_not_answer_is_not_waited_for(self) -> None:
		self.arca.fail("loginCms", "slow", seconds=2)
		started = datetime.now()
		with self.assertRaises(errors.TemporaryError) as caught:
			Wsaa(self.urls.wsaa, timeout=0.3).login(SERVICE, self.certificate, self.key)
		self.assertLess(datetime.now() - started, timedelta(seconds=1.5))
		self.assertIn("no answer in time", str(caught.exception))


class TestSimulatorIsStrict(ArcaCase):
	"""The simulated WSAA would notice what we could do wrong."""

	def post(self, cms: str, soap_action: dict[str, str] | None = None) -> str:
		envelope = (
			'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
			f'<loginCms xmlns="{self.urls.wsaa}"><in0>{cms}</in0></loginCms></s:Body></s:Envelope>'
		)
		headers = {"SOAPAction": ""} if soap_action is None else soap_action
		return requests.post(self.urls.wsaa, data=envelope, headers=headers, timeout=5).text

	def test_it_echoes_the_namespace_it_was_asked_in(self) -> None:
		cms = sign(login_ticket_request(SERVICE, datetime.now(timezone.utc)), self.certificate, self.key)
		self.assertIn(f'<loginCmsResponse xmlns="{self.urls.wsaa}">', self.post(cms.reveal()))

	def test_a_request_without_soapaction_is_refused(self) -> None:
		self.assertIn("ns1:Client.NoSOAPAction", self.post("", {"Other": ""}))

	def test_each_kind_of_broken_cms_has_its_fault(self) -> None:
		request = login_ticket_request(SERVICE, datetime.now(timezone.utc))
		signed = base64.b64decode(sign(request, self.certificate, self.key).reveal())
		certificate, key = load_certificate(self.certificate), load_key(self.key)
		builder = pkcs7.PKCS7SignatureBuilder().set_data(request)
		builder = builder.add_signer(certificate, key, hashes.SHA256())
		der, options = serialization.Encoding.DER, pkcs7.PKCS7Options
		tampered = signed.replace(b"ws_sr_constancia", b"ws_sr_Constancia")
		for code, cms in (
			("cms.bad", b"<a/>"),
			("cms.bad", signed[: len(signed) // 2]),
			("cms.bad", builder.sign(der, [options.Binary, options.DetachedSignature])),
			("cms.cert.notFound", builder.sign(der, [options.Binary, options.NoCerts])),
			("cms.sign.invalid", tampered),
			("cms.sign.invalid", signed[:-1] + bytes([signed[-1] ^ 1])),
		):
			with self.subTest(code):
				self.assertIn(f"ns1:{code}<", self.post(base64.b64encode(cms).decode()))
		self.assertIn("ns1:cms.bad.base64<", self.post("*"))

	def test_a_key_that_is_not_the_certificates_is_noticed(self) -> None:
		other, _ = create_key_and_csr("30558515305", "Ñandú S.A.", "erp")
		cms = sign(login_ticket_request(SERVICE, datetime.now(timezone.utc)), self.certificate, other)
		self.assertIn("ns1:cms.sign.invalid<", self.post(cms.reveal()))


class TestNothingLeaks(ArcaCase):
	def assert_nothing_leaks(self, *secrets: str) -> None:
		with self.assertRaises(errors.ArcaError) as caught:
			self.login()
		shown = shown_by(caught.exception)
		for secret in (self.key.reveal()[100:160], *secrets):
			self.assertNotIn(secret, shown)
		self.assertNotIn("Envelope", shown)
		self.assertNotIn("MII", shown.replace(self.certificate, ""))  # how a CMS begins in base64

	def test_no_failure_shows_key_or_cms_not_even_with_local_variables(self) -> None:
		self.arca.set_window(0)
		for failure in ("http", "down", "cut_off", "wrong_shape", "html"):
			with self.subTest(failure):
				self.arca.fail("loginCms", failure)
				self.assert_nothing_leaks()
		for code in ("coe.notAuthorized", "cms.bad", "wsaa.unavailable"):
			with self.subTest(code):
				self.arca.fail_login(code)
				self.assert_nothing_leaks()

	def test_a_fault_that_repeats_the_request_does_not_show_it(self) -> None:
		cms = sign(
			login_ticket_request(SERVICE, datetime.now(timezone.utc)), self.certificate, self.key
		).reveal()
		for repeated in (cms, cms[:100]):
			self.arca.fail("loginCms", "fault", code="cms.bad", text=f"in0 was {repeated}")
			self.assert_nothing_leaks(cms[:20])

	def test_a_ticket_of_the_wrong_shape_does_not_show_its_token(self) -> None:
		for bad in (
			"<expirationTime>tomorrow</expirationTime>",
			"<expirationTime>2026-11-23T22:00:00</expirationTime>",
		):
			answer = (
				"<r><loginCmsReturn><![CDATA[<loginTicketResponse><header>"
				f"<generationTime>2026-11-23T10:00:00-03:00</generationTime>{bad}</header><credentials>"
				"<token>SECRET</token><sign>SECRET</sign></credentials></loginTicketResponse>]]></loginCmsReturn></r>"
			)
			with self.assertRaises(errors.UnexpectedAnswer) as caught:
				wsaa._ticket(etree.fromstring(answer))
			self.assertNotIn("SECRET", shown_by(caught.exception))
		with self.assertRaises(errors.UnexpectedAnswer) as caught:
			wsaa._ticket(
				etree.fromstring("<r><loginCmsReturn><![CDATA[<a><token>SECRET]]></loginCmsReturn></r>")
			)
		self.assertNotIn("SECRET", shown_by(caught.exception))

	def test_a_ticket_shows_neither_token_nor_sign(self) -> None:
		ticket = self.login()
		self.assertNotIn(ticket.token.reveal(), repr(ticket))
		self.assertNotIn(ticket.sign.reveal(), str(ticket))
