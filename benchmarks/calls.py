"""How often MercadoLibre is asked, and in how many steps one after the other."""

from collections.abc import Iterator, Sequence

import frappe

from benchmarks.clock import seconds_until
from benchmarks.draining import arrival
from benchmarks.row import Row
from benchmarks.stage import ACCOUNT_NAME, LATENCY_SECONDS, Stage
from mercadolibre_sync.backfill.run import BACKFILL
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.sync.accounts import ACCOUNT
from simulator.control import Call
from tests.ground.process import web_server, workers

BACKFILLED = 1_000
LIMIT_SECONDS = 300


def rows(stage: Stage) -> Iterator[Row]:
	stage.calm()
	with web_server() as url, workers():
		stage.answer_slowly()
		(order,) = stage.orders(1)
		new = _asked(stage, url, order)
		again = _asked(stage, url, order)
		stage.meli.set_order(order)
		newer = _asked(stage, url, order)
		yield Row(
			"calls to MercadoLibre for a new buyer's order",
			f"{len(new)}, in {_steps(new)} steps",
			"3 resources: order, billing info, shipment",
			"3, in two steps",
			len(new) == 3 and _steps(new) == 2,
		)
		yield Row("calls for the same version notified again", f"{len(again)}", "1", "1", len(again) == 1)
		yield Row(
			"calls for a newer version of a known, complete order", f"{len(newer)}", "1", "1", len(newer) == 1
		)
		stage.calm()
		yield from _backfills(stage)
	stage.calm()


def _asked(stage: Stage, url: str, order: str) -> list[Call]:
	# `arrival` waits for the end of all notifications of the order; those before are over.
	frappe.db.delete(NOTIFICATION)
	frappe.db.commit()
	stage.meli.forget_calls()
	arrival(stage, url, order)
	return stage.api_calls()


def _steps(calls: Sequence[Call]) -> int:
	"""Calls that had to wait for an earlier one's answer, and the first."""
	steps, began = 0, 0.0
	for call in calls:
		# Whoever asks before that answer can have come did not wait for it.
		if call.at - began >= LATENCY_SECONDS:
			steps, began = steps + 1, call.at
	return steps


def _backfills(stage: Stage) -> Iterator[Row]:
	stage.orders(BACKFILLED)
	calls, _found = _backfill(stage)
	yield _backfill_row("of a new buyer", calls, BACKFILLED, 2.05)
	# Those of the benchmarks before are known as well.
	yield _backfill_row("known in this version", *_backfill(stage), 0.02)


def _backfill_row(which: str, calls: int, orders: int, goal: float) -> Row:
	"""Also counted: how the search finds out how many orders there are."""
	return Row(
		f"calls in a back-fill, per order {which}",
		f"{calls / orders:.3f}",
		f"{calls:,} calls for {orders:,} orders",
		f"≤ {goal}, to two places",
		round(calls / orders, 2) <= goal,
	)


def _backfill(stage: Stage) -> tuple[int, int]:
	"""Calls of a back-fill of two days, up to the last order that it queued, and how many orders it found."""
	stage.meli.forget_calls()
	since = frappe.utils.add_days(frappe.utils.now_datetime(), -2)
	name = frappe.get_doc(ACCOUNT, ACCOUNT_NAME).synchronise(str(since))
	frappe.db.commit()
	seconds_until(lambda: _is_over(name), LIMIT_SECONDS)
	return len(stage.api_calls()), frappe.db.get_value(BACKFILL, name, "found")


def _is_over(backfill: str) -> bool:
	frappe.db.rollback()
	is_searched = frappe.db.get_value(BACKFILL, backfill, "status") in ("Completed", "Failed")
	return is_searched and not frappe.db.exists(NOTIFICATION, {"status": ("in", ("Queued", "Processing"))})
