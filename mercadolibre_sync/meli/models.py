"""MercadoLibre's answers as typed values.

Parsing is tolerant, because MercadoLibre sends fewer fields every year and partial answers (206) at any time:
whatever is missing, null, masked or of another type becomes None. Only an answer without the id it was asked
by is refused, with UnexpectedShape.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mercadolibre_sync.meli.errors import UnexpectedShape
from mercadolibre_sync.meli.notification import Notification
from mercadolibre_sync.meli.values import Json, child, clean, to_datetime, to_id, to_phone, to_site_id


@dataclass(frozen=True, slots=True)
class OrderBuyer:
	"""The buyer as the order tells it. Today that is the id, often the nickname, sometimes the names.

	E-mail, phones and document came with the order until 2019 only. `billing_info_id` leads to the document now.
	"""

	id: str | None
	nickname: str | None
	first_name: str | None
	last_name: str | None
	email: str | None
	phone: str | None
	alternative_phone: str | None
	billing_info_id: str | None
	document_type: str | None
	document_number: str | None

	@classmethod
	def from_json(cls, data: object) -> OrderBuyer:
		buyer = child(data)
		billing_info = child(buyer, "billing_info")
		return cls(
			id=to_id(buyer.get("id")),
			nickname=clean(buyer.get("nickname")),
			first_name=clean(buyer.get("first_name")),
			last_name=clean(buyer.get("last_name")),
			email=_email(buyer.get("email")),
			phone=to_phone(buyer.get("phone")),
			alternative_phone=to_phone(buyer.get("alternative_phone")),
			billing_info_id=to_id(billing_info.get("id")),
			document_type=clean(billing_info.get("doc_type")),
			document_number=clean(billing_info.get("doc_number")),
		)

	@property
	def names(self) -> tuple[str | None, str | None]:
		return _names(self.first_name, self.last_name)

	@property
	def full_name(self) -> str | None:
		return _full_name(self.names)


@dataclass(frozen=True, slots=True)
class Order:
	"""`missing`: what MercadoLibre left out of this answer, as its X-Content-Missing header names it (206)."""

	id: str
	status: str | None
	date_created: datetime | None
	last_updated: datetime | None
	seller_id: str | None
	pack_id: str | None
	shipment_id: str | None
	tags: frozenset[str]
	site_id: str | None
	buyer: OrderBuyer
	missing: frozenset[str]

	@classmethod
	def from_json(cls, data: object, missing: Iterable[str] = ()) -> Order:
		"""From the answer to `/orders/{id}`. UnexpectedShape if it has no id."""
		order = _with_id(data, "order")
		return cls(
			id=order["id"],
			status=clean(order.get("status")),
			date_created=to_datetime(order.get("date_created")),
			last_updated=_last_updated(order),
			seller_id=to_id(child(order, "seller").get("id")),
			pack_id=to_id(order.get("pack_id")),
			# Null is normal: not created yet, or buyer and seller arrange the delivery themselves.
			shipment_id=to_id(child(order, "shipping").get("id")),
			tags=_texts(order.get("tags")),
			site_id=to_site_id(child(order, "context").get("site")),
			buyer=OrderBuyer.from_json(order.get("buyer")),
			missing=frozenset(missing),
		)

	@property
	def is_paid(self) -> bool:
		return self.status in ("paid", "partially_refunded")

	@property
	def is_cancelled(self) -> bool:
		"""`invalid` is what MercadoLibre calls an order of a malicious buyer."""
		return self.status in ("cancelled", "invalid")

	@property
	def is_fraud_risk(self) -> bool:
		return "fraud_risk_detected" in self.tags


@dataclass(frozen=True, slots=True)
class BillingInfo:
	"""Who the invoice is for. Document type and number are verbatim; `taxpayer_type` is what the buyer declared.

	`name` is the company's name where there is no `last_name`.
	"""

	name: str | None
	last_name: str | None
	document_type: str | None
	document_number: str | None
	taxpayer_type: str | None

	@classmethod
	def from_json(cls, data: object) -> BillingInfo:
		"""From any of the three generations of the answer. UnexpectedShape if it is none of them.

		Current and second: `{"buyer": {"billing_info": {...}}}`. First: `{"billing_info": {"doc_type", "doc_number",
		"additional_info": [{"type", "value"}]}}`.
		"""
		root = child(data)
		if "billing_info" in child(root, "buyer"):
			return cls._from_current(child(root, "buyer", "billing_info"))
		if "billing_info" in root:
			return cls._from_first(child(root, "billing_info"))
		raise UnexpectedShape("The billing information has none of the documented forms.")

	@classmethod
	def _from_current(cls, info: Json) -> BillingInfo:
		identification = child(info, "identification")
		return cls(
			name=clean(info.get("name")),
			last_name=clean(info.get("last_name")),
			document_type=clean(identification.get("type")),
			document_number=clean(identification.get("number")),
			taxpayer_type=clean(child(info, "taxes", "taxpayer_type").get("description")),
		)

	@classmethod
	def _from_first(cls, info: Json) -> BillingInfo:
		additional = {
			row["type"]: clean(row.get("value"))
			for row in _rows(info.get("additional_info"))
			if isinstance(row.get("type"), str)
		}
		return cls(
			name=additional.get("BUSINESS_NAME") or additional.get("FIRST_NAME"),
			last_name=additional.get("LAST_NAME"),
			document_type=clean(info.get("doc_type")) or additional.get("DOC_TYPE"),
			document_number=clean(info.get("doc_number")) or additional.get("DOC_NUMBER"),
			taxpayer_type=additional.get("TAXPAYER_TYPE_ID"),
		)

	@property
	def names(self) -> tuple[str | None, str | None]:
		return _names(self.name, self.last_name)

	@property
	def full_name(self) -> str | None:
		return _full_name(self.names)


@dataclass(frozen=True, slots=True)
class Destination:
	"""Where a shipment goes and who receives it, who need not be the buyer.

	Until the payment is confirmed MercadoLibre hides the address; hidden parts are None. `comments`: flat, floor,
	reference, in MercadoLibre's order, none twice. `state_id` and `country_id`: ISO codes ("AR-C", "AR").
	"""

	type: str | None
	receiver_id: str | None
	receiver_name: str | None
	receiver_phone: str | None
	comments: tuple[str, ...]
	street_name: str | None
	street_number: str | None
	address_line: str | None
	city: str | None
	neighborhood: str | None
	municipality: str | None
	state: str | None
	state_id: str | None
	zip_code: str | None
	country_id: str | None
	country_name: str | None
	agency_id: str | None

	@classmethod
	def from_json(cls, data: object) -> Destination:
		"""From `destination` of the new format of shipments."""
		destination = child(data)
		address = child(destination, "shipping_address")
		return cls._build(destination.get("type"), destination.get("receiver_id"), destination, address)

	@classmethod
	def from_old_json(cls, shipment: object) -> Destination:
		"""From a whole shipment in the old format, with `receiver_id` and `receiver_address` at its root."""
		root = child(shipment)
		address = child(root, "receiver_address")
		return cls._build(None, root.get("receiver_id"), address, address)

	@classmethod
	def _build(cls, type_: object, receiver_id: object, receiver: Json, address: Json) -> Destination:
		return cls(
			type=clean(type_),
			receiver_id=to_id(receiver_id),
			receiver_name=clean(receiver.get("receiver_name")),
			receiver_phone=to_phone(receiver.get("receiver_phone")),
			comments=_distinct(receiver.get("comments"), address.get("comment")),
			street_name=clean(address.get("street_name")),
			street_number=clean(address.get("street_number")),
			address_line=clean(address.get("address_line")),
			city=_name(address, "city"),
			neighborhood=_name(address, "neighborhood"),
			municipality=_name(address, "municipality"),
			state=_name(address, "state"),
			state_id=clean(child(address, "state").get("id")),
			zip_code=clean(address.get("zip_code")),
			country_id=clean(child(address, "country").get("id")),
			country_name=_name(address, "country"),
			agency_id=clean(child(address, "agency").get("agency_id")),
		)

	@property
	def is_hidden(self) -> bool:
		"""Whether MercadoLibre does not show the street, as until the payment is confirmed."""
		return not (self.is_agency or self.street_name or self.address_line)

	@property
	def has_no_number(self) -> bool:
		"""Whether the street number says "sin número", as buyers write it and MercadoLibre does."""
		return (self.street_number or "").upper() in ("SN", "S/N")

	@property
	def is_agency(self) -> bool:
		"""A pick-up point: the address is a shop's, not the receiver's."""
		return self.type == "agency" or self.agency_id is not None


@dataclass(frozen=True, slots=True)
class Shipment:
	"""`order_id` is gone from shipments since October 2025; ask for the shipment's orders instead."""

	id: str
	order_id: str | None
	destination: Destination | None

	@classmethod
	def from_json(cls, data: object) -> Shipment:
		"""From the answer to `/shipments/{id}` in the new or the old format. UnexpectedShape if it has no id."""
		shipment = _with_id(data, "shipment")
		destination = None
		if isinstance(shipment.get("destination"), Mapping):
			destination = Destination.from_json(shipment["destination"])
		elif isinstance(shipment.get("receiver_address"), Mapping):
			destination = Destination.from_old_json(shipment)
		return cls(id=shipment["id"], order_id=to_id(shipment.get("order_id")), destination=destination)


