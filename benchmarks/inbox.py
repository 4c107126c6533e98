"""What the inbox's own queries cost at a thousand rows and at a million, beside a yardstick in the same run.

The yardstick is a read by primary key: what the machine and the driver cost without any search.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import frappe

from mercadolibre_sync.inbox import claims, housekeeping, intake, missed_feeds, sweep
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.meli.notification import Notification
from tests.ground.site import connect
from tests.site.base import ACCOUNT_NAME, SELLER, clean, make_account

SIZES = (1_000, 1_000_000)
ROUNDS = 50
BATCH = 10_000
# Of what has been in the inbox for a while: most is finished, little waits, some failed.
MIX = ("Done",) * 90 + ("Ignored",) * 7 + ("Waiting for retry", "Failed", "Failed")


def main() -> None:
	parser = argparse.ArgumentParser(prog="python -m benchmarks.inbox", description=__doc__)
	parser.add_argument("--rows", type=int, nargs="+", default=SIZES)
	connect()
	clean()
	make_account()
	frappe.db.commit()
	rows = 0
	try:
		for size in parser.parse_args().rows:
			fill(rows, size)
			rows = size
			report(size)
	finally:
		frappe.db.truncate(NOTIFICATION)
		clean()


def fill(first: int, last: int) -> None:
	"""Bring the inbox to `last` rows, of which `first` are there already."""
	for start in range(first, last, BATCH):
		numbers = range(start, min(start + BATCH, last))
		notifications = [notification(number) for number in numbers]
		names = intake.store_all(notifications, ACCOUNT_NAME, intake.SOURCE_POSTED, intake.PRIORITY_FRESH)
		for status in set(MIX):
			chosen = [
				name for number, name in zip(numbers, names, strict=True) if MIX[number % 100] == status
			]
			table = frappe.qb.DocType(NOTIFICATION)
			frappe.qb.update(table).set(table.status, status).where(table.name.isin(chosen)).run()
		frappe.db.commit()
	frappe.db.sql(f"analyze table `tab{NOTIFICATION}`")


def notification(number: int) -> Notification:
	return Notification("orders_v2", f"/orders/{number + 1}", SELLER, "1", None, None)


def report(size: int) -> None:
	print(f"\n{size:,} rows")
	some = frappe.get_all(NOTIFICATION, pluck="name", limit=1)[0]
	measure(
		"yardstick: one row by primary key", lambda _number: frappe.db.get_value(NOTIFICATION, some, "status")
	)
	measure("intake: store one notification", store)
	measure("claim the next one", lambda _number: claims.claim_next())
	measure("look for what is due", lambda _number: claims.requeue_due())
	measure("look for what was abandoned", lambda _number: claims.requeue_abandoned())
	measure("newest notification per account", lambda _number: sweep.note_last_notifications())
	measure("is a missed one known", lambda number: missed_feeds._is_known(notification(number)))
	measure("anything to delete after 30 days", lambda _number: housekeeping.delete_finished(30))
	explain()


def store(number: int) -> None:
	intake.store(notification(number), ACCOUNT_NAME, intake.SOURCE_POSTED, intake.PRIORITY_FRESH)
	frappe.db.commit()


def measure(what: str, action: Callable[[int], object]) -> None:
	times = []
	for number in range(ROUNDS):
		started = time.perf_counter()
		action(number)
		times.append((time.perf_counter() - started) * 1000)
	frappe.db.commit()
	print(f"  {what:<34} median {statistics.median(times):7.2f} ms   longest {max(times):7.2f} ms")


def explain() -> None:
	queries = {
		"claim": "select resource, user_id from `tab{0}` where status = 'Queued' order by priority, received limit 20",
		"due": "select name from `tab{0}` where status = 'Waiting for retry' and next_attempt <= now() limit 1000",
		"fold": "select name from `tab{0}` where resource = '/orders/7' and user_id = '{1}' and status = 'Queued'",
		"newest": "select received from `tab{0}` where account = '{2}' and source = 'MercadoLibre' order by received desc limit 1",
		"delete": "select name from `tab{0}` where status in ('Done', 'Ignored') and modified < now() - interval 30 day limit 1000",
	}
	for what, query in queries.items():
		(plan,) = frappe.db.sql("explain " + query.format(NOTIFICATION, SELLER, ACCOUNT_NAME), as_dict=True)
		print(f"  explain {what:<7} {plan.type:<6} key {plan.key}, about {plan.rows} rows, {plan.Extra}")


if __name__ == "__main__":
	main()
