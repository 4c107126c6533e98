"""The decision table of the condición frente al IVA, row by row, and the cases in which peers get it wrong."""

import unittest
from dataclasses import replace

from mercadolibre_sync.arca.condicion import Condicion, Reason, decide, from_taxpayer_type
from mercadolibre_sync.arca.persona import (
	ERROR_CONSTANCIA,
	ERROR_GENERAL,
	ERROR_MONOTRIBUTO,
	GENERAL,
	MONOTRIBUTO,
	BlockError,
	Categoria,
	Impuesto,
	Persona,
)

ACTIVE = Persona(cuit="20164755100", tipo_clave="CUIT", tipo_persona="FISICA", estado_clave="ACTIVO")
CATEGORY_B = Categoria(36, 20, "B LOCACIONES DE SERVICIO")
NO_CATEGORY = BlockError(ERROR_MONOTRIBUTO, "Datos de monotributo incompletos- no posee categoría.")
NO_GENERAL = BlockError(ERROR_GENERAL, "No cumple con las condiciones para enviar datos del regimen general")


def general(*taxes: tuple[int, str | None]) -> tuple[Impuesto, ...]:
	return tuple(Impuesto(tax_id, estado, GENERAL) for tax_id, estado in taxes)


def mono(*taxes: tuple[int, str | None]) -> tuple[Impuesto, ...]:
	return tuple(Impuesto(tax_id, estado, MONOTRIBUTO) for tax_id, estado in taxes)


def withheld(text: str) -> Persona:
	return Persona(cuit="20164755100", errors=(BlockError(ERROR_CONSTANCIA, text),))


# Row of the table, what the registry answers, condition, reason, whether a person is to look at it.
TABLE: list[tuple[str, Persona, Condicion | None, Reason, bool]] = [
	("0 unknown CUIT", Persona(cuit="20164755100", found=False), None, Reason.NOT_FOUND, True),
	("0 only errorConstancia", withheld("Estado erróneo del domicilio"), None, Reason.BLOCKED, True),
	("0 a CUIL was asked", withheld("La clave ingresada no es una CUIT"), None, Reason.NOT_A_CUIT, True),
	(
		"0 inactive, said by errorConstancia",
		withheld("La CUIT que ingresaste se encuentra inactiva, ingresá tu CUIT activa"),
		None,
		Reason.INACTIVE,
		True,
	),
	(
		"1 key not active",
		replace(ACTIVE, estado_clave="INACTIVO", impuestos=general((30, "AC"))),
		None,
		Reason.INACTIVE,
		True,
	),
	(
		"2 IVA and monotributo both active",
		replace(ACTIVE, impuestos=mono((20, "AC")) + general((30, "AC")), categoria=CATEGORY_B),
		None,
		Reason.CONTRADICTORY,
		True,
	),
	(
		"3 monotributo",
		replace(ACTIVE, impuestos=mono((20, "AC")), categoria=CATEGORY_B),
		Condicion.MONOTRIBUTO,
		Reason.MONOTRIBUTO,
		False,
	),
	(
		"3 no state",
		replace(ACTIVE, impuestos=mono((20, None))),
		Condicion.MONOTRIBUTO,
		Reason.MONOTRIBUTO,
		False,
	),
	(
		"3 component",
		replace(ACTIVE, impuestos=mono((21, "AC"))),
		Condicion.MONOTRIBUTO,
		Reason.MONOTRIBUTO,
		False,
	),
	(
		"3 category alone",
		replace(ACTIVE, categoria=CATEGORY_B),
		Condicion.MONOTRIBUTO,
		Reason.MONOTRIBUTO,
		False,
	),
	(
		"3 monotributo social by category",
		replace(ACTIVE, impuestos=mono((20, "AC")), categoria=Categoria(61, 20, "")),
		Condicion.MONOTRIBUTO_SOCIAL,
		Reason.MONOTRIBUTO_SOCIAL,
		False,
	),
	(
		"3 monotributo social by description",
		replace(ACTIVE, impuestos=mono((20, "AC")), categoria=Categoria(200, 20, "Monotributo Social")),
		Condicion.MONOTRIBUTO_SOCIAL,
		Reason.MONOTRIBUTO_SOCIAL,
		False,
	),
	(
		"4 IVA",
		replace(ACTIVE, impuestos=general((30, "AC"))),
		Condicion.RESPONSABLE_INSCRIPTO,
		Reason.IVA,
		False,
	),
	(
		"4 no state",
		replace(ACTIVE, impuestos=general((30, None))),
		Condicion.RESPONSABLE_INSCRIPTO,
		Reason.IVA,
		False,
	),
	("5 exento", replace(ACTIVE, impuestos=general((32, "AC"))), Condicion.EXENTO, Reason.IVA_EXENTO, False),
	(
		"5 no state",
		replace(ACTIVE, impuestos=general((32, None))),
		Condicion.EXENTO,
		Reason.IVA_EXENTO,
		False,
	),
	("5 state EX", replace(ACTIVE, impuestos=general((32, "EX"))), Condicion.EXENTO, Reason.IVA_EXENTO, True),
	(
		"6 not subject",
		replace(ACTIVE, impuestos=general((34, "AC"))),
		Condicion.NO_ALCANZADO,
		Reason.IVA_NO_ALCANZADO,
		False,
	),
	(
		"7 no inscripto",
		replace(ACTIVE, impuestos=general((33, "AC"))),
		Condicion.NO_CATEGORIZADO,
		Reason.IVA_NO_INSCRIPTO,
		False,
	),
	("8 general withheld", replace(ACTIVE, errors=(NO_GENERAL,)), None, Reason.WITHHELD, True),
	(
		"8 monotributo withheld",
		replace(ACTIVE, impuestos=general((11, "AC")), errors=(NO_CATEGORY,)),
		None,
		Reason.WITHHELD,
		True,
	),
	(
		"9 no VAT tax",
		replace(ACTIVE, impuestos=general((11, "AC"), (308, "AC"))),
		None,
		Reason.NO_VAT_TAX,
		True,
	),
	("9 no tax at all", ACTIVE, None, Reason.NO_VAT_TAX, True),
]


