"""The Contact of a buyer (contract: New buyer, Known buyer)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import frappe
from frappe.utils import validate_email_address, validate_phone_number

from mercadolibre_sync.sync.comments import comment_once
from mercadolibre_sync.sync.links import linked_to
from mercadolibre_sync.sync.text import fit, fold, sort_out
from mercadolibre_sync.words import text

if TYPE_CHECKING:
	from frappe.model.document import Document

	from mercadolibre_sync.sync.purchases import Purchase

CONTACT = "Contact"
NAME_LENGTH = 140
PHONE = "is_primary_phone"
ALTERNATIVE_PHONE = "is_primary_mobile_no"


def ensure(customer: str, purchase: "Purchase", previous_nickname: str | None, *, outdated: bool) -> bool:
	"""Create the buyer's Contact or bring its phones up to date; True if anything was written.

	`previous_nickname`: the one seen before this purchase. A contact named by it is renamed, not doubled.
	`outdated`: a newer order of this buyer has been applied: an existing contact stays as it is, and only
	somebody with a name of their own is added (a nickname may be the one before the last).
	"""
	name, rest = fit(purchase.contact_name, NAME_LENGTH)
	contacts = _contacts(customer)
	found = contacts.get(fold(name))
	if not found and previous_nickname and not outdated:
		found = contacts.get(fold(previous_nickname))
	if found:
		return not outdated and _update(found, name, purchase)
	if outdated and not purchase.person_name:
		return False
	_create(customer, name, rest, purchase)
	return True


def _contacts(customer: str) -> dict[str, str]:
	"""The customer's contacts: folded full name to document name."""
	rows = linked_to(customer, CONTACT, ["name", "full_name"])
	return {fold(row.full_name): row.name for row in rows}


def _create(customer: str, name: str, rest: str, purchase: "Purchase") -> None:
	contact = frappe.new_doc(CONTACT)
	# "Passive" is the stored option; a Spanish desk shows it as "Pasivo".
	contact.update({"first_name": name, "status": "Passive"})
	contact.append("links", {"link_doctype": "Customer", "link_name": customer})
	email, odd_email = sort_out(purchase.order.buyer.email, validate_email_address)
	if email:
		contact.append("email_ids", {"email_id": email, "is_primary": 1})
	_set_phones(contact, purchase)
	with _no_gravatar():
		contact.insert(ignore_permissions=True, set_name=_free_name(name, customer))
	if rest:
		comment_once(contact, text("Full name: {0}", purchase.contact_name))
	if odd_email:
		comment_once(contact, text("Email as received: {0}", odd_email))
	_keep_odd_phones(contact, purchase)


def _update(found: str, name: str, purchase: "Purchase") -> bool:
	contact = frappe.get_doc(CONTACT, found)
	changed = _set_phones(contact, purchase)
	if fold(contact.full_name) != fold(name):
		contact.update({"first_name": name, "middle_name": None, "last_name": None})
		changed = True
	if changed:
		with _no_gravatar():
			contact.save(ignore_permissions=True)
	return _keep_odd_phones(contact, purchase) or changed


def _set_phones(contact: "Document", purchase: "Purchase") -> bool:
	"""Put phone and alternative phone in their rows; True if a row changed. Unknown numbers change nothing."""
	changed = False
	for flag, number in _phones(purchase).items():
		if not validate_phone_number(number):
			continue
		row = next((row for row in contact.phone_nos if row.get(flag)), None)
		if row and _digits(row.phone) == _digits(number):
			continue
		if row:
			row.phone = number
		else:
			contact.append("phone_nos", {"phone": number, flag: 1})
		changed = True
	return changed


def _keep_odd_phones(contact: "Document", purchase: "Purchase") -> bool:
	"""What Frappe does not take for a phone number is kept as a comment; True if one was written."""
	odd = [number for number in _phones(purchase).values() if not validate_phone_number(number)]
	return any([comment_once(contact, text("Phone as received: {0}", number)) for number in odd])


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
