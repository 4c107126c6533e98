import frappe
from frappe import _
from frappe.model.document import Document

from mercadolibre_sync.inbox import housekeeping, states, wake
from mercadolibre_sync.words import restored


class MercadoLibreNotification(Document):
	def before_print(self, settings: dict | None = None) -> None:
		self.reason = str(restored(self.reason))

	@staticmethod
	def clear_old_logs(days: int = 30) -> None:
		"""Called by Frappe's Log Settings."""
		housekeeping.delete_finished(days)

	@frappe.whitelist()
	def retry(self) -> None:
		"""Queue the notification again, as if it had just come."""
		self.check_permission("write")
		if self.status not in (states.FAILED, states.WAITING):
			frappe.throw(_("Only a notification that failed or waits for a retry can be retried."))
		states.requeue([self.name], self.status, fresh_start=True)
		frappe.db.after_commit.add(wake.wake)


def on_doctype_update() -> None:
	"""Indexes for the inbox's own queries, which have to stay fast at a million rows."""
	frappe.db.add_index(states.NOTIFICATION, ["status", "account", "priority", "received"])
	frappe.db.add_index(states.NOTIFICATION, ["status", "claimed_at"])
	frappe.db.add_index(states.NOTIFICATION, ["status", "next_attempt"])
	frappe.db.add_index(states.NOTIFICATION, ["resource", "status"])
	frappe.db.add_index(states.NOTIFICATION, ["account", "source", "received"])
	frappe.db.add_index(states.NOTIFICATION, ["status", "modified"])
