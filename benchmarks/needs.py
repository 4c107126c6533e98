"""What a site needs for so many orders a day, calculated from what was measured."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import frappe

from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.sync.versions import ORDER

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


def needs(figures: Mapping[str, float], row_bytes: Mapping[str, float]) -> Iterator[Need]:
	"""`figures`: measured `orders_per_second` of a worker at MercadoLibre's pace and `acknowledge_ms` of a post."""
	for orders in ORDERS_A_DAY:
		per_second = orders * BUSIEST_HOUR / SECONDS_PER_HOUR
		yield Need(
			orders,
			per_second,
			math.ceil(per_second / figures["orders_per_second"] / WORKERS_LOAD),
			per_second * NOTIFICATIONS_PER_ORDER * figures["acknowledge_ms"] / 1000,
			orders * BUSIEST_HOUR * CALLS_PER_ORDER,
			_megabytes(orders, row_bytes),
		)


def _megabytes(orders: int, row_bytes: Mapping[str, float]) -> float:
	lasting = (
		orders * 365 * sum(row_bytes.get(doctype, 0) for doctype in ("Customer", "Address", "Contact", ORDER))
	)
	passing = orders * NOTIFICATIONS_KEPT_DAYS * NOTIFICATIONS_PER_ORDER * row_bytes.get(NOTIFICATION, 0)
	return (lasting + passing) / 1e6


def row_bytes() -> dict[str, float]:
	"""Bytes that one row takes with its indexes, by doctype, as the database estimates them."""
	rows = frappe.db.sql(
		"""
		select substring(table_name, 4), (data_length + index_length) / greatest(table_rows, 1)
		from information_schema.tables
		where table_schema = database() and table_rows > 100 and table_name in %(tables)s
		""",
		{"tables": [f"tab{doctype}" for doctype in ("Customer", "Address", "Contact", ORDER, NOTIFICATION)]},
	)
	return {doctype: float(size) for doctype, size in rows}