@dataclass(frozen=True, slots=True)
class User:
	"""What anybody may know of a user. `permalink`: address of the public page."""

	id: str
	nickname: str | None
	site_id: str | None
	permalink: str | None
	country_id: str | None

	@classmethod
	def from_json(cls, data: object) -> User:
		"""From the answer to `/users/{id}` or `/users/me`. UnexpectedShape if it has no id."""
		user = _with_id(data, "user")
		return cls(
			id=user["id"],
			nickname=clean(user.get("nickname")),
			site_id=to_site_id(user.get("site_id")),
			permalink=clean(user.get("permalink")),
			country_id=clean(user.get("country_id")),
		)


@dataclass(frozen=True, slots=True)
class Application:
	"""The application this site calls MercadoLibre as. `calls_per_hour`: None where MercadoLibre does not say."""

	id: str
	calls_per_hour: int | None

	@classmethod
	def from_json(cls, data: object) -> Application:
		"""From the answer to `/applications/{id}`. UnexpectedShape if it has no id."""
		application = _with_id(data, "application")
		limit = application.get("max_requests_per_hour")
		is_number = isinstance(limit, int) and not isinstance(limit, bool) and limit > 0
		return cls(application["id"], limit if is_number else None)


@dataclass(frozen=True, slots=True)
class OrdersPage:
	"""One page of a search. `total`: orders in the whole search. `limit`: page size MercadoLibre applied.

	The rows are orders, but for the id of the billing information.
	"""

	rows: tuple[Order, ...]
	total: int
	offset: int
	limit: int

	@classmethod
	def from_json(cls, data: object) -> OrdersPage:
		"""From the answer to `/orders/search`. UnexpectedShape without results or paging, or if a row has no id."""
		page = child(data)
		paging = child(page, "paging")
		if not isinstance(page.get("results"), list):
			raise UnexpectedShape("The list of orders has no results.")
		return cls(
			rows=tuple(Order.from_json(row) for row in page["results"]),
			total=_count(paging, "total"),
			offset=_count(paging, "offset"),
			limit=_count(paging, "limit"),
		)


