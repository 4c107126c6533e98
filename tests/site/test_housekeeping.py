"""The inbox does not grow for ever, stays fast, and keeps nothing that it does not need."""

import json

import frappe
from frappe.core.doctype.log_settings.log_settings import run_log_clean_up
from frappe.utils import add_to_date, now_datetime
from frappe.website.doctype.personal_data_download_request.personal_data_download_request import get_user_data

from mercadolibre_sync.inbox import housekeeping, states
from mercadolibre_sync.inbox.states import NOTIFICATION
from tests.site.base import ACCOUNT_NAME, SiteTestCase

STATES = ("Queued", "Processing", "Done", "Ignored", "Waiting for retry", "Failed")


class TestClearing(SiteTestCase):
	def make_one_of_each(self, days: int) -> None:
		for status in STATES:
			name = self.notify("orders_v2", "/orders/1")
			values = {"status": status, "modified": add_to_date(now_datetime(), days=-days)}
			frappe.db.set_value(NOTIFICATION, name, values, update_modified=False)
		frappe.db.commit()

	def left(self) -> list[str]:
		return sorted(frappe.get_all(NOTIFICATION, pluck="status"))

	def test_only_what_is_finished_and_old_is_deleted(self):
		self.make_one_of_each(days=31)
		self.make_one_of_each(days=29)
		housekeeping.delete_finished(30)
		unfinished = [status for status in STATES if status not in ("Done", "Ignored")]
		self.assertEqual(self.left(), sorted([*STATES, *unfinished]))

	def test_more_than_one_batch_is_deleted(self):
		self.addCleanup(setattr, housekeeping, "BATCH", housekeeping.BATCH)
		housekeeping.BATCH = 1
		for _row in range(3):
			self.make_one_of_each(days=31)
		housekeeping.delete_finished(30)
		self.assertNotIn("Done", self.left())

	def test_frappes_log_settings_know_the_inbox_and_delete_by_their_days(self):
		self.make_one_of_each(days=31)
		run_log_clean_up()
		(days,) = frappe.get_all("Logs To Clear", filters={"ref_doctype": NOTIFICATION}, pluck="days")
		self.assertEqual(days, 30)
		self.assertNotIn("Done", self.left())
		self.assertIn("Failed", self.left())


class TestIndexes(SiteTestCase):
	def test_every_query_of_the_inbox_goes_by_an_index(self):
		"""The figures at a million rows are in benchmarks/."""
		for query in (
			f"select resource from `tab{NOTIFICATION}` where status='Queued' order by priority, received limit 20",
			f"select name from `tab{NOTIFICATION}` where resource='/orders/1' and user_id='1' and status='Queued'",
			f"select name from `tab{NOTIFICATION}` where status='Waiting for retry' and next_attempt <= now()",
			f"select received from `tab{NOTIFICATION}` where account='a' and source='MercadoLibre' order by received desc limit 1",
			f"select name from `tab{NOTIFICATION}` where status in ('Done','Ignored') and modified < now() limit 1000",
			"select name from `tabMercadoLibre Order` where customer='1' order by last_updated desc limit 1",
		):
			with self.subTest(query):
				(plan,) = frappe.db.sql(f"explain {query}", as_dict=True)
				self.assertIsNotNone(plan.possible_keys)


class TestPersonalData(SiteTestCase):
	EMAIL = "mariana@example.com"

	def setUp(self) -> None:
		super().setUp()
		self.buyer = self.add_buyer()
		self.row = self.sync_order(self.add_order(self.buyer, shipment={"receiver_phone": "351 5550089"}))
		# MercadoLibre sends no email any more; a person adds it, and Frappe then shows it on the customer.
		contact = self.contacts(self.buyer)[0]
		contact.append("email_ids", {"email_id": self.EMAIL, "is_primary": 1})
		contact.save()
		frappe.db.set_value("Customer", self.buyer, "email_id", self.EMAIL)
		frappe.db.commit()

	def test_the_inbox_keeps_nothing_about_the_buyer_but_the_link_to_the_customer(self):
		text = json.dumps(self.row, default=str, ensure_ascii=False)
		for personal in ("Mariana", "Guzmán", "GUZMARIANA", "32659430", "5550089", "Santa Fe"):
			self.assertNotIn(personal, text)
		self.assertEqual(self.row.status, states.DONE)

	def test_frappes_download_of_personal_data_has_our_fields(self):
		(customer,) = json.loads(get_user_data(self.EMAIL))["Customer"]
		self.assertEqual(customer["mercadolibre_nickname"], "GUZMARIANA")
		self.assertEqual(customer["mercadolibre_account"], ACCOUNT_NAME)

	def test_frappes_deletion_of_personal_data_redacts_our_fields(self):
		request = frappe.new_doc("Personal Data Deletion Request")
		request.email = self.EMAIL
		# What the request does for each doctype once it was confirmed by mail and approved.
		request._PersonalDataDeletionRequest__set_anonymization_data(self.EMAIL, "anon-1@example.com")
		for reference in request.full_match_privacy_docs:
			if reference["doctype"] == "Customer":
				request.redact_full_match_data(reference, self.EMAIL)
		customer = self.customer(self.buyer)
		redacted = {customer.get(field) for field in ("mercadolibre_nickname", "mercadolibre_profile")}
		self.assertEqual(len(redacted), 1)
		self.assertNotIn("GUZMARIANA", redacted.pop())
		# The number stays: by it the buyer's next order finds this customer instead of making another one.
		self.assertEqual(customer.mercadolibre_id, self.buyer)
