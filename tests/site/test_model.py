"""The contract, all of it: whatever happens in whatever order, the ERP holds what the model says (tests/model/contract.py).

Histories are made by chance; HISTORIES=500 in the environment tries so many, and others each time. Of one that fails the
shortest is printed. What was found by it stands in test_histories.py.
"""

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial

import frappe
from frappe.utils import add_to_date, now_datetime
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
	Bundle,
	RuleBasedStateMachine,
	initialize,
	precondition,
	rule,
	run_state_machine_as_test,
)

from mercadolibre_sync.inbox import intake, states, worker
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.meli.notification import Notification, resource_reference
from mercadolibre_sync.sync import versions
from mercadolibre_sync.sync.fiscal import pending, registry
from mercadolibre_sync.sync.pipeline import Pipeline, Task
from simulator.control import MeliControl
from tests.model import desk
from tests.model.contract import Buyer, Copy, Customer, Delivery, Erp
from tests.site.base import ACCOUNT_NAME, FIRST_BUYER, SELLER, make_account, remove_customer
from tests.site.fiscal import FiscalTestCase, cuits

HISTORIES = int(os.environ.get("HISTORIES", 0))

ONLY_PAID = "OTRACUENTA"
SELLERS = {ACCOUNT_NAME: SELLER, ONLY_PAID: "779432305"}
EXENTO, MONOTRIBUTO, UNKNOWN = itertools.islice(cuits(), 3)
REGISTRY = {EXENTO: "IVA Sujeto Exento", MONOTRIBUTO: "Responsable Monotributo"}
KINDS = {EXENTO: "exento", MONOTRIBUTO: "monotributista"}

NAMES = some.sampled_from(["Ana Paz", "ANA PÁZ", "Ana María Paz", None])
BUYER = {
	"nickname": some.sampled_from(["ANITA", "ANA.PAZ", "ANAPAZ77", None]),
	"names": NAMES,
	"document": some.sampled_from(
		[None, ("DNI", "32.659.430"), ("CUIT", EXENTO), ("CUIT", MONOTRIBUTO), ("CUIT", UNKNOWN)]
	),
	"company": some.sampled_from([None, "Paz Hermanos SRL"]),
	"declared": some.sampled_from([None, "Monotributo", "Consumidor Final"]),
}
# What matters most changes most often.
CHANGES = some.sampled_from(
	["nickname", "nickname", "names", "nickname", "document", "company", "declared"]
).flatmap(lambda name: some.fixed_dictionaries({name: BUYER[name]}))
DELIVERY = {
	"address": some.sampled_from(
		[
			("Santa Fe 1234", "Palermo"),
			("SANTA FÉ 1234", "palermo"),
			("Olmos 5", "Córdoba"),
			("Olmos 5", "Rosario"),
			None,
		]
	),
	"is_agency": some.sampled_from([False, False, False, False, True]),
	"receiver": NAMES,
	"phone": some.sampled_from([None, "351 5550001", "351 5550002"]),
}
ACCOUNTS = some.sampled_from(list(SELLERS))
STATUS = some.sampled_from(["paid", "paid", "paid", "payment_required", "cancelled", "suspected"])
TOLD = some.sampled_from([True, True, True, False])
TERSE = some.sampled_from([False, False, True])
WHO = some.sampled_from(["ana", "eva"])
CONDICION = some.sampled_from(["IVA Sujeto Exento", "Consumidor Final"])
# Which one of several, from the oldest.
ONE = some.integers(0, 2)
numbers = itertools.count(1)


