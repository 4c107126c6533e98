"""What cannot be done by itself is told to a person in time."""

from datetime import datetime, timedelta, timezone

import frappe
from frappe.utils import add_to_date, now_datetime

from mercadolibre_sync.account import silence
from mercadolibre_sync.inbox import digest, sweep
from mercadolibre_sync.inbox.states import NOTIFICATION
from mercadolibre_sync.sync.accounts import ACCOUNT
from tests.site.base import ACCOUNT_NAME, SiteTestCase, make_manager, told


class TestSilence(SiteTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.manager = make_manager()
		self.set_account(creation=add_to_date(now_datetime(), days=-30))

	def set_account(self, **values) -> None:
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, values, update_modified=False)
		frappe.db.commit()

	def heard(self, hours: float) -> None:
		"""MercadoLibre notified us so many hours ago."""
		name = self.notify("items", "/items/MLA1")
		frappe.db.set_value(NOTIFICATION, name, "received", add_to_date(now_datetime(), hours=-hours))
		frappe.db.commit()

	def order_changed(self, hours: float) -> None:
		moment = datetime.now(timezone.utc) - timedelta(hours=hours)
		self.add_order(self.add_buyer(), created=moment.isoformat(timespec="milliseconds"))

	def silent_since(self):
		frappe.db.rollback()
		return frappe.db.get_value(ACCOUNT, ACCOUNT_NAME, "silent_since")

	def test_orders_without_notifications_raise_one_alert_that_says_what_to_do(self):
		self.heard(hours=20)
		self.order_changed(hours=5)
		for _hour in range(2):
			silence.watch()
		self.assertIsNotNone(self.silent_since())
		self.assertEqual(told(self.manager), [f"MercadoLibre no longer notifies the account {ACCOUNT_NAME}"])
		(message,) = frappe.get_all(
			"Notification Log", filters={"for_user": self.manager}, pluck="email_content"
		)
		self.assertIn("subscribe orders_v2 and shipments again", message)

	def test_it_is_over_when_a_notification_arrives_and_a_new_silence_is_told_again(self):
		self.heard(hours=20)
		self.order_changed(hours=5)
		silence.watch()
		self.heard(hours=13)
		sweep.note_last_notifications()
		self.assertIsNone(self.silent_since())
		silence.watch()
		self.assertEqual(len(told(self.manager)), 2)

	def test_silence_without_new_orders_is_no_alarm(self):
		self.order_changed(hours=30)
		self.heard(hours=20)
		silence.watch()
		self.assertIsNone(self.silent_since())

	def test_an_order_whose_notification_may_still_come_is_no_alarm(self):
		self.heard(hours=20)
		self.order_changed(hours=0.2)
		silence.watch()
		self.assertIsNone(self.silent_since())

	def test_within_the_hours_of_settings_mercadolibre_is_not_asked(self):
		self.heard(hours=11)
		self.order_changed(hours=5)
		silence.watch()
		self.assertEqual(self.meli.calls(), [])
		frappe.db.set_single_value("MercadoLibre Settings", "silence_hours", 6)
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_single_value, "MercadoLibre Settings", "silence_hours", 12)
		silence.watch()
		self.assertIsNotNone(self.silent_since())

	def test_what_we_fetched_ourselves_does_not_count_as_heard(self):
		self.order_changed(hours=5)
		name = self.notify("orders_v2", "/orders/1")
		frappe.db.set_value(NOTIFICATION, name, "source", "Back-fill")
		frappe.db.commit()
		silence.watch()
		self.assertIsNotNone(self.silent_since())

	def test_an_account_just_authorised_is_given_its_time(self):
		self.set_account(authorised_at=add_to_date(now_datetime(), hours=-2))
		self.order_changed(hours=5)
		silence.watch()
		self.assertEqual(self.meli.calls(), [])

	def test_mercadolibre_out_of_order_is_no_alarm(self):
		self.heard(hours=20)
		self.order_changed(hours=5)
		self.meli.misbehave("^/orders/search", "503")
		silence.watch()
		self.assertEqual(told(self.manager), [])


class TestDigest(SiteTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.manager = make_manager()

	def test_failed_notifications_are_summed_up_by_reason(self):
		for number, reason in enumerate(("<b>Uno</b>", "Dos", "Dos")):
			name = self.notify("orders_v2", f"/orders/{number + 1}")
			frappe.db.set_value(NOTIFICATION, name, {"status": "Failed", "reason": reason})
		digest.send()
		self.assertEqual(told(self.manager), ["3 MercadoLibre notifications failed"])
		(message,) = frappe.get_all(
			"Notification Log", filters={"for_user": self.manager}, pluck="email_content"
		)
		self.assertIn(f"<li>2 × {ACCOUNT_NAME}: Dos</li>", message)
		self.assertNotIn("<b>Uno", message)

	def test_nothing_failed_is_no_news(self):
		self.notify("orders_v2", "/orders/1")
		digest.send()
		self.assertEqual(told(self.manager), [])
