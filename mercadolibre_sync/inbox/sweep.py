"""The scheduled look at the inbox, which makes good whatever Redis or a worker lost."""

import frappe
from frappe.utils import add_to_date, now_datetime

from mercadolibre_sync.inbox import claims, states, wake
from mercadolibre_sync.inbox.states import NOTIFICATION

# What has waited longer means that the worker that is awake does not keep up, or is dead.
PATIENCE_MINUTES = 1


def sweep() -> None:
	"""Queue again what is due or was abandoned and see to it that a worker looks (every minute)."""
	claims.requeue_due()
	claims.requeue_abandoned()
	note_last_notifications()
	if not frappe.db.exists(NOTIFICATION, {"status": states.QUEUED}):
		return
	if _is_late():
		wake.enqueue()
	else:
		wake.wake()


def note_last_notifications() -> None:
	"""Copy the moment of the newest notification to each account; the endpoint leaves this to us."""
	for account, seen in frappe.get_all(
		"MercadoLibre Account", fields=["name", "last_notification"], as_list=True
	):
		newest = frappe.db.get_value(NOTIFICATION, {"account": account}, "received", order_by="received desc")
		if newest and newest != seen:
			frappe.db.set_value(
				"MercadoLibre Account", account, "last_notification", newest, update_modified=False
			)
	frappe.db.commit()


def _is_late() -> bool:
	too_old = add_to_date(now_datetime(), minutes=-PATIENCE_MINUTES)
	return bool(frappe.db.exists(NOTIFICATION, {"status": states.QUEUED, "modified": ("<", too_old)}))
