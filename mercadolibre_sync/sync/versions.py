"""Which version of which order was read last (contract: an older copy never undoes a newer one).

One small row per order, without anything about the buyer but the link to the customer. It outlives the
notification, which is cleared after a while, and it tells a back-fill what it may skip.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import frappe
from frappe.utils import get_system_timezone, now_datetime

from mercadolibre_sync.meli.models import Order

if TYPE_CHECKING:
	from mercadolibre_sync.sync.purchases import Purchase

ORDER = "MercadoLibre Order"


def system_time(moment: datetime | None) -> datetime | None:
	"""An aware moment in the system's time zone, without the zone, as Frappe stores it."""
	return moment.astimezone(ZoneInfo(get_system_timezone())).replace(tzinfo=None) if moment else None


def aware(moment: datetime) -> datetime:
	"""A moment as Frappe stores it, with the system's time zone. The inverse of `system_time`."""
	return moment.replace(tzinfo=ZoneInfo(get_system_timezone()))


def is_older_copy(order: Order) -> bool:
	"""Whether a newer copy of this very order was applied before."""
	return _is_older(order, frappe.db.get_value(ORDER, order.id, "last_updated"))


def is_outdated(order: Order, customer: str) -> bool:
	"""Whether a newer order of this customer, or copy of this order, was applied before."""
	newest = frappe.db.get_value(ORDER, {"customer": customer}, "last_updated", order_by="last_updated desc")
	return _is_older(order, newest)


def synced(order_ids: Sequence[str]) -> dict[str, frappe._dict]:
	"""What was noted of these orders, by number: `last_updated` in system time, `customer`, `seen_shipment`."""
	fields = ["name", "last_updated", "customer", "seen_shipment"]
	rows = frappe.get_all(ORDER, filters={"name": ("in", order_ids)}, fields=fields, order_by=None)
	return {row.name: row for row in rows}


def _is_older(order: Order, applied: datetime | None) -> bool:
	return bool(applied and order.last_updated and system_time(order.last_updated) < applied)


def record(purchase: "Purchase", customer: str | None) -> None:
	"""Note the versions just applied. Nothing is written for a version that is known."""
	for order in purchase.orders:
		version = {
			"account": purchase.account.name,
			"customer": customer,
			"order_status": order.status,
			"last_updated": system_time(order.last_updated),
		}
		if purchase.seen_shipment and order.shipment_id == purchase.seen_shipment:
			version["seen_shipment"] = purchase.seen_shipment
		known = frappe.db.get_value(ORDER, order.id, list(version), as_dict=True)
		if not known:
			_insert(order.id, version)
		elif known != version and not _is_older(order, known.last_updated):
			frappe.db.set_value(ORDER, order.id, version)


def _insert(order_id: str, version: dict) -> None:
	now = now_datetime()
	row = {
		"name": order_id,
		"order_id": order_id,
		"creation": now,
		"modified": now,
		"owner": "Administrator",
		"modified_by": "Administrator",
		**version,
	}
	frappe.db.bulk_insert(ORDER, list(row), [tuple(row.values())])
