"""Inserting a document of a buyer."""

from typing import TYPE_CHECKING

from frappe.model import dynamic_links

if TYPE_CHECKING:
	from frappe.model.document import Document


def insert(document: "Document", name: str) -> None:
	"""Insert a document under this name, whose links have just been read from the ERP.

	Frappe would look each of them up once more, with eight SELECTs for a buyer. It is let do so where it fetches
	something on that occasion, as a field that a site has added may want it.
	"""
	fetches = any(
		document.get(field.fetch_from.partition(".")[0]) for field in document.meta.get_fields_to_fetch()
	)
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
