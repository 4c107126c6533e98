"""What the buttons on a Customer that is a possible duplicate call."""

from typing import TYPE_CHECKING

import frappe
from frappe import _

from mercadolibre_sync.sync import duplicates, sales
from mercadolibre_sync.sync.customers import CUSTOMER
from mercadolibre_sync.sync.errors import SyncError
from mercadolibre_sync.sync.versions import ORDER

if TYPE_CHECKING:
	from frappe.model.document import Document

COMPARED = (
	"name",
	"customer_name",
	"tax_id",
	"customer_group",
	"territory",
	"arca_condicion_iva",
	"tax_category",
)


@frappe.whitelist(methods=["POST"])
def compare(customer: str) -> dict:
	"""Both customers side by side: {"stays": title, "rows": [{"label", "stays", "goes"}], "moves": [[label, count]]}."""
	goes, stays = _pair(customer)
	return {
		"stays": stays.customer_name,
		"rows": [_row(fieldname, stays, goes) for fieldname in COMPARED],
		"moves": _moves(goes.name),
	}


@frappe.whitelist(methods=["POST"])
def join(customer: str) -> str:
	"""Join the two; return the name of the one that stays."""
	_pair(customer)
	try:
		stays = duplicates.join(customer)
	except SyncError as error:
		frappe.throw(str(error.reason))
	return stays


@frappe.whitelist(methods=["POST"])
def keep_apart(customer: str) -> None:
	"""Note that they are two."""
	frappe.get_doc(CUSTOMER, customer).check_permission("write")
	duplicates.keep_apart(customer)


def _pair(customer: str) -> tuple["Document", "Document"]:
	"""The one that goes and the one that stays, for somebody who may do with both what a merge does."""
	goes = frappe.get_doc(CUSTOMER, customer)
	goes.check_permission("delete")
	if not goes.get(duplicates.DUPLICATE_OF):
		frappe.throw(_("Somebody has joined them, or set them apart, in the meantime."))
	stays = frappe.get_doc(CUSTOMER, goes.get(duplicates.DUPLICATE_OF))
	stays.check_permission("write")
	return goes, stays


def _row(fieldname: str, stays: "Document", goes: "Document") -> dict[str, str]:
	label = "ID" if fieldname == "name" else _(stays.meta.get_label(fieldname), context=CUSTOMER)
	return {"label": label, "stays": stays.get(fieldname) or "", "goes": goes.get(fieldname) or ""}


def _moves(customer: str) -> list[list[str | int]]:
	linked = {"link_doctype": CUSTOMER, "link_name": customer}
	counts = {
		kind: frappe.db.count("Dynamic Link", {**linked, "parenttype": kind})
		for kind in ("Address", "Contact")
	}
	counts |= {ORDER: frappe.db.count(ORDER, {"customer": customer}), **sales.counts(customer)}
	return [[_(kind), count] for kind, count in counts.items() if count]
