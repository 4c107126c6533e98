"""The simulated MercadoLibre's people, orders and shipments, and the documented form of each.

Every answer is a documented payload with other values in it, so no answer has a field MercadoLibre does not send.
Ids are digits in a string on this side, and numbers in the answers, as there.
"""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from mercadolibre_sync.meli.sites import site

PAYLOADS = Path(__file__).parent / "payloads" / "mercadolibre"
MASK = "XXXXXXX"

# MercadoLibre writes the dates of orders and shipments four hours behind UTC, in every country.
_ZONE = timezone(timedelta(hours=-4))

# How much of the buyer an order tells. All three are documented or recorded forms, the first and fullest of
# November 2025, "id" of the documentation of 2026.
BUYER_FORMS: dict[str, tuple[str, ...]] = {
	"full": ("id", "nickname", "first_name", "last_name", "billing_info"),
	"billing_info": ("id", "billing_info"),
	"id": ("id",),
}


def payload(name: str) -> Any:
	"""A documented payload, fresh, by its file's name without ending."""
	return copy.deepcopy(_TEMPLATES[name])


_TEMPLATES = {path.stem: json.loads(path.read_bytes()) for path in PAYLOADS.glob("*.json")}
# What every order sells: MercadoLibre's own test article in Argentina.
_ITEM = _TEMPLATES["mla_orders_search_2016_to_be_agreed"]["results"][0]["order_items"][0]["item"]


def now() -> str:
	"""This moment as MercadoLibre writes it."""
	return datetime.now(_ZONE).isoformat(timespec="milliseconds")


@dataclass
class User:
	"""A seller or a buyer. `operator`: a collaborator's login, which may not authorise applications.

	`document`: type and number of the billing information, such as ("DNI", "32659430"); None has no billing
	information. `billing_name` alone is a company's; the order's names stand in where it is None.
	"""

	id: str
	nickname: str
	site_id: str
	first_name: str | None
	last_name: str | None
	email: str | None = None
	seller: bool = False
	operator: bool = False
	billing_info_id: str = ""
	document: tuple[str, str] | None = None
	taxpayer_type: str | None = None
	billing_name: str | None = None
	billing_last_name: str | None = None

	@property
	def is_company(self) -> bool:
		return self.billing_name is not None and self.billing_last_name is None


@dataclass
class Order:
	id: str
	seller_id: str
	buyer_id: str
	status: str
	shipment_id: str | None
	pack_id: str | None
	tags: tuple[str, ...]
	created: str
	last_updated: str
	buyer_form: str


@dataclass
class Shipment:
	"""`masked`: the destination is hidden, as until the payment is confirmed. `agency`: it is a pick-up point."""

	id: str
	seller_id: str
	buyer_id: str
	receiver_name: str | None
	receiver_phone: str | None
	comments: str | None
	address_comment: str | None
	street_name: str | None
	street_number: str | None
	city: str | None
	neighborhood: str | None
	state_id: str | None
	state: str | None
	zip_code: str | None
	country_id: str
	country: str
	masked: bool
	agency: bool


