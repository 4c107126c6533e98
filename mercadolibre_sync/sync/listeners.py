"""Whether somebody on this site goes on from what the app writes, by the means that Frappe has for it.

Documents that nobody listens to are written past Frappe's events, which would cost more than writing them.
"""

import frappe
from frappe.utils.caching import request_cache

# Each with the field that names the doctype it listens to, and what it is when it is switched on.
MADE_ON_THE_DESK = (
	("Server Script", "reference_doctype", {"script_type": "DocType Event", "disabled": 0}),
	("Notification", "document_type", {"enabled": 1}),
	("Webhook", "webhook_doctype", {"enabled": 1}),
	("Assignment Rule", "document_type", {"disabled": 0}),
)
# Their handlers for every doctype serve what is listed above, and documents that are submitted.
OF_EVERY_SITE = ("frappe", "erpnext")


@request_cache
def are_there(doctype: str) -> bool:
	"""Whether an app hooks into the doctype's events, or somebody has made something that does, asked once per job."""
	return _is_hooked(doctype) or any(
		frappe.db.exists(kind, {field: doctype, **switched_on})
		for kind, field, switched_on in MADE_ON_THE_DESK
	)


def _is_hooked(doctype: str) -> bool:
	hooked = frappe.get_doc_hooks()
	if hooked.get(doctype):
		return True
	handlers = [handler for of_event in hooked.get("*", {}).values() for handler in of_event]
	return any(handler.partition(".")[0] not in OF_EVERY_SITE for handler in handlers)
