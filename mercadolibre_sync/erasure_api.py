"""What the button "Personal Data" on a Customer calls."""

from typing import TYPE_CHECKING

import frappe
from frappe import _

from mercadolibre_sync.roles import MANAGER
from mercadolibre_sync.sync import erasure
from mercadolibre_sync.sync.customers import CUSTOMER
from mercadolibre_sync.sync.errors import SyncError

if TYPE_CHECKING:
	from frappe.model.document import Document


@frappe.whitelist(methods=["POST"])
def show(customer: str) -> list[dict]:
	"""What is held of the buyer: [{"label", "value", "stays": why it is not erased, or ""}]."""
	document = _document(customer)
	return [
		{"label": _label(document, held.what), "value": held.value, "stays": str(held.stays or "")}
		for held in erasure.held(document)
	]


@frappe.whitelist(methods=["POST"])
def erase(customer: str) -> None:
	"""Erase what `show` gives no reason to keep."""
	_document(customer)
	try:
		erasure.erase(customer)
	except SyncError as error:
		frappe.throw(str(error.reason))


def _document(customer: str) -> "Document":
	frappe.only_for((MANAGER, "System Manager"))
	document = frappe.get_doc(CUSTOMER, customer)
	document.check_permission("write")
	if not document.mercadolibre_id:
		frappe.throw(_("This customer did not come from MercadoLibre."))
	return document


def _label(customer: "Document", what: str) -> str:
	return _(customer.meta.get_label(what), context=CUSTOMER) if customer.meta.has_field(what) else _(what)
