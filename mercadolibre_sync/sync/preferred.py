"""The preferred shipping address, which sales documents take: that of the buyer's newest order (contract: New buyer).

What a person chose stays. The app marks an address without touching its `modified`, so that one which it made and
which nobody has saved since is preferred by the app's choice, and any other by a person's.
"""

import re
from collections.abc import Sequence

import frappe

MARK = "is_shipping_address"


def is_open(known: Sequence[frappe._dict], title: str) -> bool:
	"""Whether no person chose among these rows of `links.Links.addresses`. `title`: of the addresses that the app makes."""
	return all(_is_as_made(row, title) for row in known if row[MARK])


def to_mark(known: Sequence[frappe._dict], there: Sequence[frappe._dict], title: str) -> frappe._dict | None:
	"""Which of the rows `there`, at the newest order's place, becomes the preferred one; None if nothing changes."""
	marked = [row for row in known if row[MARK]]
	marked_there = [row for row in there if row[MARK]]
	if not there or not is_open(known, title) or (marked_there and len(marked) == 1):
		return None
	# More than one is marked where customers were merged. Where none is, a person may have taken the mark away from one
	# that was saved.
	candidates = [row for row in there if not row.disabled and (marked or _is_as_made(row, title))]
	return next(iter(marked_there or candidates), None)


def mark(name: str) -> None:
	frappe.db.set_value("Address", name, MARK, 1, update_modified=False)


def clear(known: Sequence[frappe._dict]) -> None:
	"""Take the mark away before another address gets it: Frappe would do so as if somebody had edited the address."""
	for row in known:
		if row[MARK]:
			frappe.db.set_value("Address", row.name, MARK, 0, update_modified=False)


def _is_as_made(row: frappe._dict, title: str) -> bool:
	# Of another buyer, too, whose customer was merged into this one.
	return bool(row.is_as_made and re.match(rf"[0-9]+-{title}-", row.name))
