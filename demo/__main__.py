"""Runs the demo. Ends with exit code 0 only if every step led to what the contract says."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import frappe
from frappe.utils import now_datetime

from demo.stage import SELLER, Stage, set_up
from demo.table import show
from mercadolibre_sync.sync.fiscal import pending, registry
from mercadolibre_sync.sync.links import linked_to
from mercadolibre_sync.words import restored
from tests.ground.site import connect

MARIANA, COMPANY, HIDDEN, CANCELLED = "980000000001", "980000000002", "980000000003", "980000000004"
MONOTRIBUTISTA, EXENTO, UNKNOWN, LATE = "980000000005", "980000000006", "980000000007", "980000000008"


@dataclass(frozen=True)
class Step:
	"""`play` makes MercadoLibre notify and returns the notification; `expected` are column to value."""

	title: str
	buyer: str
	play: Callable[[Stage], frappe._dict]
	expected: dict[str, object]


def main() -> int:
	connect()
	with set_up() as stage:
		prepare(stage)
		failed = [step.title for number, step in enumerate(STEPS, 1) if not perform(stage, number, step)]
	if failed:
		print("Not what the contract says: " + "; ".join(failed))
	return 1 if failed else 0


def prepare(stage: Stage) -> None:
	"""The buyers, as MercadoLibre knows them."""
	add = stage.meli.add_buyer
	add(
		MARIANA,
		"GUZMARIANA",
		first_name="Mariana",
		last_name="Guzmán",
		document=("DNI", "32659430"),
		taxpayer_type="Consumidor Final",
	)
	add(
		COMPANY,
		"FERRETERIA_SAAVEDRA",
		document=("CUIT", "30703088534"),
		billing_name="Ferretería Saavedra SRL",
		taxpayer_type="IVA Responsable Inscripto",
	)
	add(HIDDEN, "TETE2870021", first_name="Julián", last_name="Mireles", document=("DNI", "28700210"))
	stage.arca.add_taxpayer("30703088534", "responsable_inscripto")
	for buyer, nickname, cuit, kind, declared in TAXPAYERS:
		add(buyer, nickname, document=("CUIT", cuit), billing_name=nickname.title(), taxpayer_type=declared)
		if kind:
			stage.arca.add_taxpayer(cuit, kind)
	add(CANCELLED, "ARREPENTIDO", first_name="Ana", last_name="Paz", document=("DNI", "20111222"))


def perform(stage: Stage, number: int, step: Step) -> bool:
	"""Play one step, print what stands in the ERP, and say whether it is what was expected."""
	notification = step.play(stage)
	seen = {"Notification": notification.status, **customer_row(step.buyer)}
	wrong = {column: value for column, value in step.expected.items() if seen.get(column) != value}
	print(f"\n{number}. {step.title}")
	print(f"   {notification.status}: {restored(notification.reason)}")
	print(show({column: value for column, value in seen.items() if column != "Notification"}))
	for column, value in wrong.items():
		print(f"   WRONG: {column} should be {value!r}")
	return not wrong


def customer_row(buyer: str) -> dict[str, object]:
	"""What a salesperson would look at, by column; empty if there is no customer."""
	customer = frappe.db.get_value("Customer", {"mercadolibre_id": buyer}, "*", as_dict=True)
	if not customer:
		return {}
	addresses = linked_to(customer.name, "Address", ["address_line1", "address_line2", "city", "state"])
	contacts = linked_to(customer.name, "Contact", ["full_name", "phone"])
	return {
		"Customer": customer.name,
		"Name": customer.customer_name,
		"Document": " ".join(filter(None, (customer.arca_document_type, customer.tax_id))),
		"Condición de IVA": customer.arca_condicion_iva,
		"  according to": customer.arca_condicion_iva_source,
		"  registry": " ".join(filter(None, (customer.arca_status, str(restored(customer.arca_message))))),
		"Addresses": [", ".join(filter(None, row.values())) for row in reversed(addresses)],
		"Contacts": [" ".join(filter(None, row.values())) for row in reversed(contacts)],
		"Ver en MercadoLibre": customer.mercadolibre_profile,
	}


# The steps.


def new_buyer(stage: Stage) -> frappe._dict:
	shipment = stage.meli.add_shipment(SELLER, MARIANA, comments="Timbre 2")
	stage.order(MARIANA, order_id="2000000000000101", shipment_id=shipment)
	return stage.notify_order("2000000000000101")


def new_company(stage: Stage) -> frappe._dict:
	shipment = stage.meli.add_shipment(
		SELLER, COMPANY, street_name="Arias", street_number="SN", city="Saavedra", receiver_name="Depósito"
	)
	return stage.notify_order(stage.order(COMPANY, shipment_id=shipment))


def same_order_again(stage: Stage) -> frappe._dict:
	return stage.notify_order("2000000000000101")


def nickname_changed(stage: Stage) -> frappe._dict:
	"""Of a nickname nobody is notified: the next purchase brings it."""
	stage.meli.set_nickname(MARIANA, "MARIANA_NUEVA")
	return order_of(MARIANA)(stage)


def second_address(stage: Stage) -> frappe._dict:
	shipment = stage.meli.add_shipment(
		SELLER,
		MARIANA,
		street_name="Av. Colón",
		street_number="500",
		city="Córdoba",
		state="Córdoba",
		state_id="AR-X",
	)
	return stage.notify_order(stage.order(MARIANA, shipment_id=shipment))


def hidden_shipment(stage: Stage) -> frappe._dict:
	stage.meli.add_shipment(SELLER, HIDDEN, shipment_id="45000000001", masked=True)
	return stage.notify_order(stage.order(HIDDEN, shipment_id="45000000001"))


def revealed_shipment(stage: Stage) -> frappe._dict:
	stage.meli.reveal("45000000001")
	return stage.notify("shipments", "/shipments/45000000001")


def cancelled_order(stage: Stage) -> frappe._dict:
	return stage.notify_order(stage.order(CANCELLED, status="cancelled"))


def order_of(buyer: str) -> Callable[[Stage], frappe._dict]:
	return lambda stage: stage.notify_order(stage.order(buyer))


def registry_down(stage: Stage) -> frappe._dict:
	stage.arca.go_down()
	return order_of(LATE)(stage)


def registry_back(stage: Stage) -> frappe._dict:
	"""What the scheduler does every five minutes, without the wait."""
	stage.arca.heal()
	registry.forget_that_it_is_down()
	frappe.db.set_value("Customer", LATE, "arca_next_lookup", now_datetime(), update_modified=False)
	frappe.db.commit()
	pending.ask_again()
	return frappe._dict(status="Done", reason="The scheduled job asked the registry again.")


# Buyer, nickname, CUIT, what the registry knows (None: nobody has that CUIT), what the buyer declares.
TAXPAYERS = (
	(MONOTRIBUTISTA, "TALLER_LUNA", "20221062583", "monotributista", "Monotributo"),
	(EXENTO, "COOPERATIVA_SUR", "30558515305", "exento", "IVA Exento"),
	(UNKNOWN, "CUIT_INEXISTENTE", "30558521135", None, "IVA Responsable Inscripto"),
	(LATE, "LIBRERIA_NORTE", "30558525025", "responsable_inscripto", "IVA Responsable Inscripto"),
)
HOME = "Santa Fe 1234, Timbre 2, Mariana Guzmán, Palermo, Capital Federal"
STEPS = (
	Step(
		"A new buyer with a DNI",
		MARIANA,
		new_buyer,
		{
			"Notification": "Done",
			"Customer": MARIANA,
			"Name": "GUZMARIANA",
			"Document": "DNI 32659430",
			"Addresses": [HOME],
			"Contacts": ["Mariana Guzmán"],
		},
	),
	Step(
		"A company with a CUIT",
		COMPANY,
		new_company,
		{
			"Notification": "Done",
			"Name": "FERRETERIA_SAAVEDRA",
			"Document": "CUIT 30703088534",
			"Condición de IVA": "IVA Responsable Inscripto",
			"  according to": "ARCA",
			"Contacts": ["Ferretería Saavedra SRL"],
		},
	),
	Step(
		"The first order again: nothing changes",
		MARIANA,
		same_order_again,
		{"Notification": "Done", "Addresses": [HOME], "Contacts": ["Mariana Guzmán"]},
	),
	Step(
		"The buyer changed the nickname and buys again",
		MARIANA,
		nickname_changed,
		{"Notification": "Done", "Customer": MARIANA, "Name": "MARIANA_NUEVA"},
	),
	Step(
		"The buyer orders to a second address",
		MARIANA,
		second_address,
		{
			"Notification": "Done",
			"Addresses": [HOME, "Av. Colón 500, Mariana Guzmán, Córdoba, Córdoba"],
			"Contacts": ["Mariana Guzmán"],
		},
	),
	Step(
		"A shipment whose address is still hidden",
		HIDDEN,
		hidden_shipment,
		{"Notification": "Done", "Name": "TETE2870021", "Addresses": []},
	),
	Step(
		"The payment is confirmed and the address revealed",
		HIDDEN,
		revealed_shipment,
		{"Notification": "Done", "Addresses": ["Santa Fe 1234, Julián Mireles, Palermo, Capital Federal"]},
	),
	Step(
		"A monotributista",
		MONOTRIBUTISTA,
		order_of(MONOTRIBUTISTA),
		{"Condición de IVA": "Responsable Monotributo", "  according to": "ARCA"},
	),
	Step(
		"Somebody exempt",
		EXENTO,
		order_of(EXENTO),
		{"Condición de IVA": "IVA Sujeto Exento", "  according to": "ARCA"},
	),
	Step(
		"A CUIT that nobody has: never taken for a Consumidor Final",
		UNKNOWN,
		order_of(UNKNOWN),
		{"Condición de IVA": "IVA Responsable Inscripto", "  according to": "MercadoLibre"},
	),
	Step(
		"The registry is down: the customer is written with what the buyer declares",
		LATE,
		registry_down,
		{"Notification": "Done", "  according to": "MercadoLibre"},
	),
	Step(
		"The registry is back",
		LATE,
		registry_back,
		{
			"Condición de IVA": "IVA Responsable Inscripto",
			"  according to": "ARCA",
			"  registry": "Determined",
		},
	),
	Step(
		"A cancelled order of a new buyer: no customer",
		CANCELLED,
		cancelled_order,
		{"Notification": "Ignored", "Customer": None},
	),
)

if __name__ == "__main__":
	sys.exit(main())
