"""A machine with a wrong clock, as far as Frappe goes by it."""

import sys
from datetime import timedelta

import frappe.utils.data


def set_ahead(seconds: int) -> None:
	"""Let this process believe that it is so many seconds later."""
	right = frappe.utils.data.now_datetime
	for module in list(sys.modules.values()):
		if vars(module).get("now_datetime") is right:
			module.now_datetime = lambda: right() + timedelta(seconds=seconds)
