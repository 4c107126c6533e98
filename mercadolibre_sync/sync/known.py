"""Reading what the ERP knows, for many buyers and orders at once."""

from collections.abc import Iterable, Sequence

import frappe

from mercadolibre_sync.sync import erasure, versions
from mercadolibre_sync.sync.customers import CUSTOMER
from mercadolibre_sync.sync.purchases import Purchase
from mercadolibre_sync.sync.questions import Known

FIELDS = [
	"name",
	"mercadolibre_id",
	"mercadolibre_nickname",
	"tax_id",
	"arca_document_type",
	erasure.ERASED_ON,
]


def read(purchases: Sequence[Purchase]) -> list[Known]:
	"""What is known of each purchase's buyer and orders. Leaves no transaction open."""
	customers = _customers({purchase.buyer_id for purchase in purchases})
	orders = versions.synced([order.id for purchase in purchases for order in purchase.orders])
	frappe.db.rollback()
	return [_known(purchase, customers.get(purchase.buyer_id), orders) for purchase in purchases]


def _customers(buyers: Iterable[str]) -> dict[str, frappe._dict]:
	"""The buyers' Customers, by buyer: found as `customers.read` finds one."""
	buyers = list(buyers)
	table = frappe.qb.DocType(CUSTOMER)
	query = frappe.qb.from_(table).select(*FIELDS)
	rows = query.where(table.mercadolibre_id.isin(buyers) | table.name.isin(buyers)).run(as_dict=True)
	by_name = {row.name: row for row in rows if row.name in buyers and not row.mercadolibre_id}
	return by_name | {row.mercadolibre_id: row for row in rows if row.mercadolibre_id}


def _known(purchase: Purchase, customer: frappe._dict | None, orders: dict[str, frappe._dict]) -> Known:
	if not customer:
		return Known()
	applied = [orders[order.id] for order in purchase.orders if order.id in orders]
	applied = [row for row in applied if row.customer == customer.name]
	return Known(
		customer=customer.name,
		is_complete=bool(customer.mercadolibre_nickname and customer.tax_id and customer.arca_document_type),
		has_number=bool(customer.tax_id),
		orders=frozenset(row.name for row in applied),
		shipments=frozenset(row.seen_shipment for row in applied if row.seen_shipment),
		is_erased=erasure.covers(customer, purchase.order),
	)
