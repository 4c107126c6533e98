"""Serves the ground's site over HTTP on a socket that process.web_server opened and handed over."""

import os
import sys

import frappe.app
from werkzeug.serving import make_server

from tests.ground import visit

visit.watch()
# Frappe takes the site from here before it looks at a request's Host.
frappe.app._site = os.environ["MELI_SITE"]
frappe.app._sites_path = os.environ["MELI_SITES_PATH"]
make_server(
	"127.0.0.1", 0, frappe.app.application_with_statics(), threaded=True, fd=int(sys.argv[1])
).serve_forever()
