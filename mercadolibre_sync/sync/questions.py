"""What has to be asked of MercadoLibre about a purchase. Decided here and nowhere else, from what the ERP knows."""

from collections.abc import Sequence
from dataclasses import dataclass

from mercadolibre_sync.meli.models import Order


@dataclass(frozen=True)
class Known:
	"""What the ERP knows of a buyer, and of orders of that buyer.

	`customer`: name of the Customer, None if there is none. `is_complete`: it has nickname, document number and type.
	`orders`: numbers of the orders that were applied to it, in whatever version. `shipments`: numbers of the
	shipments of these orders whose address was seen. `is_erased`: the buyer wished to be forgotten since they were made.
	"""

	customer: str | None = None
	is_complete: bool = False
	has_number: bool = False
	orders: frozenset[str] = frozenset()
	shipments: frozenset[str] = frozenset()
	is_erased: bool = False


@dataclass(frozen=True)
class Questions:
	"""Which calls to make; each is made only if its answer can change something.

	`shipment`: number of the shipment to ask for.
	"""

	billing: bool = False
	user: bool = False
	shipment: str | None = None


def decide(orders: Sequence[Order], known: Known, *, may_create: bool, has_moved: bool) -> Questions:
	"""The questions about the newest of a buyer's `orders`, which comes first.

	`may_create`: a customer may be made from them. `has_moved`: MercadoLibre said that the shipment changed.
	"""
	if known.is_erased or (not known.customer and not may_create):
		return Questions()
	order = orders[0]
	# An order brings the buyer's data as they were when it was made, so it is asked about once, and again while
	# something of it is missing.
	is_settled = known.is_complete and order.id in known.orders
	is_seen = order.shipment_id in known.shipments and not has_moved
	return Questions(
		billing=not is_settled,
		user=not is_settled and not order.buyer.nickname,
		shipment=None if is_seen else order.shipment_id,
	)
