"""The account a purchase came through, and the connection to MercadoLibre in its name."""

from dataclasses import dataclass, fields

import frappe

from mercadolibre_sync.meli.errors import ReauthorisationNeeded
from mercadolibre_sync.sync import moving
from mercadolibre_sync.sync.errors import NeedsAttention
from mercadolibre_sync.words import Text, text

ACCOUNT = "MercadoLibre Account"

CONNECTED = "Connected"
NOT_CONNECTED = "Not connected"
RECONNECT_NEEDED = "Reconnect needed"


@dataclass(frozen=True)
class Account:
	"""The settings of a MercadoLibre Account that decide how its buyers are written."""

	name: str
	user_id: str
	site: str
	company: str
	customer_group: str
	only_paid_orders: bool


def read(name: str) -> Account:
	"""The account, checked. Raises NeedsAttention naming the field that has to be mended.

	Raises ReauthorisationNeeded, without troubling MercadoLibre, for an account whose grant is known dead or another
	site's (`sync.moving`).
	"""
	row = frappe.db.get_value(
		ACCOUNT,
		name,
		[*(field.name for field in fields(Account)), "enabled", "status", "site_address"],
		as_dict=True,
	)
	if not row:
		raise NeedsAttention(text("The MercadoLibre account {0} no longer exists.", name))
	if not row.enabled:
		raise NeedsAttention(
			text('The MercadoLibre account {0} is disabled. Tick "Enabled" in it and retry.', name)
		)
	moving.check(name, row.site_address)
	if row.status == RECONNECT_NEEDED:
		raise ReauthorisationNeeded("The account waits for being connected again.")
	if problem := customer_group_problem(row.customer_group):
		raise NeedsAttention(text("MercadoLibre account {0}: {1}", name, problem))
	return Account(
		name=row.name,
		user_id=row.user_id,
		site=row.site,
		company=row.company,
		customer_group=row.customer_group,
		only_paid_orders=bool(row.only_paid_orders),
	)


def customer_group_problem(customer_group: str | None) -> Text | None:
	"""Why new customers cannot get this group, in words, or None.

	ERPNext 16 refuses a node of the tree as a customer's group and 15 takes it: we never offer one.
	"""
	if not customer_group:
		return text('Choose a "Customer Group".')
	is_group = frappe.db.get_value("Customer Group", customer_group, "is_group")
	if is_group is None:
		return text('The "Customer Group" {0} no longer exists. Choose another one.', customer_group)
	if is_group:
		return text('The "Customer Group" {0} has groups below it. Choose one of those.', customer_group)
	return None
