"""The registry: documented answers read exactly, tolerance for what is new, faults, and the address it is asked at."""

import unittest
from pathlib import Path

from lxml import etree

from mercadolibre_sync.arca import errors, xml
from mercadolibre_sync.arca.condicion import Condicion, Reason, decide
from mercadolibre_sync.arca.padron import Padron, read_persona
from mercadolibre_sync.arca.persona import (
	ERROR_CONSTANCIA,
	ERROR_MONOTRIBUTO,
	GENERAL,
	MONOTRIBUTO,
	BlockError,
	Categoria,
	Domicilio,
	Impuesto,
	Persona,
)
from mercadolibre_sync.arca.provinces import PROVINCES
from tests.unit.arca.support import REPRESENTED, ArcaCase, shown_by, some_ticket

PAYLOADS = Path(__file__).parent / "payloads"
PERSON = "20164755100"
COMPANY = "30558521135"


def documented(name: str) -> etree._Element:
	"""The answer's element of a documented envelope."""
	body = xml.child(xml.parse((PAYLOADS / name).read_bytes()), "Body")
	assert body is not None
	return body[0]


def listed(position: int) -> etree._Element:
	"""One taxpayer of the documented list, as the answer for it alone would be."""
	found = documented("getPersonaList_v2.xml").findall(".//persona")[position]
	found.tag = "personaReturn"
	answer = etree.Element("getPersona_v2Response")
	answer.append(found)
	return answer


def answer(inner: str) -> etree._Element:
	return xml.parse(
		f"<getPersona_v2Response><personaReturn>{inner}</personaReturn></getPersona_v2Response>".encode()
	)


class TestDocumentedAnswers(unittest.TestCase):
	def test_a_person_of_the_general_regime(self) -> None:
		persona = read_persona(documented("getPersona_v2_regimen_general.xml"), "20164755100")
		self.assertEqual(
			persona,
			Persona(
				cuit="20164755100",
				tipo_clave="CUIT",
				tipo_persona="FISICA",
				estado_clave="ACTIVO",
				nombre="OGIEK KPSGR",
				apellido="SKIOGEK OGIUPE",
				impuestos=(
					Impuesto(11, "AC", GENERAL, "GANANCIAS PERSONAS FISICAS"),
					Impuesto(30, "AC", GENERAL, "IVA"),
					Impuesto(308, "AC", GENERAL, "APORTES SEG.SOCIAL AUTONOMOS"),
				),
				domicilio=Domicilio(
					direccion="SAN MANUEL 9",
					dato_adicional="BARRIO ANTONIO CARLOS",
					tipo_dato_adicional="BARRIO",
					localidad="SAN MANUEL",
					provincia_id=1,
					provincia="BUENOS AIRES",
					codigo_postal="7007",
				),
			),
		)
		self.assertEqual(persona.name, "OGIEK KPSGR SKIOGEK OGIUPE")
		self.assertEqual(decide(persona).condicion, Condicion.RESPONSABLE_INSCRIPTO)

	def test_a_person_in_the_list(self) -> None:
		persona = read_persona(listed(0), "20224107030")
		self.assertEqual(persona.name, "FRANCO AGUSTIN SEVERINO")
		self.assertEqual([tax.id for tax in persona.impuestos], [11, 30, 308])
		self.assertEqual(decide(persona).condicion, Condicion.RESPONSABLE_INSCRIPTO)

	def test_a_monotributista(self) -> None:
		persona = read_persona(listed(1), "27015942210")
		self.assertEqual(persona.categoria, Categoria(36, 20, "B LOCACIONES DE SERVICIO"))
		self.assertEqual(
			persona.impuestos,
			(
				Impuesto(20, "AC", MONOTRIBUTO, "MONOTRIBUTO"),
				Impuesto(301, "AC", GENERAL, "EMPLEADOR-APORTES SEG. SOCIAL"),
			),
		)
		self.assertEqual(decide(persona).condicion, Condicion.MONOTRIBUTO)

	def test_an_unknown_cuit_in_an_error_block(self) -> None:
		persona = read_persona(listed(2), "12345678901")
		self.assertFalse(persona.found)
		self.assertEqual(decide(persona).reason, Reason.NOT_FOUND)


