"""A condición does not stay: ARCA is asked again for whom it answered long ago, and what changed is told."""

import contextlib
import json
from collections.abc import Iterator

import frappe
from frappe.utils import add_to_date, now_datetime
from frappe.utils.background_jobs import get_redis_connection_without_auth

from mercadolibre_sync import fiscal_api
from mercadolibre_sync.roles import MANAGER
from mercadolibre_sync.sync import lock
from mercadolibre_sync.sync.fiscal import pending, registry, renewal
from mercadolibre_sync.sync.fiscal.lookup import lookup
from mercadolibre_sync.sync.versions import ORDER
from tests.ground import masters
from tests.ground.process import outputs, python
from tests.site.fiscal import FiscalTestCase, configure, make_user
from tests.site.test_fiscal_pending import FISCAL

MONOTRIBUTO, INSCRIPTO = "Responsable Monotributo", "IVA Responsable Inscripto"
LONG_AGO = 200


def put_off() -> None:
	"""Have nobody asked for whom another test has left."""
	frappe.db.rollback()
	moment = add_to_date(now_datetime(), years=10)
	frappe.db.sql("update tabCustomer set arca_next_lookup = %s where tax_id != ''", moment)
	frappe.db.commit()


class AgainTestCase(FiscalTestCase):
	def setUp(self) -> None:
		super().setUp()
		configure(ask_again_days=180)
		put_off()
		self.addCleanup(put_off)

	def old_customer(self, kind: str | None = "monotributista", days: int = LONG_AGO, **details):
		"""The Customer of a company that ARCA answered about so many days ago, and that has bought since."""
		cuit = next(self.cuits)
		buyer = self.add_company(cuit, kind, **details)
		customer = self.synced(buyer)
		self.age(customer.name, days)
		frappe.db.set_value(ORDER, {"customer": customer.name}, "last_updated", now_datetime())
		frappe.db.commit()
		return customer

	def age(self, name: str, days: int) -> None:
		moment = add_to_date(now_datetime(), days=-days)
		frappe.db.set_value("Customer", name, "arca_checked_on", moment, update_modified=False)

	def night(self) -> None:
		"""What happens in five minutes of the night."""
		registry.forget_that_it_is_down()
		renewal.ask_again()
		frappe.db.rollback()

	def becomes(self, customer, kind: str) -> None:
		self.arca.add_taxpayer(customer.tax_id, kind)

	def comments(self, name: str) -> list[str]:
		filters = {"reference_doctype": "Customer", "reference_name": name, "comment_type": "Comment"}
		return frappe.get_all("Comment", filters=filters, pluck="content")


class TestWhoIsAskedFor(AgainTestCase):
	def asked(self) -> set[str]:
		"""CUITs that this night asks for."""
		return {row.tax_id for row in renewal._due()}

	def test_who_has_bought_since_an_old_answer(self):
		old = self.old_customer()
		self.old_customer(days=100)
		silent = self.old_customer()
		long_ago = add_to_date(now_datetime(), days=-LONG_AGO - 1)
		frappe.db.set_value(ORDER, {"customer": silent.name}, "last_updated", long_ago)
		frappe.db.commit()
		self.assertEqual(self.asked(), {old.tax_id})

	def test_the_oldest_answer_comes_first_and_not_many_at_once(self):
		names = [self.old_customer(days=LONG_AGO + days).name for days in (1, 3, 2)]
		self.addCleanup(setattr, renewal, "A_RUN", renewal.A_RUN)
		renewal.A_RUN = 2
		self.night()
		self.assertEqual(self.queries(), len(names) + 2)
		asked = [self.customer(name).arca_checked_on > add_to_date(now_datetime(), days=-1) for name in names]
		self.assertEqual(asked, [False, True, True])

	def test_by_day_only_first_answers_are_asked_for(self):
		self.old_customer()
		queries = self.queries()
		pending.ask_again()
		self.assertEqual(self.queries(), queries)

	def test_nobody_where_it_is_switched_off(self):
		self.old_customer()
		queries = self.queries()
		for off in ({"ask_again_days": 0}, {"ask_again_days": 180, "enabled": 0}):
			with self.subTest(off):
				configure(**off)
				self.night()
				self.assertEqual(self.queries(), queries)

	def test_other_customers_with_a_cuit_only_where_they_are_included(self):
		other = self.make_other(next(self.cuits))
		self.make_other("32659430")
		self.assertEqual(self.asked(), set())
		configure(ask_again_days=180, ask_for_others=1)
		self.assertEqual(self.asked(), {other.tax_id})

	def test_a_number_of_days_is_none_below_zero(self):
		with self.assertRaises(frappe.ValidationError):
			configure(ask_again_days=-1)

	def make_other(self, number: str):
		"""A customer that did not come from MercadoLibre."""
		customer = frappe.new_doc("Customer")
		customer.update({"customer_name": f"Otra {number}", "customer_type": "Company", "tax_id": number})
		customer.update({"customer_group": masters.customer_group(), "territory": masters.territory()})
		customer.insert()
		frappe.db.commit()
		# Other tests look for somebody with the same document.
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_value, "Customer", customer.name, "tax_id", None)
		return customer