class TestDecisionTable(unittest.TestCase):
	def test_every_row_leads_to_its_condition(self) -> None:
		for row, persona, condicion, reason, review in TABLE:
			with self.subTest(row):
				decision = decide(persona)
				self.assertEqual(
					(decision.condicion, decision.reason, decision.review), (condicion, reason, review)
				)

	def test_whatever_is_undetermined_asks_for_review(self) -> None:
		for row, persona, condicion, _, _ in TABLE:
			if condicion is None:
				self.assertTrue(decide(persona).review, row)


class TestWherePeersGetItWrong(unittest.TestCase):
	def test_monotributista_with_exento_active_is_monotributo(self) -> None:
		"""pyafipws, Odoo and Tryton look at 32 first and say Exento."""
		both = replace(
			ACTIVE,
			impuestos=mono((20, "AC")) + general((32, "AC"), (11, "AC"), (308, "AC")),
			categoria=Categoria(41, 20, "F LOCACIONES DE SERVICIO"),
		)
		self.assertEqual(decide(both).condicion, Condicion.MONOTRIBUTO)
		self.assertFalse(decide(both).review)

	def test_iva_beside_an_error_of_the_monotributo_is_responsable_inscripto(self) -> None:
		"""Others throw the whole answer away because it carries an error."""
		decision = decide(replace(ACTIVE, impuestos=general((30, "AC")), errors=(NO_CATEGORY,)))
		self.assertEqual(decision.condicion, Condicion.RESPONSABLE_INSCRIPTO)
		self.assertFalse(decision.review)
		self.assertEqual(decision.said, (NO_CATEGORY.text,))

	def test_error_blocks_alone_are_never_consumidor_final(self) -> None:
		"""OCA, Tryton and several others fall through to Consumidor Final."""
		for block in (ERROR_CONSTANCIA, ERROR_GENERAL, ERROR_MONOTRIBUTO):
			for persona in (ACTIVE, Persona(cuit=ACTIVE.cuit)):
				decision = decide(replace(persona, errors=(BlockError(block, "Domicilio Incompleto"),)))
				self.assertIsNone(decision.condicion)
				self.assertEqual(decision.said, ("Domicilio Incompleto",))

	def test_no_answer_of_the_registry_leads_to_consumidor_final(self) -> None:
		for tax_id in (10, 11, 12, 20, 21, 22, 23, 24, 30, 32, 33, 34, 301, 308, 5190):
			for estado in ("AC", "EX", "NA", None):
				decision = decide(replace(ACTIVE, impuestos=general((tax_id, estado))))
				self.assertIsNot(decision.condicion, Condicion.CONSUMIDOR_FINAL)

	def test_only_ac_and_a_missing_state_are_active(self) -> None:
		"""A peer waits for the text "ACTIVO", which this service does not use, and finds nobody active."""
		for tax_id in (20, 30, 34, 33):
			for estado in ("NA", "BD", "EX"):
				self.assertIsNone(decide(replace(ACTIVE, impuestos=general((tax_id, estado)))).condicion)

	def test_taxes_of_other_kinds_do_not_decide(self) -> None:
		"""5190 and 5191 (AGIP) come with state NA beside the taxes that count."""
		taxes = general((5190, "NA"), (30, "AC"), (5191, "NA"))
		self.assertEqual(decide(replace(ACTIVE, impuestos=taxes)).condicion, Condicion.RESPONSABLE_INSCRIPTO)

	def test_a_category_does_not_decide_against_a_monotributo_listed_as_ended(self) -> None:
		ended = replace(ACTIVE, impuestos=mono((20, "BD")), categoria=CATEGORY_B)
		self.assertEqual(decide(ended).reason, Reason.MONOTRIBUTO_ENDED)
		self.assertIsNone(decide(ended).condicion)
		with_iva = replace(ended, impuestos=ended.impuestos + general((30, "AC")))
		self.assertEqual(decide(with_iva).condicion, Condicion.RESPONSABLE_INSCRIPTO)
		self.assertTrue(decide(with_iva).review)

	def test_a_component_does_not_decide_against_a_monotributo_listed_as_ended(self) -> None:
		self.assertIsNone(decide(replace(ACTIVE, impuestos=mono((20, "BD"), (24, "AC")))).condicion)

	def test_exento_with_the_monotributo_withheld_is_looked_at(self) -> None:
		"""The part that would come first in the table is the one we were not shown."""
		decision = decide(replace(ACTIVE, impuestos=general((32, "AC")), errors=(NO_CATEGORY,)))
		self.assertEqual(decision.condicion, Condicion.EXENTO)
		self.assertTrue(decision.review)

	def test_an_answer_without_state_of_the_key_is_looked_at(self) -> None:
		decision = decide(replace(ACTIVE, estado_clave="", impuestos=general((30, "AC"))))
		self.assertEqual(decision.condicion, Condicion.RESPONSABLE_INSCRIPTO)
		self.assertTrue(decision.review)


