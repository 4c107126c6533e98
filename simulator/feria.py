"""The buyers' page: a person plays MercadoLibre's buyers, and makes the weather at MercadoLibre and at ARCA.

What is done here are commands of the two halves, as tests give them, and each is notified as MercadoLibre would.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from mercadolibre_sync.arca.cuit import normalise
from mercadolibre_sync.arca.provinces import PROVINCES
from simulator.arca import ArcaSimulator
from simulator.meli import MeliSimulator
from simulator.meli_world import Order, Shipment, User, World
from simulator.pages import page
from simulator.server import answer_json

FIRST_BUYER = 980_000_100_001

DOCUMENT_TYPES = ("DNI", "CUIT", "CUIL")
# What a buyer can declare (documented for Argentina).
TAXPAYER_TYPES = ("Consumidor Final", "Monotributo", "IVA Responsable Inscripto", "IVA Exento")
# As what the registry knows a CUIT, and how to call it.
TAXPAYERS = {
	"responsable_inscripto": "Responsable inscripto",
	"monotributista": "Monotributista",
	"monotributo_social": "Monotributista social",
	"exento": "Exento",
	"no_alcanzado": "No alcanzado",
	"inactive": "CUIT inactiva",
	"blocked": "Constancia bloqueada",
	"not_found": "No existe",
}
# MercadoLibre's name of the first one is not ARCA's.
STATES = {province.iso: province.name for province in PROVINCES.values()} | {"AR-C": "Capital Federal"}

# MercadoLibre's weather: a kind of misbehaviour, how to call it, and its details.
WEATHER: dict[str, tuple[str, dict[str, object]]] = {
	"slow": ("Lento: 5 segundos por respuesta", {"seconds": 5}),
	"429": ("429: demasiados pedidos", {"retry_after": "20"}),
	"503": ("503: no responde", {}),
	"html": ("Página de mantenimiento", {}),
}
# The API alone: the pages of people stay as they are.
_API = r"^/(orders|shipments|packs|users|missed_feeds|oauth/token)"

_PAID = {"status": "paid", "tags": ("paid", "not_delivered")}
_UNPAID = {"status": "payment_required", "tags": ("not_paid", "not_delivered")}
_CANCELLED = {"status": "cancelled", "tags": ("not_delivered",)}


class Mistake(Exception):
	"""What was filled in cannot be used. The message names the field and what to do, in Spanish."""


@dataclass(frozen=True)
class _Purchase:
	"""A row of the buyer's orders."""

	order: Order
	shipment: Shipment | None

	@property
	def is_open(self) -> bool:
		return self.order.status == _UNPAID["status"]

	@property
	def is_cancelled(self) -> bool:
		return self.order.status == _CANCELLED["status"]


