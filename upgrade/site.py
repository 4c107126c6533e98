"""Processes with one version of the app or the other, on one site."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import frappe

from tests.ground.paths import APP, CHECKOUT, GROUND

# The first version that was landed.
FIRST = "b6c6807"
FIRST_APP = GROUND / "first-version"


def unpack_first() -> None:
	"""Take the first version's package out of git. Raises CalledProcessError in a checkout without history."""
	FIRST_APP.mkdir(exist_ok=True)
	archive = subprocess.run(
		["git", "-C", str(CHECKOUT), "archive", FIRST, APP], check=True, stdout=subprocess.PIPE
	)
	subprocess.run(["tar", "-x", "-C", str(FIRST_APP)], input=archive.stdout, check=True)


def connect() -> None:
	"""Connect as Administrator, without noting what is made: nothing is tidied up."""
	site, sites = os.environ["MELI_SITE"], os.environ["MELI_SITES_PATH"]
	os.chdir(sites)
	frappe.init(site, sites_path=sites)
	frappe.connect()
	frappe.set_user("Administrator")


class Version:
	"""One version of the app. `folder`: where its package lies; it goes before the one that the bench has installed."""

	def __init__(self, folder: Path) -> None:
		self._environment = os.environ | {"PYTHONPATH": f"{folder}:{CHECKOUT}"}

	def bench(self, *command: str) -> None:
		"""`bench --site SITE command`. Raises SystemExit with what it said where it fails."""
		site = os.environ["MELI_SITE"]
		done = self._run("-m", "frappe.utils.bench_helper", "frappe", "--site", site, *command)
		if done.returncode:
			raise SystemExit(f"bench {' '.join(command)} failed: {done.stdout[-4000:]}{done.stderr[-4000:]}")

	def call(self, function: str, *arguments: Any) -> Any:
		"""What a function of this package, such as "books.snapshot", returns in a process of its own, by way of JSON."""
		module, name = function.split(".")
		code = (
			"import json, sys\nfrom upgrade.site import connect\nconnect()\n"
			f"from upgrade.{module} import {name}\n"
			f"print(json.dumps({name}(*json.loads(sys.argv[1])), default=str))"
		)
		done = self._run("-c", code, json.dumps(arguments))
		if done.returncode:
			raise SystemExit(f"{function} failed: {done.stderr[-4000:]}")
		return json.loads(done.stdout.splitlines()[-1])

	def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
		return subprocess.run(
			[sys.executable, *arguments],
			cwd=os.environ["MELI_SITES_PATH"],
			env=self._environment,
			capture_output=True,
			text=True,
		)
