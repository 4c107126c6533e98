from collections.abc import Sequence

import frappe
from frappe import _

from mercadolibre_sync.guarded import GuardedDocument
from mercadolibre_sync.inbox import housekeeping, states, wake
from mercadolibre_sync.words import restored

RETRIABLE = (states.FAILED, states.WAITING)


class MercadoLibreNotification(GuardedDocument):
	def onload(self) -> None:
		"""The buyer's name for the form's title, for those who may see customers."""
		if self.customer and frappe.has_permission("Customer", doc=self.customer):
			self.set_onload("buyer", frappe.db.get_value("Customer", self.customer, "customer_name"))

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
		if self.status not in RETRIABLE:
			frappe.throw(_("Only a notification that failed or waits for a retry can be retried."))
		_queue([self])


@frappe.whitelist(methods=["POST"])
def retry(names: list[str] | str) -> int:
	"""Queue these notifications again and return how many: what neither failed nor waits is left as it is."""
	documents = [frappe.get_doc(states.NOTIFICATION, name) for name in frappe.parse_json(names)]
	for document in documents:
		document.check_permission("write")
	retriable = [document for document in documents if document.status in RETRIABLE]
	_queue(retriable)
	return len(retriable)


def _queue(documents: Sequence[MercadoLibreNotification]) -> None:
	for since in RETRIABLE:
		names = [document.name for document in documents if document.status == since]
		states.requeue(names, since, fresh_start=True)
	frappe.db.after_commit.add(wake.wake)


def on_doctype_update() -> None:
	"""Indexes for the inbox's own queries, which have to stay fast at a million rows."""
	frappe.db.add_index(states.NOTIFICATION, ["status", "account", "priority", "received"])
	frappe.db.add_index(states.NOTIFICATION, ["status", "claimed_at"])
	frappe.db.add_index(states.NOTIFICATION, ["status", "next_attempt"])
	frappe.db.add_index(states.NOTIFICATION, ["resource", "status"])
	frappe.db.add_index(states.NOTIFICATION, ["account", "source", "received"])
	frappe.db.add_index(states.NOTIFICATION, ["status", "modified"])
