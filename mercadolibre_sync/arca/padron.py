"""The taxpayer registry, service "constancia de inscripción": who a CUIT is and which taxes it is registered for."""

from lxml import etree

from mercadolibre_sync.arca import cuit as cuits
from mercadolibre_sync.arca import errors, persona, xml
from mercadolibre_sync.arca.persona import BlockError, Categoria, Domicilio, Impuesto, Persona
from mercadolibre_sync.arca.soap import SoapFault, SoapService
from mercadolibre_sync.arca.text import fold
from mercadolibre_sync.arca.ticket import Ticket

#: The id WSAA knows the service by.
SERVICE = "ws_sr_constancia_inscripcion"

_BINDING = "{http://a5.soap.ws.server.puc.sr/}Binding"

_TAX_BLOCKS = (persona.MONOTRIBUTO, persona.GENERAL)
_ERROR_BLOCKS = (persona.ERROR_CONSTANCIA, persona.ERROR_GENERAL, persona.ERROR_MONOTRIBUTO)

_NOT_FOUND = "no existe persona con ese id"

# Documented faults, folded. The first part of a text that is found in the fault decides.
_FAULTS: list[tuple[str, type[errors.ArcaError]]] = [
	("token malformado", errors.TokenRejected),
	("contenga una firma valida de <token>", errors.TokenRejected),
	("par token/sign invalido", errors.TokenRejected),
	("no le permite actuar en representacion", errors.CuitNotRepresented),
	("debe enviar la cuit representada", errors.RequestRefused),
	("falta token y/o sign", errors.RequestRefused),
	("unmarshalling error", errors.RequestRefused),
	("was not recognized", errors.RequestRefused),
]


class Padron:
	"""The registry at `url`; `timeout` in seconds."""

	def __init__(self, url: str, timeout: float = 10) -> None:
		self._service = SoapService("personaServiceA5.wsdl", _BINDING, url, timeout)

	def person(self, ticket: Ticket, cuit_represented: str, cuit: str) -> Persona:
		"""Ask for a taxpayer. One that does not exist is an answer too: `Persona.found` is False.

		Raises:
			MalformedCuit: `cuit` is none; nothing was sent.
			ConfigurationError: the CUIT represented is not allowed, or the request is refused.
			TokenRejected: the ticket is refused; forget it and ask again with a new one.
			TemporaryError: ARCA or the way to it is down; `UnexpectedAnswer` if its answer cannot be read.
		"""
		cuit = cuits.require(cuit)
		if not cuits.is_valid(cuit_represented):
			raise errors.CuitNotRepresented("the CUIT represented has a wrong digit")
		try:
			answer = self._service.call(
				"getPersona_v2",
				token=ticket.token,
				sign=ticket.sign,
				cuitRepresentada=int(cuits.normalise(cuit_represented)),
				idPersona=int(cuit),
			)
		except SoapFault as fault:
			if _NOT_FOUND in fold(fault.text):
				return Persona(cuit=cuit, found=False)
			raise _translated(fault, ticket) from None
		return read_persona(answer, cuit)

	def health(self) -> dict[str, str]:
		"""Ask the service how it is; needs no ticket. All of the values are "OK" when it is well.

		Raises:
			TemporaryError: it does not answer, or not so that it can be read.
		"""
		try:
			answer = xml.child(self._service.call("dummy"), "return")
		except SoapFault as fault:
			raise errors.TemporaryError(errors.scrub(f"{fault.code}: {fault.text}")) from None
		health = {name: xml.text(answer, name) for name in ("appserver", "authserver", "dbserver")}
		if not any(health.values()):
			raise errors.UnexpectedAnswer("dummy without the servers' state")
		return health