class History(RuleBasedStateMachine):
	"""What happens to two buyers at MercadoLibre and in the ERP, and to the model of it."""

	orders = Bundle("orders")

	def __init__(self, test: "TestModel") -> None:
		super().__init__()
		self.test = test
		self.erp = Erp(frozenset([ONLY_PAID]), REGISTRY)
		first = FIRST_BUYER + 2 * next(numbers)
		self.buyers = {"ana": Buyer(str(first), "ANITA", "Ana Paz"), "eva": Buyer(str(first + 1), "EVITA")}
		self.ids = [buyer.id for buyer in self.buyers.values()]
		self.who = {buyer.id: who for who, buyer in self.buyers.items()}
		self.deliveries: dict[str | None, Delivery] = {}
		self.past: dict[str, list[Copy]] = {}
		self.minutes = itertools.count(1)
		# Every name that a customer ever had.
		self.names = set(self.ids)

	def teardown(self) -> None:
		frappe.db.rollback()
		self.test.set_registry(True)
		for name in self.names:
			remove_customer(name)
		for doctype in (NOTIFICATION, versions.ORDER):
			frappe.db.delete(doctype)
		frappe.db.commit()

	# At MercadoLibre. Of what happens there the ERP may be told at once (`told`), later, or never.

	@initialize(
		target=orders,
		registry_is_up=some.booleans(),
		document=BUYER["document"],
		declared=BUYER["declared"],
		is_terse=TERSE,
		**DELIVERY,
	)
	def somebody_buys(self, registry_is_up, document, declared, is_terse, **details):
		self.registry_answers(registry_is_up)
		self.buyers["ana"] = replace(self.buyers["ana"], document=document, declared=declared)
		return self.buys_with_delivery("ana", ACCOUNT_NAME, is_terse, True, **details)

	@rule(who=WHO, change=CHANGES, told=TOLD)
	def buyer_changes(self, who, change, told):
		self.buyers[who] = replace(self.buyers[who], **change)
		orders = [order for order in self.past if self.now(order).buyer.id == self.buyers[who].id]
		if told and orders:
			self.order_changes(orders[-1], self.now(orders[-1]).status)

	@rule(target=orders, who=WHO, account=ACCOUNTS, status=STATUS, is_terse=TERSE, told=TOLD)
	def buys(self, who, account, status, is_terse, told):
		return self.order(self.buyers[who], account, None, status, is_terse, told)

	@rule(target=orders, who=WHO, account=ACCOUNTS, is_terse=TERSE, told=TOLD, **DELIVERY)
	def buys_with_delivery(self, who, account, is_terse, told, **details):
		number = f"45848{next(numbers):06}"
		self.deliveries[number] = Delivery(number, **details)
		return self.order(self.buyers[who], account, number, "paid", is_terse, told)

	@rule(target=orders, order=orders, status=STATUS, told=TOLD)
	def buys_more_in_the_same_cart(self, order, status, told):
		first = self.now(order)
		delivery = first.delivery and first.delivery.id
		return self.order(first.buyer, first.account, delivery, status, first.is_terse, told)

	def order(self, buyer, account, delivery, status, is_terse, told) -> str:
		order, there = f"20000137{next(numbers):08}", self.deliveries.get(delivery)
		self.past[order] = [Copy(order, next(self.minutes), account, buyer, there, status, is_terse)]
		if told:
			self.told_of_order(order)
		return order

	@rule(order=orders, status=STATUS, told=TOLD)
	def order_changes(self, order, status, told=True):
		self.past[order].append(replace(self.now(order), status=status, moment=next(self.minutes)))
		if told:
			self.told_of_order(order)

	@rule(order=orders, told=TOLD, **DELIVERY)
	def delivery_changes(self, order, told, **changes):
		if delivery := self.now(order).delivery:
			self.deliveries[delivery.id] = replace(delivery, **changes)
			if told:
				self.told_of_delivery(order)

	def now(self, order: str) -> Copy:
		copy = self.past[order][-1]
		delivery = copy.delivery and self.deliveries[copy.delivery.id]
		return replace(copy, buyer=self.buyers[self.who[copy.buyer.id]], delivery=delivery)

	# What the ERP is told.

	@rule(order=orders, times=some.sampled_from([1, 1, 2]))
	def told_of_order(self, order, times=1):
		self.tell([of_order(self.now(order))] * times)

	@precondition(lambda self: self.changed)
	@rule(one=ONE, age=some.integers(1, 2))
	def told_of_order_as_it_was(self, one, age):
		"""The worker was slow: what it read was true some changes ago."""
		past = self.past[self.changed[one % len(self.changed)]]
		self.tell([of_order(past[max(-len(past), -1 - age)])])

	@property
	def changed(self) -> list[str]:
		return [order for order, past in self.past.items() if len(past) > 1]

	@rule(order=orders)
	def told_of_delivery(self, order):
		if telling := self.of_delivery(order):
			self.tell([telling])

	@rule(order=orders, other=orders)
	def told_of_much_at_once(self, order, other):
		tellings = {each.resource: each for each in map(of_order, map(self.now, [order, other]))}
		if telling := self.of_delivery(order):
			tellings[telling.resource] = telling
		self.tell(list(tellings.values()))

	@rule(order=orders, other=orders)
	def told_while_another_worker_writes(self, order, other):
		if order != other:
			telling = of_order(self.now(other))
			act = lambda: (telling.synchronise(), self.erp.hear(telling.copies))  # noqa: E731
			self.told_meanwhile(order, act, telling)

	@rule(order=orders, to=some.sampled_from(["another name", None]))
	def told_while_a_person_renames_or_deletes_the_customer(self, order, to):
		if customer := self.erp.customer_of(self.now(order).buyer.id):
			self.told_meanwhile(order, lambda: self.rename_merge_or_delete(customer.name, to))

	def of_delivery(self, order: str) -> "Telling | None":
		delivery = self.now(order).delivery
		copies = [copy for copy in map(self.now, self.past) if copy.delivery == delivery]
		return Telling("shipments", f"/shipments/{delivery.id}", copies) if delivery else None

	def tell(self, tellings: list["Telling"]) -> None:
		"""In whatever order they are processed, the ERP is what the contract says for one order."""
		self.show(*tellings)
		before, written = desk.expected(self.erp), desk.written(self.names)
		rows = self.test.drained(*[telling.notify() for telling in tellings])
		found = self.found()
		different = {telling.resource: telling for telling in tellings}.values()
		possible = [self.heard(order) for order in itertools.permutations(different)]
		self.erp, outcomes = next((each for each in possible if desk.expected(each[0]) == found), possible[0])
		self.compare()
		self.test.assertEqual(
			[row.status for row in rows],
			[outcomes[row.resource] for row in rows],
			[row.reason for row in rows],
		)
		if desk.expected(self.erp) == before:
			self.test.assertEqual(
				desk.written(self.names), written, "nothing changed, and something was written"
			)

	def heard(self, tellings: Sequence["Telling"]) -> tuple[Erp, dict[str, str]]:
		erp = deepcopy(self.erp)
		return erp, {each.resource: erp.hear(each.copies, moved=each.moved) for each in tellings}

	def told_meanwhile(self, order: str, act: Callable[[], object], *others: "Telling") -> None:
		"""A worker has its answers about the order, and before it writes, something happens in ERP and model."""
		telling = of_order(self.now(order))
		self.show(telling, *others)
		asked = self.erp.asks(telling.copies)
		with before_writing(act):
			(row,) = self.test.drained(telling.notify())
		outcome = self.erp.write(telling.copies, asked) or self.erp.hear(telling.copies)
		self.compare()
		self.test.assertEqual(row.status, outcome, row.reason)

	def show(self, *tellings: "Telling") -> None:
		self.test.meli.behave()
		self.test.meli.batch([command for telling in tellings for command in shown(telling.copies)])

	def found(self) -> desk.Picture:
		frappe.db.commit()
		return desk.found(self.names, self.ids, self.past)

	def compare(self) -> None:
		self.test.assertEqual(self.found(), desk.expected(self.erp), "in the ERP, and what the contract says")

	# The registry.

	@rule(is_up=some.booleans())
	def registry_answers(self, is_up):
		self.test.set_registry(is_up)
		self.erp.registry_is_up = is_up

	@precondition(lambda self: any(each.status == "Pending" for each in self.erp.customers.values()))
	@rule(is_up=some.booleans())
	def lookups_are_repeated(self, is_up):
		self.registry_answers(is_up)
		self.test.look_up_pending(self.names)
		self.erp.look_up_pending()
		self.compare()

	@precondition(lambda self: any(each.status == "Pending" for each in self.erp.customers.values()))
	@rule(condicion=CONDICION)
	def a_person_decides_before_the_registry_answers(self, condicion):
		pending = next(each for each in self.erp.customers.values() if each.status == "Pending")
		self.set_field(pending, "condicion", condicion)
		self.lookups_are_repeated(True)

	# People in the ERP.

	has_customers = precondition(lambda self: self.erp.customers)

	def customer(self, one: int) -> Customer:
		customers = list(self.erp.customers.values())
		return customers[one % len(customers)]

	@rule(
		of=some.sampled_from(["ana", "eva", "somebody else"]),
		number=some.sampled_from([None, "32659430", EXENTO]),
	)
	def person_makes_customer(self, of, number):
		name = self.buyers[of].id if of in self.buyers else f"Cliente viejo {self.ids[0]}"
		if name not in self.erp.customers:
			self.names.add(name)
			desk.make(name, "Ana Paz", number)
			self.erp.customers[name] = Customer(name, "Ana Paz", number=number)
			self.compare()

	@has_customers
	@rule(one=ONE, name=some.sampled_from(["La de siempre", "Ana Paz"]))
	def person_names_customer(self, one, name):
		self.set_field(self.customer(one), "customer_name", name)

	@has_customers
	@rule(one=ONE, condicion=CONDICION)
	def person_sets_condicion(self, one, condicion):
		self.set_field(self.customer(one), "condicion", condicion)

	@has_customers
	@rule(one=ONE, number=some.sampled_from([None, "11222333", MONOTRIBUTO]))
	def person_sets_number(self, one, number):
		self.set_field(self.customer(one), "number", number)

	def set_field(self, customer: Customer, field: str, value: str | None) -> None:
		if getattr(customer, field) != value:
			desk.edit(customer.name, field, value)
			self.erp.edit(customer.name, field, value, is_cuit=value == MONOTRIBUTO)
			self.compare()

	@has_customers
	@rule(
		one=ONE,
		address=ONE,
		line1=some.sampled_from([None, "Nueva 1"]),
		preferred=some.sampled_from([None, False, True]),
	)
	def person_saves_address(self, one, address, line1, preferred):
		customer = self.customer(one)
		if not customer.addresses:
			return
		number = address % len(customer.addresses)
		chosen = customer.addresses[number]
		others = [each for each in customer.addresses if each.is_preferred and each is not chosen]
		is_preferred = chosen.is_preferred if preferred is None else preferred
		if is_preferred and len(others) + chosen.is_preferred > 1:
			# Which of them loses its mark is Frappe's secret.
			return
		line1 = line1 or chosen.line1
		desk.edit_address(customer.name, number, address_line1=line1, is_shipping_address=int(is_preferred))
		chosen.line1, chosen.is_preferred, chosen.is_touched = line1, is_preferred, True
		for other in others if is_preferred else ():
			other.is_preferred, other.is_touched = False, True
		self.compare()

	@has_customers
	@rule(one=ONE, which=ONE, what=some.sampled_from(["names contact", "deletes contact", "deletes address"]))
	def person_names_or_deletes(self, one, which, what):
		customer = self.customer(one)
		rows = customer.addresses if what == "deletes address" else customer.contacts
		if not rows:
			return
		number = which % len(rows)
		if what == "names contact":
			desk.edit_contact(customer.name, number, "Anita de Lanús")
			customer.contacts[number].name = "Anita de Lanús"
		else:
			desk.delete_linked("Address" if what == "deletes address" else "Contact", customer.name, number)
			del rows[number]
		self.compare()

	@has_customers
	@rule(one=ONE, to=some.sampled_from(["ana", "eva", "another name", None]))
	def person_renames_merges_or_deletes_customer(self, one, to):
		"""`to`: also what a buyer's customer is called, who may be there; None deletes."""
		self.rename_merge_or_delete(self.customer(one).name, to)
		self.compare()

	def rename_merge_or_delete(self, old: str, to: str | None) -> None:
		new = self.buyers[to].id if to in self.buyers else to and f"Cliente {old}"
		if new is None:
			desk.delete(old)
			self.erp.delete(old)
		elif new != old:
			self.names.add(new)
			merge = new in self.erp.customers
			desk.rename(old, new, merge=merge)
			(self.erp.merge if merge else self.erp.rename)(old, new)
			# ERPNext's own, on a site that names customers so.
			if frappe.defaults.get_global_default("cust_master_name") == "Customer Name":
				self.erp.customers[new].customer_name = new
		frappe.db.commit()


