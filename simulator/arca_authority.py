"""A throwaway certificate authority that signs as ARCA's does."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

ISSUERS = {"Homologación": "Computadores Test", "Producción": "Computadores"}

_VALIDITY = timedelta(days=730)


class Authority:
	"""The authority of one environment. Its key lives and dies with the process."""

	def __init__(self, environment: str) -> None:
		self._name = x509.Name(
			[
				x509.NameAttribute(NameOID.COUNTRY_NAME, "AR"),
				x509.NameAttribute(NameOID.ORGANIZATION_NAME, "AFIP"),
				x509.NameAttribute(NameOID.COMMON_NAME, ISSUERS[environment]),
			]
		)

	@cached_property
	def _key(self) -> rsa.RSAPrivateKey:
		return rsa.generate_private_key(public_exponent=65537, key_size=2048)

	@cached_property
	def certificate(self) -> x509.Certificate:
		now = datetime.now(timezone.utc)
		return (
			x509.CertificateBuilder()
			.subject_name(self._name)
			.issuer_name(self._name)
			.public_key(self._key.public_key())
			.serial_number(x509.random_serial_number())
			.not_valid_before(now - 10 * _VALIDITY)
			.not_valid_after(now + 10 * _VALIDITY)
			.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
			.sign(self._key, hashes.SHA256())
		)

	def issue(self, csr_pem: str, valid_from: timedelta, valid_for: timedelta = _VALIDITY) -> str:
		"""Sign the request; the certificate's times count from now (negative: in the past)."""
		request = x509.load_pem_x509_csr(csr_pem.encode())
		start = datetime.now(timezone.utc) + valid_from
		certificate = (
			x509.CertificateBuilder()
			.subject_name(request.subject)
			.issuer_name(self._name)
			.public_key(request.public_key())
			.serial_number(x509.random_serial_number())
			.not_valid_before(start)
			.not_valid_after(start + valid_for)
			.sign(self._key, hashes.SHA256())
		)
		return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")

	def has_issued(self, certificate: x509.Certificate) -> bool:
		try:
			certificate.verify_directly_issued_by(self.certificate)
		except Exception:  # several types, all of them meaning no
			return False
		return True
