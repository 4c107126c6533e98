"""The X.509 certificate a company identifies itself with at ARCA, and its RSA key."""

import re
from dataclasses import dataclass
from datetime import datetime, timezone

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from mercadolibre_sync.arca import cuit as cuits
from mercadolibre_sync.arca.endpoints import HOMOLOGACION, PRODUCCION
from mercadolibre_sync.arca.errors import (
	CertificateExpired,
	CertificateNotYetValid,
	CertificateOfOtherEnvironment,
	KeyOfAnotherCertificate,
	MalformedCertificate,
	MalformedKey,
)
from mercadolibre_sync.arca.secret import Secret

# The certificate authority that signs tells the environment.
_ISSUERS = {"Computadores Test": HOMOLOGACION, "Computadores": PRODUCCION}

_NAME_LENGTH = 64  # of O and CN, by X.520


@dataclass(frozen=True)
class CertificateInfo:
	"""What a person wants to know of a certificate. Times are aware, in UTC.

	`environment` is "Homologación", "Producción", or None when the issuer is neither of ARCA's.
	`subject_cuit` is "" when the subject names none.
	"""

	subject_cuit: str
	alias: str
	issuer_cn: str
	not_before: datetime
	not_after: datetime
	environment: str | None


def create_key_and_csr(cuit: str, organisation: str, alias: str) -> tuple[Secret, str]:
	"""Make an RSA key of 2048 bits and the certificate request ARCA asks for; both in PEM.

	Raises:
		MalformedCuit: the CUIT is none.
		ValueError: organisation or alias is empty.
	"""
	names = [
		(NameOID.COUNTRY_NAME, "AR"),
		(NameOID.ORGANIZATION_NAME, organisation.strip()[:_NAME_LENGTH]),
		(NameOID.COMMON_NAME, alias.strip()[:_NAME_LENGTH]),
		(NameOID.SERIAL_NUMBER, f"CUIT {cuits.require(cuit)}"),
	]
	if not all(value for _, value in names):
		raise ValueError("The certificate request needs the organisation's name and an alias.")
	subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in names])
	key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
	request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
	return _key_pem(key), request.public_bytes(serialization.Encoding.PEM).decode("ascii")


def inspect(cert_pem: str) -> CertificateInfo:
	"""Read the certificate.

	Raises:
		MalformedCertificate: the text is no certificate in PEM.
	"""
	certificate = load_certificate(cert_pem)
	issuer = _attribute(certificate.issuer, NameOID.COMMON_NAME)
	serial_number = _attribute(certificate.subject, NameOID.SERIAL_NUMBER)
	found = re.search(r"[0-9]{11}", cuits.normalise(serial_number))
	return CertificateInfo(
		subject_cuit=found.group() if found else "",
		alias=_attribute(certificate.subject, NameOID.COMMON_NAME),
		issuer_cn=issuer,
		not_before=certificate.not_valid_before_utc,
		not_after=certificate.not_valid_after_utc,
		environment=_ISSUERS.get(issuer),
	)


def check_pair(
	cert_pem: str, key_pem: Secret, environment: str | None = None, now: datetime | None = None
) -> CertificateInfo:
	"""Check that certificate and key can be used together now, before ARCA is asked.

	Args:
		environment: "Homologación" or "Producción" to check the issuer too; an issuer we do not know passes.
		now: aware; the clock's time if left out.

	Raises:
		MalformedCertificate, MalformedKey, KeyOfAnotherCertificate, CertificateExpired,
		CertificateNotYetValid, CertificateOfOtherEnvironment: as they say.
	"""
	info = inspect(cert_pem)
	if load_certificate(cert_pem).public_key() != load_key(key_pem).public_key():
		raise KeyOfAnotherCertificate()
	now = now or datetime.now(timezone.utc)
	if now > info.not_after:
		raise CertificateExpired(f"{info.not_after:%Y-%m-%d}")
	if now < info.not_before:
		raise CertificateNotYetValid(f"{info.not_before:%Y-%m-%d %H:%M} UTC")
	if environment and info.environment and environment != info.environment:
		raise CertificateOfOtherEnvironment(info.environment)
	return info


def load_certificate(cert_pem: str) -> x509.Certificate:
	"""Parse the first certificate of the PEM text.

	Raises:
		MalformedCertificate: there is none.
	"""
	try:
		return x509.load_pem_x509_certificate(cert_pem.strip().encode())
	except ValueError:
		raise MalformedCertificate() from None


def load_key(key_pem: Secret) -> rsa.RSAPrivateKey:
	"""Parse the RSA key of the PEM text.

	Raises:
		MalformedKey: there is none, it is encrypted, or it is no RSA key.
	"""
	try:
		key = serialization.load_pem_private_key(key_pem.reveal().strip().encode(), password=None)
	except TypeError:
		raise MalformedKey("the key is protected by a password") from None
	except (ValueError, UnsupportedAlgorithm):
		raise MalformedKey() from None
	if not isinstance(key, rsa.RSAPrivateKey):
		raise MalformedKey("the key is not an RSA key")
	return key


def _key_pem(key: rsa.RSAPrivateKey) -> Secret:
	return Secret(
		key.private_bytes(
			serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
		).decode("ascii")
	)


def _attribute(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
	found = name.get_attributes_for_oid(oid)
	return str(found[0].value) if found else ""
