"""The time that workers compare with each other's: the database server's, because a machine's own may be wrong."""

from datetime import datetime, timedelta, timezone

import frappe
from frappe.utils import now_datetime
from frappe.utils.caching import request_cache

from mercadolibre_sync.sync.versions import system_time


def now() -> datetime:
	"""This moment in system time. The database is asked once in a job or request."""
	return now_datetime() + _behind()


@request_cache
def _behind() -> timedelta:
	moment = frappe.db.sql("select utc_timestamp(6)")[0][0]
	return system_time(moment.replace(tzinfo=timezone.utc)) - now_datetime()