class TestWhatFollows(AgainTestCase):
	def test_another_condicion_is_written_and_noted_with_its_tax_category(self):
		before, after = (self.make_tax_category(name) for name in ("Antes", "Después"))
		categories = {MONOTRIBUTO: before, INSCRIPTO: after}
		configure(
			ask_again_days=180,
			tax_categories=[
				{"condicion_iva": condicion, "tax_category": category}
				for condicion, category in categories.items()
			],
		)
		customer = self.old_customer()
		self.becomes(customer, "responsable_inscripto")
		self.night()
		now = self.customer(customer.name)
		self.assertEqual((now.arca_condicion_iva, now.tax_category), (INSCRIPTO, after))
		self.assertEqual((now.arca_condicion_iva_source, now.arca_status), ("ARCA", "Determined"))
		self.assertIsNone(now.arca_next_lookup)
		self.assertEqual(now.arca_changed_on, now.arca_checked_on)
		(comment,) = self.comments(now.name)
		self.assertLess(comment.index(MONOTRIBUTO), comment.index(INSCRIPTO))

	def make_tax_category(self, title: str) -> str:
		if not frappe.db.exists("Tax Category", title):
			frappe.get_doc({"doctype": "Tax Category", "title": title}).insert()
		return title

	def test_the_same_answer_leaves_nothing_but_its_date(self):
		customer = self.old_customer()
		fingerprint = self.fingerprint(customer.name)
		self.night()
		now = self.customer(customer.name)
		self.assertGreater(now.arca_checked_on, add_to_date(now_datetime(), minutes=-5))
		self.assertIsNone(now.arca_next_lookup)
		self.assertEqual(self.fingerprint(customer.name), fingerprint)
		self.assertEqual(self.comments(now.name), [])

	def test_what_was_set_by_hand_stays_and_is_told(self):
		customer = self.old_customer()
		customer.reload()
		customer.arca_condicion_iva = "Consumidor Final"
		customer.save()
		self.age(customer.name, LONG_AGO)
		frappe.db.commit()
		self.becomes(customer, "responsable_inscripto")
		self.night()
		now = self.customer(customer.name)
		self.assertEqual(
			(now.arca_condicion_iva, now.arca_condicion_iva_source), ("Consumidor Final", "By hand")
		)
		self.assertIn(INSCRIPTO, now.arca_message)
		self.assertEqual(len(self.comments(now.name)), 1)

	def test_who_is_not_there_any_more_or_not_active_keeps_the_condicion_and_wants_a_look(self):
		for kind in ("inactive", "not_found"):
			with self.subTest(kind):
				customer = self.old_customer()
				self.becomes(customer, kind)
				self.night()
				now = self.customer(customer.name)
				self.assertEqual((now.arca_condicion_iva, now.arca_status), (MONOTRIBUTO, "Undetermined"))
				self.assertEqual(len(self.comments(now.name)), 1)

	def test_a_registry_that_is_down_leaves_what_is_known_and_is_asked_again(self):
		customers = [self.old_customer() for _number in range(2)]
		before = [self.known(one.name) for one in customers]
		self.becomes(customers[0], "responsable_inscripto")
		self.arca.go_down()
		self.night()
		self.assertEqual([self.known(one.name) for one in customers], before)
		self.arca.heal()
		past = {"arca_next_lookup": add_to_date(now_datetime(), seconds=-1)}
		frappe.db.set_value("Customer", {"name": ("in", [one.name for one in customers])}, past)
		frappe.db.commit()
		self.night()
		self.assertEqual(self.customer(customers[0].name).arca_condicion_iva, INSCRIPTO)
		self.assertEqual({self.customer(one.name).arca_next_lookup for one in customers}, {None})

	def known(self, name: str) -> list:
		customer = self.customer(name)
		return [customer.get(field) for field in FISCAL if field not in ("arca_next_lookup", "arca_attempts")]

	def test_a_customer_that_cannot_be_saved_keeps_what_is_known_and_says_why_once(self):
		customer = self.old_customer()
		before = self.customer(customer.name).arca_message
		frappe.db.set_value("Customer", customer.name, "customer_group", "Gone", update_modified=False)
		self.becomes(customer, "responsable_inscripto")
		for _night in range(2):
			frappe.db.set_value("Customer", customer.name, "arca_next_lookup", None, update_modified=False)
			frappe.db.commit()
			self.night()
		after = self.customer(customer.name)
		self.assertEqual((after.arca_condicion_iva, after.arca_message), (MONOTRIBUTO, before))
		self.assertGreater(after.arca_next_lookup, now_datetime())
		said = [comment for comment in self.comments(customer.name) if "Gone" in comment]
		self.assertEqual(len(said), 1)

	def test_a_customer_that_another_worker_is_busy_with_is_asked_for_again_without_a_word(self):
		customer = self.old_customer()
		self.becomes(customer, "responsable_inscripto")
		self.addCleanup(setattr, lock, "WAIT_FOR_BUYER_SECONDS", lock.WAIT_FOR_BUYER_SECONDS)
		lock.WAIT_FOR_BUYER_SECONDS = 0
		code = """
from mercadolibre_sync.sync.lock import buyer_lock
with buyer_lock(sys.argv[1]):
	print("held", flush=True)
	sys.stdin.read()
"""
		holder = python(code, customer.mercadolibre_id)
		self.assertEqual(holder.stdout.readline(), "held\n")
		self.night()
		outputs(holder)
		self.assertEqual(self.comments(customer.name), [])
		self.assertGreater(self.customer(customer.name).arca_next_lookup, now_datetime())

	def test_a_customer_deleted_while_arca_is_asked_holds_up_nobody(self):
		gone, there = (self.old_customer() for _number in range(2))
		self.becomes(there, "responsable_inscripto")
		rows = sorted(renewal._due(), key=lambda row: row.name != gone.name)
		self.assertEqual(rows[0].name, gone.name)
		frappe.delete_doc("Customer", gone.name, force=True)
		frappe.db.commit()
		errors = frappe.db.count("Error Log")
		pending.ask(lambda: rows)
		frappe.db.rollback()
		self.assertEqual(self.customer(there.name).arca_condicion_iva, INSCRIPTO)
		self.assertEqual(frappe.db.count("Error Log"), errors)

	def test_two_jobs_at_once_ask_once(self):
		customers = [self.old_customer() for _number in range(3)]
		queries = self.queries()
		self.arca.fail("getPersona_v2", "slow", 1, seconds=1)
		outputs(
			*(
				python("from mercadolibre_sync.sync.fiscal import renewal\nrenewal.ask_again()")
				for _job in range(2)
			)
		)
		self.assertEqual(self.queries() - queries, len(customers))

	def test_an_answer_that_a_person_took_over_meanwhile_stands(self):
		customer = self.old_customer()
		self.becomes(customer, "responsable_inscripto")
		(row,) = renewal._due()
		answer = lookup(row.tax_id)
		self.age(customer.name, 0)
		pending._write(row, answer)
		self.assertEqual(self.customer(customer.name).arca_condicion_iva, MONOTRIBUTO)


