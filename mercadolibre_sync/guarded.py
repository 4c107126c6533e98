"""What a form shows read-only stays so over the REST API, too: Frappe leaves that to the form."""

import frappe
from frappe import _
from frappe.model import no_value_fields
from frappe.model.document import Document
from frappe.utils import cast


class GuardedDocument(Document):
	"""A document whose read-only fields only this app's code changes, with `ignore_permissions` or by SQL."""

	def before_validate(self) -> None:
		if not self.flags.ignore_permissions:
			self.refuse_changes_by_hand()

	def refuse_changes_by_hand(self) -> None:
		before = self.get_doc_before_save() or frappe.new_doc(self.doctype)
		for field in self.meta.get("fields", {"read_only": 1, "is_virtual": 0}):
			if field.fieldtype in no_value_fields:
				continue
			if cast(field.fieldtype, before.get(field.fieldname)) != cast(
				field.fieldtype, self.get(field.fieldname)
			):
				frappe.throw(
					_('"{0}" is not changed by hand. Leave it as it is.').format(
						_(field.label, context=self.doctype)
					),
					title=_("Read-Only Field"),
				)
