"""Writing one buyer: everything between the first read and the commit, and no HTTP."""

import frappe
from frappe import _

from mercadolibre_sync.sync import addresses, contacts, customers, versions
from mercadolibre_sync.sync.errors import TryLater
from mercadolibre_sync.sync.outcome import Outcome
from mercadolibre_sync.sync.purchases import Purchase


def write(purchase: Purchase) -> Outcome:
	"""Create or update the buyer's documents in the open transaction and say what came of it.

	The caller holds the buyer's lock and commits. A write that failed is repeated by calling this again
	in a new transaction: every document is made or read anew.
	"""
	customer = customers.find(purchase.buyer_id)
	outcome = _write_known(customer, purchase) if customer else _write_new(purchase)
	versions.record(purchase, outcome.customer)
	return outcome


def _write_new(purchase: Purchase) -> Outcome:
	if reason := purchase.why_no_new_customer:
		return Outcome(reason, order_id=purchase.order.id, ignored=True)
	if purchase.is_abridged:
		raise TryLater(_("The customer was deleted meanwhile. Trying again by itself."))
	customer = customers.create(purchase)
	has_address = addresses.ensure(customer, purchase)
	contacts.ensure(customer, purchase, None, outdated=False)
	reason = _("New customer.") if has_address else _("New customer. Its address is not known yet.")
	return Outcome(reason, customer, purchase.order.id)


def _write_known(customer: str, purchase: Purchase) -> Outcome:
	if versions.is_older_copy(purchase.order):
		reason = _("A newer copy of this order was applied before: nothing to do.")
		return Outcome(reason, customer, purchase.order.id)
	outdated = versions.is_outdated(purchase.order, customer)
	previous_nickname = frappe.db.get_value("Customer", customer, "mercadolibre_nickname")
	changes = {
		_("customer"): customers.update(customer, purchase, outdated=outdated),
		_("address"): addresses.ensure(customer, purchase),
		_("contact"): purchase.tells_the_name
		and contacts.ensure(customer, purchase, previous_nickname, outdated=outdated),
	}
	changed = [what for what, was_written in changes.items() if was_written]
	reason = _("Updated: {0}.").format(", ".join(changed)) if changed else _("Nothing had changed.")
	return Outcome(reason, customer, purchase.order.id)
