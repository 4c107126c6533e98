"""The daily word about notifications that failed and wait for a person."""

import frappe

from mercadolibre_sync import people
from mercadolibre_sync.inbox import states
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.words import Text, restored, text

# The list in the desk shows the rest.
REASONS = 10


def send() -> None:
	"""Tell the managers how many notifications failed and why, if any did (every day)."""
	reasons = _reasons()
	if not reasons:
		return
	count = sum(row.count for row in reasons)
	people.tell_managers(
		text("{0} MercadoLibre notifications failed", count),
		text("They stay in the inbox until somebody retries or deletes them:"),
		NOTIFICATION,
		reasons[0].example,
		points=[
			Text("{0} × {1}: {2}", (row.count, row.account or "", restored(row.reason)))
			for row in reasons[:REASONS]
		],
	)
	frappe.db.commit()


def _reasons() -> list[frappe._dict]:
	"""Failed notifications by account and reason, the most frequent first; `example` names one of them."""
	return frappe.db.sql(
		f"""
		select account, reason, count(*) as count, max(name) as example from `tab{NOTIFICATION}`
		where status = %s group by account, reason order by count desc
		""",
		states.FAILED,
		as_dict=True,
	)
