"""Sets up the simulated MercadoLibre, tells it to misbehave, and says what it was asked. For tests and the demo."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import requests

from simulator.meli_grants import APPLICATION_ID, APPLICATION_SECRET
from simulator.meli_notifications import notification_body


class ControlError(Exception):
	"""The simulator does not understand a command."""


@dataclass(frozen=True, slots=True)
class Call:
	"""A request the simulator got. `at`: arrival, seconds since 1970. `status`: None while it is being answered."""

	method: str
	path: str
	query: dict[str, str]
	grant_type: str | None
	at: float
	status: int | None


@dataclass(frozen=True, slots=True)
class Delivery:
	"""What a notification's receiver answered, and after how many milliseconds."""

	status: int
	milliseconds: float
	body: str


class MeliControl:
	"""`url`: the address `running()` yields. The API itself is at `base_url`, for Client, OAuth and the browser."""

	application_id = APPLICATION_ID
	application_secret = APPLICATION_SECRET

	def __init__(self, url: str) -> None:
		self.base_url = f"{url.rstrip('/')}/meli"
		self._session = requests.Session()
		self._session.trust_env = False

	def do(self, command: str, **arguments: Any) -> Any:
		"""Run one command. ControlError if it, or an argument, is wrong."""
		answer = self._session.post(f"{self.base_url}/_control/{command}", json=arguments, timeout=30)
		if answer.status_code != 200:
			raise ControlError(answer.json()["error"])
		return answer.json()["result"]

	def batch(self, commands: Iterable[tuple[str, Mapping[str, Any]]]) -> list[Any]:
		"""Many commands in one request, such as ("add_order", {...}); their results in order."""
		result: list[Any] = self.do(
			"batch", commands=[[name, dict(arguments)] for name, arguments in commands]
		)
		return result

	# The world. The details are those of the method of the same name of meli_world.World.

	def add_seller(self, seller_id: str, nickname: str, **details: Any) -> str:
		return str(self.do("add_seller", seller_id=seller_id, nickname=nickname, **details))

	def add_buyer(self, buyer_id: str, nickname: str, **details: Any) -> str:
		return str(self.do("add_buyer", buyer_id=buyer_id, nickname=nickname, **details))

	def add_shipment(self, seller_id: str, buyer_id: str, **details: Any) -> str:
		"""Returns the shipment's id."""
		return str(self.do("add_shipment", seller_id=seller_id, buyer_id=buyer_id, **details))

	def add_order(self, seller_id: str, buyer_id: str, **details: Any) -> str:
		"""Returns the order's id."""
		return str(self.do("add_order", seller_id=seller_id, buyer_id=buyer_id, **details))

	def set_user(self, user_id: str, **changes: Any) -> None:
		self.do("set_user", user_id=user_id, **changes)

	def set_nickname(self, user_id: str, nickname: str) -> None:
		self.set_user(user_id, nickname=nickname)

	def set_order(self, order_id: str, **changes: Any) -> None:
		self.do("set_order", order_id=order_id, **changes)

	def set_shipment(self, shipment_id: str, **changes: Any) -> None:
		self.do("set_shipment", shipment_id=shipment_id, **changes)

	def reveal(self, shipment_id: str) -> None:
		"""Show the address of a shipment that was added with `masked=True`."""
		self.set_shipment(shipment_id, masked=False)

	def miss_notification(self, topic: str, resource: str, user_id: str, sent: str | None = None) -> None:
		"""Put a notification into `/missed_feeds`. `sent`: ISO date, now by default; older than two days is not listed."""
		self.do("miss_notification", topic=topic, resource=resource, user_id=user_id, sent=sent)

	# The application and its grants.

	def set_application(self, **changes: Any) -> None:
		"""Change fields of meli_grants.Application, such as `redirect_uri` or `blocked`."""
		self.do("set_application", **changes)

	def issue_tokens(self, seller_id: str) -> dict[str, Any]:
		"""A pair of tokens as the token endpoint answers: access_token, refresh_token, expires_in, ..."""
		tokens: dict[str, Any] = self.do("issue_tokens", seller_id=seller_id)
		return tokens

	def expire_access_tokens(self, seller_id: str) -> None:
		self.do("expire_access_tokens", seller_id=seller_id)

	def revoke(self, seller_id: str) -> None:
		"""As if the seller took the grant back: every token of it is dead."""
		self.do("revoke", seller_id=seller_id)

	def decide(self, authorization_url: str, seller_id: str, *, allow: bool = True) -> str | None:
		"""Press a button of the consent page as this seller. Where it redirects to; None if it shows an error page."""
		address, _, query = authorization_url.partition("?")
		form = {**dict(parse_qsl(query)), "seller": seller_id, "decision": "allow" if allow else "refuse"}
		answer = self._session.post(address, data=form, allow_redirects=False, timeout=30)
		return answer.headers.get("Location")

	# Misbehaviour, and what was asked.

	def misbehave(
		self,
		path: str,
		kind: str,
		*,
		times: int | None = 1,
		seconds: float = 0,
		retry_after: str | None = None,
		missing: Iterable[str] = ("buyer",),
	) -> None:
		"""Spoil the next answers to paths in which this regular expression is found. See misbehaviour.Rule."""
		self.do(
			"misbehave",
			path=path,
			kind=kind,
			times=times,
			seconds=seconds,
			retry_after=retry_after,
			missing=list(missing),
		)

	def behave(self) -> None:
		"""Forget every rule of misbehaviour."""
		self.do("behave")

	def calls(self, path: str = "", method: str | None = None) -> list[Call]:
		"""Requests so far whose path contains this regular expression, oldest first."""
		found = [Call(**call) for call in self.do("calls")]
		return [call for call in found if re.search(path, call.path) and method in (None, call.method)]

	def forget_calls(self) -> None:
		self.do("forget_calls")

	def refreshes(self) -> list[Call]:
		"""Requests that tried to renew an access token; `status` 200 for those that did."""
		return [call for call in self.calls("^/oauth/token$") if call.grant_type == "refresh_token"]

	def reset(self) -> None:
		self.do("reset")

	# Notifications.

	def notify(self, topic: str, resource: str, user_id: str) -> None:
		"""Have the simulator deliver it to the application's `notification_url`, repeated while that does not take it.

		Only where the application has that address, and the topic among its `topics`.
		"""
		self.do("notify", topic=topic, resource=resource, user_id=user_id)

	def post_notification(
		self,
		url: str,
		topic: str,
		resource: str,
		user_id: str,
		*,
		application_id: str = APPLICATION_ID,
		headers: Mapping[str, str] | None = None,
		**changes: Any,
	) -> Delivery:
		"""Post a notification as MercadoLibre does. `changes`: other fields of the body, such as `sent`."""
		body = {**notification_body(topic, resource, user_id, application_id), **changes}
		started = time.perf_counter()
		answer = self._session.post(url, json=body, headers=headers, timeout=30)
		return Delivery(answer.status_code, (time.perf_counter() - started) * 1000, answer.text)
