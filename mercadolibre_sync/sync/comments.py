from typing import TYPE_CHECKING

import frappe

from mercadolibre_sync.words import Text, site_language

if TYPE_CHECKING:
	from frappe.model.document import Document


def comment_once(document: "Document", remark: Text) -> bool:
	"""Add a comment, in the site's language, to a document unless it has it already; True if it was added."""
	reference = {"reference_doctype": document.doctype, "reference_name": document.name}
	# A document has few comments; comparing the text here leaves how Frappe stores it out of the query.
	known = frappe.get_all("Comment", filters={**reference, "comment_type": "Comment"}, pluck="content")
	# Also in English, which the workers of an earlier version spoke on every site.
	spellings = {remark.translated(language) for language in (site_language(), "en")}
	if any(frappe.utils.strip_html(content or "") in spellings for content in known):
		return False
	document.add_comment("Comment", frappe.utils.escape_html(remark.translated(site_language())))
	return True
