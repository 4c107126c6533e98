"""Telling the people who look after the accounts."""

from collections.abc import Sequence

import frappe
from frappe.desk.doctype.notification_settings.notification_settings import is_notifications_enabled
from frappe.translate import get_user_lang
from frappe.utils import escape_html

from mercadolibre_sync.roles import MANAGER
from mercadolibre_sync.words import Text


def tell_managers(subject: Text, message: Text, doctype: str, name: str, points: Sequence[Text] = ()) -> None:
	"""Write to everybody with the managers' role: in the desk, and by email where the site can send any.

	Everybody reads it in their own language, `points` as a list below the message. The caller commits.
	"""
	# With it comes all that makes a desk, which would be half a second of every job's start.
	from frappe.utils.user import get_users_with_role

	can_send = frappe.db.exists("Email Account", {"enable_outgoing": 1, "default_outgoing": 1})
	for user in get_users_with_role(MANAGER) or ["Administrator"]:
		language = get_user_lang(user)
		words = subject.translated(language), _html(message, points, language)
		if is_notifications_enabled(user):
			_show_in_desk(user, *words, doctype, name)
		if can_send:
			_send(user, *words, doctype, name)


def _html(message: Text, points: Sequence[Text], language: str) -> str:
	paragraph, *lines = (escape_html(words.translated(language)) for words in (message, *points))
	items = "".join(f"<li>{line}</li>" for line in lines)
	return f"<p>{paragraph}</p>" + (f"<ul>{items}</ul>" if items else "")


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


def _send(user: str, subject: str, message: str, doctype: str, name: str) -> None:
	frappe.sendmail(
		recipients=[frappe.db.get_value("User", user, "email")],
		subject=subject,
		message=message,
		reference_doctype=doctype,
		reference_name=name,
	)
