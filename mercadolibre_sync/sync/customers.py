"""The Customer of a buyer (contract: New buyer, Known buyer)."""

from typing import TYPE_CHECKING

import frappe
from frappe import _
from frappe.utils.nestedset import get_root_of

from mercadolibre_sync.arca import cuit
from mercadolibre_sync.sync.comments import comment_once
from mercadolibre_sync.sync.fiscal import customer as fiscal
from mercadolibre_sync.sync.text import fit

if TYPE_CHECKING:
	from frappe.model.document import Document

	from mercadolibre_sync.sync.purchases import Purchase

CUSTOMER = "Customer"
NAME_LENGTH = 140


def find(buyer_id: str) -> str | None:
	"""Name of the buyer's Customer: by MercadoLibre id, else by name (ID). None if there is none."""
	return frappe.db.get_value(CUSTOMER, {"mercadolibre_id": buyer_id}) or frappe.db.get_value(
		CUSTOMER, buyer_id
	)


def create(purchase: "Purchase") -> str:
	"""Insert the buyer's Customer and return its name."""
	customer_name, rest = fit(purchase.customer_name, NAME_LENGTH)
	customer = frappe.new_doc(CUSTOMER)
	customer.update(
		{
			"customer_name": customer_name,
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
	customer.insert(ignore_permissions=True, set_name=purchase.buyer_id)
	if rest:
		comment_once(customer, _("Full name: {0}").format(purchase.customer_name))
	_warn_of_bad_cuit(customer, purchase)
	return customer.name


def update(name: str, purchase: "Purchase", *, outdated: bool) -> bool:
	"""Bring a known buyer's Customer up to date; True if anything was written.

	`outdated`: a newer order of this buyer has been applied, so that only gaps are filled.
	"""
	customer = frappe.get_doc(CUSTOMER, name)
	before = customer.as_dict()
	_identify(customer, purchase, outdated=outdated)
	got_document = _fill_document(customer, purchase, outdated=outdated)
	if customer.as_dict() == before:
		return False
	customer.save(ignore_permissions=True)
	if got_document:
		_warn_of_bad_cuit(customer, purchase)
	return True


def _identify(customer: "Document", purchase: "Purchase", *, outdated: bool = False) -> None:
	if not customer.mercadolibre_id:
		customer.mercadolibre_id = purchase.buyer_id
	if not customer.mercadolibre_account:
		customer.mercadolibre_account = purchase.account.name
	if purchase.nickname and not outdated:
		_follow_nickname(customer, purchase)
	if not customer.mercadolibre_profile:
		customer.mercadolibre_profile = purchase.profile


def _follow_nickname(customer: "Document", purchase: "Purchase") -> None:
	"""The name follows a nickname that changed at MercadoLibre since it was last seen.

	A name edited by hand stays until then. Where no nickname was ever seen, it replaces only the name
	that we had to make up.
	"""
	nickname = fit(purchase.nickname, NAME_LENGTH)[0]
	seen = customer.mercadolibre_nickname
	if nickname == seen:
		return
	if seen or customer.customer_name == fit(purchase.fallback_name, NAME_LENGTH)[0]:
		customer.customer_name = nickname
	customer.mercadolibre_nickname = nickname
	# Only now: MercadoLibre's own address and the one built from the nickname differ, and not every order
	# brings the former.
	customer.mercadolibre_profile = purchase.profile


def _fill_document(customer: "Document", purchase: "Purchase", *, outdated: bool = False) -> bool:
	"""Fill what is empty of number, type and condición frente al IVA; True if the number came now."""
	# Whoever changes the condición otherwise is taken for a person.
	customer.flags.from_registry = True
	got_number = bool(purchase.document_number and not customer.tax_id)
	if got_number:
		customer.tax_id = fit(purchase.document_number, NAME_LENGTH)[0]
	if purchase.document_type and not customer.arca_document_type and _same_number(customer, purchase):
		customer.arca_document_type = fit(purchase.document_type, NAME_LENGTH)[0]
	declared = purchase.billing.taxpayer_type if purchase.billing else None
	if declared and _same_number(customer, purchase) and not (outdated and customer.arca_declared):
		fiscal.declare(customer, declared)
	if got_number and purchase.fiscal:
		fiscal.apply(customer, purchase.fiscal)
	return got_number


def _same_number(customer: "Document", purchase: "Purchase") -> bool:
	# A type or a condición says something about a number: it must not be put beside another one.
	return not purchase.document_number or cuit.normalise(customer.tax_id or "") == purchase.document_number


def _warn_of_bad_cuit(customer: "Document", purchase: "Purchase") -> None:
	if purchase.has_cuit and not cuit.is_valid(purchase.document_number or ""):
		comment_once(
			customer,
			_("The CUIT {0} has a wrong check digit. Ask the buyer for the right one.").format(
				customer.tax_id
			),
		)


def _default_territory() -> str | None:
	return frappe.db.get_single_value("Selling Settings", "territory") or get_root_of("Territory")
