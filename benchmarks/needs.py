"""What a site needs for so many orders a day, calculated from what was measured."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import frappe

ORDERS_A_DAY = (1_000, 10_000, 100_000, 1_000_000)
# The busiest hour of a shop's day has about a tenth of its orders.
BUSIEST_HOUR = 0.1
# MercadoLibre sends about five for a sale; those of a few seconds are folded into one.
NOTIFICATIONS_PER_ORDER = 5
CALLS_PER_ORDER = 4
# The figure in MercadoLibre's example of an application (`max_requests_per_hour`); each may have its own.
CALLS_PER_HOUR = 18_000
SECONDS_PER_HOUR = 3600
NOTIFICATIONS_KEPT_DAYS = 30
# An address, a contact with their links, and the order's version are no larger than a customer each.
DOCUMENTS_PER_ORDER = 4
# A worker that is busy all the time has no room for the unforeseen.
WORKERS_LOAD = 0.7


@dataclass(frozen=True)
class Need:
	"""One line of the table. `calls`: per hour; `megabytes`: in a year, with notifications kept for 30 days."""

	orders: int
	per_second: float
	workers: int
	web_share: float
	calls: float
	megabytes: float

	@property
	def gives_way_first(self) -> str:
		if self.calls > CALLS_PER_HOUR:
			return f"MercadoLibre's limit ({CALLS_PER_HOUR:,} calls an hour)"
		if self.web_share > WORKERS_LOAD:
			return "the web process that takes the posts"
		return "nothing"


def needs(figures: Mapping[str, float]) -> Iterator[Need]:
	"""`figures`: those of the rows.

	`orders_per_second` of a worker at MercadoLibre's pace, `acknowledge_ms` of a post, and the bytes that a customer
	(`customer_bytes`) and a notification (`notification_bytes`) take with their indexes.
	"""
	for orders in ORDERS_A_DAY:
		per_second = orders * BUSIEST_HOUR / SECONDS_PER_HOUR
		yield Need(
			orders,
			per_second,
			math.ceil(per_second / figures["orders_per_second"] / WORKERS_LOAD),
			per_second * NOTIFICATIONS_PER_ORDER * figures["acknowledge_ms"] / 1000,
			orders * BUSIEST_HOUR * CALLS_PER_ORDER,
			_megabytes(orders, figures),
		)


def _megabytes(orders: int, figures: Mapping[str, float]) -> float:
	lasting = orders * 365 * DOCUMENTS_PER_ORDER * figures["customer_bytes"]
	kept = orders * NOTIFICATIONS_KEPT_DAYS * NOTIFICATIONS_PER_ORDER
	return (lasting + kept * figures["notification_bytes"]) / 1e6


def bytes_per_row(doctype: str) -> float:
	"""Bytes that a row of this table takes with its indexes, as the database estimates them."""
	return float(
		frappe.db.sql(
			"""
			select (data_length + index_length) / greatest(table_rows, 1) from information_schema.tables
			where table_schema = database() and table_name = %s
			""",
			f"tab{doctype}",
		)[0][0]
	)
