"""Debian's packages: only those that bring programs, none that sets up a system service."""

import os
import shutil
import subprocess
import sys
from functools import cache

SITE_PROGRAMS = {
	"mariadbd": "mariadb-server-core",
	"mariadb-install-db": "mariadb-server-core",
	"mariadb": "mariadb-client-core",
	"redis-check-rdb": "redis-tools",  # see services.start_redis
}
BENCH_PROGRAMS = {"redis-check-rdb": "redis-tools"}


def install_for_fork() -> None:
	"""Install what the fork is unpacked with. Raises SystemExit with the command where that takes root."""
	missing = _missing({"patch": "patch"})
	# Debian splits pip off the interpreter, and without it `python -m venv` fails half-way.
	if subprocess.run([sys.executable, "-c", "import ensurepip"], capture_output=True).returncode:
		missing.add("python3-venv")
	_install(missing)


def install_for_site() -> None:
	"""Install what a site of our own needs. Raises SystemExit with the command where that takes root."""
	_install(_missing(SITE_PROGRAMS))


def install_for_bench() -> None:
	"""Install what tests need beside a bench. Raises SystemExit with the command where that takes root."""
	_install(_missing(BENCH_PROGRAMS))


def browser() -> str:
	"""The path of Chromium, which is installed first where it is missing: the demo does without."""
	_install(_missing({"chromium": "chromium"}))
	return shutil.which("chromium")


def program_path(name: str) -> str | None:
	"""The program's path. Servers lie in sbin, which is not on every user's PATH."""
	return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")


def _missing(programs: dict[str, str]) -> set[str]:
	return {package for program, package in programs.items() if not program_path(program)}


def _install(missing: set[str]) -> None:
	if not missing:
		return
	command = ["apt-get", "install", "--yes", "--no-install-recommends", *sorted(missing)]
	if os.geteuid() != 0:
		raise SystemExit(f"Programs are missing. As root: {' '.join(command)}")
	print(f"Installing {', '.join(sorted(missing))}", flush=True)
	_update_lists()
	_run_apt(command)


@cache
def _update_lists() -> None:
	_run_apt(["apt-get", "update"])


def _run_apt(command: list[str]) -> None:
	environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
	options = ["-o", "DPkg::Lock::Timeout=600", "-qq"]
	subprocess.run([*command, *options], check=True, env=environment, stdout=subprocess.DEVNULL)
