"""The contract as a model: what the ERP has to hold after all that MercadoLibre has told and people have done to it.

To be read beside the contract: no database, no HTTP, and nothing of the app's. tests/site/test_model.py compares the app
with it, step by step.
"""

import itertools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

DECLARED = {
	"Monotributo": "Responsable Monotributo",
	"IVA Exento": "IVA Sujeto Exento",
	"Consumidor Final": "Consumidor Final",
}
DONE, IGNORED, FAILED = "Done", "Ignored", "Failed"


# What MercadoLibre tells.


@dataclass(frozen=True)
class Buyer:
	"""`document`: type and number. `company`: the name on the invoice where it is not the buyer's own."""

	id: str
	nickname: str | None = None
	names: str | None = None
	document: tuple[str, str] | None = None
	company: str | None = None
	declared: str | None = None


@dataclass(frozen=True)
class Delivery:
	"""`address`: line 1 and city; None while it is hidden."""

	id: str
	address: tuple[str, str] | None
	is_agency: bool = False
	receiver: str | None = None
	phone: str | None = None


@dataclass(frozen=True)
class Copy:
	"""An order at one moment, with all that MercadoLibre says of its buyer and its delivery then.

	`status`: MercadoLibre's, or "suspected" for a paid one that may be a fraud. `is_terse`: the order itself says nothing
	of the buyer but the number.
	"""

	order: str
	moment: int
	account: str
	buyer: Buyer
	delivery: Delivery | None = None
	status: str = "paid"
	is_terse: bool = False


@dataclass(frozen=True)
class Asked:
	"""What was asked beside the orders: invoice data and profile, and the delivery. `is_known`: there was a customer."""

	buyer: bool
	delivery: bool
	is_known: bool


@dataclass(frozen=True)
class Said:
	"""What the answers to `asked` say about the buyer."""

	copy: Copy
	asked: Asked

	@property
	def nickname(self) -> str | None:
		return self.copy.buyer.nickname if self.asked.buyer or not self.copy.is_terse else None

	@property
	def document(self) -> tuple[str, str] | None:
		if not self.asked.buyer or not self.copy.buyer.document:
			return None
		kind, number = self.copy.buyer.document
		return kind, number.replace(".", "")

	@property
	def declared(self) -> str | None:
		return self.copy.buyer.declared if self.document else None

	@property
	def names(self) -> str | None:
		"""The order's, else the invoice's."""
		return self.order_name or self.billing_name

	@property
	def order_name(self) -> str | None:
		return None if self.copy.is_terse else self.copy.buyer.names

	@property
	def billing_name(self) -> str | None:
		buyer = self.copy.buyer
		return (buyer.company or buyer.names) if self.document else None

	@property
	def made_up_names(self) -> list[str]:
		"""In the place of a nickname, the best first."""
		names = (self.billing_name, self.order_name, f"MercadoLibre {self.copy.buyer.id}")
		return [name for name in names if name]

	@property
	def delivery(self) -> Delivery | None:
		return self.copy.delivery if self.asked.delivery else None

	@property
	def address(self) -> tuple[str, str] | None:
		"""A pick-up point is not the buyer's."""
		delivery = self.delivery
		return delivery.address if delivery and not delivery.is_agency else None

	@property
	def phone(self) -> str | None:
		"""The receiver's, who has to be the buyer."""
		if not self.address or not self.delivery:
			return None
		receiver, contact = self.delivery.receiver, self.names or self.nickname or self.made_up_names[0]
		return self.delivery.phone if fold(receiver or contact) == fold(contact) else None


# What the ERP holds.


# Whoever is made later comes later.
made = itertools.count()


@dataclass
class Address:
	"""`is_touched`: a person made or saved it."""

	line1: str
	city: str
	receiver: str | None = None
	is_preferred: bool = False
	is_touched: bool = False
	made: int = field(default_factory=made.__next__)


@dataclass
class Contact:
	name: str
	phone: str | None = None
	is_primary: bool = False
	made: int = field(default_factory=made.__next__)


@dataclass
class Customer:
	"""Addresses and contacts in the order in which they were made."""

	name: str
	customer_name: str
	mercadolibre_id: str | None = None
	nickname: str | None = None
	account: str | None = None
	number: str | None = None
	document_type: str | None = None
	declared: str | None = None
	condicion: str | None = None
	source: str | None = None
	status: str | None = None
	addresses: list[Address] = field(default_factory=list)
	contacts: list[Contact] = field(default_factory=list)

	@property
	def is_complete(self) -> bool:
		return bool(self.nickname and self.number and self.document_type)


@dataclass(frozen=True)
class Version:
	"""Of an order, the newest that was read. `seen`: the delivery whose address was."""

	moment: int
	customer: str | None
	seen: str | None


class SomebodyElse(Exception):
	"""The customer whose name is the buyer's number carries another buyer's."""


