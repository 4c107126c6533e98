"""Lookups without an answer are repeated until there is one, and then nothing else is touched."""

import frappe
from frappe.utils import add_to_date, now_datetime

from mercadolibre_sync.roles import MANAGER
from mercadolibre_sync.sync.fiscal import pending, registry
from tests.site.fiscal import FiscalTestCase, make_user

FISCAL = (
	"arca_condicion_iva",
	"arca_condicion_iva_source",
	"arca_status",
	"arca_checked_on",
	"arca_message",
	"arca_next_lookup",
	"arca_attempts",
	"arca_disagrees",
	"modified",
)


class PendingTestCase(FiscalTestCase):
	def pending_company(self, **details) -> str:
		"""A company that was synced while the registry was down, and whose lookup is due."""
		self.arca.go_down()
		buyer = self.add_company(**details)
		self.assertEqual(self.synced(buyer).arca_status, "Pending")
		self.arca.heal()
		self.make_due(buyer)
		return buyer

	def make_due(self, *buyers: str) -> None:
		registry.forget_that_it_is_down()
		frappe.db.set_value(
			"Customer",
			{"name": ("in", buyers)},
			"arca_next_lookup",
			add_to_date(now_datetime(), seconds=-1),
			update_modified=False,
		)
		frappe.db.commit()

	def run_job(self) -> None:
		pending.ask_again()
		frappe.db.rollback()


class TestAskingAgain(PendingTestCase):
	def test_the_answer_updates_only_what_the_registry_says(self):
		buyer = self.pending_company(taxpayer_type="IVA Exento")
		before, addresses = self.customer(buyer).as_dict(), self.fingerprint(buyer)
		self.run_job()
		after = self.customer(buyer)
		self.assertEqual(after.arca_condicion_iva, "IVA Responsable Inscripto")
		self.assertEqual((after.arca_condicion_iva_source, after.arca_status), ("ARCA", "Determined"))
		self.assertEqual((after.arca_disagrees, after.arca_attempts), (1, 0))
		self.assertIsNone(after.arca_next_lookup)
		changed = {key for key, value in after.as_dict().items() if value != before[key]}
		self.assertLessEqual(changed, set(FISCAL))
		others = {key for key, value in self.fingerprint(buyer).items() if value != addresses[key]}
		self.assertLessEqual(others, {("Customer", buyer), "versions"})

	def test_nobody_is_asked_for_before_it_is_due(self):
		buyer = self.pending_company()
		frappe.db.set_value("Customer", buyer, "arca_next_lookup", add_to_date(now_datetime(), minutes=5))
		frappe.db.commit()
		self.run_job()
		self.assertEqual(self.customer(buyer).arca_status, "Pending")
		self.assertEqual(self.queries(), 0)

	def test_a_value_set_by_hand_meanwhile_stays(self):
		buyer = self.pending_company(taxpayer_type="Monotributo")
		customer = self.customer(buyer)
		customer.arca_condicion_iva = "IVA Liberado – Ley N° 19.640"
		customer.save()
		frappe.db.commit()
		self.run_job()
		after = self.customer(buyer)
		self.assertEqual(after.arca_condicion_iva, "IVA Liberado – Ley N° 19.640")
		self.assertEqual((after.arca_condicion_iva_source, after.arca_status), ("By hand", "Determined"))
		self.assertIn("IVA Responsable Inscripto", after.arca_message)

	def test_an_attempt_is_no_change_in_the_customers_history(self):
		buyer = self.pending_company()
		before = self.fingerprint(buyer)
		self.arca.go_down()
		self.run_job()
		self.assertEqual(self.customer(buyer).arca_attempts, 2)
		self.assertEqual(self.fingerprint(buyer), before)

	def test_attempts_grow_apart(self):
		buyer = self.pending_company()
		self.arca.go_down()
		for minutes in (2, 4, 8):
			self.make_due(buyer)
			self.run_job()
			wait = (self.customer(buyer).arca_next_lookup - now_datetime()).total_seconds()
			self.assertAlmostEqual(wait, minutes * 60, delta=minutes * 60 * 0.25 + 5)


