"""What the fields of this site's documents take."""

import frappe
from frappe.utils import validate_email_address, validate_url


def length(doctype: str, fieldname: str) -> int:
	"""How many characters a field of text holds."""
	return frappe.get_meta(doctype).get_field(fieldname).length or frappe.db.VARCHAR_LEN


def is_email(text: str) -> bool:
	"""Whether it is one address and nothing else. Frappe also takes lists and "Ana <ana@example.com>" for one."""
	return len(text) <= frappe.db.VARCHAR_LEN and validate_email_address(text) == text


def is_url(text: str) -> bool:
	"""Whether it is an address on the web that a field holds to the letter."""
	if len(text) > frappe.db.VARCHAR_LEN or any(character in " <>" for character in text):
		return False
	try:
		return validate_url(text, valid_schemes=("http", "https"))
	except ValueError:
		# Python's own, for brackets that hold no address of version 6.
		return False