def read_persona(answer: etree._Element, cuit: str) -> Persona:
	"""Read the element getPersona_v2Response. Elements we do not know are passed over.

	Raises:
		UnexpectedAnswer: it is about nobody or somebody else, or has a tax without a readable number:
			a tax that got lost could change the condition.
	"""
	found = xml.child(answer, "personaReturn")
	identity = xml.child(found, "datosGenerales")
	constancia_error = xml.child(found, persona.ERROR_CONSTANCIA)
	named = xml.text(identity, "idPersona") or xml.text(constancia_error, "idPersona")
	if named and named != cuit:
		raise errors.UnexpectedAnswer("the answer is about another CUIT")
	block_errors = _errors(found)
	if any(_NOT_FOUND in fold(error.text) for error in block_errors):
		return Persona(cuit=cuit, found=False, errors=block_errors)
	read = Persona(
		cuit=cuit,
		tipo_clave=xml.text(identity, "tipoClave").upper(),
		tipo_persona=xml.text(identity, "tipoPersona").upper(),
		estado_clave=xml.text(identity, "estadoClave").upper(),
		razon_social=xml.text(identity, "razonSocial"),
		nombre=xml.text(identity, "nombre") or xml.text(constancia_error, "nombre"),
		apellido=xml.text(identity, "apellido") or xml.text(constancia_error, "apellido"),
		impuestos=_taxes(found),
		categoria=_category(found),
		domicilio=_address(identity),
		errors=block_errors,
	)
	if not read.has_data and not read.errors:
		raise errors.UnexpectedAnswer("neither data nor errors")
	return read


def _taxes(found: etree._Element | None) -> tuple[Impuesto, ...]:
	return tuple(
		Impuesto(
			id=_number(xml.text(tax, "idImpuesto")),
			estado=xml.text(tax, "estadoImpuesto").upper() or None,
			block=block,
			description=xml.text(tax, "descripcionImpuesto"),
		)
		for block in _TAX_BLOCKS
		for tax in xml.children(xml.child(found, block), "impuesto")
	)


def _category(found: etree._Element | None) -> Categoria | None:
	category = xml.child(xml.child(found, persona.MONOTRIBUTO), "categoriaMonotributo")
	if category is None:
		return None
	return Categoria(
		id=_number(xml.text(category, "idCategoria")),
		impuesto_id=_optional_number(xml.text(category, "idImpuesto")),
		description=xml.text(category, "descripcionCategoria"),
	)


def _address(identity: etree._Element | None) -> Domicilio | None:
	address = xml.child(identity, "domicilioFiscal")
	if address is None:
		return None
	return Domicilio(
		direccion=xml.text(address, "direccion"),
		dato_adicional=xml.text(address, "datoAdicional"),
		tipo_dato_adicional=xml.text(address, "tipoDatoAdicional"),
		localidad=xml.text(address, "localidad"),
		provincia_id=_optional_number(xml.text(address, "idProvincia")),
		provincia=xml.text(address, "descripcionProvincia"),
		codigo_postal=xml.text(address, "codPostal"),
	)


def _errors(found: etree._Element | None) -> tuple[BlockError, ...]:
	return tuple(
		BlockError(block, text)
		for block in _ERROR_BLOCKS
		for element in xml.children(found, block)
		for text in (*_texts(element, "error"), *_texts(element, "mensaje"))
	)


def _texts(element: etree._Element, name: str) -> list[str]:
	return [" ".join(node.text.split()) for node in xml.children(element, name) if node.text]


def _number(text: str) -> int:
	number = _optional_number(text)
	if number is None:
		raise errors.UnexpectedAnswer("a tax or category without a number")
	return number


def _optional_number(text: str) -> int | None:
	return int(text) if text.isascii() and text.isdigit() else None


def _translated(fault: SoapFault, ticket: Ticket) -> errors.ArcaError:
	detail = errors.scrub(f"{fault.code}: {fault.text}", ticket.token, ticket.sign)
	for text, kind in _FAULTS:
		if text in fold(fault.text):
			return kind(detail)
	# A fault nobody documented: the server's fault may pass, ours does not.
	ours = fault.code.lower().startswith("client")
	return errors.RequestRefused(detail) if ours else errors.TemporaryError(detail)
