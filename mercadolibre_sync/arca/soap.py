"""One way to call ARCA's SOAP services: zeep makes the envelope, the answer is handed back raw and parsed here."""

# zeep is not typed:
# mypy: disallow-untyped-calls=False, disallow-subclassing-any=False

from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import zeep
from lxml import etree
from zeep.transports import Transport

from mercadolibre_sync.arca import xml
from mercadolibre_sync.arca.errors import (
	ArcaError,
	EndpointInvalid,
	TemporaryError,
	TlsFailure,
	UnexpectedAnswer,
)
from mercadolibre_sync.arca.secret import Secret

_WSDL_FOLDER = Path(__file__).parent / "wsdl"
_CONNECT_TIMEOUT = 5.0


class SoapFault(Exception):
	"""A SOAP fault, for the service's own module to translate. `code` is the local part of the faultcode."""

	def __init__(self, code: str, text: str) -> None:
		super().__init__(code, text)
		self.code = code
		self.text = text


class _Transport(Transport):
	"""zeep's transport without its debug log, which prints token and sign, and without the network for schemas."""

	def post(self, address: str, message: bytes, headers: dict[str, str]) -> requests.Response:
		response: requests.Response = self.session.post(
			address,
			data=message,
			headers=headers,
			timeout=(min(_CONNECT_TIMEOUT, self.operation_timeout), self.operation_timeout),
			allow_redirects=False,  # the ticket goes to the configured address and nowhere else
		)
		return response

	def _load_remote_data(self, url: str) -> bytes:
		raise RuntimeError(f"The WSDL ships with the app; refusing to load {url}.")


class SoapService:
	"""A SOAP 1.1 service: `binding` is its qualified name in the file `wsdl` of `arca/wsdl`.

	`address` is where it is called, whatever the WSDL says. `timeout` is in seconds and bounds the wait for the connection (at most 5) and for the answer, each.
	"""

	def __init__(self, wsdl: str, binding: str, address: str, timeout: float) -> None:
		check_address(address)
		client = zeep.Client(
			str(_WSDL_FOLDER / wsdl),
			transport=_Transport(operation_timeout=timeout),
			settings=zeep.Settings(raw_response=True),
		)
		self._service = client.create_service(binding, address)

	def call(self, operation: str, **arguments: str | int | Secret) -> etree._Element:
		"""Call the operation and return the element of its answer, the child of the SOAP Body.

		Raises:
			SoapFault: the server answered with a fault, whatever the HTTP status.
			TemporaryError: no connection, no answer in time, or a failure of the server without a fault.
			UnexpectedAnswer: cut off or no SOAP.
		"""
		response = self._send(operation, arguments)
		body = _body(response)
		fault = xml.child(body, "Fault")
		if fault is not None:
			code = xml.text(fault, "faultcode").rpartition(":")[2]
			raise SoapFault(code, xml.text(fault, "faultstring"))
		if response.status_code != 200 or len(body) != 1:
			raise UnexpectedAnswer(f"HTTP {response.status_code}, {len(body)} elements in the body")
		return body[0]

	def _send(self, operation: str, arguments: dict[str, str | int | Secret]) -> requests.Response:
		# No traceback of zeep or requests is kept ("from None"): their frames hold the envelope.
		try:
			answer: requests.Response = self._service[operation](
				**{k: v.reveal() if isinstance(v, Secret) else v for k, v in arguments.items()}
			)
		except requests.RequestException as error:
			raise _connection_error(error) from None
		return answer


def check_address(address: str) -> None:
	"""Accept https, and plain http on this machine only (a simulator): tickets never travel in the clear.

	Raises:
		EndpointInvalid: any other address.
	"""
	try:
		parts = urlsplit(address)
		host = parts.hostname or ""
	except ValueError:
		raise EndpointInvalid(address) from None
	if not host or not (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))):
		raise EndpointInvalid(address)


def _is_loopback(host: str) -> bool:
	try:
		return host == "localhost" or ip_address(host).is_loopback
	except ValueError:
		return False


def _body(response: requests.Response) -> etree._Element:
	try:
		body = xml.child(xml.parse(response.content), "Body")
	except UnexpectedAnswer:
		body = None
	if body is not None:
		return body
	if response.status_code >= 500:
		raise TemporaryError(f"HTTP {response.status_code}")
	raise UnexpectedAnswer(f"HTTP {response.status_code} without a SOAP envelope")


def _connection_error(error: requests.RequestException) -> ArcaError:
	"""Translate by the kind of failure only: the exception's own text may repeat the request."""
	kinds: list[tuple[Any, ArcaError]] = [
		(requests.exceptions.SSLError, TlsFailure()),
		(requests.exceptions.Timeout, TemporaryError("no answer in time")),
		(requests.exceptions.InvalidURL, EndpointInvalid()),
		(requests.exceptions.ConnectionError, TemporaryError("no connection")),
	]
	for kind, translated in kinds:
		if isinstance(error, kind):
			return translated
	return UnexpectedAnswer(type(error).__name__)
