"""The Address of a delivery (contract: New buyer, Known buyer)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import frappe
from frappe.utils import validate_phone_number
from frappe.utils.caching import request_cache

from mercadolibre_sync.meli.models import Destination
from mercadolibre_sync.meli.sites import site
from mercadolibre_sync.sync import documents, preferred
from mercadolibre_sync.sync.comments import comment_once
from mercadolibre_sync.sync.fields import is_email, length
from mercadolibre_sync.sync.links import link_to, linked_to
from mercadolibre_sync.sync.text import fit, fits, fold, join, sort_out
from mercadolibre_sync.words import Text, text

if TYPE_CHECKING:
	from frappe.model.document import Document

	from mercadolibre_sync.sync.purchases import Purchase

ADDRESS = "Address"
# The stored option; a Spanish desk shows it as "Envío". The title is free text and reads so for everybody.
TYPE = "Shipping"
TITLE = "Envío"


def ensure(
	customer: "Document | frappe._dict",
	purchase: "Purchase",
	known: Sequence[frappe._dict],
	*,
	outdated: bool,
) -> bool:
	"""Create the delivery's Address unless one of the `known` has its city and line 1; True if anything was written.

	It becomes the preferred one, or the known one does, unless a newer order of the buyer has been applied (`outdated`).
	"""
	destination = purchase.destination
	if not destination or not changes(purchase, known, outdated=outdated):
		return False
	if row := _to_mark(destination, known):
		preferred.clear(known)
		preferred.mark(row.name)
		return True
	_create(customer, destination, purchase, known, outdated=outdated)
	return True


def changes(purchase: "Purchase", known: Sequence[frappe._dict], *, outdated: bool) -> bool:
	"""Whether `ensure` has anything to write."""
	destination = purchase.destination
	if not destination or not _places(destination):
		return False
	return not _there(known, destination) or (not outdated and bool(_to_mark(destination, known)))


def _to_mark(destination: Destination, known: Sequence[frappe._dict]) -> frappe._dict | None:
	return preferred.to_mark(known, _there(known, destination), TITLE)


def _there(known: Sequence[frappe._dict], destination: Destination) -> list[frappe._dict]:
	"""Which of these rows are the destination's place."""
	return [row for place in _places(destination) for row in known if _is_place(row, *place)]


def _create(
	customer: "Document | frappe._dict",
	destination: Destination,
	purchase: "Purchase",
	known: Sequence[frappe._dict],
	*,
	outdated: bool,
) -> None:
	values, remarks = _values(destination, purchase)
	if not outdated and preferred.is_open(known, TITLE):
		preferred.clear(known)
		values[preferred.MARK] = 1
	address = insert(customer, values, purchase.buyer_id)
	comment_once(ADDRESS, address.name, *remarks)


def exists(customer: str, values: dict) -> bool:
	"""Whether the customer has an address at the place of these `city` and `address_line1`."""
	known = linked_to(customer, ADDRESS, ["city", "address_line1"])
	return any(_is_place(row, values["city"], values["address_line1"]) for row in known)


def _is_place(row: frappe._dict, city: str, line1: str) -> bool:
	return (fold(row.city), fold(row.address_line1)) == (fold(city), fold(line1))


def insert(customer: "Document | frappe._dict", values: dict, owner: str) -> "Document":
	"""Insert an Address with these fields; `owner`, whom it belongs to, begins its name."""
	address = frappe.new_doc(ADDRESS)
	address.update(values)
	address.append("links", link_to(customer))
	# A name of our own: Frappe's would be "Envío-<type in the session's language>" for every buyer, counted
	# up through one naming series that all workers wait for.
	documents.insert(address, _free_name(f"{owner}-{values['address_title']}-"))
	return address


def _places(destination: Destination) -> list[tuple[str, str]]:
	"""City and line 1 as they are stored. None without street or city: hidden, or not known.

	Earlier versions left out the number "SN" of a street without numbers: that is the same place.
	"""
	city = _city(destination)
	if not city or not _street(destination):
		return []
	spellings = [destination]
	if destination.has_no_number:
		spellings.append(replace(destination, street_number=None))
	return [(_kept("city", city), _kept("address_line1", _line1(spelling))) for spelling in spellings]


def _line1(destination: Destination) -> str:
	return join(_street(destination), *destination.comments)


def _kept(fieldname: str, value: str | None) -> str:
	return fit(value or "", length(ADDRESS, fieldname))[0]


def _values(destination: Destination, purchase: "Purchase") -> tuple[dict, list[Text]]:
	"""The fields of a new Address, and remarks on what they do not keep as it was said."""
	line1, more = fit(_line1(destination), length(ADDRESS, "address_line1"))
	line2, rest = fit(join(destination.receiver_name, more), length(ADDRESS, "address_line2"))
	short = {"city": _city(destination), "state": destination.state, "pincode": destination.zip_code}
	# Frappe 16 refuses an address whose phone it does not take for one; 15 only does so for contacts.
	phone, odd_phone = sort_out(destination.receiver_phone, validate_phone_number)
	email, odd_email = sort_out(purchase.order.buyer.email, is_email)
	country, odd_country = _country(destination, purchase.account.site)
	values = {
		"address_title": TITLE,
		"address_type": TYPE,
		"address_line1": line1,
		"address_line2": line2 or None,
		**{fieldname: _kept(fieldname, value) or None for fieldname, value in short.items()},
		"country": country,
		"phone": phone,
		"email_id": email,
	}
	odd = [
		value for fieldname, value in short.items() if value and not fits(value, length(ADDRESS, fieldname))
	]
	lines = (_line1(destination), destination.receiver_name)
	rewritten = [line for line in lines if line and not fits(line, len(line))]
	return values, _remarks(join(rest, *rewritten, *odd, odd_phone, odd_email), odd_country)


def _remarks(left_over: str, country: str) -> list[Text]:
	remarks = []
	if left_over:
		remarks.append(text("Did not fit into the address: {0}", left_over))
	if country:
		remarks.append(text("Country as received: {0}", country))
	return remarks


def _street(destination: Destination) -> str | None:
	return (
		join(destination.street_name, destination.street_number, separator=" ")
		if destination.street_name
		else destination.address_line
	)


def _city(destination: Destination) -> str | None:
	"""The city, else the quarter or municipality (often the only place that names one), else the state."""
	return destination.city or destination.neighborhood or destination.municipality or destination.state


def _country(destination: Destination, site_id: str) -> tuple[str, str]:
	"""The country; the account's, and what MercadoLibre says, where the ERP does not know it."""
	code, account_site = destination.country_id, site(site_id)
	if code and (country := _country_of(code.lower())):
		return country, ""
	own = _country_of(account_site.country_code.lower()) or account_site.country
	return own, join(code, destination.country_name, separator=" ")


# As long as a job: whoever adds a country meanwhile finds it used by the next.
@request_cache
def _country_of(code: str) -> str | None:
	return frappe.db.get_value("Country", {"code": code})


def _free_name(start: str) -> str:
	number = 1
	while frappe.db.exists(ADDRESS, name := f"{start}{number}"):
		number += 1
	return name
