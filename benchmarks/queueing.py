"""Who has to wait for whom: jobs of others in the queue, and notifications of another account that fail."""

from collections.abc import Iterator

import frappe

from benchmarks.clock import seconds_until
from benchmarks.draining import arrival
from benchmarks.row import Row
from benchmarks.stage import ACCOUNT_NAME, OTHER_SELLER, SELLER, Stage
from mercadolibre_sync.inbox import intake, wake
from mercadolibre_sync.inbox.states import NOTIFICATION
from tests.ground.process import web_server, workers

JOBS = 400
FAILING = 4_800
# An order's number that MercadoLibre does not know.
UNKNOWN = 7_000_000_000
LIMIT_SECONDS = 60


def rows(stage: Stage) -> Iterator[Row]:
	with web_server() as url:
		yield _behind_jobs_of_others(stage, url)
		yield _behind_failures_of_another(stage, url)
	stage.calm()


def _behind_jobs_of_others(stage: Stage, url: str) -> Row:
	stage.calm()
	(order,) = stage.orders(1)
	for number in range(JOBS):
		# What Frappe leaves in the queue for each customer that somebody deletes.
		frappe.enqueue(
			"frappe.model.delete_doc.delete_dynamic_links", doctype="Customer", name=f"nobody {number}"
		)
	# As an ordinary bench has them: one for all queues.
	with workers():
		waited = arrival(stage, url, order, LIMIT_SECONDS)
	return _row(f'{JOBS} jobs of others in the queue "default"', waited, "an idle queue", 2)


def _behind_failures_of_another(stage: Stage, url: str) -> Row:
	stage.calm()
	(order,) = stage.orders(1, OTHER_SELLER)
	notifications = [intake.order_notification(str(UNKNOWN + number), SELLER) for number in range(FAILING)]
	intake.store_all(notifications, ACCOUNT_NAME, intake.SOURCE_POSTED, intake.PRIORITY_FRESH)
	frappe.db.commit()
	wake.wake()
	with workers():
		seconds_until(
			lambda: frappe.db.rollback() or frappe.db.exists(NOTIFICATION, {"status": "Failed"}), 30
		)
		waited = arrival(stage, url, order, LIMIT_SECONDS, OTHER_SELLER)
	return _row(
		f"{FAILING:,} notifications of one account that all fail, then one of another", waited, "–", 5
	)


def _row(name: str, waited: float | None, yardstick: str, goal: float) -> Row:
	measured = f"done after {waited:.1f} s" if waited else f"not within {LIMIT_SECONDS} s"
	return Row(name, measured, yardstick, f"≤ {goal} s", bool(waited and waited <= goal))
