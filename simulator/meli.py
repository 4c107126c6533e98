"""MercadoLibre's API on loopback: the calls this app makes, answered as documented.

What it knows is put into it through `/_control/` (see control.py), and so is what it gets wrong on purpose.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote_plus, unquote, urlencode, urlsplit

from werkzeug.wrappers import Request, Response

from mercadolibre_sync.meli.sites import site
from mercadolibre_sync.meli.values import to_datetime
from simulator.meli_grants import Grants, Refusal, refusal
from simulator.meli_notifications import Courier, Notice, notification_body
from simulator.meli_world import Order, User, World
from simulator.misbehaviour import Rule, Rules
from simulator.pages import page
from simulator.server import answer_json

_PROFILES = "/perfil/"
MAX_SEARCH_LIMIT = 51
MAX_SEARCH_OFFSET = 10_000
_MISSED_FEEDS_KEPT = timedelta(days=2)


class MeliSimulator:
	"""The half of the simulator that is MercadoLibre."""

	def __init__(self) -> None:
		self._lock = threading.RLock()
		self._rules = Rules()
		self._courier = Courier(self._give_up)
		self.reset()

	def reset(self) -> None:
		with self._lock:
			self._world = World()
			self._grants = Grants()
			self._calls: list[dict[str, Any]] = []
			self._rules.clear()
			self._courier.forget()

	# For the buyers' page, which runs in the same process.

	@contextmanager
	def world(self) -> Iterator[World]:
		"""What there is, held still for the length of a `with` block."""
		with self._lock:
			yield self._world

	def notices(self) -> list[Notice]:
		"""The last notifications, newest first."""
		return self._courier.notices()

	def misbehaviour(self) -> list[str]:
		"""The kinds of misbehaviour in force (see misbehaviour.KINDS), oldest first."""
		return self._rules.kinds()

	def handle(self, request: Request) -> Response:
		if request.path.startswith("/_control/"):
			return self._control(request.path.removeprefix("/_control/"), request)
		call = self._note(request)
		rule = self._rules.take(request.path)
		response = rule.apply(lambda: self._answer(request)) if rule else self._answer(request)
		call["status"] = response.status_code
		return response

	def _note(self, request: Request) -> dict[str, Any]:
		"""Write the call down as it arrives. No tokens: who called is learnt from the path and the grant asked for."""
		call = {
			"method": request.method,
			"path": request.path,
			"query": request.args.to_dict(),
			"grant_type": request.form.get("grant_type"),
			"at": datetime.now(timezone.utc).timestamp(),
			"status": None,
		}
		with self._lock:
			self._calls.append(call)
		return call

	def _answer(self, request: Request) -> Response:
		with self._lock:
			try:
				return self._dispatch(request)
			except Refusal as refused:
				return answer_json(refused.body, refused.status)

	def _dispatch(self, request: Request) -> Response:
		if request.path == "/oauth/token" and request.method == "POST":
			return answer_json(self._grants.token_endpoint(request.form))
		if request.path == "/authorization":
			return self._consent(request)
		if request.path.startswith(_PROFILES):
			return self._profile(request.path.removeprefix(_PROFILES))
		caller = str(self._grants.seller_of(request.headers.get("Authorization")))
		for method, pattern, route in _ROUTES:
			match = re.fullmatch(pattern, request.path)
			if match and method == request.method:
				return route(self, request, caller, *match.groups())
		raise refusal(404, "not_found", "Resource not found")

	# Authorisation -------------------------------------------------------------------------------------------

	def _consent(self, request: Request) -> Response:
		if reason := self._why_not(request.values):
			return page("cannot_connect.html", reason=reason)
		return self._decide(request) if request.method == "POST" else self._ask(request)

	def _why_not(self, asked: Mapping[str, str]) -> str | None:
		"""What is wrong with the link that led to the consent page, in Spanish, or None."""
		application = self._grants.application
		registered = application.redirect_uri
		if asked.get("client_id") != application.id or asked.get("response_type") != "code":
			return "no existe esa aplicación."
		if not asked.get("redirect_uri"):
			return "falta la URI de redirect."
		if registered and asked["redirect_uri"] != registered:
			return f"la URI de redirect no es la registrada, {registered}, sino {asked['redirect_uri']}."
		if application.requires_pkce and not asked.get("code_challenge"):
			return "la aplicación exige PKCE."
		return None

	def _ask(self, request: Request) -> Response:
		sellers = [user for user in self._world.users.values() if user.seller]
		return page(
			"consent.html",
			application=self._grants.application.id,
			asked=request.args.items(),
			sellers=sellers,
		)

	def _decide(self, request: Request) -> Response:
		form = request.form
		answer = {"state": form["state"]} if form.get("state") else {}
		if form.get("decision") != "allow":
			# RFC 6749, 4.1.2.1; what MercadoLibre sends here is documented nowhere.
			answer["error"] = "access_denied"
		else:
			seller = self._world.users[form["seller"]]
			if seller.operator:
				return page("cannot_connect.html", reason="un colaborador no puede autorizar aplicaciones.")
			answer["code"] = self._grants.new_code(
				int(seller.id),
				form["redirect_uri"],
				form.get("code_challenge"),
				form.get("code_challenge_method", "plain"),
			)
		separator = "&" if urlsplit(form["redirect_uri"]).query else "?"
		return Response(
			status=302, headers={"Location": form["redirect_uri"] + separator + urlencode(answer)}
		)

	def _revoke(self, request: Request, caller: str, user_id: str, application_id: str) -> Response:
		if user_id != caller or application_id != self._grants.application.id:
			raise refusal(403, "forbidden", "access to the requested resource is forbidden")
		self._grants.revoke(int(user_id))
		return answer_json({"user_id": user_id, "app_id": application_id, "msg": "Autorización eliminada"})

	def _application(self, request: Request, caller: str, application_id: str) -> Response:
		if application_id != self._grants.application.id:
			raise refusal(404, "not_found", "Application not found")
		limit = self._grants.application.max_requests_per_hour
		return answer_json(
			{"id": int(application_id), **({"max_requests_per_hour": limit} if limit is not None else {})}
		)

	def _list_grants(self, request: Request, caller: str, application_id: str) -> Response:
		rows = self._grants.listing()
		return answer_json({"paging": {"total": len(rows), "limit": 50, "offset": 0}, "grants": rows})

	# Resources -----------------------------------------------------------------------------------------------

	def _order(self, request: Request, caller: str, order_id: str) -> Response:
		return answer_json(self._world.order_json(self._own_order(caller, order_id)))

	def _own_order(self, caller: str, order_id: str) -> Order:
		order = self._world.orders.get(order_id)
		if not order:
			raise Refusal(
				404, {"message": "Order not found.", "error": "order_not_found", "status": 404, "cause": None}
			)
		if caller not in (order.seller_id, order.buyer_id):
			raise refusal(403, "not_owned_order", "The user has not access to the order")
		return order

	def _billing_info(self, request: Request, caller: str, site_id: str, billing_info_id: str) -> Response:
		for user in self._world.users.values():
			if user.document and (user.site_id, user.billing_info_id) == (site_id, billing_info_id):
				return answer_json(self._world.billing_info_json(user))
		raise refusal(404, "not_found", "Billing info not found")

	def _billing_info_of_order(self, request: Request, caller: str, order_id: str) -> Response:
		user = self._world.users[self._own_order(caller, order_id).buyer_id]
		if not user.document:
			raise refusal(404, "not_found", "Billing info not found")
		if request.headers.get("x-version") == "2":
			return answer_json(self._world.billing_info_json(user))
		return answer_json(self._world.first_billing_info_json(user))

	def _shipment(self, request: Request, caller: str, shipment_id: str) -> Response:
		shipment = self._world.shipments.get(shipment_id)
		if not shipment:
			raise refusal(404, "not_found_shipping_id", "Not found shipment with id.")
		if caller != shipment.seller_id:
			raise refusal(403, "forbidden", "Invalid caller.id")
		if request.headers.get("x-format-new") == "true":
			return answer_json(self._world.shipment_json(shipment))
		return answer_json(self._world.old_shipment_json(shipment))

	def _shipment_orders(self, request: Request, caller: str, shipment_id: str) -> Response:
		if shipment_id not in self._world.shipments:
			raise refusal(404, "not_found_shipping_id", "Not found shipment with id.")
		ids = self._world.order_ids_of(shipment_id)
		rows = [self._world.shipment_order_row(self._own_order(caller, order_id)) for order_id in ids]
		return answer_json(rows) if rows else Response(status=204)

	def _pack(self, request: Request, caller: str, pack_id: str) -> Response:
		orders = [
			order
			for order in self._world.orders.values()
			if order.pack_id == pack_id and order.seller_id == caller
		]
		if not orders:
			raise refusal(404, "not_found", "Pack not found")
		return answer_json(self._world.pack_json(pack_id, orders))

	def _me(self, request: Request, caller: str) -> Response:
		user = self._world.users[caller]
		return answer_json(self._world.private_user_json(user, _permalink(request, user)))

	def _user(self, request: Request, caller: str, user_id: str) -> Response:
		user = self._world.users.get(user_id)
		if not user:
			raise refusal(404, "not_found", "The user was not found")
		form = self._world.private_user_json if user_id == caller else self._world.public_user_json
		return answer_json(form(user, _permalink(request, user)))

	def _profile(self, nickname: str) -> Response:
		"""The public page of a user, which in the real world is on a host of its own."""
		for user in self._world.users.values():
			if unquote(quote_plus(user.nickname)) == nickname:
				return page("profile.html", user=user, country=site(user.site_id).country)
		return page("no_profile.html", 404)

	# Catching up ---------------------------------------------------------------------------------------------

	def _search(self, request: Request, caller: str) -> Response:
		asked = request.args
		if asked.get("seller") != caller:
			raise refusal(403, "caller.id.invalid", "The caller is not the seller")
		offset, limit = _page_of(asked, 50)
		if limit > MAX_SEARCH_LIMIT:
			raise refusal(
				400, "limit.maximum_exceeded", f"Limit must be a lower or equal than {MAX_SEARCH_LIMIT}"
			)
		if offset + limit > MAX_SEARCH_OFFSET:
			raise refusal(
				400, "limit.maximum_exceeded", f"Limit must be a lower or equal than {MAX_SEARCH_OFFSET}"
			)
		found = [
			order
			for order in self._world.orders.values()
			if order.seller_id == caller
			and _within(order.last_updated, asked, "order.date_last_updated")
			and order.status in asked.get("order.status", order.status).split(",")
		]
		newest_first = asked.get("sort") == "date_desc"
		found.sort(key=lambda order: (_moment(order.created), order.id), reverse=newest_first)
		return answer_json(
			{
				"query": "",
				"results": [self._world.search_row(order) for order in found[offset : offset + limit]],
				"sort": {"id": "date_desc" if newest_first else "date_asc"},
				"available_sorts": [],
				"filters": [],
				"paging": {"total": len(found), "offset": offset, "limit": limit},
				"display": "complete",
			}
		)

	def _missed_feeds(self, request: Request, caller: str) -> Response:
		asked = request.args
		if asked.get("app_id") != self._grants.application.id:
			raise refusal(403, "forbidden", "access to the requested resource is forbidden")
		offset, limit = _page_of(asked, 10)
		oldest = datetime.now(timezone.utc) - _MISSED_FEEDS_KEPT
		found = [
			row
			for row in self._world.missed
			if row["topic"] == asked.get("topic", row["topic"]) and _moment(row["sent"]) >= oldest
		]
		return answer_json({"messages": found[offset : offset + limit]})

	# Control -------------------------------------------------------------------------------------------------

	def _control(self, command: str, request: Request) -> Response:
		"""`POST /_control/<command>` with the command's arguments as a JSON object; `{"result": ...}` comes back."""
		arguments = request.get_json(silent=True)
		if request.method != "POST" or not isinstance(arguments, dict):
			return answer_json({"error": "POST a JSON object."}, 400)
		try:
			return answer_json({"result": self.command(command, **arguments)})
		except (KeyError, TypeError, ValueError, re.error) as error:
			return answer_json({"error": f"{type(error).__name__}: {error}"}, 400)

	def command(self, command: str, /, **arguments: Any) -> Any:
		"""Run a command of control.MeliControl. KeyError, TypeError, ValueError or re.error if it is wrong."""
		with self._lock:
			return self._command(command, arguments)

	def _command(self, command: str, arguments: dict[str, Any]) -> Any:
		if command == "batch":
			return [self._command(name, each) for name, each in arguments["commands"]]
		commands: dict[str, Callable[..., Any]] = {
			"add_seller": self._world.add_seller,
			"add_buyer": self._world.add_buyer,
			"add_order": self._world.add_order,
			"add_shipment": self._world.add_shipment,
			"set_user": self._world.set_user,
			"set_order": self._world.set_order,
			"set_shipment": self._world.set_shipment,
			"notify": self._notify,
			"miss_notification": self._miss_notification,
			"set_application": self._set_application,
			"issue_tokens": self._issue_tokens,
			"expire_access_tokens": lambda seller_id: self._grants.expire(int(seller_id)),
			"revoke": lambda seller_id: self._grants.revoke(int(seller_id)),
			"misbehave": lambda **rule: self._rules.add(Rule(**rule)),
			"behave": self._rules.clear,
			"calls": lambda: self._calls,
			"forget_calls": lambda: self._calls.clear(),
			"reset": self.reset,
		}
		return commands[command](**arguments)

	def _notify(self, topic: str, resource: str, user_id: str) -> None:
		application = self._grants.application
		if application.notification_url and topic in application.topics:
			body = notification_body(topic, resource, user_id, application.id)
			self._courier.send(application.notification_url, body)

	def _give_up(self, notice: Notice) -> None:
		names = ("topic", "resource", "user_id", "sent")
		with self._lock:
			self._miss_notification(**{name: notice.body[name] for name in names})

	def _miss_notification(self, **arguments: Any) -> None:
		self._world.miss_notification(application_id=self._grants.application.id, **arguments)

	def _set_application(self, **changes: Any) -> None:
		for name, value in changes.items():
			if name not in self._grants.application.__dataclass_fields__:
				raise ValueError(f"The application has no {name}.")
			setattr(self._grants.application, name, value)

	def _issue_tokens(self, seller_id: str) -> dict[str, Any]:
		self._world.users[seller_id]
		return self._grants.issue(int(seller_id))


