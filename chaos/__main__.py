"""`make chaos SEED=… MINUTES=…`: prints the schedule of faults and the books. Ends with 1 if they do not balance."""

import argparse
import sys
from random import SystemRandom

from benchmarks.stage import ACCOUNTS, set_up
from chaos.plan import plan
from chaos.run import Report, run
from tests.ground import arca
from tests.ground.site import connect

WORKERS = 3
DEFAULT_MINUTES = 2
# For ARCA, whenever a customer is written.
WAIT_SECONDS = 2


def main() -> int:
	arguments = _parse_arguments()
	sellers = list(ACCOUNTS.values())
	planned = plan(arguments.seed, arguments.minutes * 60, sellers, workers=arguments.workers)
	print(f"SEED={planned.seed} MINUTES={arguments.minutes:g}, {planned.workers} workers\n")
	for fault in planned.faults.events:
		print(fault)
	connect()
	with set_up() as stage:
		arca.configure(stage.simulator, wait_seconds=WAIT_SECONDS)
		report = run(planned, stage.simulator)
		_show(report)
	return int(bool(report.differences) or report.recovery is None)


def _show(report: Report) -> None:
	market = report.plan.market
	lines = {
		"orders, buyers": f"{len(market.orders)}, {len(market.buyers)}",
		"faults": report.plan.faults.count,
		"clock of one worker": f"{report.plan.skew // 3600:+} h",
		"notifications": f"{report.posted}, of which {report.accepted} were answered with 200, "
		f"after {report.repeated} repetitions; {report.missed} came as missed feeds",
		"failed for a person to mend": report.failed.total(),
		"accounts connected again": report.reconnected,
		"ended": ", ".join(f"{count} {status}" for status, count in report.outcomes.most_common()),
		"last fault recovered from": "never" if report.recovery is None else f"after {report.recovery:.0f} s",
	}
	print()
	for name, value in lines.items():
		print(f"{name:28} {value}")
	for kind, counted in (("Failed", report.failed), ("Left out", report.skipped)):
		for reason, count in counted.most_common():
			print(f"{kind}, {count} ×: {reason}")
	print(*report.differences, sep="\n")
	print("The books balance." if not report.differences else f"{len(report.differences)} DIFFERENCES.")


def _parse_arguments() -> argparse.Namespace:
	parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
	parser.add_argument("--seed", type=int, default=SystemRandom().randrange(1_000_000))
	parser.add_argument("--minutes", type=float, default=DEFAULT_MINUTES)
	parser.add_argument("--workers", type=int, default=WORKERS)
	return parser.parse_args()


if __name__ == "__main__":
	sys.exit(main())