class TestTolerance(unittest.TestCase):
	def test_elements_and_namespaces_of_tomorrow_change_nothing(self) -> None:
		"""zeep with a schema that has become old loses the taxes here."""
		known = documented("getPersona_v2_regimen_general.xml")
		changed = documented("getPersona_v2_regimen_general.xml")
		for element in list(changed.iter()):
			element.insert(0, etree.Element("{urn:tomorrow}campoNuevo"))
			if "}" not in element.tag:
				element.tag = "{urn:tomorrow}" + element.tag
		self.assertEqual(read_persona(changed, PERSON), read_persona(known, PERSON))

	def test_answers_older_than_the_state_of_taxes_keep_their_taxes(self) -> None:
		old = documented("getPersona_v2_regimen_general.xml")
		for state in old.findall(".//estadoImpuesto"):
			state.getparent().remove(state)
		persona = read_persona(old, PERSON)
		self.assertEqual(
			[(tax.id, tax.estado) for tax in persona.impuestos], [(11, None), (30, None), (308, None)]
		)
		self.assertEqual(decide(persona).condicion, Condicion.RESPONSABLE_INSCRIPTO)

	def test_a_tax_without_a_readable_number_is_not_passed_over(self) -> None:
		for number in (
			"",
			"<idImpuesto/>",
			"<idImpuesto>treinta</idImpuesto>",
			"<idImpuesto>-30</idImpuesto>",
		):
			inner = f"<datosRegimenGeneral><impuesto>{number}</impuesto></datosRegimenGeneral>"
			with self.assertRaises(errors.UnexpectedAnswer):
				read_persona(answer(inner), PERSON)

	def test_an_answer_about_nobody_or_somebody_else_is_unexpected(self) -> None:
		for inner in (
			"",
			"<metadata><servidor>x</servidor></metadata>",
			"<datosGenerales><estadoClave>ACTIVO</estadoClave><idPersona>20002307554</idPersona></datosGenerales>",
		):
			with self.assertRaises(errors.UnexpectedAnswer):
				read_persona(answer(inner), PERSON)

	def test_every_text_of_an_error_block_is_kept(self) -> None:
		persona = read_persona(
			answer(
				"<errorMonotributo><error>Uno</error><error> Dos\n  y medio</error><mensaje>Tres</mensaje></errorMonotributo>"
				"<errorConstancia><apellido>PEREZ</apellido><error>Cero</error></errorConstancia>"
			),
			PERSON,
		)
		self.assertEqual(
			persona.errors,
			(
				BlockError(ERROR_CONSTANCIA, "Cero"),
				BlockError(ERROR_MONOTRIBUTO, "Uno"),
				BlockError(ERROR_MONOTRIBUTO, "Dos y medio"),
				BlockError(ERROR_MONOTRIBUTO, "Tres"),
			),
		)
		self.assertEqual(persona.name, "PEREZ")

	def test_entities_and_document_types_are_refused(self) -> None:
		for raw in (
			b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
			b'<!DOCTYPE a [<!ENTITY x "1"><!ENTITY y "&x;&x;">]><a>&y;</a>',
			b"<a><b></a>",
			b"",
		):
			with self.assertRaises(errors.UnexpectedAnswer):
				xml.parse(raw)


class PadronCase(ArcaCase):
	"""One ticket for all tests of the class: the simulator honours it after a reset."""

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		case = cls()
		case.setUp()
		cls.ticket = case.login()

	def ask(self, cuit: str) -> Persona:
		return self.padron.person(self.ticket, REPRESENTED, cuit)


