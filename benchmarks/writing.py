"""What one buyer costs in the ERP once the order is at hand, beside the same documents inserted plainly.

Counted and timed are all statements from the first read to the commit: lock, transaction, the order's version and
the notification's outcome included.
"""

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timezone

import frappe

from benchmarks import floor
from benchmarks.clock import alternating, statements
from benchmarks.row import Row
from benchmarks.stage import ACCOUNT_NAME, SELLER, Stage
from mercadolibre_sync.inbox import states
from mercadolibre_sync.inbox.states import LeaseLost
from mercadolibre_sync.meli.models import BillingInfo, Destination, Order
from mercadolibre_sync.sync import accounts
from mercadolibre_sync.sync.lock import buyer_lock
from mercadolibre_sync.sync.outcome import Outcome
from mercadolibre_sync.sync.purchases import Purchase
from mercadolibre_sync.sync.write import unchanged, write

ROUNDS = 60
# An app of others that makes a customer, an address and a contact of an order: a folder to import it from.
PEER = "MELI_PEER"
PEER_MODULE = "ecommerce_integrations.controllers.customer"
MOMENT = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc).isoformat()


def rows(stage: Stage) -> Iterator[Row]:
	"""The rows about a new buyer and about an order that changes nothing."""
	for _number in range(3):
		bring_in(purchase(stage))
		plain(stage)
	known = purchase(stage)
	with statements() as new_statements:
		bring_in(known)
	with statements() as floor_statements:
		plain(stage)
	with statements() as same_statements:
		bring_in(known, is_known=True)
	bought = purchases(stage, ROUNDS)
	new, least, same = alternating(
		ROUNDS,
		lambda: bring_in(next(bought)),
		lambda: plain(stage),
		lambda: bring_in(known, is_known=True),
	)
	yield Row(
		"new buyer, order at hand",
		f"{new:.1f} ms, {len(new_statements)} statements: {least / new:.2f} of the floor's rate",
		f"three plain Document inserts with given names: {least:.1f} ms, {len(floor_statements)} statements",
		"≥ 1.15 of the floor, ≤ 32 statements",
		least / new >= 1.15 and len(new_statements) <= 32,
	)
	yield _beside_the_peer(stage)
	yield Row(
		"order that changes nothing",
		f"{same:.1f} ms, {len(same_statements)} statements: {new / same:.1f} × as fast",
		f"a new buyer: {new:.1f} ms",
		"≤ 8 statements, ≥ 8 ×",
		len(same_statements) <= 8 and new / same >= 8,
	)


def purchases(stage: Stage, count: int) -> Iterator[Purchase]:
	"""Purchases of new buyers, made beforehand."""
	return iter([purchase(stage) for _number in range(count)])


def purchase(stage: Stage) -> Purchase:
	"""An order of a new buyer as MercadoLibre tells it today: billing info, and an address with a phone."""
	buyer = stage.buyer()
	order = {
		"id": int(f"2{buyer}"),
		"status": "paid",
		"last_updated": MOMENT,
		"seller": {"id": int(SELLER)},
		"buyer": {
			"id": int(buyer),
			"nickname": f"COMPRA{buyer}",
			"first_name": "Mariana",
			"last_name": "Guzmán",
		},
		"shipping": {"id": 1},
	}
	address = {
		"street_name": "Santa Fe",
		"street_number": "1234",
		"city": {"name": "Palermo"},
		"state": {"id": "AR-C", "name": "Capital Federal"},
		"zip_code": "1425",
		"country": {"id": "AR", "name": "Argentina"},
	}
	receiver = {"receiver_phone": "351 5550001", "shipping_address": address}
	return Purchase(
		accounts.read(ACCOUNT_NAME),
		(Order.from_json(order),),
		buyer,
		billing=BillingInfo("Mariana", "Guzmán", "DNI", "32659430", "Consumidor Final"),
		destination=Destination.from_json(receiver),
	)


def bring_in(bought: Purchase, *, is_known: bool = False) -> None:
	"""What the app does with a purchase at hand. `is_known`: the buyer is a customer, as the app has read before."""
	if is_known and (outcome := unchanged(bought)):
		_finish(outcome)
		return
	with buyer_lock(bought.buyer_id):
		_finish(write(bought))


def _finish(outcome: Outcome) -> None:
	# No row of the inbox has this name: the statement is sent, and finds out that nobody holds it.
	with suppress(LeaseLost):
		states.finish(["a notification"], outcome, "a worker")
	frappe.db.commit()


def plain(stage: Stage) -> None:
	"""The floor: the same three documents, with names given, and nothing else."""
	floor.insert(stage.buyer(), ACCOUNT_NAME, stage.group, stage.territory)


def _beside_the_peer(stage: Stage) -> Row:
	name, goal = "new buyer beside frappe/ecommerce_integrations", "≥ 3 × the peer"
	customer_class = _peer()
	if not customer_class:
		return Row(name, "–", "not importable on this bench", goal, None)
	by_peer = _by_peer(stage, customer_class)
	by_peer()
	bought = purchases(stage, ROUNDS // 2)
	new, peer = alternating(ROUNDS // 2, lambda: bring_in(next(bought)), by_peer)
	return Row(name, f"{new:.1f} ms: {peer / new:.1f} × as fast", f"{peer:.1f} ms", goal, peer / new >= 3)


def _peer() -> type | None:
	if path := os.environ.get(PEER):
		sys.path.append(path)
	try:
		return importlib.import_module(PEER_MODULE).EcommerceCustomer
	except ImportError:
		return None


def _by_peer(stage: Stage, customer_class: type) -> Callable[[], None]:
	def create() -> None:
		buyer = stage.buyer()
		customer = customer_class(buyer, "mercadolibre_id", "MercadoLibre")
		customer.sync_customer(f"COMPRA{buyer}", stage.group)
		# It leaves the names to the site, so that both would be known for ours by nothing else.
		customer.create_customer_address(floor.address() | {"address_title": buyer})
		customer.create_customer_contact(floor.contact())

	return create
