"""What a person does with a whole Customer: merging it into another one, and deleting it (doc events)."""

from typing import TYPE_CHECKING

import frappe

from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.sync.customers import CUSTOMER
from mercadolibre_sync.sync.duplicates import DUPLICATE_OF
from mercadolibre_sync.sync.versions import ORDER

if TYPE_CHECKING:
	from frappe.model.document import Document

# By these fields the buyer's next order finds the Customer.
IDENTITY = ("mercadolibre_id", "mercadolibre_nickname", "mercadolibre_account", "mercadolibre_profile")


def after_rename(customer: "Document", _event: str, old: str, new: str, merge: bool = False) -> None:
	"""Hand the buyer over to the Customer that the buyer's was merged into, unless that one is another buyer's.

	The next order would make the merged one anew.
	"""
	if not merge:
		return
	if customer.get(DUPLICATE_OF) == new:
		frappe.db.set_value(CUSTOMER, new, DUPLICATE_OF, None)
	if customer.mercadolibre_id:
		return
	identity = frappe.db.get_value(CUSTOMER, old, IDENTITY, as_dict=True)
	if identity.mercadolibre_id:
		# The id is unique, and the old Customer is deleted only after this.
		frappe.db.set_value(CUSTOMER, old, "mercadolibre_id", None)
		frappe.db.set_value(CUSTOMER, new, identity)


def on_trash(customer: "Document", _event: str) -> None:
	"""Let go of the orders and notifications that led to the Customer, which would forbid deleting it.

	Should the buyer buy again, nothing counts as known.
	"""
	frappe.db.set_value(CUSTOMER, {DUPLICATE_OF: customer.name}, DUPLICATE_OF, None, update_modified=False)
	for doctype in (ORDER, NOTIFICATION):
		frappe.db.set_value(doctype, {"customer": customer.name}, "customer", None, update_modified=False)
