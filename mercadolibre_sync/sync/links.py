"""What is linked to a Customer."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import frappe

if TYPE_CHECKING:
	from frappe.model.document import Document


@dataclass(frozen=True)
class Links:
	"""A Customer's addresses and contacts, newest first, reduced to what a purchase is compared with.

	`addresses`: name, city, address_line1, is_shipping_address, disabled and is_as_made: nobody has saved it since it
	was made. `contacts`: name, full_name, is_primary_contact and phone_nos, whose rows
	have the phone and its two flags, as in the Contact.
	"""

	addresses: list[frappe._dict] = field(default_factory=list)
	contacts: list[frappe._dict] = field(default_factory=list)


def read(customer: str) -> Links:
	"""All that is linked to this Customer, in one SELECT."""
	links = Links()
	for row in _rows(customer):
		if row.parenttype == "Address":
			links.addresses.append(row)
			continue
		if not links.contacts or links.contacts[-1].name != row.name:
			contact = {fieldname: row[fieldname] for fieldname in ("name", "full_name", "is_primary_contact")}
			links.contacts.append(frappe._dict(contact, phone_nos=[]))
		if row.phone:
			links.contacts[-1].phone_nos.append(row)
	return links


def _rows(customer: str) -> list[frappe._dict]:
	"""A row for each address, for each contact's phone, and for each contact without any."""
	return frappe.db.sql(
		"""
		select link.parenttype, link.parent as name, address.city, address.address_line1,
			address.is_shipping_address, address.disabled, address.modified = address.creation as is_as_made,
			contact.full_name, contact.is_primary_contact, phone.phone, phone.is_primary_phone, phone.is_primary_mobile_no
		from `tabDynamic Link` as link
		left join `tabAddress` as address on link.parenttype = 'Address' and address.name = link.parent
		left join `tabContact` as contact on link.parenttype = 'Contact' and contact.name = link.parent
		left join `tabContact Phone` as phone on phone.parent = contact.name and phone.parenttype = 'Contact'
		where link.link_doctype = 'Customer' and link.link_name = %s and link.parenttype in ('Address', 'Contact')
		order by coalesce(address.creation, contact.creation) desc, link.parent, phone.idx
		""",
		customer,
		as_dict=True,
	)


def link_to(customer: "Document | frappe._dict") -> dict:
	"""A row of `links` that leads to this Customer: the document, or fields of it.

	The title is given with it: many versions of Frappe load the whole Customer to find it out.
	"""
	title = customer.get(frappe.get_meta("Customer").get_title_field())
	return {"link_doctype": "Customer", "link_name": customer.name, "link_title": title}


def linked_to(customer: str, doctype: str, fields: list[str]) -> list[frappe._dict]:
	"""Fields of the customer's addresses or contacts, newest first."""
	names = frappe.get_all(
		"Dynamic Link",
		filters={"parenttype": doctype, "link_doctype": "Customer", "link_name": customer},
		pluck="parent",
		order_by=None,
	)
	return frappe.get_all(doctype, filters={"name": ("in", names)}, fields=fields, order_by="creation desc")
