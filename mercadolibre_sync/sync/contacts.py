"""The Contact of a buyer (contract: New buyer, Known buyer)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import frappe
from frappe.utils import validate_email_address, validate_phone_number

from mercadolibre_sync.sync import documents
from mercadolibre_sync.sync.comments import comment_once
from mercadolibre_sync.sync.links import link_to
from mercadolibre_sync.sync.text import fit, fold, sort_out
from mercadolibre_sync.words import text

if TYPE_CHECKING:
	from frappe.model.document import Document

	from mercadolibre_sync.sync.purchases import Purchase

	# A document's row, or what was read of it.
	Row = Document | frappe._dict

CONTACT = "Contact"
NAME_LENGTH = 140
PHONE = "is_primary_phone"
ALTERNATIVE_PHONE = "is_primary_mobile_no"


def ensure(
	customer: "Row",
	purchase: "Purchase",
	known: Sequence[frappe._dict],
	previous_nickname: str | None,
	*,
	outdated: bool,
) -> bool:
	"""Create the buyer's Contact or bring its phones up to date; True if anything was written.

	`known`: the customer's contacts (`links.Links`).
	`previous_nickname`: the one seen before this purchase. A contact named by it is renamed, not doubled.
	`outdated`: a newer order of this buyer has been applied: an existing contact stays as it is, and only
	somebody with a name of their own is added (a nickname may be the one before the last).
	"""
	if not changes(purchase, known, previous_nickname, outdated=outdated):
		return False
	if found := _find(purchase, known, previous_nickname, outdated=outdated):
		return _update(found, purchase)
	_create(customer, purchase)
	return True


def changes(
	purchase: "Purchase", known: Sequence[frappe._dict], previous_nickname: str | None, *, outdated: bool
) -> bool:
	"""Whether `ensure` has anything to write, or a comment to look for."""
	if not purchase.tells_the_name:
		return False
	found = _find(purchase, known, previous_nickname, outdated=outdated)
	if not found:
		return bool(purchase.person_name) or not outdated
	return not outdated and (_differs(found, purchase) or bool(_odd_phones(purchase)))


def _find(
	purchase: "Purchase", known: Sequence[frappe._dict], previous_nickname: str | None, *, outdated: bool
) -> frappe._dict | None:
	contacts = {fold(row.full_name): row for row in known}
	found = contacts.get(fold(_name(purchase)))
	if not found and previous_nickname and not outdated:
		return contacts.get(fold(previous_nickname))
	return found


def _name(purchase: "Purchase") -> str:
	return fit(purchase.contact_name, NAME_LENGTH)[0]


def _create(customer: "Row", purchase: "Purchase") -> None:
	name, rest = fit(purchase.contact_name, NAME_LENGTH)
	contact = frappe.new_doc(CONTACT)
	# "Passive" is the stored option; a Spanish desk shows it as "Pasivo".
	contact.update({"first_name": name, "status": "Passive"})
	contact.append("links", link_to(customer))
	email, odd_email = sort_out(purchase.order.buyer.email, validate_email_address)
	if email:
		contact.append("email_ids", {"email_id": email, "is_primary": 1})
	_set_phones(contact, purchase)
	with _no_gravatar():
		documents.insert(contact, _free_name(name, customer.name))
	if rest:
		comment_once(CONTACT, contact.name, text("Full name: {0}", purchase.contact_name))
	if odd_email:
		comment_once(CONTACT, contact.name, text("Email as received: {0}", odd_email))
	_keep_odd_phones(contact.name, purchase)


def _update(row: frappe._dict, purchase: "Purchase") -> bool:
	differs = _differs(row, purchase)
	if differs:
		_save(row, purchase)
	return _keep_odd_phones(row.name, purchase) or differs


def _differs(row: frappe._dict, purchase: "Purchase") -> bool:
	return _is_renamed(row, purchase) or bool(_new_phones(row.phone_nos, purchase))


def _is_renamed(row: frappe._dict, purchase: "Purchase") -> bool:
	return fold(row.full_name) != fold(_name(purchase))


def _save(row: frappe._dict, purchase: "Purchase") -> None:
	contact = frappe.get_doc(CONTACT, row.name)
	_set_phones(contact, purchase)
	if _is_renamed(row, purchase):
		contact.update({"first_name": _name(purchase), "middle_name": None, "last_name": None})
	with _no_gravatar():
		contact.save(ignore_permissions=True)


def _set_phones(contact: "Document", purchase: "Purchase") -> None:
	"""Put phone and alternative phone in their rows."""
	for flag, number in _new_phones(contact.phone_nos, purchase).items():
		if row := _phone_row(contact.phone_nos, flag):
			row.phone = number
		else:
			contact.append("phone_nos", {"phone": number, flag: 1})


def _new_phones(rows: Sequence["Row"], purchase: "Purchase") -> dict[str, str]:
	"""The numbers that the rows lack, by their flag. Unknown numbers, and what is no number, change nothing."""
	return {
		flag: number
		for flag, number in _phones(purchase).items()
		if validate_phone_number(number)
		and not ((row := _phone_row(rows, flag)) and _digits(row.phone) == _digits(number))
	}


def _phone_row(rows: Sequence["Row"], flag: str) -> "Row | None":
	return next((row for row in rows if row.get(flag)), None)


def _keep_odd_phones(contact: str, purchase: "Purchase") -> bool:
	"""What Frappe does not take for a phone number is kept as a comment; True if one was written."""
	remarks = [text("Phone as received: {0}", number) for number in _odd_phones(purchase)]
	return any([comment_once(CONTACT, contact, remark) for remark in remarks])


def _odd_phones(purchase: "Purchase") -> list[str]:
	return [number for number in _phones(purchase).values() if not validate_phone_number(number)]


def _phones(purchase: "Purchase") -> dict[str, str]:
	phones = {PHONE: purchase.phone, ALTERNATIVE_PHONE: purchase.alternative_phone}
	return {flag: number for flag, number in phones.items() if number}


def _digits(number: str | None) -> str:
	return "".join(character for character in number or "" if character.isdigit())


def _free_name(name: str, customer: str) -> str:
	"""The name ERPNext would give, "<full name>-<customer>", made unique."""
	base = fit(name, NAME_LENGTH - len(customer) - len("-") - len("-99"))[0]
	candidate, number = f"{base}-{customer}", 1
	while frappe.db.exists(CONTACT, candidate):
		candidate, number = f"{base}-{customer}-{number}", number + 1
	return candidate


@contextmanager
def _no_gravatar() -> Iterator[None]:
	# Contact.validate asks Gravatar over HTTP for a picture of whoever has an email, inside our transaction.
	# Data imports are the case in which Frappe itself leaves that out.
	before = frappe.flags.in_import
	frappe.flags.in_import = True
	try:
		yield
	finally:
		frappe.flags.in_import = before
