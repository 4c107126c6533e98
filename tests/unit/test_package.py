"""What a seller installs: the app alone."""

import ast
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
OUTSIDE = {"benchmarks", "demo", "simulator", "tests"}


class TestPackage(unittest.TestCase):
	def test_nothing_in_it_imports_what_is_not_shipped(self):
		# The bridge to `bench run-tests` reads the tests from the checkout, where there is one.
		for path in (CHECKOUT / "mercadolibre_sync").rglob("*.py"):
			with self.subTest(path=str(path.relative_to(CHECKOUT))):
				self.assertFalse(OUTSIDE & set(_imported(path)))

	def test_a_wheel_has_the_app_and_no_payload(self):
		with tempfile.TemporaryDirectory() as folder:
			command = [sys.executable, "-m", "pip", "wheel", "-qq", "--no-deps"]
			subprocess.run([*command, f"--wheel-dir={folder}", str(_copy(folder))], check=True)
			(wheel,) = Path(folder).glob("*.whl")
			names = zipfile.ZipFile(wheel).namelist()
		self.assertIn("mercadolibre_sync/hooks.py", names)
		self.assertIn("mercadolibre_sync/translations/es.csv", names)
		self.assertIn("mercadolibre_sync/arca/wsdl/LoginCms.wsdl", names)
		self.assertEqual({name.split("/")[0].split("-")[0] for name in names}, {"mercadolibre_sync"})
		self.assertFalse([name for name in names if "payload" in name or "simulator" in name])


def _imported(path: Path) -> list[str]:
	names = []
	for node in ast.walk(ast.parse(path.read_text())):
		if isinstance(node, ast.Import):
			names += [alias.name for alias in node.names]
		elif isinstance(node, ast.ImportFrom) and not node.level:
			names.append(node.module)
	return [name.split(".")[0] for name in names]


def _copy(folder: str) -> Path:
	"""The files that git knows: building in the checkout would leave its traces there."""
	copy = Path(folder) / "checkout"
	listed = subprocess.run(
		["git", "ls-files", "-z"], cwd=CHECKOUT, check=True, capture_output=True, text=True
	)
	for name in filter(None, listed.stdout.split("\0")):
		if (CHECKOUT / name).exists():
			target = copy / name
			target.parent.mkdir(parents=True, exist_ok=True)
			target.write_bytes((CHECKOUT / name).read_bytes())
	return copy
