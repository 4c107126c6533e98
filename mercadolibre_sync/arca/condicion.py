"""The condición frente al IVA: codes and names of RG 5616/2024, and how it follows from the registry's answer.

The registry has no such field. It lists taxes with a state, and the condition is derived from them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from mercadolibre_sync.arca.persona import ERROR_CONSTANCIA, ERROR_MONOTRIBUTO, Impuesto, Persona
from mercadolibre_sync.arca.text import fold

_MONOTRIBUTO = 20
_MONOTRIBUTO_COMPONENTS = frozenset({21, 22, 23, 24})
_MONOTRIBUTO_CATEGORY_TAXES = frozenset({20, 21})
_IVA = 30
_IVA_EXENTO = 32
_IVA_NO_INSCRIPTO = 33
_IVA_NO_ALCANZADO = 34

# Manual of the service: the categories of the monotributo social.
_SOCIAL_CATEGORIES = frozenset({61, 98, 99, 100, 101, 102, 103, 104})


class Condicion(Enum):
	"""A condición frente al IVA: `code` is CondicionIVAReceptorId, `label` the official name."""

	RESPONSABLE_INSCRIPTO = (1, "IVA Responsable Inscripto")
	EXENTO = (4, "IVA Sujeto Exento")
	CONSUMIDOR_FINAL = (5, "Consumidor Final")
	MONOTRIBUTO = (6, "Responsable Monotributo")
	NO_CATEGORIZADO = (7, "Sujeto No Categorizado")
	PROVEEDOR_DEL_EXTERIOR = (8, "Proveedor del Exterior")
	CLIENTE_DEL_EXTERIOR = (9, "Cliente del Exterior")
	LIBERADO = (10, "IVA Liberado – Ley N° 19.640")
	MONOTRIBUTO_SOCIAL = (13, "Monotributista Social")
	NO_ALCANZADO = (15, "IVA No Alcanzado")
	MONOTRIBUTO_PROMOVIDO = (16, "Monotributo Trabajador Independiente Promovido")

	@property
	def code(self) -> int:
		return self.value[0]

	@property
	def label(self) -> str:
		return self.value[1]

	@classmethod
	def from_label(cls, label: str) -> "Condicion | None":
		"""Return the condition of that official name, None if there is none."""
		return next((condicion for condicion in cls if condicion.label == label), None)


class Reason(Enum):
	"""Which rule decided; the value is a fixed sentence the desk can translate."""

	MONOTRIBUTO = "Registered for the monotributo."
	MONOTRIBUTO_SOCIAL = "Registered for the monotributo in a category of the monotributo social."
	IVA = "Registered for IVA."
	IVA_EXENTO = "Registered as exempt from IVA."
	IVA_NO_ALCANZADO = "Registered as not subject to IVA."
	IVA_NO_INSCRIPTO = "Registered as responsable no inscripto, a figure that no longer exists."
	NOT_FOUND = "No taxpayer has this CUIT."
	NOT_A_CUIT = "The number is a CUIL or a CDI, not a CUIT."
	BLOCKED = "The registry withholds this taxpayer's certificate."
	INACTIVE = "The taxpayer's key is not active."
	CONTRADICTORY = "Registered for IVA and for the monotributo, which exclude each other."
	MONOTRIBUTO_ENDED = "A monotributo category is listed, but the monotributo itself is not active."
	WITHHELD = "The registry withholds the part that tells the condition."
	NO_VAT_TAX = "No tax is registered that tells the condition."


@dataclass(frozen=True)
class Decision:
	"""What follows from an answer of the registry.

	`condicion` is None when it cannot be determined. `review` asks for a person's eye; it is always set when
	there is no condition. `said` are the registry's own words on what is missing, in Spanish.
	"""

	condicion: Condicion | None
	reason: Reason
	review: bool
	said: tuple[str, ...] = ()


def decide(persona: Persona) -> Decision:
	"""Derive the condición frente al IVA from an answer of the registry.

	The first rule that matches wins. Monotributo comes before exento: monotributistas are seen with 32 (exento)
	active beside 20, and invoice as monotributistas. Data beside an error block counts; an error block without
	data decides nothing, least of all Consumidor Final.
	"""
	undecided = _without_taxes(persona)
	if undecided:
		return undecided
	monotributo = _monotributo_is_active(persona)
	if monotributo and _is_active(persona, _IVA):
		return _undetermined(persona, Reason.CONTRADICTORY)
	if monotributo:
		return _decided(persona, *_kind_of_monotributo(persona))
	return _by_vat_tax(persona) or _without_vat_tax(persona)


def from_taxpayer_type(description: str | None) -> Condicion | None:
	"""Translate the buyer's own statement at MercadoLibre (`taxpayer_type.description`), None if unknown."""
	return _DECLARED.get(fold(description or ""))


