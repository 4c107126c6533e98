"""`make bench`: measures, prints the table, and writes docs/performance.md. Ends with 1 if a row falls short.

Arguments narrow it to some subjects; then nothing is written.
"""

import argparse
import sys

from benchmarks import acknowledging, again, calls, crowd, draining, faults, needs, queueing, report, writing
from benchmarks.row import Row
from benchmarks.stage import Stage, set_up
from tests.ground.site import connect

SUBJECTS = {
	"acknowledging": acknowledging,
	"writing": writing,
	"draining": draining,
	"queueing": queueing,
	"calls": calls,
	"faults": faults,
	"crowd": crowd,
	"again": again,
}


def main() -> int:
	parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
	parser.add_argument("subjects", nargs="*", metavar="subject", help=", ".join(SUBJECTS))
	chosen = parser.parse_args().subjects
	connect()
	with set_up() as stage:
		rows = _measure(stage, chosen or list(SUBJECTS))
	if not chosen:
		report.write(rows, list(needs.needs(_figures(rows))))
	short = [row for row in rows if row.reached is False]
	print(f"\n{len(rows) - len(short)} of {len(rows)} rows reach their goal or could not be measured here.")
	return int(bool(short))


def _measure(stage: Stage, subjects: list[str]) -> list[Row]:
	rows = []
	for name in subjects:
		for row in SUBJECTS[name].rows(stage):
			print(row, flush=True)
			rows.append(row)
	return rows


def _figures(rows: list[Row]) -> dict[str, float]:
	return {name: figure for row in rows for name, figure in row.figures.items()}


if __name__ == "__main__":
	sys.exit(main())
