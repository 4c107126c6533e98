"""What the Makefile calls: prepares the ground, then runs on it. See --help."""

import argparse
import contextlib
import fcntl
import json
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from . import bench, services
from .base import Ground
from .fork import ground as fork
from .paths import CHECKOUT, GROUND, LOGS

# What holds during a run. A bench's own scheduler would empty the inbox that a test has filled.
CONFIG = {"developer_mode": 1, "pause_scheduler": 1}
# What tests, demo and benchmarks may change in site_config.json.
CONFIG_KEYS = (*CONFIG, "host_name", "mercadolibre_sync_simulator", "socketio_port")

# They need no site, and so can run beside those that do.
WITHOUT_SITE = "tests/unit"


@dataclass(frozen=True)
class Outcome:
	status: int
	passed: int
	failed: int

	def __add__(self, other: "Outcome") -> "Outcome":
		return Outcome(self.status or other.status, self.passed + other.passed, self.failed + other.failed)


def main() -> int:
	arguments = _parse_arguments()
	# Into a file or a pipe too, what is said here stays in order with what the processes say.
	sys.stdout.reconfigure(line_buffering=True)
	# So that what is open is closed in order when the run is stopped.
	signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
	if arguments.command == "clean":
		return clean()

	started = time.monotonic()
	GROUND.mkdir(exist_ok=True)
	with _alone():
		shutil.rmtree(LOGS, ignore_errors=True)
		ground = _prepare(arguments)
		prepared = time.monotonic() - started
		with _configured(ground):
			status = _perform(arguments, ground)

	print(f"\nWall time: {time.monotonic() - started:.0f} s, of which the ground took {prepared:.0f} s.")
	print(f"Ground: {ground.description}")
	return status


def _prepare(arguments: argparse.Namespace) -> Ground:
	if arguments.command == "upgrade":
		return bench.prepare_without_app(arguments.bench, arguments.site)
	if arguments.bench is not None:
		return bench.prepare(arguments.bench, arguments.site)
	return fork.prepare(arguments.language)


def _perform(arguments: argparse.Namespace, ground: Ground) -> int:
	match arguments.command:
		case "demo":
			return run_demo(ground)
		case "desk":
			return open_desk(ground)
		case "pictures":
			return ground.run("-m", "demo.pictures").returncode
		case "bench":
			return run_benchmarks(ground, arguments.only)
		case "upgrade":
			return ground.run("-m", "upgrade").returncode
		case "chaos" | "soak":
			return ground.run("-m", arguments.command, *arguments.only).returncode
	return run_tests(ground, arguments.only, arguments.bench is not None)


def run_tests(ground: Ground, selected: list[str], on_bench: bool) -> int:
	"""Run the checks and the suite; on a bench record the result. Return the exit status.

	`selected` narrows the suite; then neither are the checks run nor the result recorded.
	"""
	# Taken before the run: a commit made meanwhile was not what ran.
	commit = bench.commit_and_state() if on_bench else ""
	if selected:
		return _run_pytest(ground, *selected).status
	with ThreadPoolExecutor() as meanwhile:
		checks = meanwhile.submit(lambda: [] if on_bench else _run_checks(ground))
		beside = meanwhile.submit(_run_without_site, ground)
		outcome = _run_pytest(ground, f"--ignore={WITHOUT_SITE}")
	outcome += beside.result()
	print(f"\nIn all {outcome.passed} passed, {outcome.failed} failed.")
	if on_bench:
		bench.record(ground, commit, outcome.passed, outcome.failed)
	if failed_checks := checks.result():
		print(f"\nFailed beside the tests: {', '.join(failed_checks)}")
	return outcome.status or len(failed_checks)


def run_demo(ground: Ground) -> int:
	"""Run demo/ with the same environment as the tests. Return its exit status."""
	status = ground.run("-m", "demo").returncode
	print("\nTo see it on the desk, and to play the buyers: make desk, with the same BENCH and SITE if any.")
	return status


def open_desk(ground: Ground) -> int:
	"""Keep a desk up until Ctrl-C or SIGTERM. Return its exit status."""
	desk = ground.start("-m", "demo.desk")
	# A terminal interrupts the desk too, which then tidies up and ends by itself.
	signal.signal(signal.SIGINT, lambda *_: None)
	signal.signal(signal.SIGTERM, lambda *_: desk.terminate())
	return desk.wait()


def run_benchmarks(ground: Ground, selected: list[str]) -> int:
	"""Run benchmarks/, or those of its subjects that are `selected`. Return the exit status."""
	environment = ground.environment() | {"MELI_GROUND": ground.description}
	return ground.run("-m", "benchmarks", *selected, env=environment).returncode


