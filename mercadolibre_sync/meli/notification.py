"""Notifications MercadoLibre posts when something of a seller changes.

They carry no signature, so they are hints only: the number is taken out of them, and everything else is read
again from the API with the seller's own token.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mercadolibre_sync.meli.errors import UnexpectedShape
from mercadolibre_sync.meli.values import Json, load_json, to_datetime, to_id

# MercadoLibre advises to refuse more than 1 MB. The documented notifications have 200 to 320 bytes; 64 KiB leave
# room for growth and keep what a stranger can make us parse small.
MAX_BODY = 64 * 1024
# The longest documented topic has 31 characters, the resources about as many. 140 is what a Data column holds.
_MAX_TEXT = 140

Kind = Literal["order", "shipment"]

_RESOURCES: dict[str, tuple[re.Pattern[str], Kind]] = {
	"orders_v2": (re.compile(r"/?orders/([0-9]{1,20})"), "order"),
	"orders": (re.compile(r"/?orders/([0-9]{1,20})"), "order"),
	"shipments": (re.compile(r"/?shipments/([0-9]{1,20})"), "shipment"),
}

TOPICS = tuple(_RESOURCES)


@dataclass(frozen=True, slots=True)
class Notification:
	"""`user_id`: the seller it is for. `id`: MercadoLibre's own id of the notification; orders_v2 has none."""

	topic: str
	resource: str
	user_id: str
	application_id: str
	sent: datetime | None
	id: str | None

	@classmethod
	def from_json(cls, data: object) -> Notification:
		"""From the decoded body, or a row of `missed_feeds`. UnexpectedShape if a field is missing or malformed."""
		if not isinstance(data, Mapping):
			raise UnexpectedShape("The notification is not a JSON object.")
		id_key = "_id" if data.get("_id") else "id"
		return cls(
			topic=_text(data, "topic"),
			resource=_text(data, "resource"),
			user_id=_number(data, "user_id"),
			application_id=_number(data, "application_id"),
			sent=to_datetime(data.get("sent")),
			id=_text(data, id_key) if data.get(id_key) else None,
		)

	@property
	def reference(self) -> Reference | None:
		return resource_reference(self.topic, self.resource)


@dataclass(frozen=True, slots=True)
class Reference:
	"""What a notification is about, reduced to a kind and a number."""

	kind: Kind
	id: str


def parse(body: bytes) -> Notification:
	"""The notification in a request's body. UnexpectedShape if it is none, or too large."""
	if len(body) > MAX_BODY:
		raise UnexpectedShape("The notification is larger than any MercadoLibre sends.")
	return Notification.from_json(load_json(body))


def resource_reference(topic: str, resource: str) -> Reference | None:
	"""What to fetch for a notification; None where the topic or the resource is not one this app follows."""
	if topic not in _RESOURCES:
		return None
	pattern, kind = _RESOURCES[topic]
	match = pattern.fullmatch(resource)
	found_id = to_id(match[1]) if match else None
	return Reference(kind, found_id) if found_id else None


def _text(data: Json, key: str) -> str:
	value = data.get(key)
	if not isinstance(value, str) or not 0 < len(value) <= _MAX_TEXT or not value.isprintable():
		raise UnexpectedShape(f"The notification's {key} is missing or malformed.")
	return value


def _number(data: Json, key: str) -> str:
	value = to_id(data.get(key))
	if not value:
		raise UnexpectedShape(f"The notification's {key} is missing or malformed.")
	return value
