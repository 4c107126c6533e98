"""The Contact of a buyer (contract: New buyer, Known buyer)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

import frappe
from frappe.utils import validate_phone_number

from mercadolibre_sync.sync import documents
from mercadolibre_sync.sync.comments import comment_once
from mercadolibre_sync.sync.fields import is_email, length
from mercadolibre_sync.sync.links import link_to
from mercadolibre_sync.sync.text import fit, fits, fold, sort_out
from mercadolibre_sync.words import Text, text

if TYPE_CHECKING:
	from frappe.model.document import Document

	from mercadolibre_sync.sync.purchases import Purchase

	# A document's row, or what was read of it.
	Row: TypeAlias = "Document | frappe._dict"

CONTACT = "Contact"
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
	# Sales documents take the primary contact. Whom a person made it stays it.
	is_primary = not any(row.is_primary_contact for row in known)
	if found := _find(purchase, known, previous_nickname, outdated=outdated):
		return _update(found, purchase, is_primary=is_primary)
	_create(customer, purchase, is_primary=is_primary)
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
	return fit(purchase.contact_name, _name_length())[0]


def _name_length() -> int:
	return min(length(CONTACT, fieldname) for fieldname in ("first_name", "last_name", "full_name"))


def _name_fields(purchase: "Purchase") -> dict[str, str | None]:
	"""First and last name, where MercadoLibre tells them apart; together they are `_name`."""
	name = _name(purchase)
	first = fit(purchase.names[0], len(name))[0]
	return {"first_name": first, "middle_name": None, "last_name": name[len(first) :].strip() or None}


def _create(customer: "Row", purchase: "Purchase", *, is_primary: bool) -> None:
	contact = frappe.new_doc(CONTACT)
	# "Passive" is the stored option; a Spanish desk shows it as "Pasivo".
	contact.update({**_name_fields(purchase), "status": "Passive", "is_primary_contact": int(is_primary)})
	contact.append("links", link_to(customer))
	email, odd_email = sort_out(purchase.order.buyer.email, is_email)
	if email:
		contact.append("email_ids", {"email_id": email, "is_primary": 1})
	_set_phones(contact, purchase)
	with _no_gravatar():
		documents.insert(contact, _free_name(_name(purchase), customer.name))
	remarks = [*_odd_name(purchase), *_odd_phones(purchase)]
	if odd_email:
		remarks.append(text("Email as received: {0}", odd_email))
	comment_once(CONTACT, contact.name, *remarks)


def _update(row: frappe._dict, purchase: "Purchase", *, is_primary: bool) -> bool:
	differs = _differs(row, purchase)
	if differs:
		_save(row, purchase, is_primary=is_primary)
	remarks = [*(_odd_name(purchase) if differs else ()), *_odd_phones(purchase)]
	return comment_once(CONTACT, row.name, *remarks) or differs


def _differs(row: frappe._dict, purchase: "Purchase") -> bool:
	return _is_renamed(row, purchase) or bool(_new_phones(row.phone_nos, purchase))


def _is_renamed(row: frappe._dict, purchase: "Purchase") -> bool:
	return fold(row.full_name) != fold(_name(purchase))


def _save(row: frappe._dict, purchase: "Purchase", *, is_primary: bool) -> None:
	contact = frappe.get_doc(CONTACT, row.name)
	_set_phones(contact, purchase)
	# Earlier versions wrote the whole name as the first one.
	if _is_renamed(row, purchase) or contact.first_name == _name(purchase):
		contact.update(_name_fields(purchase))
	contact.is_primary_contact = int(is_primary or contact.is_primary_contact)
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
	stored = {flag: row.phone for flag in (PHONE, ALTERNATIVE_PHONE) if (row := _phone_row(rows, flag))}
	sent = {flag: number for flag, number in _phones(purchase).items() if validate_phone_number(number)}
	if _same_number((stored | sent).get(PHONE), sent.get(ALTERNATIVE_PHONE)):
		del sent[ALTERNATIVE_PHONE]
	return {flag: number for flag, number in sent.items() if not _same_number(stored.get(flag), number)}


def _same_number(one: str | None, other: str | None) -> bool:
	return bool(one and other) and _digits(one) == _digits(other)


def _phone_row(rows: Sequence["Row"], flag: str) -> "Row | None":
	return next((row for row in rows if row.get(flag)), None)


def _odd_name(purchase: "Purchase") -> list[Text]:
	"""The name, where the fields do not keep it as it was said."""
	name = purchase.contact_name
	return [] if fits(name, _name_length()) else [text("Full name: {0}", name)]


def _odd_phones(purchase: "Purchase") -> list[Text]:
	"""What Frappe does not take for phone numbers."""
	odd = [number for number in _phones(purchase).values() if not validate_phone_number(number)]
	return [text("Phone as received: {0}", number) for number in odd]


def _phones(purchase: "Purchase") -> dict[str, str]:
	phones = {PHONE: purchase.phone, ALTERNATIVE_PHONE: purchase.alternative_phone}
	return {flag: number for flag, number in phones.items() if number}


def _digits(number: str) -> str:
	return "".join(filter(str.isdigit, number))


def _free_name(name: str, customer: str) -> str:
	"""The name ERPNext would give, "<full name>-<customer>", made unique.

	The other way round where Frappe would take it for that of a document not saved yet ("New Contact 3").
	"""
	base = fit(name, frappe.db.VARCHAR_LEN - len(customer) - len("-") - len("-99"))[0]
	start = f"{customer}-{base}" if base.startswith(f"New {CONTACT}") else f"{base}-{customer}"
	candidate, number = start, 1
	while frappe.db.exists(CONTACT, candidate):
		candidate, number = f"{start}-{number}", number + 1
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