# Each kind of taxpayer of the simulator with what follows from its answer.
KINDS: list[tuple[str, Condicion | None, Reason]] = [
	("responsable_inscripto", Condicion.RESPONSABLE_INSCRIPTO, Reason.IVA),
	("monotributista", Condicion.MONOTRIBUTO, Reason.MONOTRIBUTO),
	("monotributo_social", Condicion.MONOTRIBUTO_SOCIAL, Reason.MONOTRIBUTO_SOCIAL),
	("monotributista_with_exento", Condicion.MONOTRIBUTO, Reason.MONOTRIBUTO),
	("monotributista_with_iva", None, Reason.CONTRADICTORY),
	("exento", Condicion.EXENTO, Reason.IVA_EXENTO),
	("exento_state_ex", Condicion.EXENTO, Reason.IVA_EXENTO),
	("no_alcanzado", Condicion.NO_ALCANZADO, Reason.IVA_NO_ALCANZADO),
	("no_inscripto", Condicion.NO_CATEGORIZADO, Reason.IVA_NO_INSCRIPTO),
	("iva_with_error_monotributo", Condicion.RESPONSABLE_INSCRIPTO, Reason.IVA),
	("general_withheld", None, Reason.WITHHELD),
	("no_vat_tax", None, Reason.NO_VAT_TAX),
	("inactive", None, Reason.INACTIVE),
	("blocked", None, Reason.BLOCKED),
	("cuil", None, Reason.NOT_A_CUIT),
	("not_found", None, Reason.NOT_FOUND),
]


class TestAsking(PadronCase):
	def test_each_row_of_the_table_over_http(self) -> None:
		for kind, condicion, reason in KINDS:
			with self.subTest(kind):
				self.arca.add_taxpayer(PERSON, kind)
				decision = decide(self.ask(PERSON))
				self.assertEqual((decision.condicion, decision.reason), (condicion, reason))

	def test_a_cuit_nobody_has_is_an_answer_as_fault_and_as_error_block(self) -> None:
		self.assertFalse(self.ask(PERSON).found)
		self.arca.add_taxpayer(PERSON, "not_found")
		self.assertFalse(self.ask(PERSON).found)

	def test_a_company_of_buenos_aires_has_a_name_and_no_localidad(self) -> None:
		self.arca.add_taxpayer(COMPANY, "responsable_inscripto", name="Muebles & Cía <Ñandú>")
		persona = self.ask(COMPANY)
		self.assertEqual((persona.name, persona.tipo_persona), ("Muebles & Cía <Ñandú>", "JURIDICA"))
		assert persona.domicilio and persona.domicilio.provincia_id is not None
		self.assertEqual(persona.domicilio.localidad, "")
		self.assertEqual(PROVINCES[persona.domicilio.provincia_id].iso, "AR-C")

	def test_a_block_says_what_the_registry_said(self) -> None:
		self.arca.add_taxpayer(PERSON, "blocked", text="Domicilio Incompleto")
		self.assertEqual(decide(self.ask(PERSON)).said, ("Domicilio Incompleto",))

	def test_a_malformed_cuit_is_not_sent(self) -> None:
		for number in ("", "20164755101", "abc", "20-16475510"):
			with self.assertRaises(errors.MalformedCuit):
				self.ask(number)
		self.assertEqual(self.arca.counts(), {"tickets": 0})

	def test_hyphens_do_not_matter(self) -> None:
		self.arca.add_taxpayer(PERSON, "exento")
		persona = self.padron.person(self.ticket, "30-55851530-5", "20-16475510-0")
		self.assertEqual((persona.cuit, persona.found), (PERSON, True))

	def test_the_servers_health_needs_no_ticket(self) -> None:
		self.assertEqual(self.padron.health(), {"appserver": "OK", "authserver": "OK", "dbserver": "OK"})


