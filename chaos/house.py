"""What goes on in a site without anybody's doing, and what its people do, in a process of its own."""

import time

import frappe

from chaos import books
from mercadolibre_sync.inbox import claims, missed_feeds, states, wake
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.meli.oauth import Tokens
from mercadolibre_sync.sync import connection
from mercadolibre_sync.sync.accounts import ACCOUNT, RECONNECT_NEEDED
from mercadolibre_sync.sync.customers import CUSTOMER
from mercadolibre_sync.sync.fiscal.customer import PENDING
from mercadolibre_sync.sync.fiscal.tickets import TICKET
from simulator.control import MeliControl
from tests.ground.site import connect

# Time goes by faster for what waits for another attempt, so that minutes fit into the run.
HASTE = 12


def keep(tick: float) -> None:
	"""Sweep every so many seconds, as the scheduler does, and every second do what people do. Ends with its process."""
	next_sweep = time.monotonic() + tick
	while True:
		time.sleep(1)
		try:
			_hurry()
			_reconnect()
			if time.monotonic() >= next_sweep:
				next_sweep += tick
				frappe.enqueue("mercadolibre_sync.inbox.sweep.sweep")
				frappe.enqueue("mercadolibre_sync.sync.fiscal.pending.ask_again")
		except Exception as error:
			print(f"The house waits: {error}", flush=True)
			_connect_anew()


def fetch_missed() -> None:
	"""What happens every hour."""
	missed_feeds.fetch()


def retry_failed() -> None:
	"""Press "Retry" on all that failed."""
	names = frappe.get_all(NOTIFICATION, filters={"status": states.FAILED}, pluck="name")
	states.requeue(names, states.FAILED, fresh_start=True)
	frappe.db.commit()
	wake.wake()


def _hurry() -> None:
	waiting = {"status": states.WAITING, "next_attempt": ("is", "set")}
	if names := frappe.get_all(NOTIFICATION, filters=waiting, pluck="name", order_by=None):
		# By primary key, as the app itself locks them.
		frappe.db.sql(
			f"update `tab{NOTIFICATION}` set next_attempt = next_attempt - interval %s second "
			"where name in %s and status = %s",
			(HASTE - 1, names, states.WAITING),
		)
	if names := frappe.get_all(CUSTOMER, filters=books.pending_lookups(), pluck="name", order_by=None):
		frappe.db.sql(
			f"update `tab{CUSTOMER}` set arca_next_lookup = arca_next_lookup - interval %s second "
			"where name in %s and arca_status = %s",
			(HASTE - 1, names, PENDING),
		)
	# A ticket that was given out and lost: ARCA refuses another one for minutes.
	frappe.db.sql(
		f"update `tab{TICKET}` set error_until = error_until - interval %s second where error_until is not null",
		HASTE - 1,
	)
	frappe.db.commit()


def _reconnect() -> None:
	"""Press "Authorise" on an account that asks for it."""
	for account in frappe.get_all(ACCOUNT, filters={"status": RECONNECT_NEEDED}, fields=["name", "user_id"]):
		tokens = MeliControl(connection.simulator_url()).issue_tokens(account.user_id)
		with connection.tokens_lock(account.name):
			connection.store_tokens(account.name, Tokens.from_json(tokens))
			claims.requeue_waiting_for_account(account.name)
			frappe.db.commit()
		print(f"Connected {account.name} again", flush=True)


def _connect_anew() -> None:
	try:
		frappe.destroy()
		connect()
	except Exception as error:
		print(f"No database: {error}", flush=True)