class World:
	"""Not safe for several threads; the half it belongs to holds the lock."""

	def __init__(self) -> None:
		self.users: dict[str, User] = {}
		self.orders: dict[str, Order] = {}
		self.shipments: dict[str, Shipment] = {}
		self.missed: list[dict[str, Any]] = []
		self._last_id = 0

	def _next_id(self, first: int) -> str:
		self._last_id += 1
		return str(first + self._last_id)

	# Building ------------------------------------------------------------------------------------------------

	def add_seller(
		self,
		seller_id: str,
		nickname: str,
		*,
		site_id: str = "MLA",
		first_name: str | None = "Test",
		last_name: str | None = "Test",
		email: str | None = "test_user_50828007@testuser.com",
		operator: bool = False,
	) -> str:
		site(site_id)
		self.users[seller_id] = User(
			seller_id, nickname, site_id, first_name, last_name, email, seller=True, operator=operator
		)
		return seller_id

	def add_buyer(
		self,
		buyer_id: str,
		nickname: str,
		*,
		first_name: str | None = None,
		last_name: str | None = None,
		site_id: str = "MLA",
		document: tuple[str, str] | None = None,
		taxpayer_type: str | None = None,
		billing_name: str | None = None,
		billing_last_name: str | None = None,
	) -> str:
		site(site_id)
		self.users[buyer_id] = User(
			buyer_id,
			nickname,
			site_id,
			first_name,
			last_name,
			billing_info_id=self._next_id(677487519924000000),
			document=(document[0], document[1]) if document else None,
			taxpayer_type=taxpayer_type,
			billing_name=billing_name,
			billing_last_name=billing_last_name,
		)
		return buyer_id

	def set_user(self, user_id: str, **changes: Any) -> None:
		"""Change fields of a User, such as `nickname` or `document`."""
		_change(self.users[user_id], changes)

	def add_shipment(
		self,
		seller_id: str,
		buyer_id: str,
		*,
		shipment_id: str | None = None,
		street_name: str | None = "Santa Fe",
		street_number: str | None = "1234",
		city: str | None = "Palermo",
		neighborhood: str | None = None,
		state_id: str | None = "AR-C",
		state: str | None = "Capital Federal",
		zip_code: str | None = "1425",
		country_id: str = "AR",
		country: str = "Argentina",
		comments: str | None = None,
		address_comment: str | None = None,
		receiver_name: str | None = None,
		receiver_phone: str | None = MASK,
		masked: bool = False,
		agency: bool = False,
	) -> str:
		buyer = self.users[buyer_id]
		full_name = " ".join(part for part in (buyer.first_name, buyer.last_name) if part)
		shipment_id = shipment_id or self._next_id(45848383000)
		self.shipments[shipment_id] = Shipment(
			id=shipment_id,
			seller_id=seller_id,
			buyer_id=buyer_id,
			receiver_name=receiver_name or full_name or None,
			receiver_phone=receiver_phone,
			comments=comments,
			address_comment=address_comment,
			street_name=street_name,
			street_number=street_number,
			city=city,
			neighborhood=neighborhood,
			state_id=state_id,
			state=state,
			zip_code=zip_code,
			country_id=country_id,
			country=country,
			masked=masked,
			agency=agency,
		)
		return shipment_id

	def set_shipment(self, shipment_id: str, **changes: Any) -> None:
		"""Change fields of a Shipment; `masked=False` reveals its address."""
		_change(self.shipments[shipment_id], changes)

	def add_order(
		self,
		seller_id: str,
		buyer_id: str,
		*,
		order_id: str | None = None,
		status: str = "paid",
		shipment_id: str | None = None,
		pack_id: str | None = None,
		tags: Iterable[str] = ("paid", "not_delivered"),
		created: str | None = None,
		last_updated: str | None = None,
		buyer_form: str = "full",
	) -> str:
		"""`created`, `last_updated`: as MercadoLibre writes dates; now by default. `buyer_form`: see BUYER_FORMS."""
		if buyer_form not in BUYER_FORMS:
			raise ValueError(f"buyer_form is one of {', '.join(BUYER_FORMS)}.")
		if seller_id not in self.users or buyer_id not in self.users:
			raise ValueError("Add the order's seller and buyer first.")
		order_id = order_id or self._next_id(2000013770480000)
		created = created or last_updated or now()
		self.orders[order_id] = Order(
			order_id,
			seller_id,
			buyer_id,
			status,
			shipment_id,
			pack_id,
			tuple(tags),
			created,
			last_updated or created,
			buyer_form,
		)
		return order_id

	def set_order(self, order_id: str, **changes: Any) -> None:
		"""Change fields of an Order. `last_updated` becomes now unless it is given."""
		_change(self.orders[order_id], {"last_updated": now(), **changes})

	def miss_notification(
		self, topic: str, resource: str, user_id: str, application_id: str, sent: str | None = None
	) -> None:
		"""Put a notification among those that could not be delivered. `sent`: ISO date, now by default."""
		row = payload("missed_feeds_200")["messages"][0]
		moment = sent or _utc(datetime.now(timezone.utc))
		data = {
			"resource": resource,
			"user_id": user_id,
			"topic": topic,
			"application_id": int(application_id),
		}
		row.update(data, _id=uuid.uuid4().hex[:24], user_id=int(user_id), sent=moment, received=moment)
		row["request"]["data"] = json.dumps({**data, "attempts": 1, "sent": moment, "received": moment})
		self.missed.append(row)

	# Documented forms ----------------------------------------------------------------------------------------

	def order_json(self, order: Order) -> dict[str, Any]:
		buyer = self.users[order.buyer_id]
		seller = self.users[order.seller_id]
		data: dict[str, Any] = payload("mlb_order_2024_pack_order_buyer_id_only")
		data.update(
			id=int(order.id),
			date_created=order.created,
			date_closed=order.created,
			last_updated=order.last_updated,
			pack_id=order.pack_id and int(order.pack_id),
			shipping={"id": order.shipment_id and int(order.shipment_id)},
			status=order.status,
			tags=list(order.tags),
			buyer=self._buyer_json(buyer, order.buyer_form),
			currency_id="ARS",
		)
		data["context"]["site"] = seller.site_id
		data["seller"]["id"] = int(seller.id)
		self._fill_item_and_payment(data, order)
		return data

	def _fill_item_and_payment(self, data: dict[str, Any], order: Order) -> None:
		data["order_items"][0]["item"].update(_ITEM, seller_sku=None, user_product_id=None)
		data["order_items"][0]["currency_id"] = "ARS"
		payment = data["payments"][0]
		payment.update(
			order_id=int(order.id),
			payer_id=int(order.buyer_id),
			reason=_ITEM["title"],
			site_id=data["context"]["site"],
			currency_id="ARS",
		)
		payment["collector"]["id"] = int(order.seller_id)

	def _buyer_json(self, buyer: User, form: str) -> dict[str, Any]:
		whole: dict[str, Any] = {
			"id": int(buyer.id),
			"nickname": buyer.nickname,
			"first_name": buyer.first_name,
			"last_name": buyer.last_name,
			"billing_info": {"id": buyer.billing_info_id} if buyer.document else None,
		}
		return {key: whole[key] for key in BUYER_FORMS[form] if whole[key] is not None}

	def search_row(self, order: Order) -> dict[str, Any]:
		"""A row of a search: the order with its date under the older name as well, and less of the buyer."""
		data = self.order_json(order)
		data["date_last_updated"] = order.last_updated
		data["buyer"].pop("billing_info", None)
		return data

	def billing_info_json(self, user: User) -> dict[str, Any]:
		"""In the current form; the second generation's is the same. Only for users with a document."""
		assert user.document
		name = f"mla_billing_info_v2_persona_{'juridica_iibb' if user.is_company else 'fisica'}"
		data: dict[str, Any] = payload(name)
		data["site_id"] = user.site_id
		data["buyer"]["cust_id"] = int(user.id)
		info = data["buyer"]["billing_info"]
		info["name"] = user.billing_name or user.first_name
		if not user.is_company:
			info["last_name"] = user.billing_last_name or user.last_name
		info["identification"] = dict(zip(("type", "number"), user.document, strict=True))
		info["attributes"]["doc_type_number"] = user.document[1]
		info["taxes"]["taxpayer_type"] = {"description": user.taxpayer_type} if user.taxpayer_type else {}
		return data

	def first_billing_info_json(self, user: User) -> dict[str, Any]:
		"""In the first generation's form, for callers that do not ask for the second."""
		assert user.document
		document_type, document_number = user.document
		values = {"DOC_TYPE": document_type, "DOC_NUMBER": document_number, "SITE_ID": user.site_id}
		if user.is_company:
			values["BUSINESS_NAME"] = user.billing_name or ""
			values["TAXPAYER_TYPE_ID"] = user.taxpayer_type or ""
		else:
			values["FIRST_NAME"] = user.billing_name or user.first_name or ""
			values["LAST_NAME"] = user.billing_last_name or user.last_name or ""
		rows = [{"type": key, "value": value} for key, value in values.items() if value]
		return {
			"billing_info": {
				"additional_info": rows,
				"doc_number": document_number,
				"doc_type": document_type,
			}
		}

	def shipment_json(self, shipment: Shipment) -> dict[str, Any]:
		"""In the new format."""
		data: dict[str, Any] = payload("mlm_shipment_new_format_2021_test_shipment")
		del data["order_id"], data["external_reference"]  # discontinued in October 2025
		site_id = self.users[shipment.seller_id].site_id
		data.update(id=int(shipment.id), currency_id="ARS", source={**data["source"], "site_id": site_id})
		data["origin"]["sender_id"] = int(shipment.seller_id)
		data["destination"].update(
			type="agency" if shipment.agency else "buying_address",
			receiver_id=int(shipment.buyer_id),
			receiver_name=shipment.receiver_name,
			receiver_phone=shipment.receiver_phone,
			comments=_hide(shipment.comments, shipment.masked),
		)
		_fill_address(data["destination"]["shipping_address"], shipment)
		return data

	def old_shipment_json(self, shipment: Shipment) -> dict[str, Any]:
		"""In the format of until 2025, which callers still get who do not ask for the new one."""
		new = self.shipment_json(shipment)
		destination = new["destination"]
		receiver = {key: destination[key] for key in ("receiver_name", "receiver_phone")}
		address = destination["shipping_address"]
		order_ids = self.order_ids_of(shipment.id)
		return {
			"id": new["id"],
			"status": new["status"],
			"substatus": new["substatus"],
			"mode": new["logistic"]["mode"],
			"logistic_type": new["logistic"]["type"],
			"site_id": new["source"]["site_id"],
			"order_id": int(order_ids[0]) if order_ids else None,
			"receiver_id": destination["receiver_id"],
			"receiver_address": {"id": address["address_id"], **address, **receiver},
		}

	def order_ids_of(self, shipment_id: str) -> list[str]:
		return [order.id for order in self.orders.values() if order.shipment_id == shipment_id]

	def shipment_order_row(self, order: Order) -> dict[str, Any]:
		"""A row of `/shipments/{id}/orders`, where ids of orders and packs are strings."""
		return {
			"order_id": order.id,
			"pack_id": order.pack_id,
			"item_id": "MLA2041819084",
			"variation_id": None,
			"seller_id": int(order.seller_id),
			"requested_quantity": 1,
		}

	def pack_json(self, pack_id: str, orders: list[Order]) -> dict[str, Any]:
		data: dict[str, Any] = payload("pack_200")
		shipment_id = orders[0].shipment_id
		data.update(
			shipment={"id": shipment_id and int(shipment_id)},
			orders=[{"id": int(order.id)} for order in orders],
			id=int(pack_id),
			buyer={"id": int(orders[0].buyer_id)},
		)
		return data

	def public_user_json(self, user: User, permalink: str) -> dict[str, Any]:
		return {
			"id": int(user.id),
			"nickname": user.nickname,
			"country_id": site(user.site_id).country_code,
			"address": {"city": "Palermo", "state": "AR-C"},
			"user_type": "normal",
			"site_id": user.site_id,
			"permalink": permalink,
			"seller_reputation": {
				"level_id": None,
				"power_seller_status": None,
				"transactions": {"period": "historic", "total": 1},
			},
			"status": {"site_status": "active"},
		}

	def private_user_json(self, user: User, permalink: str) -> dict[str, Any]:
		"""What only the user may see."""
		names = {"first_name": user.first_name, "last_name": user.last_name, "email": user.email}
		return {**self.public_user_json(user, permalink), **names}


