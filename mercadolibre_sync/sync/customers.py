"""The Customer of a buyer (contract: New buyer, Known buyer)."""

from typing import TYPE_CHECKING, TypeAlias

import frappe
from frappe.utils.caching import request_cache
from frappe.utils.nestedset import get_root_of

from mercadolibre_sync.arca import cuit
from mercadolibre_sync.sync import documents
from mercadolibre_sync.sync.comments import comment_once
from mercadolibre_sync.sync.errors import NeedsAttention
from mercadolibre_sync.sync.fields import is_url, length
from mercadolibre_sync.sync.fiscal import customer as fiscal
from mercadolibre_sync.sync.text import fit, fits
from mercadolibre_sync.words import Text, text

if TYPE_CHECKING:
	from frappe.model.document import Document

	from mercadolibre_sync.sync.purchases import Purchase

	# The document, or its row to try something on.
	Customer: TypeAlias = "Document | frappe._dict"

CUSTOMER = "Customer"
# Of an existing customer everything else is left alone.
FIELDS = (
	"name",
	"customer_name",
	"tax_id",
	"arca_document_type",
	"arca_condicion_iva",
	"arca_condicion_iva_source",
	"arca_declared",
	"arca_disagrees",
	"mercadolibre_id",
	"mercadolibre_nickname",
	"mercadolibre_account",
	"mercadolibre_profile",
	"mercadolibre_erased_on",
)


def read(buyer_id: str) -> frappe._dict | None:
	"""FIELDS of the buyer's Customer, found by MercadoLibre id, else by name (ID). None if there is none.

	Raises NeedsAttention where a customer of that name carries the id of another buyer.
	"""
	rows = frappe.db.sql(
		f"""
		select {", ".join(FIELDS)} from `tab{CUSTOMER}`
		where mercadolibre_id = %(buyer)s or name = %(buyer)s
		order by mercadolibre_id = %(buyer)s desc limit 1
		""",
		{"buyer": buyer_id},
		as_dict=True,
	)
	if rows and rows[0].mercadolibre_id not in (buyer_id, "", None):
		raise NeedsAttention(
			text(
				"The customer whose ID is {0} carries the MercadoLibre ID of another buyer, {1}. Rename that customer, so that the ID is free for this buyer, then retry.",
				buyer_id,
				rows[0].mercadolibre_id,
			)
		)
	return rows[0] if rows else None


def create(purchase: "Purchase") -> "Document":
	"""Insert the buyer's Customer."""
	customer = frappe.new_doc(CUSTOMER)
	customer.update(
		{
			"customer_name": _kept("customer_name", purchase.customer_name),
			"customer_group": purchase.account.customer_group,
			"territory": _default_territory(),
			# A stored option, never translated. Companies too: the contract wants one type for all buyers.
			"customer_type": "Individual",
		}
	)
	_identify(customer, purchase)
	_fill_document(customer, purchase)
	# The name is given, whatever Selling Settings say about naming. Nothing here fills mobile_no, email_id
	# or address_line1: ERPNext would make its own contact and address of them.
	documents.insert(customer, purchase.buyer_id)
	comment_once(CUSTOMER, customer.name, *_remarks(purchase))
	_warn_of_bad_cuit(customer, purchase)
	return customer


def update(row: frappe._dict, purchase: "Purchase", *, outdated: bool) -> bool:
	"""Bring a known buyer's Customer, of which `row` is what `read` returned, up to date; True if it was written.

	`outdated`: a newer order of this buyer has been applied, so that only gaps are filled.
	"""
	if not changes(row, purchase, outdated=outdated):
		return False
	customer = frappe.get_doc(CUSTOMER, row.name)
	got_document = _bring_up_to_date(customer, purchase, outdated=outdated)
	customer.save(ignore_permissions=True)
	comment_once(CUSTOMER, customer.name, *_remarks(purchase))
	if got_document:
		_warn_of_bad_cuit(customer, purchase)
	return True


def changes(row: frappe._dict, purchase: "Purchase", *, outdated: bool) -> bool:
	"""Whether the purchase says anything that the Customer does not hold: tried on its row, nothing is loaded."""
	draft = frappe._dict(row, flags=frappe._dict())
	_bring_up_to_date(draft, purchase, outdated=outdated)
	return any(draft[fieldname] != row[fieldname] for fieldname in FIELDS)


def _bring_up_to_date(customer: "Customer", purchase: "Purchase", *, outdated: bool) -> bool:
	"""Set what the purchase says and the Customer lacks; True if the document number came now."""
	_identify(customer, purchase, outdated=outdated)
	return _fill_document(customer, purchase, outdated=outdated)