class TestTelling(AgainTestCase):
	def test_the_managers_hear_once_in_the_morning_what_has_changed(self):
		manager = make_user("gerente@example.com", MANAGER)
		frappe.db.delete("Notification Log", {"for_user": manager})
		changed, doubtful, _same = (self.old_customer() for _number in range(3))
		self.becomes(changed, "responsable_inscripto")
		self.becomes(doubtful, "inactive")
		self.night()
		renewal.tell_of_changes()
		(told,) = frappe.get_all(
			"Notification Log", filters={"for_user": manager}, fields=["subject", "email_content"]
		)
		self.assertIn("2 customers", told.subject)
		self.assertIn(f"1 × {INSCRIPTO}", told.email_content)
		self.assertIn(f"1 × {MONOTRIBUTO}, wants a look", told.email_content)

	def test_each_change_is_told_once_however_late(self):
		manager = make_user("gerente@example.com", MANAGER)
		frappe.db.delete("Notification Log", {"for_user": manager})
		customer = self.old_customer()
		renewal.tell_of_changes()
		self.becomes(customer, "responsable_inscripto")
		self.night()
		long_ago = add_to_date(now_datetime(), hours=-40)
		frappe.db.set_single_value(registry.SETTINGS, "changes_told_on", add_to_date(long_ago, hours=-1))
		frappe.db.set_value("Customer", customer.name, "arca_changed_on", long_ago)
		for _morning in range(2):
			renewal.tell_of_changes()
		self.assertEqual(frappe.db.count("Notification Log", {"for_user": manager}), 1)

	def test_they_hear_nothing_where_nothing_has(self):
		manager = make_user("gerente@example.com", MANAGER)
		frappe.db.delete("Notification Log", {"for_user": manager})
		self.old_customer()
		self.night()
		renewal.tell_of_changes()
		self.assertFalse(frappe.db.exists("Notification Log", {"for_user": manager}))


