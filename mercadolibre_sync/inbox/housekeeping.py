"""Deleting what is finished, so that the inbox does not grow for ever."""

import frappe
from frappe.utils import add_to_date, now_datetime

from mercadolibre_sync.inbox import states
from mercadolibre_sync.inbox.states import NOTIFICATION

# Small enough that nobody waits for the locks of one batch.
BATCH = 1000


def delete_finished(days: int) -> None:
	"""Delete notifications that ended well or were ignored more than `days` ago; failed ones stay. Commits."""
	filters = {
		"status": ("in", (states.DONE, states.IGNORED)),
		"modified": ("<", add_to_date(now_datetime(), days=-days)),
	}
	while names := frappe.get_all(NOTIFICATION, filters=filters, pluck="name", limit=BATCH, order_by=None):
		# By primary key: a range would lock the place where the endpoint inserts.
		frappe.db.delete(NOTIFICATION, {"name": ("in", names)})
		frappe.db.commit()
