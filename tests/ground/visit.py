"""A visit to somebody's site: tests, demo and benchmarks leave it as they found it.

Doctypes of our own, and logs that tests read as a whole, are set aside: an empty table stands in for each of
them until the end. Elsewhere every process of the visit notes the documents that it makes, and they are
taken away. Who else works on the site meanwhile keeps what they make. A visit that was killed is ended by
the next one.
"""

import atexit
import contextlib
import json
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import frappe
from frappe.database.database import Database
from frappe.model.base_document import BaseDocument
from frappe.utils import add_years, now_datetime

from mercadolibre_sync.custom_fields import MODULE
from mercadolibre_sync.sync.accounts import ACCOUNT, CONNECTED
from simulator.control import MeliControl

# With the Email Accounts aside, nothing that a test sends can leave.
LOGS = ("Error Log", "Notification Log", "Email Queue", "Email Queue Recipient", "Email Account")
# Where settings and secrets lie, by their doctype; and what tests set otherwise for the whole site.
OURS = "doctype in (select name from tabDocType where module = %(module)s)"
ROWS_ASIDE = {
	"tabSingles": OURS,
	"__Auth": OURS,
	"tabDefaultValue": "parent = '__default' and defkey in ('cust_master_name', 'lang')",
	"tabModule Onboarding": "module = %(module)s",
	"tabOnboarding Step": "name in (select step from `tabOnboarding Step Map` where parent = 'MercadoLibre')",
}
# Counters of names, which others may be using already; and what a bench's own worker notes of jobs that were
# under way when the scheduler paused.
NOT_COUNTED = frozenset({"tabSeries", "tabScheduled Job Log"})
# Rows about a document that are not documents themselves: table, columns of the doctype and of the name.
ABOUT_DOCUMENTS = (("__Auth", "doctype", "name"), ("__global_search", "doctype", "name"))
ABOUT_USERS = (("tabSessions", "user"), ("__UserSettings", "user"), ("tabDefaultValue", "parent"))
WRITING = re.compile(
	r"\s*(?:insert|replace|update|delete|truncate)\b.*?(?:`(tab[^`]+)`|\b(tab\w+))", re.IGNORECASE | re.DOTALL
)
# What the site had under another name: changing a default, or migrating, deletes the row and makes a new one.
REPLACED = {
	"Custom Field": {"module": MODULE},
	"Property Setter": {"module": MODULE},
	"DefaultValue": {},
}
LOOKUPS = "lookups"
NOTES = ("documents", "tables")

Census = dict[str, int]
"""Rows by table."""

_begun: list[Census] = []


def watch() -> None:
	"""Have this process, and those that it forks, note the documents it makes and the tables it writes to."""
	if not hasattr(Database.sql, "unwatched"):
		Database.sql = _noting_tables(Database.sql)
		BaseDocument.db_insert = _noting_documents(BaseDocument.db_insert)


def begin() -> None:
	"""Begin the visit, once per process; it ends with the process, unless `end` was called before.

	Raises SystemExit on a site that is connected to MercadoLibre: what is posted during a visit finds no account.
	"""
	if _begun:
		return
	end_interrupted()
	if _is_connected():
		raise SystemExit(
			f"The site {frappe.local.site} is connected to MercadoLibre, and would miss what is told to it "
			"meanwhile. Choose another one."
		)
	_begun.append(census())
	watch()
	for kind in NOTES:
		_notebook(kind).write_text("")
	set_aside(_own_tables())
	for table in ROWS_ASIDE:
		_set_rows_aside(table)
	_postpone_lookups()
	_make_settings()
	frappe.db.commit()
	frappe.clear_cache()
	atexit.register(end)


def end() -> Census:
	"""End the visit. Return by how many rows the tables that it wrote to differ from what was found."""
	if not _begun:
		return {}
	written = _notes("tables")
	_leave()
	return difference(_begun.pop(), census(), written)