class TestManyPending(PendingTestCase):
	def test_all_that_are_due_are_answered_with_one_login(self):
		self.arca.go_down()
		buyers = [self.add_company() for _number in range(10)]
		for buyer in buyers:
			self.synced(buyer)
		self.arca.heal()
		self.make_due(*buyers)
		logins = self.logins()
		self.run_job()
		self.assertEqual({self.customer(buyer).arca_status for buyer in buyers}, {"Determined"})
		self.assertEqual((self.logins() - logins, self.queries()), (1, 10))

	def test_a_server_that_is_down_is_asked_once_in_a_run(self):
		buyers = [self.pending_company() for _number in range(3)]
		self.make_due(*buyers)
		self.arca.go_down()
		logins = self.logins()
		self.run_job()
		self.assertEqual(self.logins() - logins, 1)
		self.assertEqual(sorted(self.customer(buyer).arca_attempts for buyer in buyers), [1, 1, 2])

	def test_an_answer_that_cannot_be_read_does_not_hold_up_the_others(self):
		buyers = [self.pending_company() for _number in range(3)]
		self.make_due(*buyers)
		self.arca.fail("getPersona_v2", "cut_off")
		self.run_job()
		statuses = sorted(self.customer(buyer).arca_status for buyer in buyers)
		self.assertEqual(statuses, ["Determined", "Determined", "Pending"])

	def test_a_customer_that_cannot_be_saved_does_not_hold_up_the_others(self):
		spoilt, sound = self.pending_company(), self.pending_company()
		frappe.db.set_value("Customer", spoilt, "customer_group", "Gone", update_modified=False)
		self.make_due(spoilt, sound)
		self.run_job()
		self.assertEqual(self.customer(sound).arca_status, "Determined")
		self.assertEqual(self.customer(spoilt).arca_status, "Pending")
		self.assertIn("Gone", self.customer(spoilt).arca_message)


class TestRefused(PendingTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.manager = make_user("gerente@example.com", MANAGER)
		frappe.db.delete("Notification Log", {"for_user": self.manager})
		frappe.db.commit()

	def notices(self) -> list[str]:
		return frappe.get_all("Notification Log", filters={"for_user": self.manager}, pluck="email_content")

	def test_a_wrong_configuration_stops_everything_and_tells_the_managers_once(self):
		buyers = [self.pending_company() for _number in range(2)]
		self.make_due(*buyers)
		self.arca.set_delegated(False)
		logins = self.logins()
		for _time in range(3):
			self.run_job()
			self.make_due(*buyers)
		self.assertEqual(self.logins() - logins, 1)
		self.assertEqual({self.customer(buyer).arca_attempts for buyer in buyers}, {1})
		self.assertEqual(len(self.notices()), 1)
		self.assertIn("Consulta Constancia de Inscripción", self.notices()[0])

	def test_it_goes_on_when_the_settings_are_saved(self):
		buyer = self.pending_company()
		self.arca.set_delegated(False)
		self.run_job()
		self.arca.set_delegated(True)
		self.run_job()
		self.assertEqual(self.customer(buyer).arca_status, "Pending")
		frappe.get_single(registry.SETTINGS).save()
		frappe.db.commit()
		self.run_job()
		self.assertEqual(self.customer(buyer).arca_status, "Determined")

	def test_nothing_is_asked_or_told_while_it_is_switched_off(self):
		buyer = self.pending_company()
		self.arca.set_delegated(False)
		self.run_job()
		frappe.db.set_single_value(registry.SETTINGS, "enabled", 0)
		frappe.db.commit()
		self.run_job()
		self.assertEqual(self.notices(), [])
		self.assertEqual(self.customer(buyer).arca_status, "Pending")