def shown(copies: list[Copy]) -> list[tuple[str, dict]]:
	"""The simulator's commands to answer as these copies say."""
	commands = []
	for copy in copies:
		buyer = copy.buyer
		first, _space, last = (buyer.names or "").partition(" ")
		if not buyer.nickname:
			commands.append(("misbehave", {"path": f"^/users/{buyer.id}$", "kind": "404", "times": None}))
		user = {
			"nickname": buyer.nickname,
			"first_name": first or None,
			"last_name": last or None,
			"document": buyer.document,
			"billing_name": buyer.company,
			"taxpayer_type": buyer.declared,
		}
		commands.append(("add_buyer", {"buyer_id": buyer.id, **user}))
		seller = SELLERS[copy.account]
		if copy.delivery:
			commands += shown_delivery(copy.delivery, seller, buyer.id)
		order = {
			"order_id": copy.order,
			"shipment_id": copy.delivery and copy.delivery.id,
			"pack_id": copy.delivery and f"2{copy.delivery.id}",
			"status": "paid" if copy.status == "suspected" else copy.status,
			"tags": ["paid", "fraud_risk_detected"] if copy.status == "suspected" else ["not_delivered"],
			"last_updated": desk.moment(copy.moment),
			"buyer_form": "id" if copy.is_terse else "full",
		}
		commands.append(("add_order", {"seller_id": seller, "buyer_id": buyer.id, **order}))
	return commands