def clean() -> int:
	"""Stop what was started here and nothing else, then remove the folder."""
	if GROUND.exists():
		services.stop_all()
		shutil.rmtree(GROUND)
	return 0


def _run_checks(ground: Ground) -> list[str]:
	"""Lint and type-check the checkout. Return what failed."""
	failed = []
	for check in ("ruff check", "ruff format --check", "mypy"):
		done = subprocess.run(
			[str(ground.python), "-m", *check.split()], cwd=CHECKOUT, capture_output=True, text=True
		)
		# In one piece, as the tests talk meanwhile.
		print(f"\n{check}: {done.stdout}{done.stderr}", flush=True)
		if done.returncode:
			failed.append(check)
	return failed


def _run_without_site(ground: Ground) -> Outcome:
	"""Run the tests that need no site, where none can be found."""
	with tempfile.TemporaryFile("w+") as output:
		outcome = _run_pytest(
			ground,
			WITHOUT_SITE,
			env=ground.environment_without_site(),
			stdout=output,
			stderr=subprocess.STDOUT,
		)
		output.seek(0)
		# In one piece, as the others talk meanwhile.
		print(output.read(), flush=True)
	return outcome


def _run_pytest(ground: Ground, *arguments: str, env: dict[str, str] | None = None, **options) -> Outcome:
	with tempfile.NamedTemporaryFile("r") as counts:
		env = (env or ground.environment()) | {"MELI_OUTCOME": counts.name}
		status = ground.run("-m", "pytest", *arguments, cwd=CHECKOUT, env=env, **options).returncode
		# Written by tests/conftest.py, unless pytest could not even start.
		counted = json.loads(counts.read() or '{"passed": 0, "failed": 0}')
	# Who was stopped half-way has not passed, though no test had failed by then.
	return Outcome(status, counted["passed"], counted["failed"] or int(status != 0))


@contextlib.contextmanager
def _alone() -> Iterator[None]:
	"""Wait for another run in this checkout: both would write to the same site."""
	with (GROUND / "lock").open("w") as lock:
		try:
			fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
		except BlockingIOError:
			print("Another run is using the ground; waiting for it.", flush=True)
			fcntl.flock(lock, fcntl.LOCK_EX)
		yield


@contextlib.contextmanager
def _configured(ground: Ground) -> Iterator[None]:
	"""CONFIG for the run. Afterwards the keys that it or the tests changed are what they were."""
	kept = ground.site_config.with_name("mercadolibre-visit-config.json")
	# There already where a run was killed: what it found counts, not what it left.
	if not kept.exists():
		before = json.loads(ground.site_config.read_text())
		kept.write_text(json.dumps({key: before.get(key) for key in CONFIG_KEYS}))
	_update_config(ground.site_config, CONFIG)
	try:
		yield
	finally:
		# Not the whole file: Frappe writes the key that decrypts the site's passwords into it when first needed.
		_update_config(ground.site_config, json.loads(kept.read_text()))
		kept.unlink()


def _update_config(path: Path, values: dict[str, object]) -> None:
	config = json.loads(path.read_text()) | values
	kept = {key: value for key, value in config.items() if value is not None}
	path.write_text(json.dumps(kept, indent=1, sort_keys=True))


def _parse_arguments() -> argparse.Namespace:
	parser = argparse.ArgumentParser(prog="tests.ground.run", description=__doc__)
	parser.add_argument(
		"command", choices=["test", "demo", "desk", "pictures", "bench", "chaos", "soak", "upgrade", "clean"]
	)
	parser.add_argument("--bench", type=Path, help="bench to run on, instead of Frappe's fork")
	parser.add_argument("--site", help="the bench's site")
	parser.add_argument("--language", choices=["es", "en"], default="es", help="of the site without a bench")
	parser.add_argument(
		"--only",
		type=shlex.split,
		default=[],
		help="pytest's arguments, for a part of the suite and no checks; of bench the subjects, such as writing; of chaos and soak their options",
	)
	arguments = parser.parse_args()
	if (arguments.bench is None) != (arguments.site is None):
		parser.error("BENCH and SITE go together")
	if arguments.command == "upgrade" and arguments.bench is None:
		parser.error(
			"upgrade needs BENCH and SITE: only a bench migrates, uninstalls and installs as sellers do"
		)
	return arguments


if __name__ == "__main__":
	try:
		sys.exit(main())
	except subprocess.CalledProcessError as error:
		sys.exit(f"Failed: {shlex.join(error.cmd)}")
