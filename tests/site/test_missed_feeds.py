"""What was missed while the site was down is fetched by itself."""

from datetime import datetime, timedelta, timezone

import frappe

from mercadolibre_sync.backfill import nightly, run
from mercadolibre_sync.inbox import intake, missed_feeds, worker
from mercadolibre_sync.inbox.states import NOTIFICATION, PRIORITY_FRESH
from mercadolibre_sync.meli.notification import parse
from mercadolibre_sync.sync.accounts import ACCOUNT
from simulator.meli_notifications import notification_body
from tests.ground.process import outputs, together
from tests.site.base import ACCOUNT_NAME, SELLER, SiteTestCase, make_account

OTHER_SELLER = "779432305"


def ago(**delta: float) -> str:
	return (datetime.now(timezone.utc) - timedelta(**delta)).isoformat(timespec="milliseconds")


class TestMissedFeeds(SiteTestCase):
	def rows(self) -> list[frappe._dict]:
		frappe.db.rollback()
		return frappe.get_all(NOTIFICATION, fields=["resource", "source", "status", "account", "priority"])

	def test_missed_notifications_of_all_pages_and_topics_reach_the_inbox_once(self):
		for number in range(25):
			self.meli.miss_notification("orders_v2", f"/orders/{number + 1}", SELLER, sent=ago(hours=number))
		self.meli.miss_notification("shipments", "/shipments/1", SELLER)
		for _hour in range(2):
			missed_feeds.fetch()
		rows = self.rows()
		self.assertEqual(len(rows), 26)
		self.assertEqual(
			{(row.source, row.status, row.priority) for row in rows}, {("Missed feed", "Queued", 0)}
		)

	def test_one_that_was_delivered_after_all_is_not_fetched_again(self):
		body = notification_body("orders_v2", "/orders/1", SELLER)
		notification = parse(frappe.as_json(body).encode())
		intake.store(notification, ACCOUNT_NAME, intake.SOURCE_POSTED, PRIORITY_FRESH)
		frappe.db.commit()
		self.meli.miss_notification("orders_v2", "/orders/1", SELLER, sent=body["sent"])
		missed_feeds.fetch()
		self.assertEqual([row.source for row in self.rows()], ["MercadoLibre"])

	def test_a_later_change_of_the_same_order_is_another_notification(self):
		for hours in (2, 1):
			self.meli.miss_notification("orders_v2", "/orders/1", SELLER, sent=ago(hours=hours))
		missed_feeds.fetch()
		self.assertEqual(len(self.rows()), 2)

	def test_other_topics_and_other_sellers_are_left_alone(self):
		self.meli.miss_notification("items", "/items/MLA1", SELLER)
		self.meli.miss_notification("orders_v2", "/orders/1", OTHER_SELLER)
		missed_feeds.fetch()
		self.assertEqual(self.rows(), [])

	def test_one_call_serves_all_accounts_and_another_accounts_token_serves_where_one_is_dead(self):
		self.meli.add_seller(OTHER_SELLER, "OTRO")
		make_account("OTRO", OTHER_SELLER)
		frappe.db.commit()
		for seller in (SELLER, OTHER_SELLER):
			self.meli.miss_notification("orders_v2", "/orders/1", seller)
		for dead in (SELLER, OTHER_SELLER):
			with self.subTest(dead):
				self.meli.revoke(dead)
				missed_feeds.fetch()
				self.assertEqual({row.account for row in self.rows()}, {ACCOUNT_NAME, "OTRO"})

	def test_two_workers_at_once_take_each_only_once(self):
		for number in range(30):
			self.meli.miss_notification("orders_v2", f"/orders/{number + 1}", SELLER)
		code = "from mercadolibre_sync.inbox import missed_feeds; missed_feeds.fetch()"
		outputs(together(code, 2))
		self.assertEqual(len(self.rows()), 30)

	def test_mercadolibre_out_of_order_is_no_error(self):
		self.meli.misbehave("/missed_feeds", "503")
		self.meli.miss_notification("orders_v2", "/orders/1", SELLER)
		missed_feeds.fetch()
		self.assertEqual(self.rows(), [])
		missed_feeds.fetch()
		self.assertEqual(len(self.rows()), 1)


class TestADayDown(SiteTestCase):
	def test_a_day_without_the_site_is_caught_up_without_anybody_doing_anything(self):
		"""Some notifications were missed; then MercadoLibre disabled the topic and did not even list them."""
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "authorised_at", None)
		listed = [self.add_buyer(f"LISTADO{number}") for number in range(5)]
		unlisted = [self.add_buyer(f"SINLISTAR{number}") for number in range(5)]
		for hours, buyer in enumerate(listed):
			order = self.add_order(buyer, created=ago(hours=24 - hours))
			self.meli.miss_notification("orders_v2", f"/orders/{order}", SELLER, sent=ago(hours=24 - hours))
		for hours, buyer in enumerate(unlisted):
			self.add_order(buyer, created=ago(hours=15 - 3 * hours))
		missed_feeds.fetch()
		worker.drain()
		self.assertEqual(frappe.db.count("Customer", {"name": ("in", listed)}), 5)
		nightly.start()
		(backfill,) = frappe.get_all(run.BACKFILL, pluck="name")
		run.run(backfill)
		worker.drain()
		frappe.db.rollback()
		self.assertEqual(frappe.db.count("Customer", {"name": ("in", unlisted)}), 5)
		# The first five were known in their version and not fetched again.
		queued, skipped = frappe.db.get_value(run.BACKFILL, backfill, ["queued", "skipped"])
		self.assertEqual((queued, skipped), (5, 5))
