"""What a site holds of the app, row by row, with whatever version. Imports nothing of the app."""

from collections import Counter
from collections.abc import Iterator

import frappe
from frappe.utils.password import get_decrypted_password

MODULE = "MercadoLibre Sync"
SHOP = ("Customer", "Address", "Contact", "Dynamic Link", "Contact Phone", "Contact Email", "Comment")
# What the app brings along, which a second migration must leave as it is.
BROUGHT = (
	"Custom Field",
	"Property Setter",
	"Scheduled Job Type",
	"Role",
	"Workspace",
	"Number Card",
	"Dashboard Chart",
)
SINGLES = "Singles"
SECRETS = "__Auth"

Row = dict[str, str | None]
Snapshot = dict[str, dict[str, Row]]
"""Rows by table and name."""


def snapshot() -> Snapshot:
	"""All rows of the app's doctypes, of those it writes to, and what it keeps encrypted."""
	ours = frappe.get_all("DocType", {"module": MODULE, "issingle": 0}, pluck="name")
	rows = {doctype: _rows(f"select * from `tab{doctype}`") for doctype in (*ours, *SHOP, *BROUGHT)}
	singles = frappe.get_all("DocType", {"module": MODULE, "issingle": 1}, pluck="name")
	rows[SINGLES] = _rows(
		"select concat(doctype, '.', field) as name, value from tabSingles where doctype in %s", [singles]
	)
	rows[SECRETS] = dict(_secrets([*ours, *singles]))
	return rows


def shop() -> Snapshot:
	"""Customers of MercadoLibre's buyers with their addresses and contacts, as ERPNext has them, and the buyer's number."""
	return {
		"Customer": _rows(
			"select name, customer_name, tax_id, mercadolibre_id from tabCustomer where mercadolibre_id > ''"
		),
		**{table: _rows(f"select * from `tab{table}`") for table in ("Address", "Contact", "Dynamic Link")},
	}


def counts() -> dict[str, int]:
	"""Customers, addresses and contacts that came from MercadoLibre, with how many buyers have more than one customer."""
	buyers = Counter(frappe.get_all("Customer", {"mercadolibre_id": ("is", "set")}, pluck="mercadolibre_id"))
	linked = {
		doctype: len(
			frappe.get_all(
				"Dynamic Link",
				{"parenttype": doctype, "link_doctype": "Customer", "link_name": ("in", _customers())},
			)
		)
		for doctype in ("Address", "Contact")
	}
	return {"Customer": len(buyers), "twice": sum(count > 1 for count in buyers.values()), **linked}


def states() -> dict[str, int]:
	"""How many notifications are in which state."""
	return dict(Counter(frappe.get_all("MercadoLibre Notification", pluck="status")))


def differences(before: Snapshot, after: Snapshot) -> Iterator[str]:
	"""What of `before` is not in `after` any more, or is otherwise, in words."""
	for table, rows in before.items():
		for name, row in rows.items():
			now = after.get(table, {}).get(name)
			if now is None:
				yield f"{table} {name} is lost"
				continue
			for column, value in row.items():
				if now.get(column) != value:
					yield f"{table} {name}: {column} was {value!r} and is {now.get(column)!r}"


def _customers() -> list[str]:
	return frappe.get_all("Customer", {"mercadolibre_id": ("is", "set")}, pluck="name")


def _rows(query: str, values: object = ()) -> dict[str, Row]:
	found = frappe.db.sql(query, values, as_dict=True)
	return {
		str(row.name): {key: None if value is None else str(value) for key, value in row.items()}
		for row in found
	}


def _secrets(doctypes: list[str]) -> Iterator[tuple[str, Row]]:
	for doctype, name, fieldname in frappe.db.sql(
		"select doctype, name, fieldname from __Auth where encrypted = 1 and doctype in %s", [doctypes]
	):
		yield f"{doctype}.{name}.{fieldname}", {"text": get_decrypted_password(doctype, name, fieldname)}
