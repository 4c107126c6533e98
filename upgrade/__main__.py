"""`make upgrade BENCH=… SITE=…`: prints each step, and what was lost, changed or doubled by it. Ends with 1 if something was.

SITE must not have the app, and is used up: the customers of the trial stay on it.
"""

import os
import sys
import time
from collections.abc import Callable

from simulator.server import running
from tests.ground.paths import CHECKOUT
from tests.ground.process import wait_for, web_server, workers
from upgrade import books
from upgrade.site import FIRST, FIRST_APP, Version, unpack_first

APP = "mercadolibre_sync"
CROWD = 300
PATIENCE_SECONDS = 300
WORKERS = 2
ENDED = {"Done", "Ignored"}


def main() -> int:
	unpack_first()
	with running() as simulator:
		trial = Trial(simulator)
		trial.run()
	print(
		"\nNothing was lost, changed or doubled."
		if not trial.problems
		else f"{len(trial.problems)} PROBLEMS."
	)
	return int(bool(trial.problems))


class Trial:
	"""`simulator`: the address of MercadoLibre and ARCA, which outlive every version."""

	def __init__(self, simulator: str) -> None:
		self.simulator = simulator
		self.first, self.this = Version(FIRST_APP), Version(CHECKOUT)
		self.problems: list[str] = []

	def run(self) -> None:
		self.step(f"Install the first version, {FIRST}", self.install_first)
		self.step("Sync buyers of every kind with it", self.first.call, "first.fill", self.simulator)
		self.say_what_is_there()
		before = self.first.call("books.snapshot")
		self.step("Migrate to this version", self.migrate)
		migrated = self.compare(before)
		self.step("Migrate again", self.migrate)
		self.compare(migrated, to_the_letter=True)
		self.step("Sweep, press Retry, empty the inbox", self.this.call, "second.go_on")
		self.expect_all_ended()
		self.step("Every buyer orders again", self.everybody_orders_again)
		self.step(
			f"Migrate, and start the web server anew, while {CROWD} orders are synced", self.migrate_meanwhile
		)
		self.step("Uninstall, install, connect; every buyer orders again", self.leave_and_return)
		self.step("Uninstall", self.leave)

	def step(self, title: str, do: Callable[..., object], *arguments: object) -> None:
		began = time.monotonic()
		do(*arguments)
		print(f"{title}: {time.monotonic() - began:.0f} s", flush=True)

	def install_first(self) -> None:
		# That version installed at the second attempt only where Redis held the map of modules from before it was added.
		self.first.bench("clear-cache")
		self.first.bench("install-app", APP)

	def migrate(self) -> None:
		self.this.bench("migrate", "--skip-search-index")

	def compare(self, before: books.Snapshot, *, to_the_letter: bool = False) -> books.Snapshot:
		"""Note what is not as before, and return what is there now.

		What the app brings along it may change, and new rows and columns are its own, but not `to_the_letter`.
		"""
		now = self.this.call("books.snapshot")
		compared = (
			before
			if to_the_letter
			else {table: before[table] for table in before if table not in books.BROUGHT}
		)
		self.note(books.differences(compared, now))
		if to_the_letter:
			self.note(books.differences(now, before))
		return now

	def say_what_is_there(self) -> None:
		print(
			f"  {self.this.call('books.counts')}, notifications {self.this.call('books.states')}", flush=True
		)

	def expect_all_ended(self) -> None:
		states = self.this.call("books.states")
		if not states.keys() <= ENDED:
			self.note([f"Not all notifications have ended well: {states}"])
		self.say_what_is_there()

	def everybody_orders_again(self) -> None:
		"""Nobody is there twice, nor has another address or contact, for ordering without a delivery."""
		before = self.this.call("books.counts")
		self.this.call("second.order_again", self.simulator)
		now = self.this.call("books.counts")
		if now != before or now["twice"]:
			self.note([f"There were {before}, and are {now}"])
		self.expect_all_ended()

	def migrate_meanwhile(self) -> None:
		before = self.this.call("books.counts")
		with workers(count=WORKERS):
			with web_server():
				self.this.call("second.crowd", self.simulator, CROWD)
				self.migrate()
			with web_server():
				wait_for(lambda: self.this.call("books.states").keys() <= ENDED, PATIENCE_SECONDS)
		now = self.this.call("books.counts")
		if now != {kind: count + CROWD * (kind != "twice") for kind, count in before.items()}:
			self.note([f"There were {before}, {CROWD} came, and there are {now}"])
		self.say_what_is_there()

	def leave_and_return(self) -> None:
		customers = self.this.call("books.shop")
		self.leave()
		self.note(books.differences(customers, self.this.call("books.shop")))
		self.this.bench("install-app", APP)
		self.note(books.differences(customers, self.this.call("books.shop")))
		self.this.call("account.connect", self.simulator, "one")
		self.everybody_orders_again()

	def leave(self) -> None:
		self.this.bench("uninstall-app", APP, "--yes", "--no-backup")

	def note(self, problems: object) -> None:
		for problem in problems:
			print(f"  PROBLEM: {problem}", flush=True)
			self.problems.append(problem)


if __name__ == "__main__":
	assert "MELI_SITE" in os.environ, "Run it through `make upgrade`"
	sys.exit(main())
