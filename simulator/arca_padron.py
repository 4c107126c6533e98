"""The registry ("constancia de inscripción"): answers for the taxpayers it was told of, one kind a row of the table."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lxml import etree
from werkzeug.wrappers import Request, Response

from simulator.arca_soap import (
	Fault,
	exists,
	read_operation,
	render,
	render_xml,
	xml_response,
)

OPERATION = "getPersona_v2"
HEALTH = "dummy"

_NAMESPACE = "http://a5.soap.ws.server.puc.sr/"

# The documented text of a kind's error block, where none is given.
_TEXTS = {
	"iva_with_error_monotributo": "Datos de monotributo incompletos- no posee categoría.",
	"general_withheld": "No responde al requerimiento",
	"blocked": "Estado erróneo del domicilio",
	"cuil": "La clave ingresada no es una CUIT",
	"not_found": "No existe persona con ese Id",
}


@dataclass
class Taxpayer:
	"""A taxpayer of the registry. `kind`: a file persona.<kind>.xml of the payloads; `text`: its error block's.

	A CUIT that begins with 3 is a company, named `name`; others are persons, `name` and `surname`.
	"""

	cuit: str
	kind: str
	name: str = "OGIEK KPSGR"
	surname: str = "SKIOGEK OGIUPE"
	text: str = ""

	def __post_init__(self) -> None:
		if not exists(f"persona.{self.kind}.xml"):
			raise ValueError(f"No such kind of taxpayer: {self.kind}.")


class Padron:
	"""State and answers of the registry. `is_genuine` tells whether WSAA made the sign for the token."""

	def __init__(self, now: Callable[[], datetime], is_genuine: Callable[[str, str], bool]) -> None:
		self._now = now
		self._is_genuine = is_genuine
		self.reset()

	def reset(self) -> None:
		self.taxpayers: dict[str, Taxpayer] = {}

	def answer(self, request: Request) -> Response:
		operation = read_operation(request.get_data())
		if operation is not None and operation.tag == f"{{{_NAMESPACE}}}{HEALTH}":
			return xml_response(render("dummyReturn.xml"))
		if operation is None or operation.tag != f"{{{_NAMESPACE}}}{OPERATION}":
			name = "" if operation is None else operation.tag
			raise Fault(
				"Client", f"Message part {name} was not recognized.  (Does it exist in service WSDL?)"
			)
		cuit = _number(operation, "idPersona")
		self._check_ticket(operation)
		return xml_response(self._persona(cuit))

	def _check_ticket(self, operation: etree._Element) -> None:
		token, sign = str(operation.findtext("token") or ""), str(operation.findtext("sign") or "")
		if not token or not sign:
			raise Fault("Server", "Falta token y/o sign.")
		try:
			sso = etree.fromstring(base64.b64decode(token, validate=True))
		except (binascii.Error, ValueError, etree.XMLSyntaxError):
			raise Fault("Server", "Token malformado") from None
		if not self._is_genuine(token, sign):
			raise Fault("Server", "No se pudo verificar que <sign> contenga una firma valida de <token>")
		if int(next(sso.iter("id")).get("exp_time", "0")) <= self._now().timestamp():
			raise Fault("Server", "No autorizado, par token/sign invalido.")
		represented = _number(operation, "cuitRepresentada")
		if not represented:
			raise Fault("Server", "Debe enviar la CUIT representada")
		if represented not in [relation.get("key") for relation in sso.iter("relation")]:
			text = f"Este token no le permite actuar en representacion de la CUIT {represented}"
			raise Fault("Server", text)

	def _persona(self, cuit: str) -> bytes:
		taxpayer = self.taxpayers.get(cuit)
		if taxpayer is None:
			raise Fault("Server", "No existe persona con ese Id")
		identity = {
			"cuit": cuit,
			"nombre": taxpayer.name,
			"apellido": taxpayer.surname,
			"estado": "INACTIVO" if taxpayer.kind == "inactive" else "ACTIVO",
		}
		general = render(f"datosGenerales.{'juridica' if cuit.startswith('3') else 'fisica'}.xml", **identity)
		persona = render_with(
			f"persona.{taxpayer.kind}.xml",
			general,
			texto=taxpayer.text or _TEXTS.get(taxpayer.kind, ""),
			**identity,
		)
		moment = self._now().isoformat(timespec="milliseconds")
		return render_xml("personaReturn.xml", persona=persona.decode(), fechaHora=moment)


def render_with(name: str, general: bytes, **values: str) -> bytes:
	"""Fill a persona file: `general` is XML and goes in after the texts."""
	return render(name, datosGenerales="$datosGenerales", **values).replace(b"$datosGenerales", general)


def _number(operation: etree._Element, name: str) -> str:
	text = str(operation.findtext(name) or "").strip()
	if text and not text.isdigit():
		raise Fault("Client", f'Unmarshalling Error: For input string: "{text}" ')
	return text
