"""What the button "Traer datos fiscales" on a Customer calls."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import frappe
from frappe.utils import now_datetime

from mercadolibre_sync.arca import cuit as cuits
from mercadolibre_sync.sync.customers import CUSTOMER
from mercadolibre_sync.sync.fiscal import SETTINGS, offer, renewal
from mercadolibre_sync.sync.fiscal.lookup import Lookup, lookup
from mercadolibre_sync.sync.fiscal.texts import explain_decision, explain_error
from mercadolibre_sync.words import text

if TYPE_CHECKING:
	from frappe.model.document import Document

PATIENCE_SECONDS = 20
# Long enough to read the dialog; what is taken over is what was shown.
KEPT_SECONDS = 600
NOT_ASKED = text('ARCA is not asked: tick "Ask the Taxpayer Registry" in ARCA Settings.')


@frappe.whitelist(methods=["POST"])
def compare(customer: str) -> dict:
	"""Ask the registry for the customer's CUIT: {"message", "rows": [`offer.Row`]}. Changes nothing.

	`message`: why there is no condición or it wants a look; empty otherwise. Throws, in plain words, what to
	do when the registry does not answer.
	"""
	document = _document(customer)
	answer = _answer(document, fresh=True)
	decision = answer.decision
	return {
		"message": str(explain_decision(decision)) if decision.review else "",
		"rows": [asdict(row) for row in offer.rows(document, answer)],
	}


@frappe.whitelist(methods=["POST"])
def take(customer: str, keys: list[str] | str) -> None:
	"""Take over those rows of `compare`. The values are the registry's, not the browser's."""
	document = _document(customer)
	offer.take(document, _answer(document, fresh=False), frappe.parse_json(keys))


@frappe.whitelist(methods=["POST"])
def ask_for(customers: list[str] | str) -> dict[str, int]:
	"""Ask the registry for those of these customers that have a CUIT, in the background: {"asked", "without_cuit"}.

	What it says is written like the first answer: a condición set by hand stays.
	"""
	documents = [_document(customer) for customer in frappe.parse_json(customers)]
	if not frappe.db.get_single_value(SETTINGS, "enabled"):
		frappe.throw(str(NOT_ASKED))
	asked = [document.name for document in documents if cuits.is_valid(document.tax_id or "")]
	moment = now_datetime()
	for name in asked:
		frappe.db.set_value(CUSTOMER, name, "arca_next_lookup", moment, update_modified=False)
	frappe.enqueue(renewal.ask_selected, queue="long", moment=str(moment), enqueue_after_commit=True)
	return {"asked": len(asked), "without_cuit": len(documents) - len(asked)}


def _document(customer: str) -> "Document":
	document = frappe.get_doc("Customer", customer)
	document.check_permission("write")
	return document


def _answer(document: "Document", *, fresh: bool) -> Lookup:
	cuit = cuits.normalise(document.tax_id or "")
	key = f"mercadolibre_sync:fiscal:{frappe.session.user}:{cuit}"
	persona = None if fresh else frappe.cache.get_value(key, expires=True)
	answer = Lookup(cuit, persona=persona) if persona else lookup(cuit, PATIENCE_SECONDS)
	if answer is None:
		frappe.throw(str(NOT_ASKED))
	if answer.error:
		frappe.throw(str(explain_error(answer.error)))
	frappe.cache.set_value(key, answer.persona, expires_in_sec=KEPT_SECONDS)
	return answer
