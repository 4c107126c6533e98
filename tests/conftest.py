"""What pytest does around the tests, beside finding and running them."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _empty_queue() -> None:
	"""Let no test's jobs wait behind those that another test has left. The queue is this ground's own."""
	if address := os.environ.get("FRAPPE_REDIS_QUEUE"):
		import redis

		redis.from_url(address).flushdb()


@pytest.fixture(scope="session", autouse=True)
def _site_as_found() -> Iterator[None]:
	"""Fail the run if a table that its processes wrote to has more or fewer rows afterwards than before."""
	yield
	# Without tests on a site, as with tests/unit alone, there was no visit, and Frappe need not be there.
	if visit := sys.modules.get("tests.ground.visit"):
		left = visit.end()
		assert not left, f"Rows left on the site, by table: {left}"


def pytest_terminal_summary(terminalreporter) -> None:
	"""Tell tests/ground/run.py what pytest counted."""
	if path := os.environ.get("MELI_OUTCOME"):
		counts = {name: len(terminalreporter.getreports(name)) for name in ("passed", "failed", "error")}
		outcome = {"passed": counts["passed"], "failed": counts["failed"] + counts["error"]}
		Path(path).write_text(json.dumps(outcome))
