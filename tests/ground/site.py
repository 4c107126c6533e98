"""Connecting a process to the ground's site."""

import os

import frappe

from . import visit


def connect() -> None:
	"""Connect as Administrator. Raises SystemExit outside of `make test` and `make demo`."""
	try:
		site, sites_path = os.environ["MELI_SITE"], os.environ["MELI_SITES_PATH"]
	except KeyError as missing:
		raise SystemExit(f"{missing} is not set: run through `make test`") from None
	# Frappe finds its logs from here.
	os.chdir(sites_path)
	frappe.init(site, sites_path=sites_path)
	frappe.connect()
	visit.watch()
	frappe.set_user("Administrator")


def end_interrupted_visit() -> None:
	connect()
	visit.end_interrupted()
	destroy()


def destroy() -> None:
	"""Close the connection; what was not committed is rolled back."""
	frappe.destroy()
