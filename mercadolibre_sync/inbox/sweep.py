"""The scheduled look at the inbox, which makes good whatever Redis or a worker lost."""

import frappe

from mercadolibre_sync.inbox import claims, states, wake
from mercadolibre_sync.inbox.intake import SOURCE_POSTED
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.sync.accounts import ACCOUNT


def sweep() -> None:
	"""Queue again what is due or was abandoned and see to it that a worker looks (every minute)."""
	claims.requeue_due()
	claims.requeue_abandoned()
	claims.requeue_connected()
	note_last_notifications()
	# Also where something is only being processed: if its worker is dead, the one that is woken waits for its lease.
	if frappe.db.exists(NOTIFICATION, {"status": ("in", (states.QUEUED, states.PROCESSING))}):
		wake.wake()


def note_last_notifications() -> None:
	"""Copy the moment of the newest notification to each account; the endpoint leaves this to us.

	Only what MercadoLibre posted counts: it shows that the topics are still subscribed.
	"""
	for account, seen in frappe.get_all(ACCOUNT, fields=["name", "last_notification"], as_list=True):
		filters = {"account": account, "source": SOURCE_POSTED}
		newest = frappe.db.get_value(NOTIFICATION, filters, "received", order_by="received desc")
		if newest and newest != seen:
			values = {"last_notification": newest, "silent_since": None}
			frappe.db.set_value(ACCOUNT, account, values, update_modified=False)
	frappe.db.commit()