_ROUTES: list[tuple[str, str, Callable[..., Response]]] = [
	("GET", r"/orders/search", MeliSimulator._search),
	("GET", r"/orders/(\d+)", MeliSimulator._order),
	("GET", r"/orders/billing-info/([A-Z]{3})/(\d+)", MeliSimulator._billing_info),
	("GET", r"/orders/(\d+)/billing_info", MeliSimulator._billing_info_of_order),
	("GET", r"/shipments/(\d+)", MeliSimulator._shipment),
	("GET", r"/shipments/(\d+)/orders", MeliSimulator._shipment_orders),
	("GET", r"/packs/(\d+)", MeliSimulator._pack),
	("GET", r"/users/me", MeliSimulator._me),
	("GET", r"/users/(\d+)", MeliSimulator._user),
	("DELETE", r"/users/(\d+)/applications/(\d+)", MeliSimulator._revoke),
	("GET", r"/applications/(\d+)", MeliSimulator._application),
	("GET", r"/applications/(\d+)/grants", MeliSimulator._list_grants),
	("GET", r"/missed_feeds", MeliSimulator._missed_feeds),
]


def _permalink(request: Request, user: User) -> str:
	"""Like MercadoLibre's, but with an address that is served here: "Ver en MercadoLibre" leads to it."""
	return request.root_url.rstrip("/") + _PROFILES + quote_plus(user.nickname)


def _page_of(asked: Mapping[str, str], default_limit: int) -> tuple[int, int]:
	try:
		return int(asked.get("offset", 0)), int(asked.get("limit", default_limit))
	except ValueError:
		raise refusal(400, "bad_request", "offset and limit are numbers") from None


def _moment(text: str) -> datetime:
	moment = to_datetime(text)
	if not moment:
		raise refusal(400, "bad_request", "Malformed date")
	return moment


def _within(last_updated: str, asked: Mapping[str, str], name: str) -> bool:
	"""MercadoLibre "uses up to the hour" of both ends and leaves open whether the last one is meant to be included.

	It is not, here: who gets every order from this reading gets it from the other one too.
	"""
	moment = _moment(last_updated)
	first, last = asked.get(f"{name}.from"), asked.get(f"{name}.to")
	return (not first or moment >= _hour(first)) and (not last or moment < _hour(last))


def _hour(text: str) -> datetime:
	return _moment(text).replace(minute=0, second=0, microsecond=0)
