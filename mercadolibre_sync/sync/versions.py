"""Which version of which order was read last (contract: an older copy never undoes a newer one).

One small row per order, without anything about the buyer but the link to the customer. It outlives the
notification, which is cleared after a while, and it tells a back-fill what it may skip.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import frappe
from frappe.utils import get_system_timezone, now_datetime

from mercadolibre_sync.meli.models import Order
from mercadolibre_sync.sync import listeners
from mercadolibre_sync.sync.fields import length
from mercadolibre_sync.sync.text import fit

if TYPE_CHECKING:
	from mercadolibre_sync.sync.purchases import Purchase

ORDER = "MercadoLibre Order"
VERSION = ("account", "customer", "order_status", "last_updated", "seen_shipment")


def system_time(moment: datetime | None) -> datetime | None:
	"""An aware moment in the system's time zone, without the zone, as Frappe stores it."""
	return moment.astimezone(ZoneInfo(get_system_timezone())).replace(tzinfo=None) if moment else None


def aware(moment: datetime) -> datetime:
	"""A moment as Frappe stores it, with the system's time zone. The inverse of `system_time`."""
	return moment.replace(tzinfo=ZoneInfo(get_system_timezone()))


@dataclass(frozen=True)
class Applied:
	"""Versions that were applied before: of some orders by their number, and of the customer's newest order."""

	orders: dict[str, frappe._dict]
	newest: datetime | None

	def has_newer_copy(self, order: Order) -> bool:
		"""Whether a newer copy of this very order was applied."""
		return order.id in self.orders and _is_older(order, self.orders[order.id].last_updated)

	def is_outdated(self, order: Order) -> bool:
		"""Whether a newer order of the customer, or copy of this order, was applied."""
		return _is_older(order, self.newest)

	def lacks(self, order: Order, version: dict) -> bool:
		"""Whether this version of the order has to be noted."""
		known = self.orders.get(order.id)
		if not known:
			return True
		return any(known[name] != version[name] for name in version) and not self.has_newer_copy(order)


def read(orders: Sequence[Order], customer: str | None) -> Applied:
	"""What was applied of these orders and of this customer, in one SELECT."""
	rows = frappe.db.sql(
		f"""
		select name, {", ".join(VERSION)}, 0 as is_newest from `tab{ORDER}` where name in %(orders)s
		union all
		(select name, {", ".join(VERSION)}, 1 from `tab{ORDER}` where customer = %(customer)s
			order by last_updated desc limit 1)
		""",
		{"orders": [order.id for order in orders], "customer": customer},
		as_dict=True,
	)
	newest = [row.last_updated for row in rows if row.is_newest]
	return Applied({row.name: row for row in rows if not row.is_newest}, newest[0] if newest else None)


def synced(order_ids: Sequence[str]) -> dict[str, frappe._dict]:
	"""What was noted of these orders, by number: `last_updated` in system time, `customer`, `seen_shipment`."""
	if not order_ids:
		return {}
	table = frappe.qb.DocType(ORDER)
	query = frappe.qb.from_(table).select("name", "last_updated", "customer", "seen_shipment")
	return {row.name: row for row in query.where(table.name.isin(order_ids)).run(as_dict=True)}


def _is_older(order: Order, applied: datetime | None) -> bool:
	return bool(applied and order.last_updated and system_time(order.last_updated) < applied)


def record(purchase: "Purchase", customer: str | None, applied: Applied) -> None:
	"""Note the versions just applied. Nothing is written for a version that is known."""
	for order in purchase.orders:
		version = version_of(order, purchase, customer)
		if not applied.lacks(order, version):
			continue
		_note(order.id, version, is_known=order.id in applied.orders)


def _note(order_id: str, version: dict, *, is_known: bool) -> None:
	if listeners.are_there(ORDER):
		document = frappe.get_doc(ORDER, order_id) if is_known else frappe.new_doc(ORDER, order_id=order_id)
		document.update(version).save(ignore_permissions=True)
	elif is_known:
		frappe.db.set_value(ORDER, order_id, version)
	else:
		_insert(order_id, version)


def version_of(order: Order, purchase: "Purchase", customer: str | None) -> dict:
	"""The values of VERSION; `seen_shipment` only where its address was seen now."""
	version = {
		"account": purchase.account.name,
		"customer": customer,
		"order_status": fit(order.status or "", length(ORDER, "order_status"))[0] or None,
		"last_updated": system_time(order.last_updated),
	}
	if purchase.seen_shipment and purchase.seen_shipment == order.shipment_id:
		version["seen_shipment"] = purchase.seen_shipment
	return version


def _insert(order_id: str, version: dict) -> None:
	now = now_datetime()
	frappe.db.sql(
		f"""
		insert into `tab{ORDER}` (name, order_id, creation, modified, owner, modified_by, {", ".join(VERSION)})
		values (%s, %s, %s, %s, 'Administrator', 'Administrator', {", ".join(["%s"] * len(VERSION))})
		""",
		(order_id, order_id, now, now, *(version.get(name) for name in VERSION)),
	)
