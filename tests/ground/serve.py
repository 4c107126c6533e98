"""Serves the ground's site over HTTP on a socket that process.WebServer opened and handed over."""

import os
import sys
import threading

import frappe.app
from werkzeug.serving import ThreadedWSGIServer

from tests.ground import visit

# Others wait to be let in, as before gunicorn. Without a limit those who post again because they had no answer in time
# slow down the answers to all.
AT_ONCE = 32


class Server(ThreadedWSGIServer):
	"""Answers every request in a thread of its own, but so many at once."""

	_free = threading.BoundedSemaphore(AT_ONCE)

	def process_request(self, *request) -> None:
		self._free.acquire()
		super().process_request(*request)

	def process_request_thread(self, *request) -> None:
		try:
			super().process_request_thread(*request)
		finally:
			self._free.release()


visit.watch()
# Frappe takes the site from here before it looks at a request's Host.
frappe.app._site = os.environ["MELI_SITE"]
frappe.app._sites_path = os.environ["MELI_SITES_PATH"]
Server("127.0.0.1", 0, frappe.app.application_with_statics(), fd=int(sys.argv[1])).serve_forever()