@dataclass
class Erp:
	"""`only_paid`: accounts that make customers of paid orders only. `registry`: condiciones by CUIT, as ARCA knows them; `registry_is_up`: whether it answers."""

	only_paid: frozenset[str] = frozenset()
	registry: dict[str, str] = field(default_factory=dict)
	registry_is_up: bool = True
	customers: dict[str, Customer] = field(default_factory=dict)
	versions: dict[str, Version] = field(default_factory=dict)

	# MercadoLibre tells of one order, or of all orders of a delivery (`moved`).

	def hear(self, copies: Sequence[Copy], *, moved: bool = False) -> str:
		"""The outcome of a notification."""
		outcome = self.write(copies, self.asks(copies, moved=moved))
		return outcome or self.hear(copies, moved=moved)

	def asks(self, copies: Sequence[Copy], *, moved: bool = False) -> Asked:
		"""Only what can change something; the newest copy comes first."""
		customer, (newest, *_older) = self.customer_of(newest_first(copies)[0].buyer.id), newest_first(copies)
		if not customer:
			may_create = any(map(self._may_create, copies))
			return Asked(may_create, may_create, False)
		known = [self._version_of(copy, customer) for copy in copies]
		is_settled = customer.is_complete and bool(self._version_of(newest, customer))
		is_seen = bool(newest.delivery) and newest.delivery.id in {each.seen for each in known if each}
		return Asked(not is_settled, moved or not is_seen, True)

	def write(self, copies: Sequence[Copy], asked: Asked) -> str | None:
		"""None if the customer is gone who was known when it was decided what to ask: everything is asked anew."""
		copies = newest_first(copies)
		copy, said = copies[0], Said(copies[0], asked)
		try:
			customer = self._find(copy.buyer.id)
		except SomebodyElse:
			return FAILED
		if not customer and not any(map(self._may_create, copies)):
			self._note(copies, None, said)
			return IGNORED
		if not customer and asked.is_known:
			return None
		if not customer:
			customer = self._create(said)
		elif not self._is_superseded(copy):
			self._update(customer, said)
		self._note(copies, customer.name, said)
		return DONE

	def _may_create(self, copy: Copy) -> bool:
		return copy.status == "paid" or (
			copy.status == "payment_required" and copy.account not in self.only_paid
		)

	def customer_of(self, buyer: str) -> Customer | None:
		"""None also where somebody else's is in the way."""
		try:
			return self._find(buyer)
		except SomebodyElse:
			return None

	def _find(self, buyer: str) -> Customer | None:
		for customer in self.customers.values():
			if customer.mercadolibre_id == buyer:
				return customer
		named = self.customers.get(buyer)
		if named and named.mercadolibre_id:
			raise SomebodyElse
		return named

	# Versions.

	def _version_of(self, copy: Copy, customer: Customer) -> Version | None:
		version = self.versions.get(copy.order)
		return version if version and version.customer == customer.name else None

	def _is_superseded(self, copy: Copy) -> bool:
		return copy.order in self.versions and copy.moment < self.versions[copy.order].moment

	def _is_outdated(self, customer: Customer, copy: Copy) -> bool:
		"""Whether a newer order of the customer was read: then only what is empty is filled."""
		return any(
			copy.moment < version.moment
			for version in self.versions.values()
			if version.customer == customer.name
		)

	def _note(self, copies: Sequence[Copy], customer: str | None, said: Said) -> None:
		is_visible = said.delivery and (said.delivery.address or said.delivery.is_agency)
		for copy in copies:
			if not self._is_superseded(copy):
				known = self.versions.get(copy.order)
				seen = copy.delivery.id if copy.delivery and is_visible else known and known.seen
				self.versions[copy.order] = Version(copy.moment, customer, seen)

	# New buyer, known buyer.

	def _create(self, said: Said) -> Customer:
		name = said.nickname or said.made_up_names[0]
		customer = Customer(said.copy.buyer.id, name, nickname=said.nickname)
		self.customers[customer.name] = customer
		self._bring_up_to_date(customer, said, None, outdated=False)
		return customer

	def _update(self, customer: Customer, said: Said) -> None:
		outdated, previous = self._is_outdated(customer, said.copy), customer.nickname
		if said.nickname and said.nickname != customer.nickname and not outdated:
			is_made_up = customer.mercadolibre_id and customer.customer_name in said.made_up_names
			if customer.nickname or is_made_up:
				customer.customer_name = said.nickname
			customer.nickname = said.nickname
		self._bring_up_to_date(customer, said, previous, outdated=outdated)

	def _bring_up_to_date(
		self, customer: Customer, said: Said, previous_nickname: str | None, *, outdated: bool
	) -> None:
		customer.mercadolibre_id = customer.mercadolibre_id or said.copy.buyer.id
		customer.account = customer.account or said.copy.account
		self._fill_document(customer, said, outdated=outdated)
		if said.address:
			self._address(customer, said, outdated=outdated)
		if said.asked.buyer or (said.names and not said.copy.is_terse):
			self._contact(customer, said, previous_nickname, outdated=outdated)

	def _fill_document(self, customer: Customer, said: Said, *, outdated: bool) -> None:
		if not said.document:
			return
		kind, number = said.document
		is_new, customer.number = not customer.number, customer.number or number
		if customer.number != number:
			return
		customer.document_type = customer.document_type or kind
		if said.declared and not (outdated and customer.declared):
			customer.declared = said.declared
			if not customer.condicion:
				customer.condicion, customer.source = DECLARED[said.declared], "MercadoLibre"
		if is_new and kind == "CUIT":
			self._look_up(customer)

	def _look_up(self, customer: Customer) -> None:
		if not self.registry_is_up:
			customer.status = "Pending"
			return
		condicion = self.registry.get(customer.number or "")
		customer.status = "Determined" if condicion else "Undetermined"
		if condicion and customer.source != "By hand":
			customer.condicion, customer.source = condicion, "ARCA"

	def look_up_pending(self) -> None:
		"""What was not answered is asked again."""
		for customer in self.customers.values():
			if customer.status == "Pending":
				self._look_up(customer)

	def _address(self, customer: Customer, said: Said, *, outdated: bool) -> None:
		line1, city = said.address or ("", "")
		there = [each for each in customer.addresses if fold(each.line1, each.city) == fold(line1, city)]
		marked = [each for each in customer.addresses if each.is_preferred]
		is_chosen = any(each.is_touched for each in marked)
		if not there:
			candidates = [Address(line1, city, said.delivery and said.delivery.receiver)]
			customer.addresses += candidates
		elif marked:
			candidates = [each for each in there if each.is_preferred] or there
		else:
			# A person may have taken the mark away.
			candidates = [each for each in there if not each.is_touched]
		if candidates and not outdated and not is_chosen:
			for each in customer.addresses:
				each.is_preferred = each is candidates[-1]

	def _contact(
		self, customer: Customer, said: Said, previous_nickname: str | None, *, outdated: bool
	) -> None:
		"""Of an older order nothing is taken but somebody with a name of their own."""
		name = said.names or said.nickname or said.made_up_names[0]
		found = named(customer, name) or (not outdated and named(customer, previous_nickname)) or None
		if outdated and (found or not said.names):
			return
		is_primary = not any(each.is_primary for each in customer.contacts)
		if not found:
			customer.contacts.append(Contact(name, said.phone, is_primary))
		elif fold(found.name) != fold(name) or said.phone not in (None, found.phone):
			found.name = found.name if fold(found.name) == fold(name) else name
			found.phone = said.phone or found.phone
			found.is_primary = found.is_primary or is_primary

	# What people do in the ERP.

	def rename(self, old: str, new: str) -> None:
		self.customers[new] = replace(self.customers.pop(old), name=new)
		self._hand_over(old, new)

	def merge(self, old: str, new: str) -> None:
		"""What is linked to the one is the other's afterwards, who is the buyer's from then on unless another's."""
		gone, customer = self.customers.pop(old), self.customers[new]
		customer.addresses = in_order(customer.addresses + gone.addresses)
		customer.contacts = in_order(customer.contacts + gone.contacts)
		if not customer.mercadolibre_id:
			customer.mercadolibre_id, customer.nickname = gone.mercadolibre_id, gone.nickname
			customer.account = gone.account
		self._hand_over(old, new)

	def delete(self, name: str) -> None:
		"""The buyer is a new one afterwards."""
		del self.customers[name]
		self._hand_over(name, None)

	def _hand_over(self, old: str, new: str | None) -> None:
		for order, version in self.versions.items():
			if version.customer == old:
				self.versions[order] = replace(version, customer=new)

	def edit(self, name: str, field: str, value: str | None, *, is_cuit: bool = False) -> None:
		customer = self.customers[name]
		setattr(customer, field, value)
		if field == "condicion":
			customer.source = "By hand"
		if field == "number" and customer.status:
			# What was known was said of another number.
			customer.status, customer.declared = "Pending" if is_cuit else None, None


def in_order(made: list) -> list:
	return sorted(made, key=lambda each: each.made)


def newest_first(copies: Sequence[Copy]) -> list[Copy]:
	return sorted(copies, key=lambda copy: copy.moment, reverse=True)


def named(customer: Customer, name: str | None) -> Contact | None:
	return next((each for each in customer.contacts if name and fold(each.name) == fold(name)), None)


def fold(*texts: str) -> tuple[str, ...]:
	"""Without case, accents and repeated spaces."""
	plain = (unicodedata.normalize("NFD", text).encode("ascii", "ignore").decode() for text in texts)
	return tuple(" ".join(text.lower().split()) for text in plain)
