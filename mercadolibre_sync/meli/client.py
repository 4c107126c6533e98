"""The calls to MercadoLibre's API this app makes, each with its answer as a typed value.

Every method may raise any TemporaryError, and of the PermanentErrors ReauthorisationNeeded, ApplicationBlocked,
Forbidden, NotFound and UnexpectedShape, unless it says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Protocol, TypeVar

import requests

from mercadolibre_sync.meli.errors import NotFound, RateLimited, UnexpectedShape
from mercadolibre_sync.meli.http import Answer, Bearer, checked_base, exchange, failure
from mercadolibre_sync.meli.models import (
	Application,
	BillingInfo,
	MissedPage,
	Order,
	OrdersPage,
	Shipment,
	User,
)
from mercadolibre_sync.meli.values import child, to_id

API = "https://api.mercadolibre.com"
TIMEOUT = (5.0, 20.0)

# Names of the functional permissions as the application's form at MercadoLibre shows them.
SALES_PERMISSION = "Ventas y envíos"
BILLING_PERMISSION = "Facturación"

# Limits of /orders/search; beyond them MercadoLibre answers 400.
MAX_SEARCH_LIMIT = 51
MAX_SEARCH_OFFSET = 10_000

# How long to slow down after a 429 that does not say it.
DEFAULT_PENALTY = 10.0

_Model = TypeVar("_Model", Application, Order, Shipment, User)


class TokenSource(Protocol):
	"""Where the client gets the seller's access token."""

	def access_token(self) -> str: ...

	def renew(self, rejected: str) -> str:
		"""A token other than `rejected`, which MercadoLibre just refused. Called at most once for each call."""
		...


class Limiter(Protocol):
	"""The pace shared by all who call in the application's name."""

	def wait(self) -> None:
		"""Return when the next call may be made."""
		...

	def penalise(self, seconds: float) -> None:
		"""Let nobody call for so long, and all more slowly then: MercadoLibre answered 429."""
		...

	def relax(self) -> None:
		"""Take back a little of the slowness: MercadoLibre answered."""
		...


