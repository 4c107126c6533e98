"""The same person twice: a buyer whose document a customer of the seller's own has, too.

Never joined by itself. The buyer's Customer names the other one; a person joins the two, or says that they differ.
"""

import re
from typing import TYPE_CHECKING

import frappe

from mercadolibre_sync.arca import cuit
from mercadolibre_sync.sync.customers import CUSTOMER
from mercadolibre_sync.sync.errors import NeedsAttention
from mercadolibre_sync.sync.fiscal import customer as fiscal
from mercadolibre_sync.sync.lock import buyer_lock
from mercadolibre_sync.words import text

if TYPE_CHECKING:
	from frappe.model.document import Document

DUPLICATE_OF = "mercadolibre_duplicate_of"
DNI = re.compile("[0-9]{7,8}")


def note(customer: "Document", _event: str | None = None) -> None:
	"""Note who else has the buyer's document, when that is new (doc event `validate`)."""
	if customer.mercadolibre_id and customer.has_value_changed("tax_id"):
		customer.set(DUPLICATE_OF, _other(customer.name, customer.tax_id or ""))


def note_all() -> None:
	"""Note it for the buyers who became customers before anybody looked."""
	own = _by_document()
	buyers = {"mercadolibre_id": ("is", "set"), "tax_id": ("is", "set")}
	for buyer in frappe.get_all(CUSTOMER, filters=buyers, fields=["name", "tax_id"]):
		if other := next(filter(None, map(own.get, spellings(buyer.tax_id))), None):
			frappe.db.set_value(CUSTOMER, buyer.name, DUPLICATE_OF, other, update_modified=False)


def _by_document() -> dict[str, str]:
	"""The seller's own customers by the document as it is written there, the oldest where several have it."""
	own = {"mercadolibre_id": ("is", "not set"), "tax_id": ("is", "set")}
	rows = frappe.get_all(
		CUSTOMER, filters=own, fields=["tax_id", "name"], order_by="creation desc", as_list=True
	)
	return dict(rows)


def spellings(number: str) -> list[str]:
	"""How people write this document, and those that name the same person: a DNI, and the CUIT or CUIL around it."""
	digits = cuit.normalise(number)
	if cuit.is_valid(digits):
		dni = cuit.dni_of(digits)
		return [digits, cuit.format(digits), *(_written(dni) if dni else ())]
	if DNI.fullmatch(digits):
		around = cuit.of_person(digits)
		return [*_written(digits.lstrip("0")), *around, *map(cuit.format, around)]
	return [number] if number else []


def _written(dni: str) -> list[str]:
	return [dni, f"{int(dni):,}".replace(",", ".")]


def _other(name: str | None, number: str) -> str | None:
	"""The oldest customer that is no buyer and has this document. Another buyer's could not be joined with this one:
	a customer carries one buyer's number, and the next order of the other would make a new one.
	"""
	written = spellings(number)
	if not written:
		return None
	# By an expression: Frappe 16 has an index on `creation`, and MariaDB would read all customers in its order to save
	# itself sorting those with a document that many have.
	found = frappe.db.sql_list(
		f"""
		select name from `tab{CUSTOMER}` where tax_id in %(written)s and name != %(name)s
		and coalesce(mercadolibre_id, '') = '' order by timestamp(creation) limit 1
		""",
		{"written": written, "name": name or ""},
	)
	return found[0] if found else None


def keep_apart(buyers: str) -> None:
	"""A person says that they are two. It is not noted again unless the document changes."""
	frappe.db.set_value(CUSTOMER, buyers, DUPLICATE_OF, None)


def join(buyers: str) -> str:
	"""Merge the buyer's Customer into the one it doubles, which then is the buyer's; return that one's name. Commits.

	ERPNext's own merge takes orders, invoices, addresses and contacts along (`customer_events` hands over the buyer).
	What the one that stays holds is kept. Raises TryLater while the buyer is being written, and NeedsAttention where
	there is nothing to join any more.
	"""
	buyer_id, stays = frappe.db.get_value(CUSTOMER, buyers, ["mercadolibre_id", DUPLICATE_OF])
	with buyer_lock(buyer_id):
		merged = frappe.get_doc(CUSTOMER, buyers)
		if not stays or merged.get(DUPLICATE_OF) != stays:
			raise NeedsAttention(text("Somebody has joined them, or set them apart, in the meantime."))
		name = frappe.db.get_value(CUSTOMER, stays, "customer_name")
		frappe.rename_doc(CUSTOMER, buyers, stays, merge=True, show_alert=False)
		_complete(frappe.get_doc(CUSTOMER, stays), merged, name)
	return stays


def _complete(customer: "Document", merged: "Document", name: str) -> None:
	customer.flags.from_registry = True
	# Where customers are named by their names, ERPNext takes a merge for a new name.
	customer.customer_name = name
	if not customer.arca_condicion_iva:
		said = (*fiscal.FIELDS, *fiscal.ASKING)
		customer.update({fieldname: merged.get(fieldname) for fieldname in said})
	customer.set(DUPLICATE_OF, None)
	customer.save(ignore_permissions=True)
