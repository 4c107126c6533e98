"""The table on the terminal and in docs/performance.md."""

import os
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path

import frappe
from frappe.utils import nowdate

from benchmarks.needs import BUSIEST_HOUR, CALLS_PER_ORDER, NOTIFICATIONS_PER_ORDER, Need
from benchmarks.row import Row
from tests.ground.paths import CHECKOUT

DOCUMENT = CHECKOUT / "docs" / "performance.md"
HEAD = """# How fast it is

Measured by `make bench` (also `BENCH=… SITE=…`), which writes this page. Every row stands beside its yardstick in the
same run, so that a slower machine makes both slower. Times are medians; statements are all that Frappe sends to the
database, locks and transactions included. MercadoLibre is simulated on the same machine; "slow" means that each of its
answers takes 150 ms.
"""


def write(rows: Sequence[Row], needed: Sequence[Need]) -> None:
	DOCUMENT.write_text("\n".join([HEAD, _where(), _table(rows), *_needs(needed), ""]))


def _where() -> str:
	import erpnext

	processor = next(
		(
			line.partition(":")[2].strip()
			for line in Path("/proc/cpuinfo").read_text().splitlines()
			if line.startswith("model name")
		),
		platform.machine(),
	)
	parts = [
		f"Date: {nowdate()}",
		f"Machine: {os.cpu_count()} cores, {processor}",
		f"Frappe {frappe.__version__}, ERPNext {erpnext.__version__}, Python {platform.python_version()}, "
		f"MariaDB {frappe.db.sql('select version()')[0][0]}",
	]
	if "NOT tested" in os.environ.get("MELI_GROUND", ""):
		parts.append("Without a bench: Frappe's fork, and a stand-in for ERPNext that does less than ERPNext")
	return "\n".join(f"- {part}" for part in parts) + "\n"


def _table(rows: Sequence[Row]) -> str:
	lines = ["| what | measured | yardstick | goal | |", "|---|---|---|---|---|"]
	lines += [
		f"| {row.name} | {row.measured} | {row.yardstick} | {row.goal} | {row.verdict} |" for row in rows
	]
	return "\n".join(lines) + "\n"


def _needs(needed: Iterable[Need]) -> list[str]:
	lines = [
		"## What a site needs",
		"",
		f"Calculated from the figures above: the busiest hour has {BUSIEST_HOUR:.0%} of the day's orders, a sale brings "
		f"{NOTIFICATIONS_PER_ORDER} notifications and costs {CALLS_PER_ORDER} calls, every order is of a new buyer, and "
		"workers are busy for 70 % of that hour.",
		"",
		"| orders a day | in the busiest hour | workers for the inbox | a web process is busy | calls in that hour | database, first year | gives way first |",
		"|---|---|---|---|---|---|---|",
	]
	lines += [
		f"| {need.orders:,} | {need.per_second:.2f}/s | {need.workers} | {need.web_share:.0%} | {need.calls:,.0f} | "
		f"{need.megabytes:,.0f} MB | {need.gives_way_first} |"
		for need in needed
	]
	return lines
