import frappe
from frappe import _
from frappe.model.document import Document

from mercadolibre_sync.inbox import claims
from mercadolibre_sync.sync.accounts import CONNECTED, NOT_CONNECTED, customer_group_problem


class MercadoLibreAccount(Document):
	def validate(self) -> None:
		self.validate_user_id()
		self.validate_customer_group()
		self.set_status()

	def validate_user_id(self) -> None:
		self.user_id = (self.user_id or "").strip()
		if self.user_id and not self.user_id.isdecimal():
			frappe.throw(_('"Seller ID" must be the seller\'s user number at MercadoLibre, digits only.'))
		if not self.user_id:
			return
		other = frappe.db.get_value(self.doctype, {"user_id": self.user_id, "name": ("!=", self.name)})
		if other:
			frappe.throw(_('"Seller ID" {0} already belongs to the account {1}.').format(self.user_id, other))

	def validate_customer_group(self) -> None:
		if problem := customer_group_problem(self.customer_group):
			frappe.throw(problem)

	def set_status(self) -> None:
		"""A token typed in by hand is taken for a good one until MercadoLibre refuses it."""
		if not self.access_token:
			self.status = NOT_CONNECTED
		elif self.has_value_changed("access_token") or self.status == NOT_CONNECTED:
			self.status = CONNECTED
			self.token_expires_at = None

	def on_update(self) -> None:
		before = self.get_doc_before_save()
		if before and before.status != CONNECTED and self.status == CONNECTED:
			claims.requeue_waiting_for_account(self.name)
