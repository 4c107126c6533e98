"""Somebody to log in as."""

from collections.abc import Iterable

import frappe
from frappe.utils.password import update_password


def make_user(email: str, name: str, password: str, roles: Iterable[str], language: str = "es") -> None:
	"""A user with these roles and no others, who reads that language. Commits."""
	user = frappe.new_doc("User")
	user.update({"email": email, "first_name": name, "language": language})
	user.flags.no_welcome_mail = True
	user.insert()
	user.add_roles(*roles)
	if "System Manager" not in roles:
		# Frappe makes the first user of a site its System Manager.
		frappe.db.delete("Has Role", {"parent": email, "role": "System Manager"})
	frappe.clear_cache(user=email)
	update_password(email, password)
	frappe.db.commit()
