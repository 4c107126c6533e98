"""The nightly look for orders that neither a notification nor the list of missed ones told us about."""

from datetime import datetime

import frappe
from frappe.utils import add_to_date, get_datetime, now_datetime

from mercadolibre_sync.backfill.run import BACKFILL, COMPLETED, RUNNING
from mercadolibre_sync.backfill.search import OVERLAP
from mercadolibre_sync.sync.accounts import ACCOUNT, CONNECTED

NIGHTLY = "Nightly"


def start() -> None:
	"""Start a back-fill for every connected account, from where the last nightly one had come to (every night).

	So nights on which the site was down are made good by the next one.
	"""
	for account in frappe.get_all(ACCOUNT, filters={"enabled": 1, "status": CONNECTED}, pluck="name"):
		if not frappe.db.exists(BACKFILL, {"account": account, "status": RUNNING}):
			_start(account)


def _start(account: str) -> None:
	backfill = frappe.new_doc(BACKFILL)
	backfill.update({"account": account, "origin": NIGHTLY, "updated_from": _from(account)})
	backfill.insert(ignore_permissions=True)
	frappe.db.commit()


def _from(account: str) -> datetime:
	filters = {"account": account, "origin": NIGHTLY, "status": COMPLETED}
	last = frappe.db.get_value(BACKFILL, filters, "updated_to", order_by="updated_to desc")
	since = last or frappe.db.get_value(ACCOUNT, account, "authorised_at")
	yesterday = add_to_date(now_datetime(), days=-1)
	oldest = add_to_date(now_datetime(), months=-12, days=1)
	return max(min(get_datetime(since) - OVERLAP, yesterday) if since else yesterday, oldest)
