"""The guided start: a step is ticked off when what it asks for is there, and only then."""

import frappe

from mercadolibre_sync import guided_start, install
from mercadolibre_sync.sync.accounts import ACCOUNT, NOT_CONNECTED
from tests.site.base import ACCOUNT_NAME, SiteTestCase, clean, make_manager

CONNECTED = ["Application", "Credentials", "Account", "Authorisation"]


class TestGuidedStart(SiteTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.steps = frappe.get_all(
			"Onboarding Step Map", {"parent": guided_start.GUIDE}, pluck="step", order_by="idx"
		)
		frappe.db.set_value("Onboarding Step", {"name": ("in", self.steps)}, "is_skipped", 0)

	def ticked(self) -> list[str]:
		"""The steps that are ticked, in their order, after a look."""
		guided_start.tick_off()
		complete = set(frappe.get_all("Onboarding Step", {"is_complete": 1}, pluck="name"))
		return [step.removeprefix("MercadoLibre ") for step in self.steps if step in complete]

	def is_over(self) -> bool:
		return bool(frappe.db.get_value("Module Onboarding", guided_start.GUIDE, "is_complete"))

	def test_a_connected_account_and_then_an_order_and_the_registry(self):
		self.assertEqual(self.ticked(), CONNECTED)
		self.sync_order(self.add_order(self.add_buyer()))
		self.assertEqual(self.ticked(), [*CONNECTED, "First Order"])
		self.assertFalse(self.is_over())
		frappe.db.set_single_value("ARCA Settings", "enabled", 1)
		self.assertEqual(self.ticked(), [*CONNECTED, "First Order", "Registry"])
		self.assertTrue(self.is_over())

	def test_an_account_that_nobody_authorised_is_half_way(self):
		frappe.db.set_value(ACCOUNT, ACCOUNT_NAME, "status", NOT_CONNECTED)
		self.assertEqual(self.ticked(), CONNECTED[:3])

	def test_what_is_there_no_more_is_not_ticked_any_more(self):
		self.ticked()
		clean()
		self.assertEqual(self.ticked(), CONNECTED[:2])

	def test_an_order_that_made_no_customer_is_not_the_first(self):
		self.sync_order(self.add_order(self.add_buyer(), status="cancelled"))
		self.assertEqual(self.ticked(), CONNECTED)

	def test_the_guide_is_over_when_what_is_left_was_skipped(self):
		left = ("in", ["MercadoLibre First Order", "MercadoLibre Registry"])
		frappe.db.set_value("Onboarding Step", {"name": left}, "is_skipped", 1)
		self.assertEqual(self.ticked(), CONNECTED)
		self.assertTrue(self.is_over())

	def test_a_site_that_was_connected_before_the_guide_came_finds_it_ticked(self):
		frappe.db.set_value("Onboarding Step", {"name": ("in", self.steps)}, "is_complete", 0)
		install.after_migrate()
		complete = frappe.get_all(
			"Onboarding Step", {"name": ("in", self.steps), "is_complete": 1}, pluck="name"
		)
		self.assertEqual(len(complete), len(CONNECTED))

	def test_looking_is_for_those_who_connect(self):
		manager, seller = make_manager(), make_manager("vende@example.com", role="MercadoLibre User")
		frappe.set_user(manager)
		guided_start.look()
		frappe.set_user(seller)
		with self.assertRaises(frappe.PermissionError):
			guided_start.look()

	def test_every_step_is_one_that_is_looked_for(self):
		self.assertEqual(sorted(guided_start._done()), sorted(self.steps))