class Feria:
	"""The half of the simulator that people see. It keeps nothing itself."""

	def __init__(self, meli: MeliSimulator, arca: ArcaSimulator) -> None:
		self._meli = meli
		self._arca = arca

	def reset(self) -> None:
		pass

	def handle(self, request: Request) -> Response:
		if request.method == "POST":
			return self._act(request)
		if request.path == "/notices":
			return page("notices.html", notices=self._meli.notices())
		if request.path == "/":
			return self._show(request.args.get("buyer"))
		return answer_json({"message": "There is nothing here."}, 404)

	# Showing -------------------------------------------------------------------------------------------------

	def _show(self, buyer_id: str | None, mistake: str = "") -> Response:
		with self._meli.world() as world:
			buyer = world.users.get(buyer_id or "")
			return page(
				"feria.html",
				400 if mistake else 200,
				mistake=mistake,
				buyers=_buyers(world),
				sellers=[user for user in world.users.values() if user.seller],
				buyer=buyer,
				purchases=_purchases(world, buyer) if buyer else [],
				address=_last_address(world, buyer) if buyer else None,
				taxpayer=self._taxpayer(buyer) if buyer else None,
				notices=self._meli.notices(),
				weather=next(iter(self._meli.misbehaviour()), ""),
				registry_is_down=self._arca.is_down(),
				choices={
					"documents": DOCUMENT_TYPES,
					"declared": TAXPAYER_TYPES,
					"taxpayers": TAXPAYERS,
					"states": STATES,
					"weather": {kind: label for kind, (label, _details) in WEATHER.items()},
				},
			)

	def _taxpayer(self, buyer: User) -> str | None:
		"""As what the registry knows the buyer, for those it can know."""
		cuit = _cuit(buyer)
		return (self._arca.kind_of(cuit) or "not_found") if cuit else None

	# Acting --------------------------------------------------------------------------------------------------

	def _act(self, request: Request) -> Response:
		action = _ACTIONS.get(request.path)
		if not action:
			return answer_json({"message": "There is nothing here."}, 404)
		try:
			with self._meli.world() as world:
				buyer_id = action(self, world, request.form)
		except Mistake as mistake:
			return self._show(request.form.get("buyer"), str(mistake))
		return redirect(f"{request.script_root}/?{urlencode({'buyer': buyer_id})}", 303, Response)

	def _add_buyer(self, world: World, form: Mapping[str, str]) -> str:
		nickname = _free_nickname(world, form)
		document = _document(form)
		buyer_id = str(max([FIRST_BUYER - 1, *(int(user.id) for user in _buyers(world))]) + 1)
		self._meli.command(
			"add_buyer",
			buyer_id=buyer_id,
			nickname=nickname,
			first_name=_text(form, "first_name"),
			last_name=_text(form, "last_name"),
			document=document,
			taxpayer_type=_text(form, "taxpayer_type") if document else None,
			billing_name=_text(form, "billing_name"),
		)
		if cuit := _cuit(world.users[buyer_id]):
			self._register(world.users[buyer_id], cuit, form)
		return buyer_id

	def _set_taxpayer(self, world: World, form: Mapping[str, str]) -> str:
		buyer = _buyer(world, form)
		cuit = _cuit(buyer)
		if not cuit:
			raise Mistake(f"{buyer.nickname} no tiene CUIT: el padrón no sabe nada de esta persona.")
		self._register(buyer, cuit, form)
		return buyer.id

	def _register(self, buyer: User, cuit: str, form: Mapping[str, str]) -> None:
		kind = form.get("taxpayer", "not_found")
		if kind not in TAXPAYERS:
			raise Mistake("Padrón: elegí una de las condiciones de la lista.")
		names = {"name": buyer.billing_name or buyer.first_name, "surname": buyer.last_name}
		known = {key: value for key, value in names.items() if value}
		self._arca.command("taxpayer", cuit=cuit, kind=kind, **known)

	def _buy(self, world: World, form: Mapping[str, str]) -> str:
		buyer = _buyer(world, form)
		seller = world.users.get(form.get("seller", ""))
		if not seller or not seller.seller:
			raise Mistake("Vendedor: elegí uno de la lista.")
		shipment = self._meli.command(
			"add_shipment", seller_id=seller.id, buyer_id=buyer.id, masked=_is_masked(form), **_address(form)
		)
		order = self._meli.command(
			"add_order",
			seller_id=seller.id,
			buyer_id=buyer.id,
			shipment_id=shipment,
			# Today's form of an order: nickname and profile are learnt from the user's public data.
			buyer_form="id",
			**(_PAID if "paid" in form else _UNPAID),
		)
		self._notify(world.orders[order])
		return buyer.id

	def _pay(self, world: World, form: Mapping[str, str]) -> str:
		return self._change(_order(world, form), _PAID)

	def _cancel(self, world: World, form: Mapping[str, str]) -> str:
		return self._change(_order(world, form), _CANCELLED)

	def _rename(self, world: World, form: Mapping[str, str]) -> str:
		"""A change of nickname has no topic of its own: the next purchase brings it."""
		buyer = _buyer(world, form)
		self._meli.command("set_user", user_id=buyer.id, nickname=_free_nickname(world, form))
		return buyer.id

	def _reveal(self, world: World, form: Mapping[str, str]) -> str:
		order = _order(world, form)
		if not order.shipment_id:
			raise Mistake("Esta compra no tiene envío.")
		self._meli.command("set_shipment", shipment_id=order.shipment_id, masked=False)
		resource = f"/shipments/{order.shipment_id}"
		self._meli.command("notify", topic="shipments", resource=resource, user_id=order.seller_id)
		return order.buyer_id

	def _make_weather(self, world: World, form: Mapping[str, str]) -> str:
		self._meli.command("behave")
		if (kind := form.get("meli", "")) in WEATHER:
			self._meli.command("misbehave", path=_API, kind=kind, times=None, **WEATHER[kind][1])
		self._arca.command("heal")
		if "registry_down" in form:
			for operation in ("loginCms", "getPersona_v2", "dummy"):
				self._arca.command("failure", operation=operation, kind="down", times=None)
		return form.get("buyer", "")

	def _change(self, order: Order, changes: Mapping[str, object]) -> str:
		self._meli.command("set_order", order_id=order.id, **changes)
		self._notify(order)
		return order.buyer_id

	def _notify(self, order: Order) -> None:
		resource = f"/orders/{order.id}"
		self._meli.command("notify", topic="orders_v2", resource=resource, user_id=order.seller_id)


