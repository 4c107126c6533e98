"""MercadoLibre's post: every notification up to eight times until it is answered with 200, then a missed feed."""

from collections.abc import Sequence

from simulator.control import MeliControl
from simulator.meli_notifications import ATTEMPTS, Courier, Notice, notification_body

# MercadoLibre repeats for an hour. Here that hour goes by in so many seconds.
HOUR_SECONDS = 30
FIRST_PAUSE = HOUR_SECONDS / (2 ** (ATTEMPTS - 1) - 1)
COURIERS = 4


class Post:
	"""Several couriers, for one that waits for an answer keeps the others from nothing."""

	def __init__(self, url: str, simulator: str) -> None:
		self._url = url
		self._couriers = [Courier(_Missed(simulator), FIRST_PAUSE) for _courier in range(COURIERS)]
		self._notices: list[Notice] = []

	def send(self, topic: str, resource: str, seller: str) -> None:
		courier = self._couriers[len(self._notices) % COURIERS]
		self._notices.append(courier.send(self._url, notification_body(topic, resource, seller)))

	@property
	def is_over(self) -> bool:
		return all(notice.is_delivered or notice.attempts == ATTEMPTS for notice in self._notices)

	@property
	def notices(self) -> Sequence[Notice]:
		return self._notices

	def close(self) -> None:
		for courier in self._couriers:
			courier.forget()


class _Missed:
	"""Puts what nobody took into the list of missed feeds."""

	def __init__(self, simulator: str) -> None:
		self._meli = MeliControl(simulator)

	def __call__(self, notice: Notice) -> None:
		body = notice.body
		self._meli.miss_notification(body["topic"], body["resource"], str(body["user_id"]))
