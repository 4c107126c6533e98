"""A condición does not stay: whom ARCA is asked for again, and that the managers hear what has changed."""

import frappe
from frappe.utils import add_to_date, now_datetime

from mercadolibre_sync import people
from mercadolibre_sync.sync.customers import CUSTOMER
from mercadolibre_sync.sync.fiscal import SETTINGS
from mercadolibre_sync.sync.fiscal.customer import DETERMINED
from mercadolibre_sync.sync.versions import ORDER
from mercadolibre_sync.words import Text, text

# The registry publishes no limit. So many fit into the four hours in which hardly anybody else asks it.
PAUSE_SECONDS = 2
A_NIGHT = 7200
LOOKS_LIKE_A_CUIT = "^[0-9]{2}-?[0-9]{8}-?[0-9]$"


def schedule() -> None:
	"""Give the customers with the oldest answers a moment of this night in which `pending` asks again (at 1 a.m.).

	Who is still due of an earlier night keeps the moment.
	"""
	settings = frappe.get_single(SETTINGS)
	if not settings.enabled or not settings.ask_again_days:
		return
	names = _due(settings.ask_again_days, bool(settings.ask_for_others))
	frappe.db.rollback()
	moment = now_datetime()
	for number, name in enumerate(names):
		values = {"arca_next_lookup": add_to_date(moment, seconds=number * PAUSE_SECONDS)}
		frappe.db.set_value(CUSTOMER, name, values, update_modified=False)
		# Each by itself: no order may wait for a night's customers.
		frappe.db.commit()


def _due(days: int, with_others: bool) -> list[str]:
	"""Customers of MercadoLibre that have bought since the last answer, or had none; `with_others`: everybody's."""
	return frappe.db.sql_list(
		f"""
		select name from tabCustomer where disabled = 0 and arca_next_lookup is null
		and tax_id regexp %(cuit)s and (
			coalesce(arca_status, '') = '' and (mercadolibre_id is not null or %(others)s)
			or arca_checked_on < %(before)s and (
				mercadolibre_id is null and %(others)s
				or exists (
					select name from `tab{ORDER}` as bought
					where bought.customer = tabCustomer.name and bought.last_updated > arca_checked_on
				)
			)
		)
		order by arca_checked_on limit {A_NIGHT}
		""",
		{
			"cuit": LOOKS_LIKE_A_CUIT,
			"others": int(with_others),
			"before": add_to_date(now_datetime(), days=-days),
		},
	)


def tell_of_changes() -> None:
	"""Tell the managers for how many customers ARCA has changed its answer since yesterday (every morning)."""
	changed = _changed()
	if not changed:
		return
	people.tell_managers(
		text("ARCA says something else of {0} customers", sum(row.count for row in changed)),
		text('The list of customers shows them by "Registry Changed Its Answer On":'),
		CUSTOMER,
		changed[0].example,
		points=[_point(row) for row in changed],
	)
	frappe.db.commit()


def _changed() -> list[frappe._dict]:
	return frappe.db.sql(
		"""
		select coalesce(arca_condicion_iva, '') as condicion, arca_status = %s as is_clear, count(*) as count,
			max(name) as example
		from tabCustomer where arca_changed_on > %s group by condicion, is_clear order by count desc
		""",
		(DETERMINED, add_to_date(now_datetime(), days=-1)),
		as_dict=True,
	)


def _point(row: frappe._dict) -> Text:
	if row.is_clear:
		return Text("{0} × {1}", (row.count, row.condicion))
	return text("{0} × {1}, wants a look", row.count, row.condicion or "–")
