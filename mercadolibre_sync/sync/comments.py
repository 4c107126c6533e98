import frappe

from mercadolibre_sync.words import Text, site_language


def comment_once(doctype: str, name: str, remark: Text) -> bool:
	"""Add a comment, in the site's language, to a document unless it has it already; True if it was added."""
	reference = {"reference_doctype": doctype, "reference_name": name}
	# A document has few comments; comparing the text here leaves how Frappe stores it out of the query.
	known = frappe.get_all("Comment", filters={**reference, "comment_type": "Comment"}, pluck="content")
	# Also in English, which the workers of an earlier version spoke on every site.
	spellings = {remark.translated(language) for language in (site_language(), "en")}
	if any(frappe.utils.strip_html(content or "") in spellings for content in known):
		return False
	comment = frappe.utils.escape_html(remark.translated(site_language()))
	frappe.get_doc(doctype, name).add_comment("Comment", comment)
	return True
