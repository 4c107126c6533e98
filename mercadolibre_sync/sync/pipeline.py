"""From MercadoLibre's resources to documents of the ERP, several under way at once, in the order the contract demands.

Ask for the orders; read what is known of their buyers; ask what is still missing; write one buyer after the other.
Only the asking is done in threads: while one buyer is written, the answers about the next ones arrive.
"""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from typing import Any

import frappe

from mercadolibre_sync.meli.errors import ReauthorisationNeeded
from mercadolibre_sync.meli.models import Destination, Order
from mercadolibre_sync.meli.notification import Reference
from mercadolibre_sync.sync import accounts, asking, known
from mercadolibre_sync.sync.accounts import Account
from mercadolibre_sync.sync.asking import Question, Threads, TokenRefused
from mercadolibre_sync.sync.connection import AccountTokens, api_base, consequences
from mercadolibre_sync.sync.lock import buyer_lock
from mercadolibre_sync.sync.outcome import Outcome
from mercadolibre_sync.sync.pace import pace
from mercadolibre_sync.sync.purchases import Purchase, by_buyer
from mercadolibre_sync.sync.questions import Known, decide
from mercadolibre_sync.sync.transaction import is_conflict
from mercadolibre_sync.sync.write import preparations, unchanged, write
from mercadolibre_sync.words import text

# How long to wait for an answer before the caller may look after something else.
PATIENCE_SECONDS = 1
# ARCA Settings allow 30 seconds for an answer, and connecting may take another 5.
REGISTRY_SECONDS = 35
TRIES = 3


@dataclass(frozen=True)
class Task:
	"""One resource to be brought into the ERP. `order`: the order itself, where a search has brought it already.

	`finish` is called with the outcome inside the buyer's transaction, `guard` inside those of further buyers, if
	the resource has any; both may raise to have it rolled back. `fail` is called with the error in a transaction of
	its own when nothing was written.
	"""

	account: str
	reference: Reference
	finish: Callable[[Outcome], None]
	guard: Callable[[], None]
	fail: Callable[[Exception], None]
	order: Order | None = None


@dataclass(eq=False)
class _Work:
	"""A task under way."""

	task: Task
	account: Account
	tokens: AccountTokens
	purchases: list[Purchase] = field(default_factory=list)
	known: list[Known] = field(default_factory=list)
	open_questions: int = 0
	is_over: bool = False


@dataclass(frozen=True)
class _Asked:
	"""A question under way. `then` gets the answer. `is_repeated`: asked before, with a token that was refused."""

	work: _Work
	token: str = field(repr=False)
	question: Question
	then: Callable[[Any], None]
	is_repeated: bool = False


