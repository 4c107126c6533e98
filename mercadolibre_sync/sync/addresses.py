"""The Address of a delivery (contract: New buyer, Known buyer)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import frappe
from frappe.utils import validate_email_address, validate_phone_number
from frappe.utils.caching import request_cache

from mercadolibre_sync.meli.models import Destination
from mercadolibre_sync.meli.sites import site
from mercadolibre_sync.sync import documents
from mercadolibre_sync.sync.comments import comment_once
from mercadolibre_sync.sync.links import link_to, linked_to
from mercadolibre_sync.sync.text import fit, fold, join, sort_out
from mercadolibre_sync.words import text

if TYPE_CHECKING:
	from frappe.model.document import Document

	from mercadolibre_sync.sync.purchases import Purchase

ADDRESS = "Address"
# The stored option; a Spanish desk shows it as "Envío". The title is free text and reads so for everybody.
TYPE = "Shipping"
TITLE = "Envío"
SHORT = 140


def ensure(customer: "Document | frappe._dict", purchase: "Purchase", known: Sequence[frappe._dict]) -> bool:
	"""Create the delivery's Address unless one of the `known` has its city and line 1; True if created."""
	if not is_new(purchase, known):
		return False
	values, rest = _values(purchase)
	address = insert(customer, values, purchase.buyer_id)
	if rest:
		comment_once(ADDRESS, address.name, text("Did not fit into the address: {0}", rest))
	return True


def is_new(purchase: "Purchase", known: Sequence[frappe._dict]) -> bool:
	"""Whether the delivery goes to a place that none of the customer's addresses has."""
	place = _place(purchase.destination) if purchase.destination else None
	return bool(place) and not is_among(known, *place)


def exists(customer: str, values: dict) -> bool:
	"""Whether the customer has an address at the place of these `city` and `address_line1`."""
	known = linked_to(customer, ADDRESS, ["city", "address_line1"])
	return is_among(known, values["city"], values["address_line1"])


def is_among(known: Sequence[frappe._dict], city: str, line1: str) -> bool:
	"""Whether one of these rows, with `city` and `address_line1`, is this place."""
	place = (fold(city), fold(line1))
	return any((fold(row.city), fold(row.address_line1)) == place for row in known)


def insert(customer: "Document | frappe._dict", values: dict, owner: str) -> "Document":
	"""Insert an Address with these fields; `owner`, whom it belongs to, begins its name."""
	address = frappe.new_doc(ADDRESS)
	address.update(values)
	address.append("links", link_to(customer))
	# A name of our own: Frappe's would be "Envío-<type in the session's language>" for every buyer, counted
	# up through one naming series that all workers wait for.
	documents.insert(address, _free_name(f"{owner}-{values['address_title']}"))
	return address


def _place(destination: Destination) -> tuple[str, str] | None:
	"""City and line 1 as they are stored. None without street or city: hidden, or not known."""
	street, city = _street(destination), _city(destination)
	if not street or not city:
		return None
	return fit(city, SHORT)[0], fit(join(street, *destination.comments), _length("address_line1"))[0]


def _values(purchase: "Purchase") -> tuple[dict, str]:
	"""The fields of a new Address and the text that fits nowhere."""
	destination = purchase.destination
	line1, rest = fit(join(_street(destination), *destination.comments), _length("address_line1"))
	line2, rest = fit(join(destination.receiver_name, rest), _length("address_line2"))
	# Frappe 16 refuses an address whose phone it does not take for one; 15 only does so for contacts.
	phone, odd_phone = sort_out(destination.receiver_phone, validate_phone_number)
	email, odd_email = sort_out(purchase.order.buyer.email, validate_email_address)
	return {
		"address_title": TITLE,
		"address_type": TYPE,
		"address_line1": line1,
		"address_line2": line2 or None,
		"city": fit(_city(destination), SHORT)[0],
		"state": fit(destination.state or "", SHORT)[0] or None,
		"pincode": fit(destination.zip_code or "", SHORT)[0] or None,
		"country": _country(destination, purchase.account.site),
		"phone": phone,
		"email_id": email,
	}, join(rest, odd_phone, odd_email)


def _street(destination: Destination) -> str | None:
	return (
		join(destination.street_name, destination.street_number, separator=" ")
		if destination.street_name
		else destination.address_line
	)


def _city(destination: Destination) -> str | None:
	"""The city, else the quarter or municipality (often the only place that names one), else the state."""
	return destination.city or destination.neighborhood or destination.municipality or destination.state


def _country(destination: Destination, site_id: str) -> str | None:
	code = destination.country_id or site(site_id).country_code
	return _country_of(code.lower()) or site(site_id).country_name


# As long as a job: whoever adds a country meanwhile finds it used by the next.
@request_cache
def _country_of(code: str) -> str | None:
	return frappe.db.get_value("Country", {"code": code})


def _free_name(start: str) -> str:
	number = 1
	while frappe.db.exists(ADDRESS, name := f"{start}-{number}"):
		number += 1
	return name


def _length(fieldname: str) -> int:
	return frappe.get_meta(ADDRESS).get_field(fieldname).length or SHORT
