"""WSAA's ticket: one login for everybody, kept encrypted, and refusals that are not asked for again."""

import subprocess
import time
from unittest.mock import patch

import frappe
from frappe.utils import add_to_date, now_datetime

from mercadolibre_sync.sync.fiscal import registry, tickets
from mercadolibre_sync.sync.fiscal.lookup import lookup
from mercadolibre_sync.sync.fiscal.registry import Registry, configuration
from mercadolibre_sync.sync.fiscal.tickets import TICKET
from tests.ground.arca import OWN_CUIT
from tests.ground.process import outputs, python, wait_for
from tests.site.fiscal import FiscalTestCase, configure, forget_tickets

# Looks a CUIT up once it is told to and prints the outcome, the seconds it took, and the error.
LOOKUP = """
	import time
	from mercadolibre_sync.sync.fiscal.lookup import lookup
	# Malformed, so nothing is asked: it only loads what a worker that has run for a while has loaded.
	lookup("1")
	print("ready", flush=True)
	sys.stdin.readline()
	started = time.monotonic()
	answer = lookup(sys.argv[1])
	word = "pending" if answer.is_pending else answer.decision.condicion.name
	print(word, round(time.monotonic() - started, 2), answer.error or "")
"""
NAME = f"ws_sr_constancia_inscripcion-{OWN_CUIT}-Homologación"


def start_lookups(*cuits: str) -> list[subprocess.Popen]:
	"""One process for each CUIT, all of which ask at the same moment."""
	processes = [python(LOOKUP, cuit) for cuit in cuits]
	for process in processes:
		assert process.stdout.readline() == "ready\n"
	for process in processes:
		process.stdin.write("go\n")
		process.stdin.flush()
	return processes


class TestOneLogin(FiscalTestCase):
	def test_a_hundred_new_companies_need_one_login(self):
		buyers = [self.add_company() for _number in range(100)]
		for buyer in buyers:
			self.notify("orders_v2", f"/orders/{self.add_order(buyer)}")
		started = time.monotonic()
		self.drained(self.notify("orders_v2", f"/orders/{self.add_order(buyers[0])}"))
		seconds = time.monotonic() - started
		self.assertEqual(self.arca.counts(), {"loginCms": 1, "tickets": 1, "getPersona_v2": 100})
		statuses = frappe.get_all("Customer", filters={"name": ("in", buyers)}, pluck="arca_status")
		self.assertEqual(statuses, ["Determined"] * 100)
		print(f"\n100 new companies: 1 login, 100 queries, {seconds:.1f} s")

	def test_eight_workers_without_a_ticket_make_one_login_between_them(self):
		configure(wait_seconds=30)
		cuits = [next(self.cuits) for _number in range(8)]
		for cuit in cuits:
			self.arca.add_taxpayer(cuit, "responsable_inscripto")
		# So slow that all of them are at the door before the first one has its ticket.
		self.arca.fail("loginCms", "slow", seconds=3)
		answers = [output.split() for output in outputs(*start_lookups(*cuits))]
		self.assertEqual([answer[0] for answer in answers], ["RESPONSABLE_INSCRIPTO"] * 8)
		self.assertEqual(self.arca.counts(), {"loginCms": 1, "tickets": 1, "getPersona_v2": 8})
		waits = sorted(float(answer[1]) for answer in answers)
		print(f"\n8 workers without a ticket: 1 login, 8 queries, answered after {waits} s")

	def test_a_worker_that_dies_while_it_logs_in_does_not_block_the_others(self):
		self.arca.fail("loginCms", "slow", seconds=5)
		cuit = next(self.cuits)
		self.arca.add_taxpayer(cuit, "exento")
		(process,) = start_lookups(cuit)
		wait_for(lambda: self.logins() == 1)
		process.kill()
		process.communicate()
		self.arca.set_window(0)
		self.assertIsNotNone(lookup(cuit).persona)
		# The next test finds no answer under way.
		wait_for(lambda: self.arca.counts()["tickets"] == 2)

	def test_a_worker_that_waits_too_long_for_another_goes_on_without_an_answer(self):
		configure(wait_seconds=1)
		with Registry(configuration(), 8)._tickets.locked():
			(output,) = outputs(*start_lookups(next(self.cuits)))
		self.assertEqual(output.split()[0], "pending")


