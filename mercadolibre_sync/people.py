"""Telling the people who look after the accounts."""

import frappe
from frappe.desk.doctype.notification_settings.notification_settings import is_notifications_enabled
from frappe.utils.user import get_users_with_role

from mercadolibre_sync.roles import MANAGER


def tell_managers(subject: str, message: str, doctype: str, name: str) -> None:
	"""Write to everybody with the managers' role: in the desk, and by email where the site can send any.

	`subject` and `message` are translated; `message` is HTML. The caller commits.
	"""
	users = get_users_with_role(MANAGER) or ["Administrator"]
	for user in users:
		if is_notifications_enabled(user):
			_show_in_desk(user, subject, message, doctype, name)
	if frappe.db.exists("Email Account", {"enable_outgoing": 1, "default_outgoing": 1}):
		frappe.sendmail(
			recipients=frappe.get_all("User", filters={"name": ("in", users)}, pluck="email"),
			subject=subject,
			message=message,
			reference_doctype=doctype,
			reference_name=name,
		)


def _show_in_desk(user: str, subject: str, message: str, doctype: str, name: str) -> None:
	# Frappe sends no email for logs of type Alert, so nobody gets two.
	log = frappe.new_doc("Notification Log")
	log.update(
		{
			"type": "Alert",
			"for_user": user,
			"subject": subject,
			"email_content": message,
			"document_type": doctype,
			"document_name": name,
		}
	)
	log.insert(ignore_permissions=True)
