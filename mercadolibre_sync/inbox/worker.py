"""The background job that empties the inbox."""

import time

import frappe
from frappe.utils import add_to_date, now_datetime

from mercadolibre_sync.inbox import failures, states, wake
from mercadolibre_sync.inbox.claims import Claim, claim_next
from mercadolibre_sync.meli.notification import resource_reference
from mercadolibre_sync.sync import synchronise

# A job ends itself and calls a successor, so that it never meets RQ's timeout in the middle of a buyer.
BUDGET_SECONDS = 240


def drain() -> None:
	"""Process the inbox until it is empty.

	The job was queued by a guest's request and would run as Guest; customers are written as Administrator.
	"""
	frappe.set_user("Administrator")
	deadline = time.monotonic() + BUDGET_SECONDS
	while time.monotonic() < deadline:
		wake.stay_awake()
		claim = claim_next() or _last_look()
		if not claim:
			return
		process(claim)
	wake.enqueue()


def _last_look() -> Claim | None:
	# Asleep first, then one more look: what was committed before we fell asleep is found by the look,
	# what was committed later finds us asleep and wakes a worker.
	wake.fall_asleep()
	return claim_next()


def process(claim: Claim) -> None:
	"""Bring one claimed resource to its end and write the state it ended in."""
	try:
		reference = resource_reference(claim.topic, claim.resource)
		synchronise(claim.account, reference, finish=lambda outcome: states.finish(claim.names, outcome))
	except Exception as error:
		frappe.db.rollback()
		_write_failure(claim, failures.explain(error, claim.attempts))
		frappe.db.commit()
	finally:
		frappe.clear_messages()


def _write_failure(claim: Claim, verdict: failures.Verdict) -> None:
	if verdict.needs_reconnect:
		states.wait(claim.names, verdict.reason, until=None)
	elif verdict.retry_in is None:
		states.fail(claim.names, verdict.reason)
	else:
		states.wait(claim.names, verdict.reason, add_to_date(now_datetime(), seconds=verdict.retry_in))
