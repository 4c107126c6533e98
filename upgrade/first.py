"""Data of every kind, as the first version leaves it. Runs with that version: nothing newer is imported."""

import itertools

import frappe
from frappe.installer import update_site_config
from frappe.utils import add_days, add_to_date, now_datetime

from mercadolibre_sync.backfill.run import BACKFILL
from mercadolibre_sync.inbox import worker
from mercadolibre_sync.inbox.states import NOTIFICATION
from simulator.arca_control import ArcaControl
from simulator.control import MeliControl
from tests.ground import arca, masters
from upgrade.account import SELLER, SELLERS, connect, notify

FIRST_BUYER = 9_900_000_000_001
KINDS = ("responsable_inscripto", "monotributista", "exento")
# Of each: paid with a delivery, paid without one, of a street without a number, with a hidden address, with a CUIT.
EACH = 8


def fill(simulator: str) -> None:
	"""Connect two accounts, sync buyers of every kind, and leave notifications and back-fills in every state."""
	update_site_config("mercadolibre_sync_simulator", simulator)
	frappe.local.conf.mercadolibre_sync_simulator = simulator
	meli = MeliControl(simulator)
	for name in SELLERS:
		connect(simulator, name)
	arca.configure(simulator)
	orders = _buyers(meli, ArcaControl(simulator))
	for order in orders:
		notify(order)
	worker.drain()
	frappe.db.commit()
	_edit_by_hand()
	_leave_notifications(meli, orders)
	_leave_backfills()
	frappe.db.commit()


def _buyers(meli: MeliControl, registry: ArcaControl) -> list[str]:
	"""Orders, each of a buyer of its own."""
	numbers, cuits, kinds = itertools.count(FIRST_BUYER), arca.cuits(), itertools.cycle(KINDS)
	orders = []
	for delivery in ({}, None, {"street_number": "SN"}, {"masked": True}, {"street_name": "Empresas"}):
		for _number in range(EACH):
			buyer, document = str(next(numbers)), ("DNI", f"30{next(numbers) % 1_000_000:06}")
			if delivery and delivery.get("street_name"):
				document = ("CUIT", next(cuits))
				registry.add_taxpayer(document[1], next(kinds))
			meli.add_buyer(
				buyer, f"COMPRA{buyer}", first_name="Mariana", last_name="Guzmán", document=document
			)
			details = (
				{} if delivery is None else {"shipment_id": meli.add_shipment(SELLER, buyer, **delivery)}
			)
			orders.append(meli.add_order(SELLER, buyer, **details))
	return orders


def _edit_by_hand() -> None:
	renamed, named, own, judged = frappe.get_all(
		"Customer", {"mercadolibre_id": ("is", "set")}, pluck="name", order_by="name desc", limit=4
	)
	frappe.rename_doc("Customer", renamed, "Como le decimos acá")
	frappe.db.set_value("Customer", named, "customer_name", "Nombre puesto a mano")
	by_hand = frappe.get_doc("Customer", judged)
	by_hand.arca_condicion_iva = "IVA Sujeto Exento"
	by_hand.save()
	# Whom the shop knew before, by the CUIT of one who bought.
	twin = frappe.new_doc("Customer")
	twin.update(
		{"customer_name": "Cliente de siempre", "tax_id": frappe.db.get_value("Customer", own, "tax_id")}
	)
	twin.update({"customer_group": masters.customer_group(), "territory": masters.territory()})
	twin.insert()


def _leave_notifications(meli: MeliControl, orders: list[str]) -> None:
	for kind, order in (("403", orders[0]), ("503", orders[1])):
		meli.misbehave(f"/orders/{order}", kind, times=None)
		notify(order)
	worker.drain()
	meli.behave()
	notify("MLA1", "items", "items")
	notify(orders[2])
	notify(orders[3])
	# What a worker that was killed has left.
	claimed = frappe.get_all(NOTIFICATION, {"status": "Queued"}, pluck="name", limit=1)[0]
	values = {"status": "Processing", "claimed_at": add_to_date(now_datetime(), hours=-1)}
	frappe.db.set_value(NOTIFICATION, claimed, values)


def _leave_backfills() -> None:
	for status in ("Completed", "Failed", "Stopped"):
		backfill = frappe.new_doc(BACKFILL)
		backfill.update({"account": "two", "updated_from": add_days(now_datetime(), -3)})
		backfill.insert()
		frappe.db.set_value(BACKFILL, backfill.name, {"status": status, "found": 3, "queued": 2})