class TestSelection(AgainTestCase):
	def test_a_selection_is_asked_for_in_the_background(self):
		customers = [self.old_customer(days=1) for _number in range(3)]
		without = self.synced(self.add_buyer())
		for customer in customers:
			self.becomes(customer, "responsable_inscripto")
		names = [customer.name for customer in customers]
		answer = fiscal_api.ask_for([*names, without.name])
		self.assertEqual(answer, {"asked": 3, "without_cuit": 1})
		frappe.db.commit()
		(moment,) = {self.customer(name).arca_next_lookup for name in names}
		with self.heard() as said:
			renewal.ask_selected(str(moment))
		frappe.db.rollback()
		self.assertEqual({self.customer(name).arca_condicion_iva for name in names}, {INSCRIPTO})
		self.assertRegex(said[0], "(all|los) 3")

	def test_what_arca_did_not_answer_is_said_and_asked_for_at_night(self):
		customers = [self.old_customer(days=1) for _number in range(3)]
		fiscal_api.ask_for([customer.name for customer in customers])
		frappe.db.commit()
		moment = self.customer(customers[0].name).arca_next_lookup
		self.arca.go_down()
		with self.heard() as said:
			renewal.ask_selected(str(moment))
		self.assertRegex(said[0], "0 (of|de) 3")
		self.arca.heal()
		self.becomes(customers[1], "responsable_inscripto")
		self.night()
		self.assertEqual(self.customer(customers[1].name).arca_condicion_iva, INSCRIPTO)

	@contextlib.contextmanager
	def heard(self) -> Iterator[list[str]]:
		"""What the desk is told to show, by the channel that carries it."""
		connection = get_redis_connection_without_auth()
		channel = connection.pubsub()
		channel.subscribe("events")
		said: list[str] = []
		yield said
		while message := channel.get_message(timeout=1):
			event = json.loads(message["data"]) if message["type"] == "message" else {}
			if event.get("event") == "msgprint":
				said.append(event["message"])

	def test_who_may_not_write_customers_may_not_ask(self):
		customer = self.old_customer(days=1)
		frappe.set_user(make_user("mira@example.com", "MercadoLibre User"))
		self.addCleanup(frappe.set_user, "Administrator")
		with self.assertRaises(frappe.PermissionError):
			fiscal_api.ask_for([customer.name])
		frappe.set_user("Administrator")
		self.assertIsNone(self.customer(customer.name).arca_next_lookup)

	def test_nothing_is_noted_while_arca_is_not_asked(self):
		customer = self.old_customer(days=1)
		configure(enabled=0)
		with self.assertRaisesRegex(frappe.ValidationError, "ARCA Settings"):
			fiscal_api.ask_for([customer.name])
		self.assertIsNone(self.customer(customer.name).arca_next_lookup)
