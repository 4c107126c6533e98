"""Inserting a document of a buyer."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from frappe.model import dynamic_links

if TYPE_CHECKING:
	from frappe.model.document import Document


def insert(document: "Document", name: str) -> None:
	"""Insert a document under this name, whose links have just been read from the ERP, their titles with them.

	Frappe would look each of them up once more, with eight SELECTs for a buyer. It is let do so where it fetches
	something on that occasion, as a field that a site has added may want it.
	"""
	_let_given_titles_stand()
	fetches = any(
		document.get(field.fetch_from.partition(".")[0]) for field in document.meta.get_fields_to_fetch()
	)
	document.flags.link_titles_given = True
	document.insert(ignore_permissions=True, ignore_links=not fetches, set_name=name)
	_tell_of_links(document)


def _tell_of_links(document: "Document") -> None:
	"""Frappe keeps in Redis, for hours, to which doctypes any links lead, and renames, merges and deletes by that.

	Where it looks links up itself, it notices that one leads to a doctype that none has led to before.
	"""
	# Versions before 15.30 ask the database.
	if hasattr(dynamic_links, "invalidate_distinct_link_doctypes"):
		for row in document.get("links") or ():
			dynamic_links.invalidate_distinct_link_doctypes(row.doctype, "link_doctype", row.link_doctype)


@cache
def _let_given_titles_stand() -> None:
	"""Have Frappe leave the titles of links alone in the documents that are inserted here, and in no others.

	To find out a title that is given it would load the whole Customer with all child tables, for the Address and once
	more for the Contact: a third of what a new buyer costs. It offers no other way to say that it need not.
	"""
	from frappe.contacts.doctype.address import address
	from frappe.contacts.doctype.contact import contact

	for module in (address, contact):
		module.set_link_title = _unless_given(module.set_link_title)


def _unless_given(set_link_title: Callable[["Document"], None]) -> Callable[["Document"], None]:
	def set_missing_link_title(document: "Document") -> None:
		# A hook may have added a link of its own.
		are_there = document.flags.link_titles_given and all(link.link_title for link in document.links)
		if not are_there:
			set_link_title(document)

	return set_missing_link_title
