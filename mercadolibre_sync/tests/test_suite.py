"""Lets `bench run-tests --app mercadolibre_sync` find the suite.

Frappe's runners look inside the package only; the tests lie beside it, so that they never ship.
"""

import os
import sys
import unittest
from pathlib import Path

import frappe

CHECKOUT = Path(__file__).resolve().parents[2]


def load_tests(
	loader: unittest.TestLoader, found: unittest.TestSuite, _pattern: str | None
) -> unittest.TestSuite:
	"""unittest's hook: the tests of the checkout, or none where only the package is installed."""
	if not (CHECKOUT / "tests" / "ground").is_dir():
		return found

	sys.path.insert(0, str(CHECKOUT))
	# What `make test` gives to the tests and to the processes that they start.
	os.environ.update(
		MELI_SITE=frappe.local.site,
		MELI_SITES_PATH=os.path.abspath(frappe.local.sites_path),
		PYTHONPATH=str(CHECKOUT),
	)
	return loader.discover(str(CHECKOUT / "tests"), top_level_dir=str(CHECKOUT))