def shown_delivery(delivery: Delivery, seller: str, buyer: str) -> list[tuple[str, dict]]:
	line1, city = delivery.address or ("Oculta 1", "Palermo")
	details = {"street_name": line1, "street_number": None, "city": city, "agency": delivery.is_agency}
	if delivery.phone and delivery.address:
		details["receiver_phone"] = delivery.phone
	ids = {"seller_id": seller, "buyer_id": buyer, "shipment_id": delivery.id}
	return [
		("add_shipment", {**ids, **details, "masked": not delivery.address}),
		# Not the buyer's, which the simulator puts in its place.
		("set_shipment", {"shipment_id": delivery.id, "receiver_name": delivery.receiver}),
	]


@dataclass(frozen=True)
class Telling:
	"""A notification, and what MercadoLibre answers about it."""

	topic: str
	resource: str
	copies: list[Copy]

	@property
	def moved(self) -> bool:
		return self.topic == "shipments"

	def notify(self) -> str:
		"""Store the notification; returns its name."""
		account = self.copies[0].account
		notification = Notification(
			self.topic, self.resource, SELLERS[account], MeliControl.application_id, None, None
		)
		(name,) = intake.store_all([notification], account, intake.SOURCE_POSTED, states.PRIORITY_FRESH)
		frappe.db.commit()
		return name

	def synchronise(self) -> None:
		"""As a worker of its own would."""
		pipeline = Pipeline(lambda _seconds: None)
		reference = resource_reference(self.topic, self.resource)
		nothing = lambda *_arguments: None  # noqa: E731
		pipeline.take([Task(self.copies[0].account, reference, finish=nothing, guard=nothing, fail=nothing)])
		while pipeline.load:
			pipeline.step()
		pipeline.close()