_ACTIONS: dict[str, Callable[[Feria, World, Mapping[str, str]], str]] = {
	"/add_buyer": Feria._add_buyer,
	"/set_taxpayer": Feria._set_taxpayer,
	"/buy": Feria._buy,
	"/pay": Feria._pay,
	"/cancel": Feria._cancel,
	"/rename": Feria._rename,
	"/reveal": Feria._reveal,
	"/make_weather": Feria._make_weather,
}


def _buyers(world: World) -> list[User]:
	return [user for user in world.users.values() if not user.seller]


def _purchases(world: World, buyer: User) -> list[_Purchase]:
	"""Newest first."""
	orders = [order for order in world.orders.values() if order.buyer_id == buyer.id]
	return [_Purchase(order, world.shipments.get(order.shipment_id or "")) for order in reversed(orders)]


def _last_address(world: World, buyer: User) -> Shipment | None:
	return next((purchase.shipment for purchase in _purchases(world, buyer) if purchase.shipment), None)


def _buyer(world: World, form: Mapping[str, str]) -> User:
	buyer = world.users.get(form.get("buyer", ""))
	if not buyer or buyer.seller:
		raise Mistake("Comprador: elegí uno de la lista.")
	return buyer


def _order(world: World, form: Mapping[str, str]) -> Order:
	order = world.orders.get(form.get("order", ""))
	if not order:
		raise Mistake("Esta compra ya no existe: el simulador empezó de nuevo.")
	return order


def _free_nickname(world: World, form: Mapping[str, str]) -> str:
	nickname = _required(form, "nickname", "Apodo")
	if nickname in [user.nickname for user in world.users.values()]:
		raise Mistake(f"Apodo: {nickname} ya es de otra persona. Elegí otro.")
	return nickname


def _document(form: Mapping[str, str]) -> tuple[str, str] | None:
	kind = _text(form, "document_type")
	return (kind, _required(form, "document_number", "Número de documento")) if kind else None


def _cuit(buyer: User) -> str | None:
	"""The buyer's CUIT as the registry lists it: digits alone."""
	if not buyer.document or buyer.document[0] != "CUIT":
		return None
	return normalise(buyer.document[1])


def _is_masked(form: Mapping[str, str]) -> bool:
	"""MercadoLibre hides an address until the payment is confirmed, and sometimes for a while after that."""
	return "paid" not in form or "masked" in form


def _address(form: Mapping[str, str]) -> dict[str, str | None]:
	state_id = form.get("state_id", "")
	if state_id not in STATES:
		raise Mistake("Provincia: elegí una de la lista.")
	return {
		"street_name": _required(form, "street_name", "Calle"),
		"street_number": _text(form, "street_number") or "SN",
		"comments": _text(form, "comments"),
		"city": _required(form, "city", "Ciudad"),
		"state_id": state_id,
		"state": STATES[state_id],
		"zip_code": _text(form, "zip_code"),
		"receiver_name": _text(form, "receiver_name"),
	}


def _required(form: Mapping[str, str], name: str, label: str) -> str:
	text = _text(form, name)
	if not text:
		raise Mistake(f"{label}: falta completarlo.")
	return text


def _text(form: Mapping[str, str], name: str) -> str | None:
	return form.get(name, "").strip() or None
