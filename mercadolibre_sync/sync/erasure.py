"""A buyer's wish to be forgotten: what is held of them, what of it goes, and what stays and why.

The buyer's number at MercadoLibre stays, by which the next order finds this Customer instead of making another one.
What sales documents name stays with them, as the law has them kept. Orders that were made before bring nothing back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import frappe
from frappe import _
from frappe.model.rename_doc import get_link_fields
from frappe.utils import now_datetime
from frappe.utils.global_search import update_global_search

from mercadolibre_sync.sync import sales
from mercadolibre_sync.sync.customers import CUSTOMER
from mercadolibre_sync.sync.duplicates import DUPLICATE_OF
from mercadolibre_sync.sync.fiscal import customer as fiscal
from mercadolibre_sync.sync.lock import buyer_lock
from mercadolibre_sync.sync.versions import system_time
from mercadolibre_sync.words import Text, text

if TYPE_CHECKING:
	from frappe.model.document import Document

	from mercadolibre_sync.meli.models import Order

ERASED_ON = "mercadolibre_erased_on"
ALWAYS = ("mercadolibre_nickname", "mercadolibre_profile")
# An invoice needs them.
FISCAL = ("customer_name", "tax_id", *fiscal.FIELDS)
# What follows from them.
RESET = {"arca_disagrees": 0, "arca_attempts": 0, "arca_next_lookup": None, DUPLICATE_OF: None}
# ERPNext's copies of the primary address and contact.
COPIES = ("customer_primary_address", "primary_address", "customer_primary_contact", "mobile_no", "email_id")
KEPT_WITH_SALES = text("Sales documents name it, and the law has them kept.")
TRACES = {
	"Comment": ("reference_doctype", "reference_name"),
	"Version": ("ref_doctype", "docname"),
	"View Log": ("reference_doctype", "reference_name"),
}


@dataclass(frozen=True)
class Held:
	"""Something that is held of a buyer. `what`: a field of the Customer, or a doctype. `stays`: why it is not erased."""

	what: str
	value: str
	stays: Text | None = None


def covers(customer: frappe._dict, order: "Order") -> bool:
	"""Whether the buyer's data were erased after this order was made; of an unknown date counts as before."""
	erased_on = customer.get(ERASED_ON)
	return bool(erased_on) and not (order.date_created and system_time(order.date_created) > erased_on)


def held(customer: "Document") -> list[Held]:
	"""All that is held of the buyer, for a person to read before it is erased."""
	documents = sales.counts(customer.name)
	return [
		Held("mercadolibre_id", customer.mercadolibre_id, text("By it the next order finds this customer.")),
		*_fields(customer, ALWAYS, None),
		*_fields(customer, FISCAL, KEPT_WITH_SALES if documents else None),
		*(
			Held(document.doctype, _shown(document), _why_it_stays(document, customer.name))
			for document in _documents(customer.name)
		),
		*(Held(kind, str(count), KEPT_WITH_SALES) for kind, count in documents.items()),
	]


def _fields(customer: "Document", fieldnames: tuple[str, ...], stays: Text | None) -> Iterator[Held]:
	return (Held(name, str(customer.get(name)), stays) for name in fieldnames if customer.get(name))


def _documents(customer: str) -> list["Document"]:
	"""The customer's addresses and contacts."""
	linked = {"link_doctype": CUSTOMER, "link_name": customer, "parenttype": ("in", ("Address", "Contact"))}
	rows = frappe.get_all("Dynamic Link", linked, ["parenttype", "parent"], order_by="parenttype, parent")
	return [frappe.get_doc(row.parenttype, row.parent) for row in rows]


def _shown(document: "Document") -> str:
	if document.doctype == "Address":
		parts = [document.address_line1, document.address_line2, document.city, document.phone]
	else:
		parts = [document.full_name or document.first_name, *(row.phone for row in document.phone_nos)]
	return ", ".join(filter(None, parts))


def _why_it_stays(document: "Document", customer: str) -> Text | None:
	if others := [row.link_name for row in document.links if row.link_name != customer]:
		return text("It is also that of {0}.", others)
	return KEPT_WITH_SALES if _is_named(document, customer) else None


def _is_named(document: "Document", customer: str) -> bool:
	"""Whether anything else on this site names the document, such as an order or an invoice."""
	return any(
		frappe.db.exists(field.parent, {field.fieldname: document.name, "name": ("!=", customer)})
		for field in get_link_fields(document.doctype)
		if not field.issingle and frappe.db.table_exists(field.parent)
	)


def erase(name: str) -> None:
	"""Erase what `held` says may go, at once or not at all. Commits. Raises TryLater while the buyer is being written."""
	with buyer_lock(frappe.db.get_value(CUSTOMER, name, "mercadolibre_id")):
		customer = frappe.get_doc(CUSTOMER, name)
		gone = [document for document in _documents(name) if not _why_it_stays(document, name)]
		frappe.db.set_value(CUSTOMER, name, _emptied(customer))
		for document in gone:
			frappe.delete_doc(
				document.doctype, document.name, ignore_permissions=True, delete_permanently=True
			)
		for document in (customer, *gone):
			_erase_traces(document)
		_search_anew(name)


def _emptied(customer: "Document") -> dict:
	values = dict.fromkeys((*ALWAYS, *COPIES)) | {
		# Frappe's copy of the newest comments, which is no field.
		"_comments": None,
		ERASED_ON: now_datetime(),
		"mercadolibre_erased_by": frappe.session.user,
	}
	if not sales.counts(customer.name):
		# As a buyer is called of whom no name is known.
		name = f"MercadoLibre {customer.mercadolibre_id}"
		values |= dict.fromkeys(FISCAL) | RESET | {"customer_name": name}
	return {name: value for name, value in values.items() if frappe.db.has_column(CUSTOMER, name)}


def _erase_traces(document: "Document") -> None:
	for doctype, (kind, name) in TRACES.items():
		frappe.db.delete(doctype, {kind: document.doctype, name: document.name})
	# Frappe notes of what was deleted how it was called.
	said = f"{_(document.doctype)} {document.name}"
	frappe.db.delete("Comment", {"comment_type": "Deleted", "subject": said})


def _search_anew(name: str) -> None:
	frappe.clear_document_cache(CUSTOMER, name)
	update_global_search(frappe.get_doc(CUSTOMER, name))