class Client:
	"""MercadoLibre's API in the name of one seller. Keeps one session; not for several threads at once.

	`base_url`: https://api.mercadolibre.com, or a simulator's. `timeout`: seconds to connect, and to wait for data.
	"""

	def __init__(
		self,
		base_url: str,
		tokens: TokenSource,
		*,
		session: requests.Session | None = None,
		timeout: tuple[float, float] = TIMEOUT,
		limiter: Limiter | None = None,
	) -> None:
		self._base = checked_base(base_url)
		self._tokens = tokens
		self._session = session or requests.Session()
		self._timeout = timeout
		self._limiter = limiter

	def order(self, order_id: str) -> Order:
		"""One order. A partial answer (206) is a success; what it lacks stands in `Order.missing`."""
		_sent, order = self._order(order_id)
		return order

	def order_as_sent(self, order_id: str) -> dict[str, Any]:
		"""One order with every field of MercadoLibre's answer."""
		sent, _order = self._order(order_id)
		return sent

	def _order(self, order_id: str) -> tuple[dict[str, Any], Order]:
		answer = self._get(f"/orders/{_digits(order_id)}", f"order {order_id}")
		sent = answer.json()
		order = Order.from_json(sent, _missing(answer))
		return sent, _same(order, order_id)

	def billing_info(self, order: Order, site_id: str) -> BillingInfo | None:
		"""Who the order's invoice is for; None if MercadoLibre does not know. `site_id` serves orders without one.

		The current call goes by `billing_info_id`. Not every order has that id, and not every id is found, so the
		older call by order follows once; MercadoLibre keeps it "for a limited time". Orders of 2016 hold the
		document themselves.
		"""
		found = self._current_billing_info(order, site_id) or self._older_billing_info(order)
		buyer = order.buyer
		if found or not buyer.document_number:
			return found
		return BillingInfo(
			buyer.first_name, buyer.last_name, buyer.document_type, buyer.document_number, None
		)

	def _current_billing_info(self, order: Order, site_id: str) -> BillingInfo | None:
		if not order.buyer.billing_info_id:
			return None
		site = _site(order.site_id or site_id)
		return self._billing_info(f"/orders/billing-info/{site}/{_digits(order.buyer.billing_info_id)}", {})

	def _older_billing_info(self, order: Order) -> BillingInfo | None:
		return self._billing_info(f"/orders/{_digits(order.id)}/billing_info", {"x-version": "2"})

	def _billing_info(self, path: str, headers: Mapping[str, str]) -> BillingInfo | None:
		try:
			answer = self._get(path, "billing information", headers=headers, permission=BILLING_PERMISSION)
		except NotFound:
			return None
		return BillingInfo.from_json(answer.json())

	def shipment(self, shipment_id: str) -> Shipment:
		"""One shipment. The header asks for the new format, mandatory since October 2025."""
		answer = self._get(
			f"/shipments/{_digits(shipment_id)}", f"shipment {shipment_id}", headers={"x-format-new": "true"}
		)
		shipment = Shipment.from_json(answer.json())
		return _same(shipment, shipment_id)

	def shipment_order_ids(self, shipment_id: str) -> tuple[str, ...]:
		"""Numbers of the orders in a shipment, each once; none if MercadoLibre answers 204."""
		answer = self._get(
			f"/shipments/{_digits(shipment_id)}/orders",
			f"orders of shipment {shipment_id}",
			headers={"X-New-Domain": "true"},
			success=(200, 204, 206),
		)
		rows = [] if answer.status == 204 else answer.json()
		if not isinstance(rows, list):
			raise UnexpectedShape("The orders of a shipment are not a list.")
		ids = (to_id(child(row).get("order_id")) for row in rows)
		return tuple(dict.fromkeys(order_id for order_id in ids if order_id))

	def user(self, user_id: str) -> User:
		"""What anybody may know of a user, such as the nickname."""
		user = User.from_json(self._get(f"/users/{_digits(user_id)}", "user", permission=None).json())
		return _same(user, user_id)

	def me(self) -> User:
		"""The seller whose token this is."""
		return User.from_json(self._get("/users/me", "user of the access token", permission=None).json())

	def application(self, application_id: str) -> Application:
		"""The application itself, with the limit of its calls."""
		answer = self._get(f"/applications/{_digits(application_id)}", "application", permission=None)
		return _same(Application.from_json(answer.json()), application_id)

	def orders(
		self, seller_id: str, updated_from: datetime, updated_to: datetime, offset: int = 0, limit: int = 50
	) -> OrdersPage:
		"""One page of the seller's orders that changed between two moments (aware), oldest first.

		MercadoLibre drops minutes and seconds of both moments, so the second is rounded up to the full hour here;
		the answer may hold orders from outside the span, never fewer. ValueError beyond the limits of the search:
		`limit` up to 51, `offset` plus `limit` up to 10,000; take shorter spans then. Orders are kept for 12 months.
		"""
		if not (0 < limit <= MAX_SEARCH_LIMIT and 0 <= offset and offset + limit <= MAX_SEARCH_OFFSET):
			raise ValueError("Page outside of what MercadoLibre's search of orders allows.")
		params = {
			"seller": _digits(seller_id),
			"order.date_last_updated.from": _hour(updated_from),
			"order.date_last_updated.to": _hour(updated_to + timedelta(hours=1, microseconds=-1)),
			"sort": "date_asc",
			"offset": str(offset),
			"limit": str(limit),
		}
		return OrdersPage.from_json(self._get("/orders/search", "list of orders", params=params).json())

	def missed_feeds(
		self, application_id: str, topic: str | None = None, offset: int = 0, limit: int = 10
	) -> MissedPage:
		"""Notifications of the last two days that MercadoLibre could not deliver, to all of the application's sellers."""
		params = {"app_id": _digits(application_id), "offset": str(offset), "limit": str(limit)}
		if topic:
			params["topic"] = topic
		answer = self._get("/missed_feeds", "missed notifications", params=params, permission=None)
		return MissedPage.from_json(answer.json())

	def revoke_grant(self, user_id: str, application_id: str) -> None:
		"""Take back the seller's authorisation. The tokens are dead afterwards."""
		path = f"/users/{_digits(user_id)}/applications/{_digits(application_id)}"
		self._call("DELETE", path, "authorisation", success=(200, 204), permission=None)

	def _get(
		self,
		path: str,
		what: str,
		*,
		params: Mapping[str, str] | None = None,
		headers: Mapping[str, str] | None = None,
		success: tuple[int, ...] = (200, 206),
		permission: str | None = SALES_PERMISSION,
	) -> Answer:
		return self._call(
			"GET", path, what, params=params, headers=headers, success=success, permission=permission
		)

	def _call(
		self,
		method: str,
		path: str,
		what: str,
		*,
		params: Mapping[str, str] | None = None,
		headers: Mapping[str, str] | None = None,
		success: tuple[int, ...],
		permission: str | None,
	) -> Answer:
		access_token = self._tokens.access_token()
		answer = self._send(method, path, access_token, params, headers)
		if answer.status == 401 and not answer.is_blocked:
			answer = self._send(method, path, self._tokens.renew(access_token), params, headers)
		if answer.status in success:
			if self._limiter:
				self._limiter.relax()
			return answer
		error = failure(answer, what, permission)
		if isinstance(error, RateLimited) and self._limiter:
			self._limiter.penalise(DEFAULT_PENALTY if error.retry_after is None else error.retry_after)
		raise error

	def _send(
		self,
		method: str,
		path: str,
		access_token: str,
		params: Mapping[str, str] | None,
		headers: Mapping[str, str] | None,
	) -> Answer:
		auth = Bearer(access_token)
		if self._limiter:
			self._limiter.wait()
		return exchange(
			self._session,
			method,
			self._base + path,
			timeout=self._timeout,
			auth=auth,
			params=params,
			headers=headers,
		)


def _digits(number: str) -> str:
	"""The id, fit to stand in an address. ValueError if it is anything but digits."""
	if to_id(number) != number:
		raise ValueError("An id of MercadoLibre's is digits and nothing else.")
	return number


def _site(site_id: str) -> str:
	if not re.fullmatch(r"[A-Z]{3}", site_id):
		raise ValueError("A site of MercadoLibre's is three capital letters.")
	return site_id


def _hour(moment: datetime) -> str:
	hour = moment.astimezone(timezone.utc).replace(minute=0, second=0, microsecond=0)
	return hour.isoformat(timespec="milliseconds")


def _missing(answer: Answer) -> frozenset[str]:
	names = (name.strip() for name in answer.headers.get("X-Content-Missing", "").split(","))
	return frozenset(name for name in names if name) if answer.status == 206 else frozenset()


def _same(found: _Model, asked_id: str) -> _Model:
	"""The answer itself, once it is certain that it is about what was asked."""
	if found.id != asked_id:
		raise UnexpectedShape("MercadoLibre answered about something else than what was asked for.")
	return found