@contextlib.contextmanager
def visit() -> Iterator[None]:
	"""A visit that ends with the `with` block. Raises AssertionError if it left something."""
	begin()
	try:
		yield
	finally:
		left = end()
	assert not left, f"Rows left on the site, by table: {left}"


def census() -> Census:
	"""Rows of every table of the site that holds documents."""
	frappe.db.rollback()
	tables = frappe.db.sql("show full tables where Table_type = 'BASE TABLE'")
	return {
		table: frappe.db.sql(f"select count(*) from `{table}`")[0][0]
		for table, _type in tables
		if table.startswith("tab")
	}


def difference(before: Census, after: Census, tables: Iterable[str]) -> Census:
	"""Rows that `tables` have gained (or, negative, lost), where that is not zero."""
	gained = {
		table: after.get(table, 0) - before.get(table, 0) for table in sorted(set(tables) - NOT_COUNTED)
	}
	return {table: rows for table, rows in gained.items() if rows}


def set_aside(doctypes: Iterable[str]) -> None:
	"""Put an empty table in the place of each doctype's. Commits."""
	for doctype in doctypes:
		# The empty one first, and both names changed at once: nobody finds the table missing.
		frappe.db.sql_ddl(f"create table `_empty {doctype}` like `tab{doctype}`")
		frappe.db.sql_ddl(
			f"rename table `tab{doctype}` to `_aside {doctype}`, `_empty {doctype}` to `tab{doctype}`"
		)


def put_back(doctypes: Iterable[str], *, keeping: Iterable[str] = ()) -> None:
	"""Undo `set_aside` where it was done. Of the doctypes in `keeping`, rows made meanwhile stay. Commits."""
	for doctype in filter(_is_aside, doctypes):
		if doctype in keeping:
			frappe.db.sql(f"insert ignore into `_aside {doctype}` select * from `tab{doctype}`")
		frappe.db.sql_ddl(
			f"rename table `tab{doctype}` to `_empty {doctype}`, `_aside {doctype}` to `tab{doctype}`"
		)
		frappe.db.sql_ddl(f"drop table `_empty {doctype}`")


def remove(documents: dict[str, set[str]]) -> None:
	"""Delete the documents, names by doctype, and what the site keeps about them; by their rows, asking nobody."""
	for doctype, names in documents.items():
		if frappe.db.table_exists(doctype, cached=False):
			_delete(f"tab{doctype}", {"name": names})
		for table, doctype_column, name_column in ABOUT_DOCUMENTS:
			_delete(table, {doctype_column: {doctype}, name_column: names})
	for table, column in ABOUT_USERS:
		_delete(table, {column: documents.get("User", set())})


def _leave() -> None:
	frappe.db.rollback()
	frappe.set_user("Administrator")
	documents = defaultdict(set)
	for doctype, name in _notes("documents"):
		documents[doctype].add(name)
	for doctype, filters in REPLACED.items():
		documents[doctype] -= set(frappe.get_all(doctype, filters=filters, pluck="name"))
	remove(documents)
	put_back(_own_tables(), keeping=LOGS)
	for table in ROWS_ASIDE:
		_put_rows_back(table)
	_resume_lookups()
	frappe.db.commit()
	frappe.clear_cache()
	for kind in NOTES:
		_notebook(kind).unlink(missing_ok=True)


def end_interrupted() -> None:
	"""Give back what a run that was killed has set aside: a migration would change the tables that stand in."""
	frappe.db.rollback()
	if any(map(_is_aside, [*_own_tables(), *ROWS_ASIDE])):
		_leave()


def _is_connected() -> bool:
	application = frappe.db.get_single_value("MercadoLibre Settings", "application_id")
	return application != MeliControl.application_id and frappe.db.exists(ACCOUNT, {"status": CONNECTED})


def _own_doctypes(**filters) -> list[str]:
	return frappe.get_all("DocType", filters={"module": MODULE, **filters}, pluck="name")


def _own_tables() -> list[str]:
	return [*_own_doctypes(issingle=0), *LOGS]


