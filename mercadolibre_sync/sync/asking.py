"""Asking MercadoLibre many things at once, in threads that know nothing of Frappe."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import requests

from mercadolibre_sync.meli.client import Client, Limiter
from mercadolibre_sync.meli.errors import Forbidden, NotFound
from mercadolibre_sync.meli.models import Destination, Order, User
from mercadolibre_sync.meli.notification import Reference

Question = Callable[[Client], Any]


class TokenRefused(Exception):
	"""MercadoLibre did not take the access token: it has to be renewed, and the question asked again."""


@dataclass(frozen=True)
class GivenToken:
	"""An access token that whoever asks cannot renew (`meli.client.TokenSource`)."""

	secret: str = field(repr=False)

	def access_token(self) -> str:
		return self.secret

	def renew(self, rejected: str) -> str:
		raise TokenRefused


class Threads:
	"""So many questions at once, each thread with a connection of its own to MercadoLibre."""

	def __init__(self, count: int, base_url: str, limiter: Limiter) -> None:
		self._pool = ThreadPoolExecutor(count, thread_name_prefix="mercadolibre")
		self._own = threading.local()
		self._base_url = base_url
		self._limiter = limiter

	def ask(self, token: str, question: Question) -> Future[Any]:
		"""Ask in the name of whom the token belongs to. The future raises what the client does, or TokenRefused."""
		return self._pool.submit(self._ask, token, question)

	def _ask(self, token: str, question: Question) -> Any:
		if not hasattr(self._own, "session"):
			self._own.session = requests.Session()
		return question(
			Client(self._base_url, GivenToken(token), session=self._own.session, limiter=self._limiter)
		)

	def close(self) -> None:
		"""End without waiting for answers that nobody will read."""
		self._pool.shutdown(wait=False, cancel_futures=True)


def orders(reference: Reference) -> Question:
	"""The orders that a notification is about."""
	if reference.kind == "order":
		return lambda client: [client.order(reference.id)]
	return lambda client: [client.order(order_id) for order_id in client.shipment_order_ids(reference.id)]


def billing(order: Order, site_id: str) -> Question:
	return lambda client: client.billing_info(order, site_id)


def destination(shipment_id: str) -> Question:
	"""Where a shipment goes; None if MercadoLibre does not know it."""

	def ask(client: Client) -> Destination | None:
		try:
			return client.shipment(shipment_id).destination
		except NotFound:
			return None

	return ask


def user(user_id: str) -> Question:
	"""The public profile, which only decorates: None if it is not to be had."""

	def ask(client: Client) -> User | None:
		try:
			return client.user(user_id)
		except (NotFound, Forbidden):
			return None

	return ask