class TestKeeping(FiscalTestCase):
	def test_token_and_sign_are_kept_encrypted_and_nowhere_else(self):
		ticket = Registry(configuration(), 8).ticket()
		stored = frappe.db.sql(
			"select fieldname, password, encrypted from __Auth where doctype=%s and name=%s", (TICKET, NAME)
		)
		self.assertEqual({row[0] for row in stored}, {"token", "sign"})
		for _fieldname, password, encrypted in stored:
			self.assertEqual(encrypted, 1)
			self.assertNotIn(ticket.sign.reveal(), password)
			self.assertNotIn(ticket.token.reveal()[:40], password)
		row = frappe.db.get_value(TICKET, NAME, "*")
		self.assertNotIn(ticket.sign.reveal(), str(row))
		self.assertNotIn(ticket.token.reveal()[:40], str(row))

	def test_what_was_written_is_what_is_read(self):
		written = Registry(configuration(), 8).ticket()
		self.assertEqual(Registry(configuration(), 8).ticket(), written)
		self.assertEqual(self.logins(), 1)

	def test_arca_gives_no_ticket_out_that_a_full_disk_would_lose(self):
		cuit = next(self.cuits)
		self.arca.add_taxpayer(cuit, "exento")
		full = frappe.db.OperationalError(1114, "The table '__Auth' is full")
		with patch.object(tickets, "set_encrypted_password", side_effect=full):
			self.assertTrue(lookup(cuit).is_pending)
		self.assertEqual(self.logins(), 0)
		self.assertIsNotNone(lookup(cuit).persona)

	def test_a_ticket_is_renewed_shortly_before_it_ends(self):
		Registry(configuration(), 8).ticket()
		self.arca.set_window(0)
		for minutes, logins in ((11, 1), (9, 2)):
			frappe.db.set_value(TICKET, NAME, "expires_at", add_to_date(now_datetime(), minutes=minutes))
			frappe.db.commit()
			Registry(configuration(), 8).ticket()
			self.assertEqual(self.logins(), logins)

	def test_each_cuit_and_environment_has_its_own(self):
		Registry(configuration(), 8).ticket()
		configure(cuit="30500010912")
		self.assertIsNone(frappe.db.exists(TICKET, {"cuit": "30500010912"}))
		self.arca.set_represented(["30500010912"])
		cuit = next(self.cuits)
		self.arca.add_taxpayer(cuit, "exento")
		self.assertIsNotNone(lookup(cuit).persona)
		self.assertEqual(self.logins(), 2)
		self.assertEqual(frappe.db.count(TICKET), 2)

	def test_a_ticket_that_the_registry_refuses_is_renewed_at_once(self):
		cuit = next(self.cuits)
		self.arca.add_taxpayer(cuit, "exento")
		Registry(configuration(), 8).ticket()
		self.arca.set_window(0)
		self.arca.fail("getPersona_v2", "fault", code="Server", text="Token malformado")
		self.assertIsNotNone(lookup(cuit).persona)
		self.assertEqual((self.logins(), self.queries()), (2, 2))


class TestRefusals(FiscalTestCase):
	def test_a_ticket_given_out_elsewhere_is_waited_for_with_growing_patience(self):
		self.arca.fail_login("coe.alreadyAuthenticated", times=None)
		for minutes in (2, 10, 30, 30):
			answer = lookup(next(self.cuits))
			self.assertEqual(answer.error.code, "ticket.already_issued")
			until = frappe.db.get_value(TICKET, NAME, "error_until")
			self.assertAlmostEqual(
				(until - now_datetime()).total_seconds(), minutes * 60, delta=10, msg=f"{minutes} minutes"
			)
			logins = self.logins()
			self.assertEqual(lookup(next(self.cuits)).error.code, "ticket.already_issued")
			self.assertEqual(self.logins(), logins)
			frappe.db.set_value(TICKET, NAME, "error_until", add_to_date(now_datetime(), seconds=-1))
			frappe.db.commit()
		self.arca.heal()
		cuit = next(self.cuits)
		self.arca.add_taxpayer(cuit, "exento")
		self.assertIsNotNone(lookup(cuit).persona)
		self.assertEqual(frappe.db.get_value(TICKET, NAME, ["error_code", "error_count"]), (None, 0))

	def test_workers_that_waited_for_one_that_was_refused_do_not_ask_again(self):
		self.arca.fail("loginCms", "slow", seconds=2)
		self.arca.set_delegated(False)
		for output in outputs(*start_lookups(*(next(self.cuits) for _number in range(4)))):
			self.assertIn("service.not_delegated", output)
		self.assertEqual(self.logins(), 1)

	def test_saving_the_settings_lets_it_be_asked_again(self):
		self.arca.set_delegated(False)
		self.assertEqual(lookup(next(self.cuits)).error.code, "service.not_delegated")
		self.arca.set_delegated(True)
		self.assertEqual(lookup(next(self.cuits)).error.code, "service.not_delegated")
		frappe.get_single(registry.SETTINGS).save()
		frappe.db.commit()
		cuit = next(self.cuits)
		self.arca.add_taxpayer(cuit, "exento")
		self.assertIsNotNone(lookup(cuit).persona)

	def test_a_delegation_made_after_the_ticket_needs_a_new_one(self):
		configure(cuit="30500010912")
		self.arca.set_window(0)
		self.assertEqual(lookup(next(self.cuits)).error.code, "cuit.not_represented")
		self.arca.set_represented(["30500010912"])
		frappe.get_single(registry.SETTINGS).save()
		frappe.db.commit()
		cuit = next(self.cuits)
		self.arca.add_taxpayer(cuit, "exento")
		self.assertIsNotNone(lookup(cuit).persona)

	def test_a_lookup_never_raises_whatever_is_broken_here(self):
		frappe.db.set_single_value(registry.SETTINGS, "environment", "Elsewhere")
		frappe.db.commit()
		self.assertEqual(lookup(next(self.cuits)).error.code, "endpoint.invalid")
		frappe.db.set_single_value(registry.SETTINGS, {"environment": "Homologación", "wait_seconds": "x"})
		frappe.db.commit()
		forget_tickets()
		self.assertTrue(lookup(next(self.cuits)).is_pending)
