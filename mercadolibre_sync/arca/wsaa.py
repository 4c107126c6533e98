"""WSAA, ARCA's authentication: a request signed with the certificate is exchanged for a ticket."""

import base64
import re
from datetime import datetime, timedelta, timezone

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7
from lxml import etree

from mercadolibre_sync.arca import certificate, errors, xml
from mercadolibre_sync.arca.secret import Secret
from mercadolibre_sync.arca.soap import SoapFault, SoapService
from mercadolibre_sync.arca.ticket import Ticket

_BINDING = "{http://wsaa.view.sua.dvadac.desein.afip.gov}Binding"

_ARGENTINA = timezone(timedelta(hours=-3))

# ARCA accepts a generation time up to 24 hours old and none in the future: ten minutes forgive a clock that is
# ahead. The expiration bounds this request only, not the ticket's life.
_TOLERANCE = timedelta(minutes=10)

# Specification 1.2.2, codes of the faults. Whatever is not listed means the request itself is wrong.
_FAULTS: dict[str, type[errors.ArcaError]] = {
	"coe.notauthorized": errors.ServiceNotDelegated,
	"coe.alreadyauthenticated": errors.AlreadyAuthenticated,
	"cms.sign.invalid": errors.KeyOfAnotherCertificate,
	"cms.cert.expired": errors.CertificateExpired,
	"cms.cert.invalid": errors.CertificateNotYetValid,
	"cms.cert.untrusted": errors.CertificateOfOtherEnvironment,
	"xml.generationtime.invalid": errors.ClockSkew,
	"xml.expirationtime.expired": errors.ClockSkew,
	"xml.expirationtime.invalid": errors.ClockSkew,
	"wsn.notfound": errors.UnknownService,
	"wsn.unavailable": errors.TemporaryError,
	"wsaa.unavailable": errors.TemporaryError,
	"wsaa.internalerror": errors.TemporaryError,
}


class Wsaa:
	"""WSAA at `url`; `timeout` in seconds."""

	def __init__(self, url: str, timeout: float = 10) -> None:
		self._service = SoapService("LoginCms.wsdl", _BINDING, url, timeout)

	def login(self, service: str, cert_pem: str, key_pem: Secret, now: datetime | None = None) -> Ticket:
		"""Ask for a ticket for the service, e.g. "ws_sr_constancia_inscripcion".

		Certificate and key are checked here first: a pair that cannot work is not sent. `now` is the time of
		the request, aware; the clock's if left out.

		Raises:
			ConfigurationError: certificate, key, delegation, clock or service is wrong, see the subclass.
			AlreadyAuthenticated: a ticket we do not have is still valid.
			TemporaryError: ARCA or the way to it is down; `UnexpectedAnswer` if its answer has no ticket.
		"""
		now = now or datetime.now(timezone.utc)
		certificate.check_pair(cert_pem, key_pem, now=now)
		cms = sign(login_ticket_request(service, now), cert_pem, key_pem)
		try:
			answer = self._service.call("loginCms", in0=cms)
		except SoapFault as fault:
			raise _translated(fault, cms) from None
		return _ticket(answer)


def login_ticket_request(service: str, now: datetime) -> bytes:
	"""Build the XML to be signed (no namespace; source and destination are left out, as ARCA's FAQ advises)."""
	now = now.astimezone(_ARGENTINA)
	request = etree.Element("loginTicketRequest", version="1.0")
	header = etree.SubElement(request, "header")
	etree.SubElement(header, "uniqueId").text = str(int(now.timestamp()))
	etree.SubElement(header, "generationTime").text = (now - _TOLERANCE).isoformat(timespec="seconds")
	etree.SubElement(header, "expirationTime").text = (now + _TOLERANCE).isoformat(timespec="seconds")
	etree.SubElement(request, "service").text = service
	return etree.tostring(request, xml_declaration=True, encoding="UTF-8")


def sign(content: bytes, cert_pem: str, key_pem: Secret) -> Secret:
	"""Return the content as CMS SignedData: attached, SHA-256, DER, in base64.

	Without the option Binary the library would turn line feeds into CRLF, that is, sign something else.
	"""
	builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
	builder = builder.add_signer(
		certificate.load_certificate(cert_pem), certificate.load_key(key_pem), hashes.SHA256()
	)
	signed = builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])
	return Secret(base64.b64encode(signed).decode("ascii"))


def _translated(fault: SoapFault, cms: Secret) -> errors.ArcaError:
	kind = _FAULTS.get(fault.code.lower(), errors.RequestRefused)
	return kind(errors.scrub(f"{fault.code}: {fault.text}", cms))


def _ticket(answer: etree._Element) -> Ticket:
	"""Read the ticket, which is XML inside a text (as entities or CDATA)."""
	# No variable holds the text: it is the ticket itself.
	response = xml.parse(xml.text(answer, "loginCmsReturn").encode())
	header, credentials = xml.child(response, "header"), xml.child(response, "credentials")
	ticket = Ticket(
		token=Secret(xml.text(credentials, "token")),
		sign=Secret(xml.text(credentials, "sign")),
		generated_at=_moment(xml.text(header, "generationTime")),
		expires_at=_moment(xml.text(header, "expirationTime")),
	)
	if not ticket.token or not ticket.sign:
		raise errors.UnexpectedAnswer("a ticket without token or sign")
	return ticket


def _moment(text: str) -> datetime:
	"""Read an xsd:dateTime with its offset. Fractions of a second are dropped: Python 3.10 takes only some."""
	try:
		moment = datetime.fromisoformat(re.sub(r"\.\d+", "", text).replace("Z", "+00:00"))
	except ValueError:
		raise errors.UnexpectedAnswer("a ticket without a readable time") from None
	if moment.tzinfo is None:
		raise errors.UnexpectedAnswer("a ticket with a time of no zone")
	return moment
