"""Tells tests/ground/run.py what pytest counted."""

import json

from tests.ground.paths import OUTCOME


def pytest_terminal_summary(terminalreporter) -> None:
	counts = {name: len(terminalreporter.getreports(name)) for name in ("passed", "failed", "error")}
	if OUTCOME.parent.is_dir():
		OUTCOME.write_text(
			json.dumps({"passed": counts["passed"], "failed": counts["failed"] + counts["error"]})
		)
