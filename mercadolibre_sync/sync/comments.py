import frappe


def comment_once(doctype: str, name: str, text: str) -> bool:
	"""Add a comment to a document unless it has it already; True if it was added."""
	reference = {"reference_doctype": doctype, "reference_name": name}
	# A document has few comments; comparing the text here leaves how Frappe stores it out of the query.
	known = frappe.get_all("Comment", filters={**reference, "comment_type": "Comment"}, pluck="content")
	if any(frappe.utils.strip_html(content or "") == text for content in known):
		return False
	frappe.get_doc(doctype, name).add_comment("Comment", frappe.utils.escape_html(text))
	return True
