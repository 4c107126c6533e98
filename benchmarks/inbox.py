"""What the inbox's own queries cost at a thousand rows and at a million, beside a yardstick in the same run.

The yardstick is a read by primary key: what the machine and the driver cost without any search.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import frappe

from mercadolibre_sync.inbox import claims, housekeeping, intake, missed_feeds, sweep
from mercadolibre_sync.inbox.states import NOTIFICATION, PRIORITY_FRESH
from mercadolibre_sync.meli.notification import Notification
from simulator.control import MeliControl
from tests.ground.site import connect
from tests.ground.visit import visit
from tests.site.base import ACCOUNT_NAME, SELLER, make_account, simulator_url

SIZES = (1_000, 1_000_000)
ROUNDS = 50


def main() -> None:
	parser = argparse.ArgumentParser(prog="python -m benchmarks.inbox", description=__doc__)
	parser.add_argument("--rows", type=int, nargs="+", default=SIZES)
	connect()
	with visit():
		MeliControl(simulator_url()).add_seller(SELLER, ACCOUNT_NAME)
		make_account()
		frappe.db.commit()
		rows = 0
		for size in parser.parse_args().rows:
			fill(rows, size)
			rows = size
			report(size)


def fill(first: int, last: int) -> None:
	"""Bring the inbox to `last` rows, of which `first` are there already: one every two seconds until now.

	Of what has been there for a while most is finished, some failed and little waits.
	"""
	frappe.db.sql(
		f"""
		insert into `tab{NOTIFICATION}` (
			name, creation, modified, owner, modified_by, status, topic, resource, source, account, user_id,
			received, attempts, priority, next_attempt
		)
		select left(md5(seq), 16), moment, moment, 'Administrator', 'Administrator',
			case when seq %% 100 < 90 then 'Done' when seq %% 100 < 97 then 'Ignored'
				when seq %% 100 < 99 then 'Failed' else 'Waiting for retry' end,
			'orders_v2', concat('/orders/', seq), 'MercadoLibre', %(account)s, %(seller)s,
			moment, 1, 0, now() + interval 1 hour
		from (select seq, now() - interval seq * 2 second as moment from seq_{first + 1}_to_{last}) as numbers
		""",
		{"account": ACCOUNT_NAME, "seller": SELLER},
	)
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
	measure("look for what waited for an account", lambda _number: claims.requeue_connected())
	measure("newest notification per account", lambda _number: sweep.note_last_notifications())
	measure("is a missed one known", lambda number: missed_feeds._is_known(notification(number)))
	measure("anything to delete after 30 days", lambda _number: housekeeping.delete_finished(30))
	explain()


def store(number: int) -> None:
	intake.store(notification(number), ACCOUNT_NAME, intake.SOURCE_POSTED, PRIORITY_FRESH)
	frappe.db.commit()


def measure(what: str, action: Callable[[int], object]) -> None:
	times = []
	for number in range(ROUNDS):
		started = time.perf_counter()
		action(number)
		times.append((time.perf_counter() - started) * 1000)
	frappe.db.commit()
	print(f"  {what:<36} median {statistics.median(times):7.2f} ms   longest {max(times):7.2f} ms")


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
