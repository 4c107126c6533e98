"""What is dear on a site that has grown: 300,000 customers, and as many notifications in the inbox."""

from collections.abc import Iterator
from contextlib import contextmanager

import frappe

from benchmarks.clock import alternating
from benchmarks.needs import bytes_per_row
from benchmarks.row import Row
from benchmarks.stage import ACCOUNT_NAME, SELLER, Stage
from benchmarks.writing import bring_in, purchases
from mercadolibre_sync.inbox import claims, intake
from mercadolibre_sync.inbox.states import NOTIFICATION

SMALL, LARGE = 1_000, 300_000
ROUNDS = 25
CUSTOMER_ROUNDS = 60
PREFIX = "benchmark-crowd-"


def rows(stage: Stage) -> Iterator[Row]:
	stage.calm()
	with _customers(stage, SMALL):
		few, few_beside = _new_buyer(stage)
	with _customers(stage, LARGE):
		many, many_beside = _new_buyer(stage)
		customer_bytes = bytes_per_row("Customer")
	slower = (many / many_beside) / (few / few_beside)
	yield Row(
		f"new buyer with {LARGE:,} customers",
		f"{many:.1f} ms, loading a doctype {many_beside:.1f} ms: {slower:.2f} ×",
		f"with {SMALL:,}: {few:.1f} ms, loading a doctype {few_beside:.1f} ms",
		"≤ 1.15 ×",
		slower <= 1.15,
		{"customer_bytes": customer_bytes},
	)
	with _notifications(SMALL):
		few = _store_and_claim()
	with _notifications(LARGE):
		many = _store_and_claim()
		notification_bytes = bytes_per_row(NOTIFICATION)
	yield Row(
		f"storing and claiming a notification with {LARGE:,} in the inbox",
		f"{many:.1f} ms: {many / few:.2f} ×",
		f"with {SMALL:,}: {few:.1f} ms",
		"≤ 1.5 ×",
		many <= 1.5 * few,
		{"notification_bytes": notification_bytes},
	)
	stage.calm()


def _new_buyer(stage: Stage) -> tuple[float, float]:
	"""Medians of bringing in a new buyer, and of something that no number of customers makes slower.

	The two crowds are measured minutes apart, in which the machine may become twice as fast or as slow.
	"""
	bought = purchases(stage, CUSTOMER_ROUNDS)
	new, beside = alternating(
		CUSTOMER_ROUNDS,
		lambda: bring_in(next(bought)),
		lambda: frappe.get_doc("DocType", "Customer"),
	)
	return new, beside


@contextmanager
def _customers(stage: Stage, count: int) -> Iterator[None]:
	"""So many more customers, each with a primary address and a name of its own."""
	values = {"prefix": PREFIX, "group": stage.group, "territory": stage.territory}
	_fill(
		"Customer",
		count,
		"name, customer_name, customer_type, customer_group, territory, customer_primary_address",
		"concat(%(prefix)s, seq), concat(%(prefix)s, seq), 'Individual', %(group)s, %(territory)s, "
		"concat(%(prefix)s, seq)",
		values,
	)
	try:
		yield
	finally:
		frappe.db.rollback()
		frappe.db.sql("delete from `tabCustomer` where name like %s", f"{PREFIX}%")
		frappe.db.commit()


@contextmanager
def _notifications(count: int) -> Iterator[None]:
	"""So many in the inbox, the newest just now: most finished, some failed, few waiting."""
	_fill(
		NOTIFICATION,
		count,
		"name, status, topic, resource, source, account, user_id, received, attempts, priority, next_attempt",
		"concat(%(prefix)s, seq), case when seq %% 100 < 90 then 'Done' when seq %% 100 < 97 then 'Ignored' "
		"when seq %% 100 < 99 then 'Failed' else 'Waiting for retry' end, 'orders_v2', concat('/orders/', seq), "
		"'MercadoLibre', %(account)s, %(seller)s, now() - interval seq second, 1, 0, now() + interval 1 hour",
		{"prefix": PREFIX, "account": ACCOUNT_NAME, "seller": SELLER},
	)
	try:
		yield
	finally:
		frappe.db.rollback()
		frappe.db.truncate(NOTIFICATION)


def _fill(doctype: str, count: int, columns: str, values: str, arguments: dict) -> None:
	frappe.db.sql(
		f"""
		insert into `tab{doctype}` (creation, modified, owner, modified_by, {columns})
		select now(), now(), 'Administrator', 'Administrator', {values} from seq_1_to_{count}
		""",
		arguments,
	)
	frappe.db.commit()
	frappe.db.sql(f"analyze table `tab{doctype}`")


def _store_and_claim() -> float:
	def action() -> None:
		notification = intake.order_notification(frappe.generate_hash(length=8), SELLER)
		intake.store(notification, ACCOUNT_NAME, intake.SOURCE_POSTED, intake.PRIORITY_FRESH)
		frappe.db.commit()
		claims.claim("", 1)

	return alternating(ROUNDS, action)[0]
