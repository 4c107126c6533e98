"""A condición does not stay: whom ARCA is asked for again, and that people hear what has changed."""

from datetime import datetime

import frappe
from frappe.translate import get_user_lang
from frappe.utils import add_to_date, now_datetime

from mercadolibre_sync import people
from mercadolibre_sync.sync.customers import CUSTOMER
from mercadolibre_sync.sync.fiscal import SETTINGS, pending
from mercadolibre_sync.sync.fiscal.customer import DETERMINED, PENDING
from mercadolibre_sync.sync.versions import ORDER
from mercadolibre_sync.words import Text, text

# The registry publishes no limit. This is one every two seconds of the five minutes until the next run.
A_RUN = 150
LOOKS_LIKE_A_CUIT = "^[0-9]{2}-?[0-9]{8}-?[0-9]$"
TITLE = "Traer datos fiscales"
# As long as another job may ask.
WAIT_SECONDS = 240


def ask_again() -> None:
	"""Ask for some of the customers whose answer is old, the oldest first (every five minutes from 1 to 5 a.m.).

	What it does not get to, or ARCA does not answer, is there the next time. By day only first answers are asked for.
	"""
	pending.ask(_due)


def ask_selected(moment: str) -> None:
	"""Ask for those whose lookup a person has set to this very moment, show how it goes, and say what came of it.

	Those it does not get to are asked for at night.
	"""
	selected = {"arca_next_lookup": moment}
	names = frappe.get_all(CUSTOMER, filters=selected, pluck="name", order_by=None)
	pending.ask(
		lambda: frappe.get_all(CUSTOMER, filters=selected, fields=pending.FIELDS),
		lambda percent: frappe.publish_progress(percent, TITLE),
		WAIT_SECONDS,
	)
	answered = frappe.db.count(CUSTOMER, {"name": ("in", names), "arca_next_lookup": ("is", "not set")})
	said = text(
		"ARCA has answered about {0} of {1} customers. For the others it is asked at night.",
		answered,
		len(names),
	)
	if answered == len(names):
		said = text("ARCA has answered about all {0} customers.", answered)
	frappe.publish_progress(100, TITLE)
	frappe.publish_realtime("msgprint", said.translated(get_user_lang()), user=frappe.session.user)


def _due() -> list[frappe._dict]:
	"""Customers of MercadoLibre that have bought since the last answer, or had none; where ARCA Settings say so also
	others with a CUIT; and whomever was asked for in vain.
	"""
	settings = frappe.get_single(SETTINGS)
	now, days = now_datetime(), settings.ask_again_days
	return frappe.db.sql(
		f"""
		select {", ".join(pending.FIELDS)} from `tab{CUSTOMER}` as customer
		where disabled = 0 and tax_id regexp %(cuit)s and coalesce(arca_status, '') != %(pending)s and (
			arca_next_lookup <= %(now)s
			or arca_next_lookup is null and %(days)s > 0 and (
				coalesce(arca_status, '') = '' and (mercadolibre_id is not null or %(others)s)
				or arca_checked_on < %(before)s and (
					mercadolibre_id is null and %(others)s
					or exists (
						select name from `tab{ORDER}` as bought
						where bought.customer = customer.name and bought.last_updated > arca_checked_on
					)
				)
			)
		)
		order by arca_checked_on limit {A_RUN}
		""",
		{
			"cuit": LOOKS_LIKE_A_CUIT,
			"pending": PENDING,
			"now": now,
			"days": days,
			"others": settings.ask_for_others,
			"before": add_to_date(now, days=-days),
		},
		as_dict=True,
	)


def tell_of_changes() -> None:
	"""Tell the managers for how many customers ARCA has changed its answer since they were told last (every morning)."""
	told, now = frappe.db.get_single_value(SETTINGS, "changes_told_on"), now_datetime()
	if changed := _changed(told or add_to_date(now, days=-1), now):
		people.tell_managers(
			text("ARCA says something else of {0} customers", sum(row.count for row in changed)),
			text('The list of customers shows them by "Registry Changed Its Answer On":'),
			CUSTOMER,
			changed[0].example,
			points=[_point(row) for row in changed],
		)
	frappe.db.set_single_value(SETTINGS, "changes_told_on", now, update_modified=False)
	frappe.db.commit()


def _changed(since: datetime, until: datetime) -> list[frappe._dict]:
	"""`condicion`, whether it `is_clear`, `count`, and an `example`, the most frequent first."""
	return frappe.db.sql(
		f"""
		select coalesce(arca_condicion_iva, '') as condicion, arca_status = %s as is_clear, count(*) as count,
			max(name) as example
		from `tab{CUSTOMER}` where arca_changed_on > %s and arca_changed_on <= %s
		group by condicion, is_clear order by count desc
		""",
		(DETERMINED, since, until),
		as_dict=True,
	)


def _point(row: frappe._dict) -> Text:
	if row.is_clear:
		return Text("{0} × {1}", (row.count, row.condicion))
	return text("{0} × {1}, wants a look", row.count, row.condicion or "–")
