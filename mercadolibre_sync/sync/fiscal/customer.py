"""What the Customer shows of the registry: condición frente al IVA, where it is from, and how the lookup went."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import frappe
from frappe.utils import add_to_date, now_datetime

from mercadolibre_sync.arca import cuit as cuits
from mercadolibre_sync.arca.condicion import Condicion, from_taxpayer_type
from mercadolibre_sync.backoff import delay
from mercadolibre_sync.sync.fiscal import SETTINGS
from mercadolibre_sync.sync.fiscal.texts import explain_decision, explain_error
from mercadolibre_sync.sync.text import fit
from mercadolibre_sync.words import Text, restored, sentences, text

if TYPE_CHECKING:
	from frappe.model.document import Document

	from mercadolibre_sync.sync.fiscal.lookup import Lookup

PENDING = "Pending"
DETERMINED = "Determined"
TO_REVIEW = "To Review"
UNDETERMINED = "Undetermined"

FROM_ARCA = "ARCA"
FROM_MERCADOLIBRE = "MercadoLibre"
BY_HAND = "By hand"

# What a Customer holds of what ARCA, and the buyer at MercadoLibre, said of the taxpayer.
FIELDS = (
	"arca_document_type",
	"arca_condicion_iva",
	"arca_condicion_iva_source",
	"arca_status",
	"arca_checked_on",
	"arca_changed_on",
	"arca_message",
	"arca_declared",
)
# What is noted of asking, whatever the answer.
ASKING = ("arca_checked_on", "arca_next_lookup", "arca_attempts", "arca_disagrees")

_MONOTRIBUTOS = {Condicion.MONOTRIBUTO, Condicion.MONOTRIBUTO_SOCIAL, Condicion.MONOTRIBUTO_PROMOVIDO}


@dataclass(frozen=True)
class Said:
	"""What a customer shows of the registry's answer. Equal where the registry said the same."""

	condicion: str | None
	status: str | None
	message: str | None

	@property
	def words(self) -> Text:
		return sentences(f"{self.condicion or '–'}.", restored(self.message) if self.message else "")


def said(customer: "Document") -> Said:
	return Said(customer.arca_condicion_iva or None, customer.arca_status, customer.arca_message or None)


def declare(customer: "Document", taxpayer_type: str) -> None:
	"""Note the buyer's own statement at MercadoLibre; it is the condición until somebody says better."""
	customer.arca_declared = fit(taxpayer_type, 140)[0]
	declared = from_taxpayer_type(taxpayer_type)
	if declared and not customer.arca_condicion_iva:
		customer.arca_condicion_iva = declared.label
		customer.arca_condicion_iva_source = FROM_MERCADOLIBRE
	if customer.arca_condicion_iva_source == FROM_ARCA:
		_compare(customer, Condicion.from_label(customer.arca_condicion_iva))


def apply(customer: "Document", lookup: "Lookup") -> None:
	"""Write what came of a lookup into the document; the caller saves it.

	The registry's word replaces everything but a condición set by hand.
	"""
	if lookup.is_pending:
		customer.update(waiting(explain_error(lookup.error), customer.arca_attempts or 0))
		return
	customer.update({"arca_attempts": 0, "arca_next_lookup": None, "arca_disagrees": 0})
	if lookup.decision is None:
		customer.update({"arca_status": UNDETERMINED, "arca_message": explain_error(lookup.error).stored})
		return
	customer.update(_answered(lookup))
	if condicion := lookup.decision.condicion:
		_determine(customer, condicion)


def waiting(message: Text, attempts: int) -> dict:
	"""The fields of a customer whose lookup has to be repeated; `attempts` were made before this one."""
	return {
		"arca_status": PENDING,
		"arca_message": message.stored,
		"arca_attempts": attempts + 1,
		"arca_next_lookup": add_to_date(now_datetime(), seconds=delay(attempts + 1)),
	}


def _answered(lookup: "Lookup") -> dict:
	decision = lookup.decision
	status = TO_REVIEW if decision.review else DETERMINED
	return {
		"arca_status": status if decision.condicion else UNDETERMINED,
		"arca_message": explain_decision(decision).stored if decision.review else None,
		"arca_checked_on": now_datetime(),
	}


def _determine(customer: "Document", condicion: Condicion) -> None:
	_compare(customer, condicion)
	if customer.arca_condicion_iva_source != BY_HAND:
		_set_from_arca(customer, condicion)
	elif customer.arca_condicion_iva != condicion.label:
		message = text("ARCA says {0}. What was set by hand stays.", condicion.label)
		customer.arca_message = message.stored


def _set_from_arca(customer: "Document", condicion: Condicion) -> None:
	"""Make it the customer's condición, whatever it was, and complete the tax category.

	A tax category that is there because of the condición before goes with it.
	"""
	if customer.tax_category and customer.tax_category == tax_category(customer.arca_condicion_iva):
		customer.tax_category = tax_category(condicion.label) or customer.tax_category
	customer.arca_condicion_iva = condicion.label
	customer.arca_condicion_iva_source = FROM_ARCA
	_fill_tax_category(customer)


def tax_category(condicion_iva: str | None) -> str | None:
	"""The tax category that ARCA Settings give to a condición."""
	return frappe.db.get_value(
		"ARCA Tax Category", {"parent": SETTINGS, "condicion_iva": condicion_iva}, "tax_category"
	)


def _fill_tax_category(customer: "Document") -> None:
	if customer.arca_condicion_iva and not customer.tax_category:
		customer.tax_category = tax_category(customer.arca_condicion_iva)


def _compare(customer: "Document", condicion: Condicion) -> None:
	"""Note whether the registry contradicts the buyer's statement, which knows only one monotributo."""
	declared = from_taxpayer_type(customer.arca_declared)
	same = declared in (None, condicion) or {declared, condicion} <= _MONOTRIBUTOS
	customer.arca_disagrees = int(not same)


def validate(customer: "Document", method: str | None = None) -> None:
	"""Note what a person changes on a Customer (doc event); `flags.from_registry` marks our own writes."""
	if customer.flags.from_registry:
		return
	if customer.has_value_changed("arca_condicion_iva"):
		customer.arca_condicion_iva_source = BY_HAND if customer.arca_condicion_iva else None
		_fill_tax_category(customer)
	if customer.arca_status and customer.has_value_changed("tax_id"):
		_start_anew(customer)


def _start_anew(customer: "Document") -> None:
	"""What is known was said of another number: ask for the new one."""
	can_ask = cuits.is_valid(customer.tax_id or "") and frappe.db.get_single_value(SETTINGS, "enabled")
	customer.update(
		{
			"arca_status": PENDING if can_ask else None,
			"arca_checked_on": None,
			"arca_message": None,
			"arca_declared": None,
			"arca_disagrees": 0,
			"arca_attempts": 0,
			"arca_next_lookup": now_datetime() if can_ask else None,
		}
	)