def of_order(copy: Copy) -> Telling:
	return Telling("orders_v2", f"/orders/{copy.order}", [copy])


@contextmanager
def before_writing(action: Callable[[], None]) -> Iterator[None]:
	"""Do something when a worker has all answers about a purchase and is about to write it; once."""
	write = Pipeline._write

	def interrupted(pipeline: Pipeline, work: object) -> None:
		Pipeline._write = write
		action()
		write(pipeline, work)

	Pipeline._write = interrupted
	try:
		yield
	finally:
		Pipeline._write = write


class TestModel(FiscalTestCase):
	maxDiff = None

	def setUp(self) -> None:
		super().setUp()
		# Each deletion queues a job, and without a bench nobody works them off.
		self.addCleanup(setattr, frappe.local.conf, "max_queued_jobs", frappe.local.conf.max_queued_jobs)
		frappe.local.conf.max_queued_jobs = 1_000_000
		self.meli.add_seller(SELLERS[ONLY_PAID], ONLY_PAID)
		make_account(ONLY_PAID, SELLERS[ONLY_PAID], only_paid_orders=1)
		for cuit, kind in KINDS.items():
			self.arca.add_taxpayer(cuit, kind)
		frappe.db.commit()

	def test_every_history_leaves_in_the_erp_what_the_contract_says(self):
		run_state_machine_as_test(
			partial(History, self),
			settings=settings(
				max_examples=HISTORIES or 15,
				stateful_step_count=30,
				phases=[Phase.generate, Phase.shrink],
				derandomize=not HISTORIES,
				database=None,
				deadline=None,
				suppress_health_check=list(HealthCheck),
				print_blob=False,
			),
		)

	def drained(self, *names: str) -> list[frappe._dict]:
		"""Empty the inbox, as often as it takes, and return the rows of these notifications."""
		worker.drain()
		waiting = {"status": states.WAITING}
		if frappe.db.exists(NOTIFICATION, waiting):
			frappe.db.set_value(NOTIFICATION, waiting, "next_attempt", "2026-01-01 00:00:00")
			frappe.db.commit()
			worker.drain()
		frappe.db.commit()
		return [self.notification(name) for name in names]

	def set_registry(self, is_up: bool) -> None:
		self.arca.heal()
		if not is_up:
			self.arca.go_down()
		registry.forget_that_it_is_down()

	def look_up_pending(self, customers: set[str]) -> None:
		registry.forget_that_it_is_down()
		due = {"name": ("in", list(customers)), "arca_status": "Pending"}
		long_ago = add_to_date(now_datetime(), seconds=-1)
		frappe.db.set_value("Customer", due, "arca_next_lookup", long_ago, update_modified=False)
		frappe.db.commit()
		pending.ask_again()
		frappe.db.rollback()
