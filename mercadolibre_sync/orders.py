"""For apps and scripts that go on from a synced order; docs/extending.md shows how."""

import frappe

from mercadolibre_sync.sync.connection import connected
from mercadolibre_sync.sync.errors import NeedsAttention
from mercadolibre_sync.sync.versions import ORDER
from mercadolibre_sync.words import text


def get_order(order_id: str) -> dict:
	"""The order as MercadoLibre sends it now (GET /orders/{id}), with every field, numbers as MercadoLibre writes them.

	It is asked for in the name of the account that the order came through and within the site's pace, which may take
	some seconds: call it in a background job, with nothing uncommitted, for that would be rolled back. Nothing is kept.

	Raises NeedsAttention for an order that was never synced, TemporaryError (of `meli.errors`) where trying again
	later may help, and other MeliErrors where a person has to do something.
	"""
	account = frappe.db.get_value(ORDER, order_id, "account")
	if not account:
		raise NeedsAttention(text("The order {0} has not been synced.", order_id))
	with connected(account) as client:
		return client.order_as_sent(order_id)
