"""The preferred shipping address, which sales documents take: that of the buyer's newest order (contract: New buyer).

What a person chose stays. The app marks an address without touching its `modified`, so that one which it made and
which nobody has saved since is preferred by the app's choice, and any other by a person's.
"""

from collections.abc import Sequence

import frappe

MARK = "is_shipping_address"


def is_open(known: Sequence[frappe._dict], start: str) -> bool:
	"""Whether no person chose among these rows of `links.Links.addresses`. `start`: of the names that the app gives."""
	return all(_is_as_made(row, start) for row in known if row[MARK])


def to_mark(known: Sequence[frappe._dict], there: Sequence[frappe._dict], start: str) -> frappe._dict | None:
	"""Which of the rows `there`, at the newest order's place, becomes the preferred one; None if nothing changes."""
	if any(row[MARK] for row in there) or not is_open(known, start):
		return None
	has_one = any(row[MARK] for row in known)
	# Where none is preferred, a person may have taken the mark away from one that was saved.
	return next((row for row in there if not row.disabled and (has_one or _is_as_made(row, start))), None)


def mark(name: str) -> None:
	frappe.db.set_value("Address", name, MARK, 1, update_modified=False)


def clear(known: Sequence[frappe._dict]) -> None:
	"""Take the mark away before another address gets it: Frappe would do so as if somebody had edited the address."""
	for row in known:
		if row[MARK]:
			frappe.db.set_value("Address", row.name, MARK, 0, update_modified=False)


def _is_as_made(row: frappe._dict, start: str) -> bool:
	return row.name.startswith(start) and bool(row.is_as_made)
