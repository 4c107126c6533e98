"""The numbers of the workspace that Frappe cannot count by itself."""

from statistics import median
from typing import Any

import frappe
from frappe import _
from frappe.utils import add_days, format_date, getdate

from mercadolibre_sync.inbox import intake, states
from mercadolibre_sync.inbox.states import NOTIFICATION

# Four weeks and today.
DAYS = 29
# Of a busy day's notifications the newest tell as much as all of them.
TOLD = 1_000


@frappe.whitelist()
def time_to_customer(filters: Any = None) -> dict | str:
	"""How long a buyer took, today, from the notification to the customer: a Number Card, the median in seconds.

	A dash while nobody has come today.
	"""
	told = {
		"status": states.DONE,
		"source": intake.SOURCE_POSTED,
		"modified": (">=", getdate()),
		"received": (">=", getdate()),
		"customer": ("is", "set"),
	}
	rows = frappe.get_list(
		NOTIFICATION,
		filters=told,
		fields=["received", "finished_at"],
		order_by="modified desc",
		limit=TOLD,
	)
	if not rows:
		return "–"
	seconds = median((row.finished_at - row.received).total_seconds() for row in rows)
	return {
		# A duration of none is shown as no duration.
		"value": max(1, round(seconds)),
		"fieldtype": "Duration",
		"route": ["List", NOTIFICATION],
		"route_options": {"status": states.DONE, "received": [">=", str(getdate())]},
	}


@frappe.whitelist()
def notifications_by_outcome(
	chart_name: Any = None,
	chart: Any = None,
	no_cache: Any = None,
	filters: Any = None,
	from_date: Any = None,
	to_date: Any = None,
	timespan: Any = None,
	time_interval: Any = None,
	heatmap_year: Any = None,
	refresh: Any = None,
) -> dict:
	"""Notifications of the last days by the day of their outcome, as a Dashboard Chart draws it; {} without any."""
	frappe.has_permission(NOTIFICATION, "read", throw=True)
	outcomes = {
		states.DONE: _("Done"),
		states.IGNORED: _("Ignored"),
		states.WAITING: _("Waiting for retry"),
		states.FAILED: _("Failed"),
	}
	days = [add_days(getdate(), -ago) for ago in reversed(range(DAYS))]
	counts = _counts(list(outcomes), days[0])
	if not counts:
		return {}
	return {
		"labels": [format_date(day, "d MMM") for day in days],
		"datasets": [
			{"name": words, "values": [counts.get((status, day), 0) for day in days]}
			for status, words in outcomes.items()
		],
	}


def _counts(outcomes: list[str], since: object) -> dict[tuple, int]:
	"""By state and day of the last change, out of an index alone."""
	rows = frappe.db.sql(
		f"""
		select status, date(modified), count(*) from `tab{NOTIFICATION}`
		where status in %s and modified >= %s group by status, date(modified)
		""",
		(outcomes, since),
	)
	return {(status, day): count for status, day, count in rows}