@dataclass(frozen=True, slots=True)
class MissedPage:
	"""One page of notifications that were not delivered. `rows`: how many rows it had, readable or not."""

	notifications: tuple[Notification, ...]
	rows: int

	@classmethod
	def from_json(cls, data: object) -> MissedPage:
		"""From the answer to `/missed_feeds`; a row that is no notification is left out. UnexpectedShape if no list."""
		messages = child(data).get("messages")
		if not isinstance(messages, list):
			raise UnexpectedShape("The list of missed notifications has no messages.")
		return cls(tuple(_readable_notifications(messages)), len(messages))


def _readable_notifications(messages: list[Any]) -> Iterable[Notification]:
	for message in messages:
		try:
			yield Notification.from_json(message)
		except UnexpectedShape:
			continue  # one odd row, of whatever topic, must not hide the others


def _with_id(data: object, what: str) -> dict[str, Any]:
	"""The object, with its `id` in digits."""
	found = dict(child(data))
	found["id"] = to_id(found.get("id"))
	if not found["id"]:
		raise UnexpectedShape(f"The {what} came without its id.")
	return found


def _last_updated(order: Json) -> datetime | None:
	"""Searches, and orders of 2016, have the date under its older name."""
	return to_datetime(order.get("last_updated")) or to_datetime(order.get("date_last_updated"))


def _names(first: str | None, last: str | None) -> tuple[str | None, str | None]:
	"""First and last name; one that stands alone comes first. Orders of 2023 carry the whole name in each of the two."""
	return (first, None if first == last else last) if first else (last, None)


def _full_name(names: tuple[str | None, str | None]) -> str | None:
	return " ".join(name for name in names if name) or None


def _email(value: object) -> str | None:
	text = clean(value)
	return text if text and "@" in text else None


def _name(address: Json, key: str) -> str | None:
	return clean(child(address, key).get("name"))


def _distinct(*values: object) -> tuple[str, ...]:
	"""The texts among the values, in order, leaving out what differs from an earlier one in case only."""
	found: dict[str, str] = {}
	for text in map(clean, values):
		if text:
			found.setdefault(text.casefold(), text)
	return tuple(found.values())


def _texts(value: object) -> frozenset[str]:
	return (
		frozenset(item for item in value if isinstance(item, str)) if isinstance(value, list) else frozenset()
	)


def _rows(value: object) -> list[Json]:
	return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _count(paging: Json, key: str) -> int:
	value = paging.get(key)
	if not isinstance(value, int) or isinstance(value, bool) or value < 0:
		raise UnexpectedShape(f"The list of orders does not say its {key}.")
	return value
