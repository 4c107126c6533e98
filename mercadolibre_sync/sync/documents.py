"""Inserting a document of a buyer."""

from typing import TYPE_CHECKING

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
