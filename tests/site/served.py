"""What a site answers over real HTTP, to whoever asks."""

import requests

from tests.ground.process import web_server
from tests.site.base import PASSWORD, SiteTestCase


class ServedTestCase(SiteTestCase):
	"""A test of a site that is served, at `self.address`."""

	address: str

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		server = web_server()
		cls.address = server.__enter__()
		cls.addClassCleanup(server.__exit__, None, None, None)

	@classmethod
	def logged_in(cls, user: str) -> requests.Session:
		"""The session of a user whose password is PASSWORD."""
		session = requests.Session()
		cls.addClassCleanup(session.close)
		login = {"usr": user, "pwd": PASSWORD}
		session.post(f"{cls.address}/api/method/login", login, timeout=60).raise_for_status()
		session.headers["X-Frappe-CSRF-Token"] = "none"
		return session
