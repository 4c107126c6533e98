"""Turns the fork's wheel back into a package named frappe.

The fork is Frappe 16 with every `frappe` in its text and file names replaced by `monoframe`. Undoing that
gives what apps import, call over HTTP and find in headers; repairs/ then mends what the fork broke.
"""

import subprocess
import zipfile
from pathlib import Path

REPAIRS = Path(__file__).parent / "repairs"
RENAMED = ((b"monoframe", b"frappe"), (b"Monoframe", b"Frappe"), (b"MONOFRAME", b"FRAPPE"))


def build(wheel: Path, site_packages: Path) -> None:
	"""Unpack `wheel` as the package frappe below `site_packages`, and apply the repairs in their order."""
	with zipfile.ZipFile(wheel) as archive:
		for member in archive.infolist():
			if member.is_dir() or not member.filename.startswith("monoframe/"):
				continue
			target = site_packages / _original(member.filename.encode()).decode()
			target.parent.mkdir(parents=True, exist_ok=True)
			target.write_bytes(_original(archive.read(member)))

	for repair in sorted(REPAIRS.glob("*.patch")):
		subprocess.run(
			["patch", "--strip=1", "--quiet", "--fuzz=0", f"--input={repair}"], cwd=site_packages, check=True
		)


def _original(text: bytes) -> bytes:
	for fork, original in RENAMED:
		text = text.replace(fork, original)
	return text
