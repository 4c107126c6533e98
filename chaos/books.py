"""The books: what MercadoLibre was promised and what its buyers are, beside what the ERP holds."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import frappe
from frappe.utils import add_years, now_datetime

from chaos.market import Buyer, Market, Place
from mercadolibre_sync.inbox import failures, states
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.meli import errors
from mercadolibre_sync.meli.values import to_datetime
from mercadolibre_sync.sync.customers import CUSTOMER
from mercadolibre_sync.sync.fiscal.customer import PENDING
from mercadolibre_sync.sync.versions import ORDER, system_time
from mercadolibre_sync.words import restored
from simulator.meli_notifications import Notice

OPEN = (states.QUEUED, states.PROCESSING, states.WAITING)
# What a person at MercadoLibre, or of the shop, has to mend before it can work.
FOR_A_PERSON = (
	errors.Forbidden(""),
	errors.Forbidden("", missing_permission=True),
	errors.ApplicationBlocked(""),
	errors.NotFound(""),
)
DESERVED = {failures.explain(error, failures.MAX_ATTEMPTS).reason.source for error in FOR_A_PERSON}
# By the registry's kind of taxpayer (contract: Condición frente al IVA). None: neither ARCA nor MercadoLibre says anything.
CONDICIONES = {
	"responsable_inscripto": "IVA Responsable Inscripto",
	"monotributista": "Responsable Monotributo",
	"exento": "IVA Sujeto Exento",
}


def open_ends() -> int:
	"""Notifications, and questions to the registry, that have not come to an end."""
	frappe.db.rollback()
	return frappe.db.count(NOTIFICATION, {"status": ("in", OPEN)}) + frappe.db.count(
		CUSTOMER, pending_lookups()
	)


def pending_lookups() -> dict[str, object]:
	"""Filters of the customers to be asked for again. The site's own have been put off for years."""
	return {"arca_status": PENDING, "arca_next_lookup": ("<", add_years(now_datetime(), 1))}


def outcomes() -> Counter[str]:
	frappe.db.rollback()
	return Counter(frappe.get_all(NOTIFICATION, pluck="status", order_by=None))


def failed() -> Counter[str]:
	"""The reasons for which notifications failed."""
	frappe.db.rollback()
	return Counter(
		str(restored(reason))
		for reason in frappe.get_all(NOTIFICATION, filters={"status": states.FAILED}, pluck="reason")
	)


def undeserved() -> list[str]:
	"""What failed though nobody but the app could have helped it."""
	rows = frappe.get_all(
		NOTIFICATION, filters={"status": states.FAILED}, fields=["resource", "reason", "attempts"]
	)
	return [
		f"{row.resource} failed in attempt {row.attempts}: {restored(row.reason)}"
		for row in rows
		if restored(row.reason).source not in DESERVED
	]


def differences(market: Market, notices: Sequence[Notice]) -> list[str]:
	"""Where the ERP is not what it has to be, in words. Nothing is open any more."""
	frappe.db.rollback()
	return [*_lost(notices), *_without_end(), *_wrong_orders(market), *_wrong_buyers(market.buyers)]


def _lost(notices: Iterable[Notice]) -> Iterator[str]:
	"""Notifications that were answered with 200 and have no row."""
	rows = Counter(frappe.get_all(NOTIFICATION, fields=["resource", "sent"], as_list=True, order_by=None))
	for notice in notices:
		key = notice.body["resource"], system_time(to_datetime(notice.sent))
		if notice.is_delivered and not rows[key]:
			yield f"{notice.body['resource']}, sent {notice.sent} and answered with 200, has no row"
		rows[key] -= 1


def _without_end() -> Iterator[str]:
	for row in frappe.get_all(NOTIFICATION, fields=["resource", "status", "reason"], order_by=None):
		if row.status not in (states.DONE, states.IGNORED) or not row.reason:
			yield f"A notification of {row.resource} is {row.status} at the end: {restored(row.reason)}"


def _wrong_orders(market: Market) -> Iterator[str]:
	known = dict(frappe.get_all(ORDER, fields=["name", "order_status"], as_list=True, order_by=None))
	for order, status in market.orders.items():
		if known.get(order) != status:
			yield f"Order {order} is {status} at MercadoLibre and {known.get(order)} here"


def _wrong_buyers(buyers: Iterable[Buyer]) -> Iterator[str]:
	for buyer in buyers:
		expected, found = _expected(buyer), _found(buyer)
		for what in expected:
			if found[what] != expected[what]:
				yield f"Buyer {buyer.id}: {what} {found[what]} instead of {expected[what]}"


def _expected(buyer: Buyer) -> dict[str, object]:
	if not buyer.paid:
		return {"customers": [], "addresses": [], "contacts": [], "left over": 0}
	# One contact, which is the primary one.
	kind, number = buyer.document or (None, None)
	condicion = CONDICIONES.get(buyer.taxpayer)
	return {
		"customers": [(buyer.id, buyer.nickname, buyer.nickname, number, kind, condicion)],
		"addresses": sorted(buyer.places),
		"contacts": [(buyer.name, [buyer.phone], 1)],
		"left over": 0,
	}


def _found(buyer: Buyer) -> dict[str, object]:
	fields = [
		"name",
		"customer_name",
		"mercadolibre_nickname",
		"tax_id",
		"arca_document_type",
		"arca_condicion_iva",
	]
	either = {"name": buyer.id, "mercadolibre_id": buyer.id}
	addresses, contacts = _linked("Address", buyer.id), _linked("Contact", buyer.id)
	return {
		"customers": [
			tuple(value or None for value in row.values())
			for row in frappe.get_all("Customer", or_filters=either, fields=fields)
		],
		"addresses": sorted(map(_place, addresses)),
		"contacts": [
			(contact.full_name, [row.phone for row in contact.phone_nos], contact.is_primary_contact)
			for contact in contacts
		],
		"left over": _named("Address", f"{buyer.id}-%")
		+ _named("Contact", f"%-{buyer.id}%")
		- len(addresses)
		- len(contacts),
	}


def _place(address) -> Place:
	return address.address_line1.casefold(), address.city.casefold()


def _named(doctype: str, pattern: str) -> int:
	return frappe.db.count(doctype, {"name": ("like", pattern)})


def _linked(doctype: str, customer: str) -> list:
	filters = {"parenttype": doctype, "link_doctype": "Customer", "link_name": customer}
	return [
		frappe.get_doc(doctype, name)
		for name in frappe.get_all("Dynamic Link", filters=filters, pluck="parent")
	]
