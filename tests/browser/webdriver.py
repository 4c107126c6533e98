"""Debian's Chromium, driven through the W3C WebDriver protocol.

The few commands the tests need, over `requests`, which Frappe brings along: a bench gets nothing installed.
"""

import contextlib
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import requests

T = TypeVar("T")

# The desk of a development server that nobody else has opened yet takes its time.
PATIENCE_SECONDS = 60
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
	"""One browser with an empty profile. Elements are named by CSS selectors."""

	def __init__(self, driver: str, arguments: list[str]) -> None:
		options = {"binary": _program("chromium"), "args": arguments}
		capabilities = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}
		self._http = requests.Session()
		# A proxy of the environment is not meant for this machine's own ports.
		self._http.trust_env = False
		self._session = f"{driver}/session"
		session_id = self._call("POST", "", {"capabilities": capabilities})["sessionId"]
		self._session += f"/{session_id}"

	def quit(self) -> None:
		self._call("DELETE", "")

	def open(self, address: str) -> None:
		self._call("POST", "/url", {"url": address})

	@property
	def address(self) -> str:
		return self._call("GET", "/url")

	def type(self, selector: str, text: str) -> None:
		self._call("POST", f"/element/{self._visible(selector)}/value", {"text": text})

	def click(self, selector: str) -> None:
		self._call("POST", f"/element/{self._visible(selector)}/click", {})

	def run(self, script: str, *arguments: object):
		"""What `script`, the body of a function, returns."""
		return self._call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

	def texts(self, selector: str) -> list[str]:
		"""What stands in the visible elements."""
		return self.run(
			"""return [...document.querySelectorAll(arguments[0])]
				.filter((element) => element.offsetParent).map((element) => element.innerText.trim())""",
			selector,
		)

	def tabs(self) -> list[str]:
		return self._call("GET", "/window/handles")

	def switch_to(self, tab: str) -> None:
		self._call("POST", "/window", {"handle": tab})

	def close_tab(self) -> None:
		self._call("DELETE", "/window")

	def wait_for(self, condition: Callable[[], T], what: str) -> T:
		"""The first true value of `condition`. Raises AssertionError naming `what` is missing, and the page."""
		deadline = time.monotonic() + PATIENCE_SECONDS
		while not (value := condition()):
			assert time.monotonic() < deadline, f"No {what} at {self.address}: {self.texts('body')}"
			time.sleep(0.1)
		return value

	def _visible(self, selector: str) -> str:
		script = (
			"""return [...document.querySelectorAll(arguments[0])].find((element) => element.offsetParent)"""
		)
		return self.wait_for(lambda: self.run(script, selector), selector)[ELEMENT]

	def _call(self, method: str, path: str, body: dict | None = None):
		response = self._http.request(method, self._session + path, json=body, timeout=2 * PATIENCE_SECONDS)
		value = response.json()["value"]
		if not response.ok:
			raise AssertionError(f"{value['error']}: {value['message']}")
		return value


@contextlib.contextmanager
def browser(*arguments: str) -> Iterator[Browser]:
	"""A headless Chromium with these command-line arguments in addition, closed at the end."""
	# Root may not use Chromium's sandbox; the pages are our own.
	basic = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1366,900"]
	with _driver() as driver:
		opened = Browser(driver, [*basic, *arguments])
		try:
			yield opened
		finally:
			opened.quit()


@contextlib.contextmanager
def _driver() -> Iterator[str]:
	"""A chromedriver on a free port; yields its address."""
	command = [_program("chromedriver"), "--port=0"]
	with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
		try:
			printed = ""
			while not (port := re.search(r"successfully on port (\d+)", printed)):
				line = process.stdout.readline()
				assert line, f"chromedriver ended:\n{printed}"
				printed += line
			yield f"http://127.0.0.1:{port[1]}"
		finally:
			process.terminate()


def _program(name: str) -> str:
	path = shutil.which(name)
	assert path, f"{name} is missing. As root: apt-get install chromium chromium-driver"
	return path