class Pipeline:
	"""The way of many tasks. `take` begins some, `step` brings all of them a bit further, `load` are under way.

	`alive` is called before whatever may take long, with the number of seconds beyond a few that it may take.
	"""

	def __init__(self, alive: Callable[[float], None]) -> None:
		self.load = 0
		self._alive = alive
		limiter = pace()
		self._threads = Threads(limiter.calls_at_once, api_base(), limiter)
		self._asked: dict[Future[Any], _Asked] = {}
		self._arrived: list[tuple[_Work, Sequence[Order]]] = []
		self._complete: deque[_Work] = deque()
		self._preparations = preparations()

	def close(self) -> None:
		"""Drop what is under way."""
		self._threads.close()

	def take(self, tasks: Sequence[Task]) -> None:
		"""Begin some tasks. No error leaves this or `step`, but for those of a task's own functions."""
		for account in {task.account for task in tasks}:
			self._take([task for task in tasks if task.account == account])

	def _take(self, tasks: Sequence[Task]) -> None:
		try:
			account = accounts.read(tasks[0].account)
			tokens = AccountTokens(account.name)
			with consequences(tokens):
				token = tokens.access_token()
		except Exception as error:
			for task in tasks:
				_fail(task, error)
			return
		# From here to the buyer's lock no transaction is open: MercadoLibre may take its time.
		frappe.db.rollback()
		for task in tasks:
			self._begin(_Work(task, account, tokens), token)

	def _begin(self, work: _Work, token: str) -> None:
		self.load += 1
		if work.task.order:
			self._arrived.append((work, [work.task.order]))
			return
		question = asking.orders(work.task.reference)
		self._ask(_Asked(work, token, question, lambda orders: self._arrived.append((work, orders))))

	def step(self) -> None:
		"""Hand on what was answered and write one buyer; where there is nothing of either, prepare for it or wait."""
		self._collect(0 if self._arrived or self._complete or self._prepare() else PATIENCE_SECONDS)
		self._look_at_arrived()
		if self._complete:
			self._write(self._complete.popleft())

	def _prepare(self) -> bool:
		"""Use the time until an answer arrives. False if everything is prepared."""
		return next(self._preparations, self) is not self

	# Asking.

	def _ask(self, asked: _Asked) -> None:
		self._asked[self._threads.ask(asked.token, asked.question)] = asked

	def _collect(self, seconds: float) -> None:
		answered, _open = wait(self._asked, seconds, FIRST_COMPLETED)
		for future in answered:
			asked = self._asked.pop(future)
			if not asked.work.is_over:
				self._take_answer(asked, future)

	def _take_answer(self, asked: _Asked, future: Future[Any]) -> None:
		try:
			with consequences(asked.work.tokens):
				try:
					answer = future.result()
				except TokenRefused:
					self._ask_again(asked)
					return
		except Exception as error:
			self._end(asked.work, error)
			return
		asked.then(answer)

	def _ask_again(self, asked: _Asked) -> None:
		if asked.is_repeated:
			raise ReauthorisationNeeded("MercadoLibre refuses a new access token, too.")
		token = asked.work.tokens.renew(asked.token)
		self._ask(replace(asked, token=token, is_repeated=True))

	# Deciding what to ask.

	def _look_at_arrived(self) -> None:
		arrived, self._arrived = self._arrived, []
		works = [work for work, orders in arrived if self._sort(work, orders)]
		if not works:
			return
		try:
			facts = iter(known.read([purchase for work in works for purchase in work.purchases]))
		except Exception as error:
			for work in works:
				self._end(work, error)
			return
		for work in works:
			work.known = [next(facts) for _purchase in work.purchases]
			self._ask_for_the_rest(work)

	def _sort(self, work: _Work, orders: Sequence[Order]) -> bool:
		"""Make purchases of the orders; False if that is the end of it."""
		try:
			work.purchases = by_buyer(work.account, orders)
		except Exception as error:
			self._end(work, error)
			return False
		if not work.purchases:
			self._conclude(work)
		return bool(work.purchases)

	def _conclude(self, work: _Work) -> None:
		try:
			work.task.finish(Outcome(text("The shipment belongs to no order."), ignored=True))
			frappe.db.commit()
		except Exception as error:
			self._end(work, error)
			return
		self._end(work)

	def _ask_for_the_rest(self, work: _Work) -> None:
		for number, purchase in enumerate(work.purchases):
			questions = decide(
				purchase.orders,
				work.known[number],
				may_create=not purchase.why_no_new_customer,
				has_moved=work.task.reference.kind == "shipment",
			)
			work.purchases[number] = replace(
				purchase, is_abridged=not questions.billing, was_known=bool(work.known[number].customer)
			)
			order = purchase.order
			if questions.billing:
				self._add(work, number, asking.billing(order, work.account.site), _billing)
			if questions.user:
				self._add(work, number, asking.user(purchase.buyer_id), _user)
			if questions.shipment:
				self._add(work, number, asking.destination(questions.shipment), _destination)
		if not work.open_questions:
			self._complete.append(work)

	def _add(
		self, work: _Work, number: int, question: Question, fill: Callable[[Purchase, Any], Purchase]
	) -> None:
		def then(answer: Any) -> None:
			work.purchases[number] = fill(work.purchases[number], answer)
			work.open_questions -= 1
			if not work.open_questions:
				self._complete.append(work)

		work.open_questions += 1
		self._ask(_Asked(work, work.tokens.last or "", question, then))

	# Writing.

	def _write(self, work: _Work) -> None:
		try:
			for number, (purchase, facts) in enumerate(zip(work.purchases, work.known, strict=True), 1):
				is_last = number == len(work.purchases)
				self._alive(0)
				purchase = self._with_registry(purchase, facts)
				_write(purchase, work.task.finish if is_last else lambda _outcome: work.task.guard())
		except Exception as error:
			self._end(work, error)
			return
		self._end(work)

	def _with_registry(self, purchase: Purchase, facts: Known) -> Purchase:
		"""The purchase with what ARCA says of a CUIT that is not known yet (contract: New buyer, Known buyer)."""
		if facts.has_number or not purchase.cuit_to_look_up:
			return purchase
		# With it comes the SOAP library, which most jobs never need.
		from mercadolibre_sync.sync.fiscal.lookup import lookup

		self._alive(REGISTRY_SECONDS)
		return replace(purchase, fiscal=lookup(purchase.cuit_to_look_up))

	def _end(self, work: _Work, error: Exception | None = None) -> None:
		work.is_over = True
		self.load -= 1
		if error:
			_fail(work.task, error)
		frappe.clear_messages()


def _billing(purchase: Purchase, answer: Any) -> Purchase:
	return replace(purchase, billing=answer)


def _user(purchase: Purchase, answer: Any) -> Purchase:
	return replace(purchase, user=answer)


def _destination(purchase: Purchase, answer: Destination | None) -> Purchase:
	"""An agency's address is not the buyer's, and one that is hidden has to be asked for again."""
	if not answer or answer.is_hidden:
		return replace(purchase, destination=answer)
	seen = purchase.order.shipment_id
	return replace(purchase, destination=None if answer.is_agency else answer, seen_shipment=seen)


def _fail(task: Task, error: Exception) -> None:
	frappe.db.rollback()
	task.fail(error)
	frappe.db.commit()


def _write(purchase: Purchase, finish: Callable[[Outcome], None]) -> None:
	for attempt in range(1, TRIES + 1):
		try:
			if outcome := unchanged(purchase):
				finish(outcome)
				frappe.db.commit()
				return
			with buyer_lock(purchase.buyer_id):
				finish(write(purchase))
			return
		except Exception as error:
			if attempt == TRIES or not is_conflict(error):
				raise