def _fill_address(address: dict[str, Any], shipment: Shipment) -> None:
	"""Hides what MercadoLibre hides of the seller's address, the one documented example: not city, state, country."""
	masked = shipment.masked
	line = " ".join(part for part in (shipment.street_name, shipment.street_number) if part)
	address.update(
		address_line=_hide(line or None, masked),
		street_name=_hide(shipment.street_name, masked),
		street_number=_hide(shipment.street_number, masked),
		comment=_hide(shipment.address_comment, masked),
		zip_code=_hide(shipment.zip_code, masked),
		city={"id": None, "name": shipment.city},
		state={"id": shipment.state_id, "name": shipment.state},
		country={"id": shipment.country_id, "name": shipment.country},
		neighborhood={"id": None, "name": shipment.neighborhood},
	)
	if masked:
		address.update(latitude=0, longitude=0)
	if shipment.agency:
		address["agency"].update(agency_id="1234", carrier_id="17", type="agency")


def _hide(value: str | None, masked: bool) -> str | None:
	return MASK if masked and value else value


def _change(record: User | Order | Shipment, changes: dict[str, Any]) -> None:
	for name, value in changes.items():
		if name not in record.__dataclass_fields__ or name == "id":
			raise ValueError(f"There is no {name} to change.")
		setattr(record, name, value)


def _utc(moment: datetime) -> str:
	return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
