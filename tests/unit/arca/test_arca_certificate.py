"""Key, certificate request and certificate: what ARCA asks for, and every way a pair does not fit."""

import unittest
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mercadolibre_sync.arca import errors
from mercadolibre_sync.arca.certificate import check_pair, create_key_and_csr, inspect, load_key
from mercadolibre_sync.arca.endpoints import HOMOLOGACION, PRODUCCION
from mercadolibre_sync.arca.secret import Secret
from simulator.arca_authority import Authority

DAY = timedelta(days=1)


class TestRequest(unittest.TestCase):
	def test_the_request_names_country_organisation_alias_and_cuit_in_arcas_order(self) -> None:
		key, csr_pem = create_key_and_csr("30-55851530-5", "Ñandú S.A.", "erp")
		csr = x509.load_pem_x509_csr(csr_pem.encode())
		self.assertEqual(
			[(name.oid._name, name.value) for name in csr.subject],
			[
				("countryName", "AR"),
				("organizationName", "Ñandú S.A."),
				("commonName", "erp"),
				("serialNumber", "CUIT 30558515305"),
			],
		)
		self.assertTrue(csr.is_signature_valid)
		self.assertEqual(load_key(key).key_size, 2048)
		self.assertEqual(csr.public_key(), load_key(key).public_key())

	def test_a_name_longer_than_the_standard_allows_is_shortened(self) -> None:
		_, csr_pem = create_key_and_csr("30558515305", "x" * 200, "y" * 200)
		values = [str(name.value) for name in x509.load_pem_x509_csr(csr_pem.encode()).subject]
		self.assertEqual(values[1:3], ["x" * 64, "y" * 64])

	def test_a_wrong_cuit_or_an_empty_name_is_refused(self) -> None:
		with self.assertRaises(errors.MalformedCuit):
			create_key_and_csr("30558515306", "Ñandú S.A.", "erp")
		for organisation, alias in ((" ", "erp"), ("Ñandú S.A.", "")):
			with self.assertRaises(ValueError):
				create_key_and_csr("30558515305", organisation, alias)


class TestPair(unittest.TestCase):
	@classmethod
	def setUpClass(cls) -> None:
		cls.authority = Authority(HOMOLOGACION)
		cls.key, cls.csr = create_key_and_csr("30558515305", "Ñandú S.A.", "erp")
		cls.certificate = cls.authority.issue(cls.csr, -DAY, 10 * DAY)

	def test_a_pair_that_fits_tells_whose_it_is_and_how_long_it_lasts(self) -> None:
		info = check_pair(self.certificate, self.key, HOMOLOGACION)
		self.assertEqual(
			(info.subject_cuit, info.alias, info.issuer_cn, info.environment),
			("30558515305", "erp", "Computadores Test", HOMOLOGACION),
		)
		self.assertEqual(info.not_after - info.not_before, 10 * DAY)
		self.assertEqual(info.not_after.utcoffset(), timedelta())

	def test_the_issuer_tells_the_environment(self) -> None:
		production = Authority(PRODUCCION).issue(self.csr, -DAY)
		self.assertEqual(inspect(production).environment, PRODUCCION)
		with self.assertRaises(errors.CertificateOfOtherEnvironment):
			check_pair(production, self.key, HOMOLOGACION)

	def test_text_that_is_no_certificate_is_named(self) -> None:
		cut_off = self.certificate[: len(self.certificate) // 2]
		for text in ("", "certificado", cut_off, self.csr, self.key.reveal(), "ñ"):
			with self.assertRaises(errors.MalformedCertificate):
				check_pair(text, self.key)

	def test_text_that_is_no_key_is_named(self) -> None:
		cut_off = self.key.reveal()[:800]
		for text in ("", "clave", cut_off, self.certificate):
			with self.assertRaises(errors.MalformedKey) as caught:
				check_pair(self.certificate, Secret(text))
			self.assertNotIn(cut_off[40:80], str(caught.exception))

	def test_a_key_with_a_password_or_of_another_kind_is_named(self) -> None:
		locked = load_key(self.key).private_bytes(
			serialization.Encoding.PEM,
			serialization.PrivateFormat.PKCS8,
			serialization.BestAvailableEncryption(b"x"),
		)
		elliptic = ec.generate_private_key(ec.SECP256R1()).private_bytes(
			serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
		)
		for pem, said in ((locked, "protected by a password"), (elliptic, "not an RSA key")):
			with self.assertRaises(errors.MalformedKey) as caught:
				check_pair(self.certificate, Secret(pem.decode()))
			self.assertIn(said, str(caught.exception))

	def test_the_key_of_another_certificate_is_named(self) -> None:
		other, _ = create_key_and_csr("30558515305", "Ñandú S.A.", "erp")
		with self.assertRaises(errors.KeyOfAnotherCertificate):
			check_pair(self.certificate, other)

	def test_a_certificate_is_refused_before_its_first_and_after_its_last_day(self) -> None:
		now = datetime.now(timezone.utc)
		with self.assertRaises(errors.CertificateExpired) as expired:
			check_pair(self.certificate, self.key, now=now + 10 * DAY)
		self.assertIn(f"{now + 9 * DAY:%Y-%m-%d}", str(expired.exception))
		with self.assertRaises(errors.CertificateNotYetValid):
			check_pair(self.certificate, self.key, now=now - 2 * DAY)

	def test_windows_line_ends_and_space_around_do_not_matter(self) -> None:
		check_pair(
			"\n " + self.certificate.replace("\n", "\r\n"),
			Secret(self.key.reveal().replace("\n", "\r\n") + "\n\n"),
		)
