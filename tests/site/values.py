"""What tests of odd values share: a purchase made of MercadoLibre's answers, written and rolled back."""

import json
from dataclasses import replace
from html import unescape
from typing import Any

import frappe

from mercadolibre_sync.meli.models import BillingInfo, Order, Shipment, User
from mercadolibre_sync.sync import accounts, pipeline
from mercadolibre_sync.sync.outcome import Outcome
from mercadolibre_sync.sync.purchases import Purchase, by_buyer
from mercadolibre_sync.sync.write import unchanged, write
from tests.site.base import ACCOUNT_NAME, SELLER, SiteTestCase

PALERMO = {
	"street_name": "Santa Fe",
	"street_number": "1234",
	"city": {"name": "Palermo"},
	"country": {"id": "AR", "name": "Argentina"},
}


def delivery(receiver: dict | None = None, **address: Any) -> dict:
	"""The answer about a shipment, to Santa Fe 1234 in Palermo but for what is given."""
	return {"destination": {**(receiver or {}), "shipping_address": {**PALERMO, **address}}}


class ValuesTestCase(SiteTestCase):
	def setUp(self) -> None:
		super().setUp()
		self._numbers = iter(range(1, 1_000_000))

	def new_buyer(self) -> str:
		return str(next(self._buyers))

	def sync(self, buyer: str, **answers: dict) -> Outcome:
		"""Write what MercadoLibre answers about a new order of this buyer, `order`, `billing`, `shipment` and `user`, and
		the same once more, which must change nothing. Nothing is committed.
		"""
		purchase = self.read(buyer, **answers)
		outcome = write(purchase)
		self.assertEqual((outcome.customer, outcome.ignored), (buyer, False))
		before = self.fingerprint(buyer)
		again = unchanged(purchase) or write(purchase)
		self.assertEqual(str(again.reason), "Nothing had changed.")
		self.assertEqual(self.fingerprint(buyer), before)
		return outcome

	def read(
		self,
		buyer: str,
		*,
		order: dict | None = None,
		billing: dict | None = None,
		shipment: dict | None = None,
		user: dict | None = None,
	) -> Purchase:
		"""The purchase as the pipeline makes it of MercadoLibre's answers."""
		number = next(self._numbers)
		order = {"buyer": {}, **_received(order)}
		order |= {"id": f"{buyer}{number}", "seller": {"id": SELLER}, "shipping": {"id": number}}
		order["buyer"]["id"] = buyer
		(purchase,) = by_buyer(accounts.read(ACCOUNT_NAME), [Order.from_json(order)])
		purchase = replace(
			purchase,
			billing=BillingInfo.from_json(_received(billing)) if billing else None,
			user=User.from_json({**_received(user), "id": buyer}),
		)
		answer = Shipment.from_json({**_received(shipment), "id": number})
		return pipeline._destination(purchase, answer.destination)

	def comments(self, document) -> list[str]:
		filters = {"reference_doctype": document.doctype, "reference_name": document.name}
		filters["comment_type"] = "Comment"
		return [unescape(content) for content in frappe.get_all("Comment", filters=filters, pluck="content")]


def _received(answer: dict | None) -> dict:
	return json.loads(json.dumps(answer or {}))
