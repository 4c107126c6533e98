from html import unescape

import frappe

from mercadolibre_sync.words import Text, site_language


def comment_once(doctype: str, name: str, *remarks: Text) -> bool:
	"""Add comments, in the site's language, to a document unless it has them already; True if one was added."""
	known = _comments(doctype, name) if remarks else set()
	added = [remark for remark in remarks if not known & _spellings(remark)]
	for remark in added:
		comment(doctype, name, remark)
	return bool(added)


def comment(doctype: str, name: str, remark: Text) -> None:
	"""Add a comment, in the site's language, to a document."""
	content = frappe.utils.escape_html(remark.translated(site_language()))
	frappe.get_doc(doctype, name).add_comment("Comment", content)


def _comments(doctype: str, name: str) -> set[str]:
	reference = {"reference_doctype": doctype, "reference_name": name}
	# A document has few comments; comparing the text here leaves how Frappe stores it out of the query.
	stored = frappe.get_all("Comment", filters={**reference, "comment_type": "Comment"}, pluck="content")
	return {unescape(frappe.utils.strip_html(content or "")) for content in stored}


def _spellings(remark: Text) -> set[str]:
	# Also in English, which the workers of an earlier version spoke on every site.
	return {remark.translated(language) for language in (site_language(), "en")}