_DECLARED = {
	"consumidor final": Condicion.CONSUMIDOR_FINAL,
	"monotributo": Condicion.MONOTRIBUTO,
	"iva responsable inscripto": Condicion.RESPONSABLE_INSCRIPTO,
	"iva exento": Condicion.EXENTO,
}


def _without_taxes(persona: Persona) -> Decision | None:
	"""Rows in which whatever taxes are listed do not matter."""
	if not persona.found:
		return _undetermined(persona, Reason.NOT_FOUND)
	if not persona.has_data:
		return _undetermined(persona, _why_withheld(persona))
	if persona.estado_clave and persona.estado_clave != "ACTIVO":
		return _undetermined(persona, Reason.INACTIVE)
	return None


def _why_withheld(persona: Persona) -> Reason:
	said = fold(" ".join(persona.error_texts(ERROR_CONSTANCIA)))
	if "no es una cuit" in said:
		return Reason.NOT_A_CUIT
	if "se encuentra inactiva" in said:
		return Reason.INACTIVE
	return Reason.BLOCKED


def _monotributo_is_active(persona: Persona) -> bool:
	"""Whether 20 is active; where 20 is not listed, one of its components or the category speaks for it.

	The category has no state, so it decides nothing against a 20 that is listed as ended.
	"""
	if _listed(persona, {_MONOTRIBUTO}):
		return _is_active(persona, _MONOTRIBUTO)
	if any(_active(tax) for tax in _listed(persona, _MONOTRIBUTO_COMPONENTS)):
		return True
	return _has_monotributo_category(persona)


def _has_monotributo_category(persona: Persona) -> bool:
	return persona.categoria is not None and persona.categoria.impuesto_id in _MONOTRIBUTO_CATEGORY_TAXES


def _kind_of_monotributo(persona: Persona) -> tuple[Condicion, Reason]:
	categoria = persona.categoria
	if categoria and (categoria.id in _SOCIAL_CATEGORIES or "social" in fold(categoria.description)):
		return Condicion.MONOTRIBUTO_SOCIAL, Reason.MONOTRIBUTO_SOCIAL
	return Condicion.MONOTRIBUTO, Reason.MONOTRIBUTO


def _by_vat_tax(persona: Persona) -> Decision | None:
	# A category of a monotributo that is listed as ended, or a withheld monotributo block, leaves a doubt.
	doubt = _has_monotributo_category(persona)
	hidden = bool(persona.error_texts(ERROR_MONOTRIBUTO))
	if _is_active(persona, _IVA):
		return _decided(persona, Condicion.RESPONSABLE_INSCRIPTO, Reason.IVA, review=doubt)
	if _is_active(persona, _IVA_EXENTO):
		return _decided(persona, Condicion.EXENTO, Reason.IVA_EXENTO, review=doubt or hidden)
	if any(tax.estado == "EX" for tax in _listed(persona, {_IVA_EXENTO})):
		# "EX" is seen on 32 and documented nowhere.
		return _decided(persona, Condicion.EXENTO, Reason.IVA_EXENTO, review=True)
	if _is_active(persona, _IVA_NO_ALCANZADO):
		return _decided(persona, Condicion.NO_ALCANZADO, Reason.IVA_NO_ALCANZADO, review=doubt or hidden)
	if _is_active(persona, _IVA_NO_INSCRIPTO):
		return _decided(persona, Condicion.NO_CATEGORIZADO, Reason.IVA_NO_INSCRIPTO, review=doubt or hidden)
	return None


def _without_vat_tax(persona: Persona) -> Decision:
	if _has_monotributo_category(persona):
		return _undetermined(persona, Reason.MONOTRIBUTO_ENDED)
	return _undetermined(persona, Reason.WITHHELD if persona.errors else Reason.NO_VAT_TAX)


def _listed(persona: Persona, ids: Iterable[int]) -> list[Impuesto]:
	return [tax for tax in persona.impuestos if tax.id in ids]


def _active(tax: Impuesto) -> bool:
	return tax.estado in (None, "AC")


def _is_active(persona: Persona, tax_id: int) -> bool:
	return any(_active(tax) for tax in _listed(persona, {tax_id}))


def _decided(persona: Persona, condicion: Condicion, reason: Reason, review: bool = False) -> Decision:
	# An answer that does not say whether the key is active is not refused, but somebody should look at it.
	return Decision(condicion, reason, review or not persona.estado_clave, persona.error_texts())


def _undetermined(persona: Persona, reason: Reason) -> Decision:
	return Decision(None, reason, True, persona.error_texts())
