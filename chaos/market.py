"""What buyers do and what MercadoLibre tells of it, all of it from one source of chance; and what has to come of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from chaos.events import Event
from tests.ground.arca import cuits

FIRST_BUYER = 9_900_000_000_001
FIRST_ORDER = 2_009_900_000_000_001
FIRST_SHIPMENT = 49_900_000_001
CITIES = ("Córdoba", "Rosario", "Mar del Plata")
STREETS = ("Santa Fe", "Rivadavia", "9 de Julio")
NAMES = (("Mariana", "Guzmán"), ("José", "Ñandú"), ("Ana María", "O'Higgins"), ("Zoë", "Peña y Lillo"))
# Shares of what happens. About three orders to a buyer, as in a shop that people come back to.
DEEDS = {
	"new_buyer": 20,
	"order": 40,
	"pack": 5,
	"reveal": 10,
	"rename": 7,
	"cancel": 5,
	"give_document": 5,
	"only_cancelled": 3,
	"say_again": 8,
	"something_else": 5,
}
ORDERING = {"new_buyer", "order", "pack", "only_cancelled"}
TAXPAYERS = ("responsable_inscripto", "monotributista", "exento")
# As they are told apart when they are compared: line 1 and city, in lower case.
Place = tuple[str, str]


@dataclass
class Buyer:
	"""A buyer, and what the ERP has to hold of them at the end (contract: New buyer, Known buyer).

	`orders`, `sellers`, `shipments`: each order's status, seller and shipment, by its number. `hidden`: shipments whose
	address is still to be revealed, and that. `places`: those that were revealed. `taxpayer`: the registry's kind, of
	those with a CUIT.
	"""

	id: str
	nickname: str
	name: str
	document: tuple[str, str] | None
	form: str
	phone: str
	taxpayer: str | None = None
	orders: dict[str, str] = field(default_factory=dict)
	hidden: dict[str, Place] = field(default_factory=dict)
	places: set[Place] = field(default_factory=set)
	sellers: dict[str, str] = field(default_factory=dict)
	shipments: dict[str, str] = field(default_factory=dict)

	@property
	def paid(self) -> list[str]:
		return [order for order, status in self.orders.items() if status == "paid"]


class Market:
	"""Draws what happens in so many seconds with so many orders. `events`: in order of time."""

	def __init__(self, chance: Random, seconds: float, sellers: Sequence[str], orders: int) -> None:
		self.events: list[Event] = []
		self.buyers: list[Buyer] = []
		self._chance = chance
		self._seconds = seconds
		self._sellers = sellers
		self._cuits = cuits("20")
		deeds = self._draw(orders)
		times = sorted(chance.uniform(0, seconds) for _deed in deeds)
		for self._now, deed in zip(times, deeds, strict=True):
			getattr(self, f"_{deed}")()
		self.events.sort(key=lambda event: event.at)

	@property
	def orders(self) -> dict[str, str]:
		"""The status in which each order ends, by number."""
		return {order: status for buyer in self.buyers for order, status in buyer.orders.items()}

	def _draw(self, orders: int) -> list[str]:
		deeds = ["new_buyer"]
		while sum(deed in ORDERING for deed in deeds) < orders:
			deeds += self._chance.choices(list(DEEDS), list(DEEDS.values()))
		return deeds

	# What buyers do.

	def _new_buyer(self) -> None:
		self._order_of(self._add_buyer(), masked=False)

	def _order(self) -> None:
		self._order_of(self._chance.choice(self._customers), masked=self._chance.random() < 0.4)

	def _pack(self) -> None:
		"""Another order in the parcel of an earlier one."""
		buyer = self._chance.choice(self._customers)
		order = self._chance.choice(list(buyer.shipments))
		shipment, seller = buyer.shipments[order], buyer.sellers[order]
		self._place_order(buyer, seller, shipment, pack_id=shipment)

	def _reveal(self) -> None:
		if hiding := [buyer for buyer in self.buyers if buyer.hidden]:
			buyer = self._chance.choice(hiding)
			shipment = self._chance.choice(list(buyer.hidden))
			buyer.places.add(buyer.hidden.pop(shipment))
			self._do("set_shipment", shipment_id=shipment, masked=False)
			order = next(order for order, known in buyer.shipments.items() if known == shipment)
			self._tell("shipments", f"/shipments/{shipment}", buyer.sellers[order])

	def _rename(self) -> None:
		"""The new nickname comes with a change of an order, which thereby is the newest."""
		# Who is seen without a nickname in the order is asked about once for each order.
		if named := [buyer for buyer in self._customers if buyer.form == "full"]:
			buyer = self._chance.choice(named)
			buyer.nickname += "X"
			self._do("set_user", user_id=buyer.id, nickname=buyer.nickname)
			self._change(buyer, self._chance.choice(buyer.paid))

	def _cancel(self) -> None:
		"""Never the first order, which holds the place to which the others went."""
		buyer = self._chance.choice(self._customers)
		first, *others = buyer.orders
		at_home = [order for order in others if buyer.shipments[order] == buyer.shipments[first]]
		if at_home:
			order = self._chance.choice(at_home)
			buyer.orders[order] = "cancelled"
			self._change(buyer, order, status="cancelled")

	def _give_document(self) -> None:
		if without := [buyer for buyer in self._customers if not buyer.document]:
			buyer = self._chance.choice(without)
			self._give(buyer)
			self._do("set_user", user_id=buyer.id, document=buyer.document)
			self._change(buyer, self._chance.choice(buyer.paid))

	def _only_cancelled(self) -> None:
		buyer = self._add_buyer()
		seller = self._chance.choice(self._sellers)
		shipment = self._add_shipment(buyer, seller, self._draw_place(), masked=False)
		self._place_order(buyer, seller, shipment, status="cancelled")

	def _say_again(self) -> None:
		buyer = self._chance.choice(self._customers)
		order = self._chance.choice(list(buyer.orders))
		self._tell("orders_v2", f"/orders/{order}", buyer.sellers[order])

	def _something_else(self) -> None:
		topic = self._chance.choice(("items", "questions", "payments"))
		self._tell(topic, f"/{topic}/{self._chance.randrange(10**9)}", self._chance.choice(self._sellers))

	# How.

	@property
	def _customers(self) -> list[Buyer]:
		"""Those whom an order makes a customer."""
		return [buyer for buyer in self.buyers if buyer.paid]

	def _add_buyer(self) -> Buyer:
		number = FIRST_BUYER + len(self.buyers)
		first, last = self._chance.choice(NAMES)
		has_document = self._chance.random() < 0.8
		buyer = Buyer(
			id=str(number),
			nickname=f"COMPRA{number}",
			name=f"{first} {last}",
			document=None,
			# Without names in the order they come with the document.
			form=self._chance.choice(("full", "full", "billing_info", "id")) if has_document else "full",
			phone=f"351 555{number % 10_000:04}",
		)
		self.buyers.append(buyer)
		if has_document:
			self._give(buyer)
		self._do(
			"add_buyer",
			buyer_id=buyer.id,
			nickname=buyer.nickname,
			first_name=first,
			last_name=last,
			document=buyer.document,
		)
		return buyer

	def _give(self, buyer: Buyer) -> None:
		"""A document: of every third a CUIT, which the registry knows."""
		if self._chance.random() < 2 / 3:
			buyer.document = "DNI", str(self._chance.randrange(10_000_000, 99_999_999))
			return
		buyer.document, buyer.taxpayer = ("CUIT", next(self._cuits)), self._chance.choice(TAXPAYERS)
		self._do("add_taxpayer", cuit=buyer.document[1], kind=buyer.taxpayer)

	def _draw_place(self) -> Place:
		return f"{self._chance.choice(STREETS)} {self._chance.randrange(1, 5)}", self._chance.choice(CITIES)

	def _order_of(self, buyer: Buyer, *, masked: bool) -> None:
		"""An order with a parcel of its own."""
		seller = self._chance.choice(self._sellers)
		place = self._draw_place()
		shipment = self._add_shipment(buyer, seller, place, masked=masked)
		if masked:
			buyer.hidden[shipment] = folded(place)
		else:
			buyer.places.add(folded(place))
		self._place_order(buyer, seller, shipment)

	def _add_shipment(self, buyer: Buyer, seller: str, place: Place, *, masked: bool) -> str:
		shipment = str(FIRST_SHIPMENT + len(self.events))
		street, city = place
		name, _space, number = street.rpartition(" ")
		spelling = self._chance.choice((str, str, str.upper))
		self._do(
			"add_shipment",
			seller_id=seller,
			buyer_id=buyer.id,
			shipment_id=shipment,
			street_name=spelling(name),
			street_number=number,
			city=spelling(city),
			receiver_phone=buyer.phone,
			masked=masked,
		)
		return shipment

	def _place_order(
		self, buyer: Buyer, seller: str, shipment: str, *, status: str = "paid", pack_id: str | None = None
	) -> None:
		order = str(FIRST_ORDER + len(self.events))
		buyer.orders[order], buyer.sellers[order], buyer.shipments[order] = status, seller, shipment
		self._do(
			"add_order",
			seller_id=seller,
			buyer_id=buyer.id,
			order_id=order,
			shipment_id=shipment,
			pack_id=pack_id,
			status=status,
			buyer_form=buyer.form,
		)
		self._tell("orders_v2", f"/orders/{order}", seller)
		if self._chance.random() < 0.5:
			self._tell("shipments", f"/shipments/{shipment}", seller)

	def _change(self, buyer: Buyer, order: str, **changes: str) -> None:
		self._do("set_order", order_id=order, **changes)
		self._tell("orders_v2", f"/orders/{order}", buyer.sellers[order])

	def _do(self, command: str, **arguments: object) -> None:
		self.events.append(Event(self._now, command, arguments))

	def _tell(self, topic: str, resource: str, seller: str) -> None:
		"""Once to three times, soon or late, and so in any order."""
		for _time in range(self._chance.choice((1, 2, 2, 3))):
			delay = self._chance.expovariate(1 / 2) if self._chance.random() < 0.9 else 15
			at = max(self._now, min(self._now + delay, self._seconds))
			self.events.append(Event(at, "tell", {"topic": topic, "resource": resource, "seller": seller}))


def folded(place: Place) -> Place:
	line1, city = place
	return line1.casefold(), city.casefold()
