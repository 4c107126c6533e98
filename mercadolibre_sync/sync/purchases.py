"""What MercadoLibre says about a buyer, gathered before anything is written.

Everything here is HTTP: no database transaction is open meanwhile, apart from single reads.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import frappe

from mercadolibre_sync.meli.client import Client
from mercadolibre_sync.meli.errors import Forbidden, NotFound
from mercadolibre_sync.meli.models import BillingInfo, Destination, Order, User
from mercadolibre_sync.meli.notification import Reference
from mercadolibre_sync.meli.sites import profile_url
from mercadolibre_sync.sync import customers
from mercadolibre_sync.sync.accounts import Account
from mercadolibre_sync.sync.errors import NeedsAttention, TryLater
from mercadolibre_sync.sync.fiscal.lookup import Lookup, lookup
from mercadolibre_sync.sync.text import fold
from mercadolibre_sync.words import Text, text

SITE_WITH_REGISTRY = "MLA"


@dataclass(frozen=True)
class Purchase:
	"""One buyer as seen through the orders of one pack or shipment; `orders` has the newest first.

	`billing` and `destination` are None where MercadoLibre has none, or does not show them yet; `fiscal` where
	the registry was not asked.
	"""

	account: Account
	orders: tuple[Order, ...]
	buyer_id: str
	billing: BillingInfo | None = None
	destination: Destination | None = None
	user: User | None = None
	fiscal: Lookup | None = None

	@property
	def order(self) -> Order:
		return self.orders[0]

	@property
	def last_updated(self) -> datetime | None:
		return self.order.last_updated

	@property
	def nickname(self) -> str | None:
		return self.order.buyer.nickname or (self.user.nickname if self.user else None)

	@property
	def order_name(self) -> str | None:
		"""First and last name as the order gives them."""
		return self.order.buyer.full_name

	@property
	def billing_name(self) -> str | None:
		return self.billing.full_name if self.billing else None

	@property
	def customer_name(self) -> str:
		"""Contract, New buyer: nickname, else billing name, else order name, else "MercadoLibre {id}"."""
		return self.nickname or self.fallback_name

	@property
	def fallback_name(self) -> str:
		return self.billing_name or self.order_name or f"MercadoLibre {self.buyer_id}"

	@property
	def person_name(self) -> str | None:
		return self.order_name or self.billing_name

	@property
	def contact_name(self) -> str:
		"""Contract, Contact: order first and last name, else billing name, else nickname."""
		return self.person_name or self.customer_name

	@property
	def profile(self) -> str | None:
		"""Address of the buyer's page: MercadoLibre's own, else built from the nickname."""
		permalink = self.user.permalink if self.user else None
		if permalink and permalink.startswith(("https://", "http://")):
			return permalink
		return profile_url(self.account.site, self.nickname) if self.nickname else None

	@property
	def phone(self) -> str | None:
		"""The buyer's phone. The receiver's counts only where the receiver is the buyer."""
		if self.order.buyer.phone:
			return self.order.buyer.phone
		destination = self.destination
		if destination and fold(destination.receiver_name or self.contact_name) == fold(self.contact_name):
			return destination.receiver_phone
		return None

	@property
	def alternative_phone(self) -> str | None:
		return self.order.buyer.alternative_phone

	@property
	def document_type(self) -> str | None:
		return self.billing.document_type if self.billing else None

	@property
	def document_number(self) -> str | None:
		"""The number without dots, spaces and hyphens."""
		number = self.billing.document_number if self.billing else None
		return number.translate(str.maketrans("", "", ". -")) if number else None

	@property
	def why_no_new_customer(self) -> Text | None:
		"""Why this purchase must not create a customer, in words, or None if one of its orders may."""
		reasons = [_why_no_new_customer(order, self.account) for order in self.orders]
		return None if None in reasons else reasons[0]


def _why_no_new_customer(order: Order, account: Account) -> Text | None:
	"""Contract, section 1: cancelled, suspected of fraud, or unpaid where only paid orders count."""
	if order.is_cancelled:
		return text("The order is cancelled, so no customer was created.")
	if order.is_fraud_risk:
		return text("MercadoLibre suspects fraud, so no customer was created. Do not ship; cancel the order.")
	if account.only_paid_orders and not order.is_paid:
		return text("The order is not paid yet and the account takes only paid orders.")
	return None


def gather(client: Client, account: Account, reference: Reference) -> list[Purchase]:
	"""Fetch what a notification is about: one Purchase per buyer (one, unless MercadoLibre surprises us).

	Raises MeliError as the client does, NeedsAttention for an order of another seller and TryLater for
	an answer that leaves the buyer out.
	"""
	orders = [client.order(order_id) for order_id in _order_ids(client, reference)]
	by_buyer: dict[str, list[Order]] = {}
	for order in orders:
		_check(order, account)
		by_buyer.setdefault(order.buyer.id, []).append(order)
	return [
		_complete(client, account, buyer_id, _newest_first(group)) for buyer_id, group in by_buyer.items()
	]


def _order_ids(client: Client, reference: Reference) -> Sequence[str]:
	if reference.kind == "order":
		return [reference.id]
	return client.shipment_order_ids(reference.id)


def _check(order: Order, account: Account) -> None:
	if order.seller_id and order.seller_id != account.user_id:
		raise NeedsAttention(
			text("Order {0} belongs to another seller than the account {1}.", order.id, account.name)
		)
	if not order.buyer.id:
		raise TryLater(text("MercadoLibre sent order {0} without its buyer.", order.id))


def _newest_first(orders: list[Order]) -> tuple[Order, ...]:
	return tuple(
		sorted(
			orders,
			key=lambda order: order.last_updated.timestamp() if order.last_updated else 0,
			reverse=True,
		)
	)


def _complete(client: Client, account: Account, buyer_id: str, orders: tuple[Order, ...]) -> Purchase:
	purchase = Purchase(account, orders, buyer_id)
	if purchase.why_no_new_customer and not customers.find(buyer_id):
		return purchase
	# The read above opened a transaction; nothing may stay open while MercadoLibre is asked.
	frappe.db.rollback()
	order = purchase.order
	purchase = replace(
		purchase,
		billing=client.billing_info(order, account.site),
		destination=_destination(client, order),
		user=None if order.buyer.nickname else _user(client, buyer_id),
	)
	return replace(purchase, fiscal=_ask_registry(purchase))


def _ask_registry(purchase: Purchase) -> Lookup | None:
	"""What ARCA says of a CUIT that is not known yet (contract: New buyer, Known buyer)."""
	if purchase.account.site != SITE_WITH_REGISTRY or not customers.is_cuit(purchase.document_type):
		return None
	if not purchase.document_number or customers.has_number(purchase.buyer_id):
		return None
	return lookup(purchase.document_number)


def _destination(client: Client, order: Order) -> Destination | None:
	"""Where the order goes, unless that is a pick-up point: an agency's address is not the buyer's."""
	if not order.shipment_id:
		return None
	try:
		destination = client.shipment(order.shipment_id).destination
	except NotFound:
		return None
	return destination if destination and not destination.is_agency else None


def _user(client: Client, buyer_id: str) -> User | None:
	try:
		return client.user(buyer_id)
	except (NotFound, Forbidden):
		# The public profile only decorates: the order is complete without it.
		return None
