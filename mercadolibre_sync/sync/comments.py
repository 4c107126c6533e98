from typing import TYPE_CHECKING

import frappe

if TYPE_CHECKING:
	from frappe.model.document import Document


def comment_once(document: "Document", text: str) -> bool:
	"""Add a comment to a document unless it has it already; True if it was added."""
	reference = {"reference_doctype": document.doctype, "reference_name": document.name}
	# A document has few comments; comparing the text here leaves how Frappe stores it out of the query.
	known = frappe.get_all("Comment", filters={**reference, "comment_type": "Comment"}, pluck="content")
	if any(frappe.utils.strip_html(content or "") == text for content in known):
		return False
	document.add_comment("Comment", frappe.utils.escape_html(text))
	return True
