"""The ground on a real bench: the checkout is installed into it, and nothing is built."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import machine, services
from .base import Ground
from .paths import APP, CHECKOUT, GROUND

RESULTS = GROUND / "bench-results"
VERSIONS = "import erpnext, frappe, json; print(json.dumps([frappe.__version__, erpnext.__version__]))"
CONNECTED = "from tests.ground.site import connect; import frappe, json; connect(); print(json.dumps({}))"
INSTALLED = CONNECTED.format("frappe.get_installed_apps()")
LANGUAGE = CONNECTED.format("frappe.db.get_single_value('System Settings', 'language')")


def prepare(bench: Path, site: str) -> Ground:
	"""Install the checkout into the bench and its site. Raises SystemExit where that is no bench or site."""
	ground = _found(bench, site)
	frappe = ["-m", "frappe.utils.bench_helper", "frappe", "--site", site]
	installed = APP in _output(ground, INSTALLED)
	_show_to_bench(ground)
	if installed:
		ground.end_interrupted_visit()
		ground.run_quietly("Migrating the site", *frappe, "migrate", "--skip-search-index")
	else:
		ground.run_quietly("Installing the app", *frappe, "install-app", APP)
	return _with_own_queue(ground)


def prepare_without_app(bench: Path, site: str) -> Ground:
	"""Install the checkout into the bench, but not into the site. Raises SystemExit where the site has it already."""
	ground = _found(bench, site)
	if APP in _output(ground, INSTALLED):
		raise SystemExit(f"{site} has the app: choose a site without it, and that may be used up")
	_show_to_bench(ground)
	return _with_own_queue(ground)


def _found(bench: Path, site: str) -> Ground:
	bench = bench.resolve()
	python = bench / "env" / "bin" / "python"
	sites = bench / "sites"
	for path in (python, sites / site / "site_config.json"):
		if not path.exists():
			raise SystemExit(f"{bench} is not a bench with the site {site}: {path} is missing")

	machine.install_for_bench()
	_install_package(python)
	nameless = Ground(python, sites, site, "")
	versions = _output(nameless, VERSIONS)
	language = _output(nameless, LANGUAGE)
	return Ground(
		python,
		sites,
		site,
		f"bench {bench}, Frappe {versions[0]}, ERPNext {versions[1]}, site {site}, language {language}",
		realtime=_realtime(bench, site),
	)


def _show_to_bench(ground: Ground) -> None:
	# Only after Frappe was started once, as on a bench in use: Redis holds the map of modules from before the app was added.
	_list_app(ground.sites / "apps.txt")
	_link_assets(ground.sites / "assets" / APP)


def _with_own_queue(ground: Ground) -> Ground:
	# So that neither the bench's workers nor its other sites' jobs come between. Last: what installing has queued
	# belongs to the bench.
	queue = services.start_redis()[services.QUEUE_VARIABLE]
	return replace(ground, redis={services.QUEUE_VARIABLE: queue})


def commit_and_state() -> str:
	"""The commit that is tested, and whether the checkout differs from it: "a1b2c3d clean"."""
	commit = _git("rev-parse", "--short=7", "HEAD")
	return f"{commit[:7]} {'dirty' if _git('status', '--porcelain') else 'clean'}"


def record(ground: Ground, commit: str, passed: int, failed: int) -> None:
	"""Write a line to .ground/bench-results, in the place of that of this Frappe major version and language.

	Seven fields: commit, "clean" or "dirty", Frappe's and ERPNext's version, language, passed, failed.
	"""
	frappe, erpnext = _output(ground, VERSIONS)
	line = f"{commit} {frappe} {erpnext} {_output(ground, LANGUAGE)} {passed} {failed}"
	lines = RESULTS.read_text().splitlines() if RESULTS.exists() else []
	kept = [other for other in lines if _place(other) != _place(line)]
	RESULTS.write_text("\n".join([*kept, line]) + "\n")


def _place(line: str) -> tuple[str, str]:
	"""Frappe's major version and the site's language."""
	_commit, _state, frappe, _erpnext, language, *_counts = line.split()
	return frappe.split(".")[0], language


def _install_package(python: Path) -> None:
	pip = [str(python), "-m", "pip", "-qq", "--disable-pip-version-check", "install"]
	subprocess.run([*pip, "--editable", str(CHECKOUT)], check=True)
	for tool in ("hypothesis", "pytest", "playwright"):
		if subprocess.run([str(python), "-c", f"import {tool}"], capture_output=True).returncode:
			subprocess.run([*pip, tool], check=True)


def _realtime(bench: Path, site: str) -> tuple[str, ...]:
	"""The bench's own socket.io server, with our queue and port: one that runs already listens to the bench's."""
	node = machine.program_path("node")
	if not node:
		raise SystemExit(f"Node.js is missing, with which {bench} serves socket.io")
	# It reads the configuration below this folder, where there is none, and takes what it needs from variables.
	variables = [f"FRAPPE_BENCH_ROOT={GROUND}", f"FRAPPE_SITE={site}"]
	return ("env", *variables, node, str(bench / "apps" / "frappe" / "socketio.js"))


def _list_app(apps: Path) -> None:
	listed = apps.read_text().split()
	if APP not in listed:
		apps.write_text("\n".join([*listed, APP]) + "\n")


def _link_assets(link: Path) -> None:
	# Another checkout may have been installed here before.
	if link.is_symlink():
		link.unlink()
	link.symlink_to(CHECKOUT / APP / "public")


def _output(ground: Ground, code: str) -> Any:
	return json.loads(ground.run("-c", code, check=True, capture_output=True, text=True).stdout)


def _git(*arguments: str) -> str:
	return subprocess.run(
		["git", *arguments], cwd=CHECKOUT, check=True, capture_output=True, text=True
	).stdout.strip()