def _make_settings() -> None:
	"""Settings as they are after an installation: empty, with their defaults."""
	for doctype in _own_doctypes(issingle=1):
		settings = frappe.new_doc(doctype)
		settings.flags.ignore_mandatory = settings.flags.ignore_validate = True
		settings.save()


def _is_aside(what: str) -> bool:
	return bool(frappe.db.sql("show tables like %s", f"\\_aside {what}"))


def _set_rows_aside(table: str) -> None:
	frappe.db.sql_ddl(f"create table `_aside {table}` like `{table}`")
	_copy_rows(table, f"_aside {table}", where=ROWS_ASIDE[table])
	if ROWS_ASIDE[table] == OURS:
		_delete_rows(table)
	frappe.db.commit()


def _put_rows_back(table: str) -> None:
	if _is_aside(table):
		_delete_rows(table)
		_copy_rows(f"_aside {table}", table)
		frappe.db.sql_ddl(f"drop table `_aside {table}`")


def _copy_rows(source: str, target: str, where: str = "true") -> None:
	frappe.db.sql(f"insert into `{target}` select * from `{source}` where {where}", {"module": MODULE})


def _delete_rows(table: str) -> None:
	frappe.db.sql(f"delete from `{table}` where {ROWS_ASIDE[table]}", {"module": MODULE})


def _postpone_lookups() -> None:
	"""Keep the site's own customers from being looked up at a simulated registry, also for the first time."""
	due = "arca_next_lookup is not null or tax_id != ''"
	frappe.db.sql_ddl(
		f"create table `_aside {LOOKUPS}` as select name, arca_next_lookup from tabCustomer where {due}"
	)
	frappe.db.sql(f"update tabCustomer set arca_next_lookup = %s where {due}", add_years(now_datetime(), 10))


def _resume_lookups() -> None:
	if _is_aside(LOOKUPS):
		frappe.db.sql(
			f"update tabCustomer join `_aside {LOOKUPS}` as aside using (name) "
			"set tabCustomer.arca_next_lookup = aside.arca_next_lookup"
		)
		frappe.db.sql_ddl(f"drop table `_aside {LOOKUPS}`")


def _delete(table: str, values: dict[str, set[str]]) -> None:
	if all(values.values()):
		where = " and ".join(f"`{column}` in %({column})s" for column in values)
		frappe.db.sql(
			f"delete from `{table}` where {where}", {column: tuple(names) for column, names in values.items()}
		)


# What the processes of a visit note.


def _noting_tables(sql):
	seen = set()

	def noting(self, query, *arguments, **options):
		if (found := WRITING.match(str(query))) and (table := found[1] or found[2]) not in seen:
			seen.add(table)
			_note("tables", table)
		return sql(self, query, *arguments, **options)

	noting.unwatched = sql
	return noting


def _noting_documents(insert):
	def noting(self, ignore_if_duplicate=False):
		# With a name that is taken, nothing is inserted.
		taken = ignore_if_duplicate and self.name and frappe.db.exists(self.doctype, self.name)
		insert(self, ignore_if_duplicate)
		if not taken:
			_note("documents", [self.doctype, str(self.name)])

	return noting


def _note(kind: str, note: object) -> None:
	# Only during a visit, which makes the file. One write each, at its end: many processes write to it.
	with contextlib.suppress(FileNotFoundError):
		notebook = os.open(_notebook(kind), os.O_WRONLY | os.O_APPEND)
		os.write(notebook, json.dumps(note).encode() + b"\n")
		os.close(notebook)


def _notes(kind: str) -> list:
	with contextlib.suppress(FileNotFoundError):
		return [json.loads(line) for line in _notebook(kind).read_text().splitlines()]
	return []


def _notebook(kind: str) -> Path:
	"""Beside the site: the next visit to it may come from another checkout."""
	return Path(os.environ["MELI_SITES_PATH"]) / os.environ["MELI_SITE"] / f"mercadolibre-visit-{kind}.jsonl"