def _identify(customer: "Customer", purchase: "Purchase", *, outdated: bool = False) -> None:
	is_adopted = not customer.mercadolibre_id
	if is_adopted:
		customer.mercadolibre_id = purchase.buyer_id
	if not customer.mercadolibre_account:
		customer.mercadolibre_account = purchase.account.name
	if purchase.nickname and not outdated:
		_follow_nickname(customer, purchase, is_adopted=is_adopted)
	if not customer.mercadolibre_profile and (profile := _profile(purchase)):
		customer.mercadolibre_profile = profile


def _follow_nickname(customer: "Customer", purchase: "Purchase", *, is_adopted: bool) -> None:
	"""The name follows a nickname that changed at MercadoLibre since it was last seen.

	A name edited by hand stays until then. Where no nickname was ever seen, it replaces only a name such as we have to
	make up, and not that of a Customer whom a person had made before (`is_adopted`), which may well be the buyer's.
	"""
	nickname = _kept("mercadolibre_nickname", purchase.nickname)
	seen = customer.mercadolibre_nickname
	if nickname == seen:
		return
	if seen or (not is_adopted and _is_made_up(customer.customer_name, purchase)):
		customer.customer_name = _kept("customer_name", purchase.nickname)
	customer.mercadolibre_nickname = nickname
	# Only now: MercadoLibre's own address and the one built from the nickname differ, and not every order
	# brings the former.
	customer.mercadolibre_profile = _profile(purchase)


def _is_made_up(name: str, purchase: "Purchase") -> bool:
	# Something better to make a name of may have become known since.
	return name in [_kept("customer_name", made_up) for made_up in purchase.made_up_names]


def _fill_document(customer: "Customer", purchase: "Purchase", *, outdated: bool = False) -> bool:
	"""Fill what is empty of number, type and condición frente al IVA; True if the number came now."""
	# Whoever changes the condición otherwise is taken for a person.
	customer.flags.from_registry = True
	got_number = bool(purchase.document_number and not customer.tax_id)
	if got_number:
		customer.tax_id = _kept("tax_id", purchase.document_number)
	if purchase.document_type and not customer.arca_document_type and _same_number(customer, purchase):
		customer.arca_document_type = _kept("arca_document_type", purchase.document_type)
	declared = purchase.taxpayer_type
	if declared and _same_number(customer, purchase) and not (outdated and customer.arca_declared):
		fiscal.declare(customer, declared)
	if got_number and purchase.fiscal:
		fiscal.apply(customer, purchase.fiscal)
	return got_number


def _same_number(customer: "Customer", purchase: "Purchase") -> bool:
	# A type or a condición says something about a number: it must not be put beside another one.
	number = purchase.document_number
	return not number or cuit.normalise(customer.tax_id or "") == cuit.normalise(_kept("tax_id", number))


def _profile(purchase: "Purchase") -> str | None:
	"""Address of the buyer's page, None where there is none that the field takes."""
	return next(filter(is_url, purchase.profiles), None)


def _kept(fieldname: str, value: str) -> str:
	"""What a field keeps of a value; what it does not keep to the letter is among the `_remarks`."""
	return fit(value, length(CUSTOMER, fieldname))[0]


def _remarks(purchase: "Purchase") -> list[Text]:
	"""What MercadoLibre says of the buyer and no field keeps as it was said."""
	number, kind = purchase.document_number or "", purchase.document_type or ""
	declared = purchase.taxpayer_type or ""
	said = (
		("customer_name", purchase.customer_name, text("Full name: {0}", purchase.customer_name)),
		("tax_id", number, text("Document number as received: {0}", number)),
		("arca_document_type", kind, text("Document type as received: {0}", kind)),
		("arca_declared", declared, text("Declared at MercadoLibre: {0}", declared)),
	)
	remarks = [remark for field, value, remark in said if value and not fits(value, length(CUSTOMER, field))]
	if purchase.permalink and not is_url(purchase.permalink):
		remarks.append(text("Profile as received: {0}", purchase.permalink))
	return remarks


def _warn_of_bad_cuit(customer: "Document", purchase: "Purchase") -> None:
	if purchase.has_cuit and not cuit.is_valid(purchase.document_number or ""):
		comment_once(
			CUSTOMER,
			customer.name,
			text("The CUIT {0} has a wrong check digit. Ask the buyer for the right one.", customer.tax_id),
		)


def _default_territory() -> str | None:
	return frappe.get_cached_doc("Selling Settings").territory or _root_territory()


@request_cache
def _root_territory() -> str | None:
	return get_root_of("Territory")
