"""Writing one buyer: everything between the first read and the commit, and no HTTP."""

import itertools
from collections.abc import Iterator
from contextlib import suppress

import frappe
from frappe.model.base_document import get_controller
from frappe.utils.jinja import get_jenv

from mercadolibre_sync.sync import addresses, contacts, customers, erasure, links, versions
from mercadolibre_sync.sync.errors import TryLater
from mercadolibre_sync.sync.links import Links
from mercadolibre_sync.sync.outcome import Outcome
from mercadolibre_sync.sync.purchases import Purchase
from mercadolibre_sync.sync.versions import Applied
from mercadolibre_sync.words import text

WRITTEN = (customers.CUSTOMER, addresses.ADDRESS, contacts.CONTACT)


def preparations() -> Iterator[None]:
	"""Import, piece by piece, what the first write of a process would: ERPNext's own, and what apps hook into it.

	That takes longer than MercadoLibre's answers, for which there is nothing to do but wait. Leaves no transaction
	open.
	"""
	# What is broken says so when it is called, to the notification that it fails.
	careful = suppress(Exception)
	# Frappe asks of whoever inserts a document whether they follow it.
	for doctype in (*WRITTEN, "User"):
		with careful:
			get_controller(doctype)
		frappe.db.rollback()
		yield
	hooked = frappe.get_doc_hooks()
	for events in [hooked.get(doctype, {}) for doctype in (*WRITTEN, "*")]:
		for handler in itertools.chain(*events.values()):
			with careful:
				frappe.get_attr(handler)
			yield
	# ERPNext renders the template of each address.
	with careful:
		get_jenv()


def unchanged(purchase: Purchase) -> Outcome | None:
	"""The outcome of a purchase that the ERP holds already, to the last phone number, else None.

	Three SELECTs and neither lock nor document: what nobody writes, nobody can write twice. The caller commits.
	"""
	customer = customers.read(purchase.buyer_id)
	if not customer:
		return None
	applied = versions.read(purchase.orders, customer.name)
	if any(
		applied.lacks(order, versions.version_of(order, purchase, customer.name)) for order in purchase.orders
	):
		return None
	if applied.has_newer_copy(purchase.order):
		return _superseded(customer.name, purchase)
	if erasure.covers(customer, purchase.order):
		return _forgotten(customer.name, purchase)
	outdated = applied.is_outdated(purchase.order)
	if _changes(customer, links.read(customer.name), purchase, outdated=outdated):
		return None
	return Outcome(text("Nothing had changed."), customer.name, purchase.order.id)


def write(purchase: Purchase) -> Outcome:
	"""Create or update the buyer's documents in the open transaction and say what came of it.

	The caller holds the buyer's lock and commits. A write that failed is repeated by calling this again
	in a new transaction: every document is made or read anew.
	"""
	customer = customers.read(purchase.buyer_id)
	applied = versions.read(purchase.orders, customer.name if customer else None)
	outcome = _write_known(customer, applied, purchase) if customer else _write_new(purchase)
	versions.record(purchase, outcome.customer, applied)
	return outcome


def _write_new(purchase: Purchase) -> Outcome:
	if reason := purchase.why_no_new_customer:
		return Outcome(reason, order_id=purchase.order.id, ignored=True)
	# The registry was not asked either about a number that the Customer had.
	if purchase.was_known:
		raise TryLater(text("The customer was deleted meanwhile. Trying again by itself."))
	customer = customers.create(purchase)
	has_address = addresses.ensure(customer, purchase, (), outdated=False)
	contacts.ensure(customer, purchase, (), None, outdated=False)
	reason = text("New customer.") if has_address else text("New customer. Its address is not known yet.")
	return Outcome(reason, customer.name, purchase.order.id)


def _write_known(customer: frappe._dict, applied: Applied, purchase: Purchase) -> Outcome:
	if applied.has_newer_copy(purchase.order):
		return _superseded(customer.name, purchase)
	if erasure.covers(customer, purchase.order):
		return _forgotten(customer.name, purchase)
	outdated = applied.is_outdated(purchase.order)
	known = links.read(customer.name)
	nickname = customer.mercadolibre_nickname
	changes = {
		text("customer"): customers.update(customer, purchase, outdated=outdated),
		text("address"): addresses.ensure(customer, purchase, known.addresses, outdated=outdated),
		text("contact"): contacts.ensure(customer, purchase, known.contacts, nickname, outdated=outdated),
	}
	changed = [what for what, was_written in changes.items() if was_written]
	reason = text("Updated: {0}.", changed) if changed else text("Nothing had changed.")
	return Outcome(reason, customer.name, purchase.order.id)


def _changes(customer: frappe._dict, known: Links, purchase: Purchase, *, outdated: bool) -> bool:
	nickname = customer.mercadolibre_nickname
	return (
		customers.changes(customer, purchase, outdated=outdated)
		or addresses.changes(purchase, known.addresses, outdated=outdated)
		or contacts.changes(purchase, known.contacts, nickname, outdated=outdated)
	)


def _forgotten(customer: str, purchase: Purchase) -> Outcome:
	reason = text("The buyer's data were erased after this order was made: nothing of it is written.")
	return Outcome(reason, customer, purchase.order.id)


def _superseded(customer: str, purchase: Purchase) -> Outcome:
	reason = text("A newer copy of this order was applied before: nothing to do.")
	return Outcome(reason, customer, purchase.order.id)
