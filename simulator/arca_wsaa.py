"""WSAA: checks the signed request in the order of ARCA's specification and gives out tickets for 12 hours."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.x509.oid import NameOID
from lxml import etree
from werkzeug.wrappers import Request, Response

from simulator import arca_cms
from simulator.arca_authority import ISSUERS, Authority
from simulator.arca_soap import Fault, read_operation, render, render_xml, xml_response

OPERATION = "loginCms"
SERVICE = "ws_sr_constancia_inscripcion"

_ARGENTINA = timezone(timedelta(hours=-3))
_LIFE = timedelta(hours=12)
_DAY = timedelta(hours=24)

# As ARCA words them; its specification leaves the others without a text of their own.
TEXTS = {
	"coe.notAuthorized": "Computador no autorizado a acceder al servicio",
	"coe.alreadyAuthenticated": "El CEE ya posee un TA valido para el acceso al WSN solicitado",
	"cms.bad": "El CMS no es valido",
	"cms.bad.base64": "No se puede decodificar el BASE64",
	"cms.cert.notFound": "No se ha encontrado certificado de firmador",
	"cms.sign.invalid": "Firma inválida o algoritmo no soportado",
	"cms.cert.expired": "Certificado expirado",
	"cms.cert.invalid": "Certificado con fecha de generacion posterior a la actual",
	"cms.cert.untrusted": "Certificado no emitido por AC de confianza",
	"xml.generationTime.invalid": (
		"generationTime posee formato o dato inválido (ej: en el futuro o más de 24 horas de antigüedad)"
	),
}


class Wsaa:
	"""State and answers of WSAA. `now` is the server's clock."""

	def __init__(self, now: Callable[[], datetime]) -> None:
		self._now = now
		self._lock = threading.Lock()
		self._signing_key = secrets.token_bytes(32)
		self.authorities = {environment: Authority(environment) for environment in ISSUERS}
		self.reset()

	def reset(self) -> None:
		"""Back to the start, but for the authorities and the key of the signs: what they signed stays good."""
		self.environment = "Homologación"
		self.delegated = True
		self.represented: list[str] = []
		self.window = 120.0  # seconds in which a second ticket is refused
		self.issued = 0
		self._last_issue: dict[tuple[str, str], datetime] = {}

	def answer(self, request: Request) -> Response:
		if "SOAPAction" not in request.headers:
			raise Fault("Client.NoSOAPAction", "no SOAPAction header!")
		operation = read_operation(request.get_data())
		if operation is None or etree.QName(operation).localname != OPERATION:
			raise Fault("xml.bad", "xml.bad")
		name = etree.QName(operation)
		ticket = self._login(str(operation.findtext("{*}in0") or ""))
		# ARCA answers in whatever namespace it was asked in.
		return xml_response(
			render("loginCmsReturn.xml", namespace=name.namespace or "", ticket=ticket.decode())
		)

	def is_genuine(self, token: str, sign: str) -> bool:
		"""Whether the sign is ours for this token."""
		return hmac.compare_digest(self._sign(token), sign)

	def _sign(self, token: str) -> str:
		return base64.b64encode(hmac.digest(self._signing_key, token.encode(), hashlib.sha256)).decode()

	def _login(self, cms: str) -> bytes:
		try:
			der = base64.b64decode("".join(cms.split()), validate=True)
		except (binascii.Error, ValueError):
			raise fault("cms.bad.base64") from None
		try:
			content, certificate = arca_cms.verify(der)
		except arca_cms.CmsError as error:
			raise fault(error.code) from None
		self._check_certificate(certificate)
		service = self._check_request(content)
		if not self.delegated:
			raise fault("coe.notAuthorized")
		with self._lock:
			self._check_window(certificate, service)
			self.issued += 1
		return self._ticket(certificate, service)

	def _check_certificate(self, certificate: x509.Certificate) -> None:
		if self._now() > certificate.not_valid_after_utc:
			raise fault("cms.cert.expired")
		if self._now() < certificate.not_valid_before_utc:
			raise fault("cms.cert.invalid")
		if not self.authorities[self.environment].has_issued(certificate):
			raise fault("cms.cert.untrusted")

	def _check_request(self, content: bytes) -> str:
		"""Check the signed loginTicketRequest and return the service it asks for."""
		try:
			request = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
		except etree.XMLSyntaxError:
			raise fault("xml.bad") from None
		if request.tag != "loginTicketRequest" or not str(request.findtext("header/uniqueId")).isdigit():
			raise fault("xml.bad")
		if request.get("version") != "1.0":
			raise fault("xml.version.notSupported")
		now = self._now()
		if not now - _DAY <= _time(request, "generationTime") <= now:
			raise fault("xml.generationTime.invalid")
		if _time(request, "expirationTime") <= now:
			raise fault("xml.expirationTime.expired")
		if _time(request, "expirationTime") > now + _DAY:
			raise fault("xml.expirationTime.invalid")
		service = request.findtext("service")
		if service != SERVICE:
			raise fault("wsn.notFound")
		return service

	def _check_window(self, certificate: x509.Certificate, service: str) -> None:
		"""Refuse a second ticket soon after the first. Call with the lock held."""
		key = (str(certificate.serial_number), service)
		last = self._last_issue.get(key)
		if last and self._now() - last < timedelta(seconds=self.window):
			raise fault("coe.alreadyAuthenticated")
		self._last_issue[key] = self._now()

	def _ticket(self, certificate: x509.Certificate, service: str) -> bytes:
		generated = self._now()
		expires = generated + _LIFE
		unique_id = str(secrets.randbelow(2**32))
		sso = render_xml(
			"sso.xml",
			generated=str(int(generated.timestamp())),
			expires=str(int(expires.timestamp())),
			uniqueId=unique_id,
			service=service,
			relations="".join(
				f'<relation key="{cuit}" reltype="4"/>' for cuit in (_cuit(certificate), *self.represented)
			),
		)
		token = base64.b64encode(sso).decode()
		return render(
			"loginTicketResponse.xml",
			destination=certificate.subject.rfc4514_string(),
			uniqueId=unique_id,
			generationTime=_written(generated),
			expirationTime=_written(expires),
			token=token,
			sign=self._sign(token),
		)


def fault(code: str) -> Fault:
	return Fault(code, TEXTS.get(code, code))


def _cuit(certificate: x509.Certificate) -> str:
	names = certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
	return str(names[0].value).removeprefix("CUIT ") if names else ""


def _time(request: etree._Element, name: str) -> datetime:
	try:
		return datetime.fromisoformat(str(request.findtext(f"header/{name}"))).astimezone(timezone.utc)
	except ValueError:
		raise fault(f"xml.{name}.invalid") from None


def _written(moment: datetime) -> str:
	return moment.astimezone(_ARGENTINA).isoformat(timespec="milliseconds")
