"""`make bench`: measures, prints the table, and writes docs/performance.md. Ends with 1 if a row falls short."""

import sys

from benchmarks import acknowledging, writing
from benchmarks.row import Row
from benchmarks.stage import set_up
from tests.ground.site import connect

SUBJECTS = {"acknowledging": acknowledging, "writing": writing}


def main() -> int:
	connect()
	rows: list[Row] = []
	with set_up() as stage:
		for name in sys.argv[1:] or SUBJECTS:
			for row in SUBJECTS[name].rows(stage):
				print(row, flush=True)
				rows.append(row)
	return int(any(row.reached is False for row in rows))


if __name__ == "__main__":
	sys.exit(main())