class TestFailures(PadronCase):
	def test_each_documented_fault_has_its_class(self) -> None:
		for text, kind in (
			("Token malformado", errors.TokenRejected),
			("No se pudo verificar que <sign> contenga una firma valida de <token>", errors.TokenRejected),
			("No autorizado, par token/sign invalido.", errors.TokenRejected),
			("Falta token y/o sign.", errors.RequestRefused),
			("Debe enviar la CUIT representada", errors.RequestRefused),
			(
				f"Este token no le permite actuar en representacion de la CUIT {REPRESENTED}",
				errors.CuitNotRepresented,
			),
			("Este token no le permite actuar en representación de la CUIT 1", errors.CuitNotRepresented),
			("Something nobody documented", errors.TemporaryError),
		):
			with self.subTest(text):
				self.arca.fail("getPersona_v2", "fault", text=text)
				with self.assertRaises(errors.ArcaError) as caught:
					self.ask(PERSON)
				self.assertIs(type(caught.exception), kind)
				self.assertIn(text, caught.exception.detail)

	def test_a_fault_that_blames_the_request_is_not_repeated(self) -> None:
		self.arca.fail("getPersona_v2", "fault", code="Client", text="Something nobody documented")
		with self.assertRaises(errors.RequestRefused):
			self.ask(PERSON)

	def test_a_ticket_nobody_gave_out_is_rejected(self) -> None:
		with self.assertRaises(errors.TokenRejected):
			self.padron.person(some_ticket(), REPRESENTED, PERSON)

	def test_a_ticket_that_has_ended_is_rejected(self) -> None:
		self.arca.set_clock_skew(13 * 3600)
		with self.assertRaises(errors.TokenRejected):
			self.ask(PERSON)

	def test_a_cuit_the_ticket_may_not_act_for_is_named_and_works_once_it_may(self) -> None:
		with self.assertRaises(errors.CuitNotRepresented) as caught:
			self.padron.person(self.ticket, COMPANY, PERSON)
		self.assertIn(COMPANY, caught.exception.detail)
		self.arca.set_window(0)
		self.arca.set_represented([COMPANY])
		self.assertFalse(self.padron.person(self.login(), COMPANY, PERSON).found)

	def test_a_malformed_cuit_represented_is_blamed_on_the_settings(self) -> None:
		with self.assertRaises(errors.CuitNotRepresented):
			self.padron.person(self.ticket, "30558515306", PERSON)

	def test_failures_on_the_way_are_temporary_and_pass(self) -> None:
		for options in ({"kind": "http", "status": 503}, {"kind": "http", "status": 500}, {"kind": "down"}):
			self.arca.fail("getPersona_v2", **options)  # type: ignore[arg-type]
			with self.assertRaises(errors.TemporaryError) as caught:
				self.ask(PERSON)
			self.assertNotIsInstance(caught.exception, errors.UnexpectedAnswer)
		self.assertFalse(self.ask(PERSON).found)

	def test_answers_cut_off_or_of_the_wrong_shape_are_unexpected(self) -> None:
		self.arca.add_taxpayer(PERSON, "exento")
		for kind in ("cut_off", "wrong_shape", "html"):
			with self.subTest(kind):
				self.arca.fail("getPersona_v2", kind)
				with self.assertRaises(errors.UnexpectedAnswer):
					self.ask(PERSON)

	def test_an_answer_that_does_not_come_is_not_waited_for(self) -> None:
		self.arca.fail("getPersona_v2", "slow", seconds=2)
		with self.assertRaises(errors.TemporaryError) as caught:
			Padron(self.urls.padron, timeout=0.3).person(self.ticket, REPRESENTED, PERSON)
		self.assertEqual(caught.exception.detail, "no answer in time")

	def test_a_registry_that_is_down_says_so_and_is_back_when_it_is(self) -> None:
		self.arca.go_down()
		for _ in range(2):
			with self.assertRaises(errors.TemporaryError):
				self.padron.health()
		self.arca.heal()
		self.assertEqual(self.padron.health()["appserver"], "OK")

	def test_no_failure_shows_token_or_sign_not_even_with_local_variables(self) -> None:
		self.arca.add_taxpayer(PERSON, "exento")
		secrets = (self.ticket.token.reveal(), self.ticket.sign.reveal())
		for options in (
			{"kind": "http"},
			{"kind": "down"},
			{"kind": "cut_off"},
			{"kind": "wrong_shape"},
			{"kind": "html"},
			{"kind": "fault", "text": "Token malformado"},
			{"kind": "fault", "text": f"Unmarshalling Error: For input string: {secrets[0]} {secrets[1]}"},
		):
			with self.subTest(options):
				self.arca.fail("getPersona_v2", **options)
				with self.assertRaises(errors.ArcaError) as caught:
					self.ask(PERSON)
				shown = shown_by(caught.exception)
				for secret in secrets:
					self.assertNotIn(secret[:20], shown)
