"""`make soak NOTIFICATIONS=…`: prints a sample for each hour of the day. Ends with 1 if something was lost, doubled or keeps growing."""

import argparse
import sys
from collections.abc import Iterator, Sequence

import frappe

from benchmarks.stage import set_up
from mercadolibre_sync.inbox.states import DONE, IGNORED, NOTIFICATION
from soak.run import TABLES, Day, Sample
from tests.ground.site import connect

NOTIFICATIONS = 100_000
# From the sale's end to midnight, when everything that is kept in memory has been met.
STEADY = 1.2
AFTER_THE_SALE, EVENING = slice(14, 17), slice(21, None)


def main() -> int:
	arguments = _parse_arguments()
	connect()
	with set_up() as stage:
		stage.calm()
		before = frappe.db.count("Customer")
		print(
			" time   posted waiting    web worker  redis   keys", *(table[-7:].rjust(7) for table in TABLES)
		)
		day = Day(stage, arguments.notifications)
		day.run()
		customers = frappe.db.count("Customer") - before
		problems = list(_problems(day, customers))
	print(f"\n{day.posted} notifications, {day.refused} not answered with 200, in {day.seconds:.0f} s")
	print(*problems or ["Nothing was lost or doubled, and nothing keeps growing."], sep="\n")
	return int(bool(problems))


def _problems(day: Day, customers: int) -> Iterator[str]:
	if day.refused:
		yield f"{day.refused} notifications were not answered with 200."
	if customers != day.buyers:
		yield f"{day.buyers} buyers became {customers} customers."
	if not day.outcomes.keys() <= {DONE, IGNORED} or sum(day.outcomes.values()) != day.posted:
		yield f"Of {day.posted} notifications came {day.outcomes}."
	*hours, later = day.samples
	if later.rows[NOTIFICATION]:
		yield f"{later.rows[NOTIFICATION]} notifications stay for ever."
	for what in ("web", "worker", "redis", "keys"):
		after_the_sale, evening = _most(hours[AFTER_THE_SALE], what), _most(hours[EVENING], what)
		if evening > STEADY * after_the_sale:
			yield f"{what} grew from {after_the_sale:.0f} after the sale to {evening:.0f} in the evening."


def _most(samples: Sequence[Sample], what: str) -> float:
	return max(getattr(sample, what) for sample in samples)


def _parse_arguments() -> argparse.Namespace:
	parser = argparse.ArgumentParser(prog="python -m soak", description=__doc__)
	parser.add_argument("--notifications", type=int, default=NOTIFICATIONS)
	return parser.parse_args()


if __name__ == "__main__":
	sys.exit(main())
