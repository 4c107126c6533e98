"""What a ground gives to tests and demo."""

import os
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from .paths import CHECKOUT, LOGS

# Frappe's workers switch themselves to test mode where CI is set. Without compiled modules each of their jobs would
# compile anew what it imports, which on a bench in use none does.
LEFT_OUT = ("CI", "PYTHONDONTWRITEBYTECODE")


@dataclass(frozen=True)
class Ground:
	python: Path
	"""Interpreter that imports frappe, erpnext and our app."""
	sites: Path
	"""The bench's sites folder: Frappe's processes run there."""
	site: str
	description: str
	"""Names the ground on the output's last line."""
	realtime: tuple[str, ...] = ()
	"""The command of Frappe's socket.io server."""
	redis: dict[str, str] = field(default_factory=dict)
	"""Variables that send Frappe's processes to another Redis than the configuration names."""

	@property
	def site_config(self) -> Path:
		return self.sites / self.site / "site_config.json"

	def environment(self) -> dict[str, str]:
		"""The processes' environment: it names the site and makes `tests` importable."""
		return {
			**self.environment_without_site(),
			"MELI_SITE": self.site,
			"MELI_SITES_PATH": str(self.sites),
			"MELI_REALTIME": shlex.join(self.realtime),
			**self.redis,
		}

	def environment_without_site(self) -> dict[str, str]:
		"""The same for processes that are to find neither the site nor its Redis."""
		environment = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
		return {**environment, "PYTHONPATH": str(CHECKOUT)}

	def run(self, *arguments: str, **options) -> subprocess.CompletedProcess:
		"""Run the ground's Python with `arguments`, by default where Frappe expects to be run."""
		options = {"cwd": self.sites, "env": self.environment()} | options
		return subprocess.run([str(self.python), *arguments], **options)

	def end_interrupted_visit(self) -> None:
		"""Do so before a migration, which would change the tables that a killed run has put in the place of others."""
		code = "from tests.ground import site\nsite.end_interrupted_visit()"
		self.run("-c", code, check=True)

	def start(self, *arguments: str) -> subprocess.Popen:
		"""Like `run`, without waiting for the end."""
		return subprocess.Popen([str(self.python), *arguments], cwd=self.sites, env=self.environment())

	def run_quietly(self, task: str, *arguments: str) -> None:
		"""Run the ground's Python into a log. Raises SystemExit with the log's end where that fails."""
		print(task, flush=True)
		LOGS.mkdir(exist_ok=True)
		log = LOGS / f"{task.replace(' ', '-').lower()}.log"
		with log.open("w") as output:
			status = self.run(*arguments, stdout=output, stderr=subprocess.STDOUT).returncode
		if status:
			raise SystemExit(f"{log.read_text()[-4000:]}\n{task} failed, see {log}")
