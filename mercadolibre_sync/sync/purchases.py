"""One buyer with what MercadoLibre and the registry say of them: all that is written, and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from mercadolibre_sync.meli.models import BillingInfo, Destination, Order, User
from mercadolibre_sync.meli.sites import profile_url
from mercadolibre_sync.sync.accounts import Account
from mercadolibre_sync.sync.errors import NeedsAttention, TryLater
from mercadolibre_sync.sync.text import fold
from mercadolibre_sync.words import Text, text

if TYPE_CHECKING:
	from mercadolibre_sync.sync.fiscal.lookup import Lookup

SITE_WITH_REGISTRY = "MLA"
CUIT = "CUIT"


@dataclass(frozen=True)
class Purchase:
	"""One buyer as seen through the orders of one pack or shipment; `orders` has the newest first.

	`billing` and `destination` are None where MercadoLibre has none, or does not show them yet; `fiscal` where
	the registry was not asked. `seen_shipment`: number of the shipment whose address could be read now.
	`is_abridged`: something was not asked, because the ERP knows it. `was_known`: there was a Customer when that was decided.
	"""

	account: Account
	orders: tuple[Order, ...]
	buyer_id: str
	billing: BillingInfo | None = None
	destination: Destination | None = None
	user: User | None = None
	fiscal: "Lookup | None" = None
	seen_shipment: str | None = None
	is_abridged: bool = False
	was_known: bool = False

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
		return self.nickname or self.made_up_names[0]

	@property
	def made_up_names(self) -> list[str]:
		"""What a customer is called without a nickname, the best first."""
		names = (self.billing_name, self.order_name, f"MercadoLibre {self.buyer_id}")
		return [name for name in names if name]

	@property
	def person_name(self) -> str | None:
		return self.order_name or self.billing_name

	@property
	def contact_name(self) -> str:
		"""Contract, Contact: order first and last name, else billing name, else nickname."""
		return self.person_name or self.customer_name

	@property
	def names(self) -> tuple[str, str | None]:
		"""`contact_name` as first and last name, where MercadoLibre tells them apart."""
		first, last = self.order.buyer.names
		if not first and self.billing:
			first, last = self.billing.names
		return (first, last) if first else (self.customer_name, None)

	@property
	def permalink(self) -> str | None:
		"""What MercadoLibre gives as the address of the buyer's page."""
		return self.user.permalink if self.user else None

	@property
	def profiles(self) -> list[str]:
		"""Addresses of the buyer's page, the best first: MercadoLibre's own, and one built from the nickname."""
		built = profile_url(self.account.site, self.nickname) if self.nickname else None
		return [address for address in (self.permalink, built) if address]

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
	def taxpayer_type(self) -> str | None:
		return self.billing.taxpayer_type if self.billing else None

	@property
	def document_number(self) -> str | None:
		"""The number without dots, spaces and hyphens."""
		number = self.billing.document_number if self.billing else None
		return (number or "").translate(str.maketrans("", "", ". -")) or None

	@property
	def has_cuit(self) -> bool:
		return (self.document_type or "").strip().upper() == CUIT

	@property
	def cuit_to_look_up(self) -> str | None:
		"""The number that the registry may know more about."""
		return self.document_number if self.has_cuit and self.account.site == SITE_WITH_REGISTRY else None

	@property
	def tells_the_name(self) -> bool:
		"""Whether `contact_name` is the best there is: without billing info, which was not asked, it may not be."""
		return bool(self.order_name) or not self.is_abridged

	@property
	def why_no_new_customer(self) -> Text | None:
		"""Why this purchase must not create a customer, in words, or None if one of its orders may."""
		reasons = [_why_no_new_customer(order, self.account) for order in self.orders]
		return None if None in reasons else reasons[0]


def by_buyer(account: Account, orders: Iterable[Order]) -> list[Purchase]:
	"""Put orders together by buyer: one Purchase, unless MercadoLibre surprises us.

	Raises NeedsAttention for an order of another seller, and TryLater for an answer that leaves the buyer out.
	"""
	buyers: dict[str, list[Order]] = {}
	for order in orders:
		buyers.setdefault(_buyer_of(order, account), []).append(order)
	return [Purchase(account, _newest_first(group), buyer_id) for buyer_id, group in buyers.items()]


def _buyer_of(order: Order, account: Account) -> str:
	if order.seller_id and order.seller_id != account.user_id:
		raise NeedsAttention(
			text("Order {0} belongs to another seller than the account {1}.", order.id, account.name)
		)
	if not order.buyer.id:
		raise TryLater(text("MercadoLibre sent order {0} without its buyer.", order.id))
	return order.buyer.id


def _newest_first(orders: list[Order]) -> tuple[Order, ...]:
	return tuple(
		sorted(
			orders,
			key=lambda order: order.last_updated.timestamp() if order.last_updated else 0,
			reverse=True,
		)
	)


def _why_no_new_customer(order: Order, account: Account) -> Text | None:
	"""Contract, section 1: cancelled, suspected of fraud, or unpaid where only paid orders count."""
	if order.is_cancelled:
		return text("The order is cancelled, so no customer was created.")
	if order.is_fraud_risk:
		return text("MercadoLibre suspects fraud, so no customer was created. Do not ship; cancel the order.")
	if account.only_paid_orders and not order.is_paid:
		return text("The order is not paid yet and the account takes only paid orders.")
	return None