class TestNames(unittest.TestCase):
	def test_codes_and_names_are_those_of_rg_5616(self) -> None:
		self.assertEqual(
			{condicion.code: condicion.label for condicion in Condicion},
			{
				1: "IVA Responsable Inscripto",
				4: "IVA Sujeto Exento",
				5: "Consumidor Final",
				6: "Responsable Monotributo",
				7: "Sujeto No Categorizado",
				8: "Proveedor del Exterior",
				9: "Cliente del Exterior",
				10: "IVA Liberado – Ley N° 19.640",
				13: "Monotributista Social",
				15: "IVA No Alcanzado",
				16: "Monotributo Trabajador Independiente Promovido",
			},
		)

	def test_a_condition_is_found_by_its_official_name_only(self) -> None:
		self.assertEqual(Condicion.from_label("IVA Sujeto Exento"), Condicion.EXENTO)
		self.assertIsNone(Condicion.from_label("Exento"))


class TestDeclaredAtMercadoLibre(unittest.TestCase):
	def test_each_documented_text_is_understood_whatever_its_case_and_accents(self) -> None:
		for text, condicion in (
			("Consumidor Final", Condicion.CONSUMIDOR_FINAL),
			("Monotributo", Condicion.MONOTRIBUTO),
			("IVA Responsable Inscripto", Condicion.RESPONSABLE_INSCRIPTO),
			("IVA Exento", Condicion.EXENTO),
			("  iva  EXENTO ", Condicion.EXENTO),
			("Monotributó", Condicion.MONOTRIBUTO),
		):
			self.assertEqual(from_taxpayer_type(text), condicion)

	def test_anything_else_stays_unknown(self) -> None:
		for text in (None, "", "Contribuinte", "IVA"):
			self.assertIsNone(from_taxpayer_type(text))
