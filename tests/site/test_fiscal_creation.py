"""A new CUIT: the registry is asked before the customer is written, and never holds the customer up."""

import time

import frappe

from mercadolibre_sync.arca.condicion import Condicion
from mercadolibre_sync.sync.lock import buyer_lock
from mercadolibre_sync.words import restored
from tests.ground.process import outputs, python, wait_for
from tests.site.base import ACCOUNT_NAME
from tests.site.fiscal import FiscalTestCase, configure, cuits

# Each row of the table in the order of its rules: kind of taxpayer, condición, status, part of the message.
TABLE = (
	("not_found", None, "Undetermined", "No taxpayer has this CUIT."),
	("cuil", None, "Undetermined", "La clave ingresada no es una CUIT"),
	("blocked", None, "Undetermined", "Estado erróneo del domicilio"),
	("inactive", None, "Undetermined", "The taxpayer's key is not active."),
	("monotributista_with_iva", None, "Undetermined", "which exclude each other"),
	("monotributista", "Responsable Monotributo", "Determined", ""),
	("monotributista_with_exento", "Responsable Monotributo", "Determined", ""),
	("monotributo_social", "Monotributista Social", "Determined", ""),
	("responsable_inscripto", "IVA Responsable Inscripto", "Determined", ""),
	("iva_with_error_monotributo", "IVA Responsable Inscripto", "Determined", ""),
	("exento", "IVA Sujeto Exento", "Determined", ""),
	("exento_state_ex", "IVA Sujeto Exento", "To Review", "please check: Registered as exempt from IVA."),
	("no_alcanzado", "IVA No Alcanzado", "Determined", ""),
	("no_inscripto", "Sujeto No Categorizado", "Determined", ""),
	("general_withheld", None, "Undetermined", "No responde al requerimiento"),
	("no_vat_tax", None, "Undetermined", "No tax is registered that tells the condition."),
)


class TestAnswered(FiscalTestCase):
	def test_every_documented_answer_leads_to_its_condicion(self):
		for kind, condicion, status, message in TABLE:
			with self.subTest(kind):
				customer = self.synced(self.add_company(kind=kind, taxpayer_type=None))
				self.assertEqual(customer.arca_condicion_iva or None, condicion)
				self.assertEqual(customer.arca_condicion_iva_source or None, "ARCA" if condicion else None)
				self.assertEqual(customer.arca_status, status)
				self.assertIn(message, str(restored(customer.arca_message)))
				self.assertEqual(bool(customer.arca_message), status != "Determined")
				self.assertIsNotNone(customer.arca_checked_on)

	def test_a_cuit_that_nobody_registered_is_undetermined(self):
		customer = self.synced(self.add_company(kind=None))
		self.assertEqual(customer.arca_status, "Undetermined")
		self.assertIn("No taxpayer has this CUIT.", customer.arca_message)

	def test_what_mercadolibre_declares_serves_where_the_registry_determines_nothing(self):
		customer = self.synced(self.add_company(kind="blocked", taxpayer_type="Monotributo"))
		self.assertEqual(customer.arca_condicion_iva, "Responsable Monotributo")
		self.assertEqual(customer.arca_condicion_iva_source, "MercadoLibre")
		self.assertEqual(customer.arca_status, "Undetermined")

	def test_the_registry_wins_over_what_is_declared_and_the_contradiction_can_be_found(self):
		customer = self.synced(self.add_company(taxpayer_type="Monotributo"))
		self.assertEqual(customer.arca_condicion_iva, "IVA Responsable Inscripto")
		self.assertEqual(customer.arca_declared, "Monotributo")
		found = frappe.get_list("Customer", filters={"arca_disagrees": 1, "name": customer.name})
		self.assertEqual(len(found), 1)

	def test_a_special_monotributo_does_not_contradict_the_only_one_mercadolibre_knows(self):
		customer = self.synced(self.add_company(kind="monotributo_social", taxpayer_type="Monotributo"))
		self.assertEqual((customer.arca_condicion_iva, customer.arca_disagrees), ("Monotributista Social", 0))

	def test_the_tax_category_of_the_condicion_is_given(self):
		self.map_tax_category("Responsable Monotributo", "Monotributo B")
		customer = self.synced(self.add_company(kind="monotributista"))
		self.assertEqual(customer.tax_category, "Monotributo B")
		self.assertFalse(self.synced(self.add_company()).tax_category)

	def test_a_condicion_that_is_only_declared_gives_no_tax_category(self):
		self.map_tax_category("Responsable Monotributo", "Monotributo B")
		self.arca.go_down()
		customer = self.synced(self.add_company(taxpayer_type="Monotributo"))
		self.assertEqual((customer.arca_status, customer.tax_category), ("Pending", None))

	def map_tax_category(self, condicion: str, category: str) -> None:
		if not frappe.db.exists("Tax Category", category):
			frappe.get_doc({"doctype": "Tax Category", "title": category}).insert()
		configure(tax_categories=[{"condicion_iva": condicion, "tax_category": category}])

	def test_the_fields_know_every_official_condicion(self):
		labels = [condicion.label for condicion in Condicion]
		for doctype, fieldname in (
			("Customer", "arca_condicion_iva"),
			("ARCA Tax Category", "condicion_iva"),
		):
			options = frappe.get_meta(doctype).get_field(fieldname).options.split("\n")
			self.assertEqual([option for option in options if option], labels)


class TestWhoIsAsked(FiscalTestCase):
	def test_a_buyer_with_another_document_is_not_asked_for(self):
		for document in (("DNI", "32659430"), ("CUIL", next(cuits("20"))), None):
			customer = self.synced(self.add_buyer(document=document))
			self.assertFalse(customer.arca_status)
		self.assertEqual(self.arca.counts(), {"tickets": 0})

	def test_a_buyer_of_another_country_is_not_asked_for(self):
		frappe.db.set_value("MercadoLibre Account", ACCOUNT_NAME, "site", "MLU")
		frappe.db.commit()
		self.synced(self.add_company())
		self.assertEqual(self.queries(), 0)

	def test_nobody_is_asked_for_while_it_is_switched_off(self):
		configure(enabled=0)
		customer = self.synced(self.add_company(taxpayer_type="Monotributo"))
		self.assertEqual(customer.arca_condicion_iva_source, "MercadoLibre")
		self.assertFalse(customer.arca_status)
		self.assertEqual(self.arca.counts(), {"tickets": 0})

	def test_a_known_customer_is_asked_for_when_its_cuit_is_first_learnt(self):
		buyer = self.add_buyer(document=None)
		self.assertFalse(self.synced(buyer).arca_status)
		cuit = next(self.cuits)
		self.arca.add_taxpayer(cuit, "exento")
		self.meli.set_user(buyer, document=("CUIT", cuit))
		customer = self.synced(buyer)
		self.assertEqual((customer.tax_id, customer.arca_condicion_iva), (cuit, "IVA Sujeto Exento"))

	def test_a_known_cuit_is_not_asked_for_again(self):
		buyer = self.add_company()
		self.synced(buyer)
		before = self.fingerprint(buyer)
		self.synced(buyer)
		self.assertEqual(self.queries(), 1)
		self.assertEqual(self.fingerprint(buyer), before)

	def test_a_cuit_with_a_wrong_digit_is_not_asked_for_and_says_what_to_do(self):
		customer = self.synced(self.add_company("30703088535", kind=None))
		self.assertEqual(customer.arca_status, "Undetermined")
		self.assertIn("correct it on the customer", customer.arca_message)
		self.assertIsNone(customer.arca_checked_on)
		self.assertEqual(self.arca.counts(), {"tickets": 0})


class TestNotAnswered(FiscalTestCase):
	def test_the_customer_is_written_as_declared_and_stays_pending(self):
		self.arca.go_down()
		customer = self.synced(self.add_company(taxpayer_type="IVA Exento"))
		self.assertEqual(customer.arca_condicion_iva, "IVA Sujeto Exento")
		self.assertEqual(customer.arca_condicion_iva_source, "MercadoLibre")
		self.assertEqual(customer.arca_status, "Pending")
		self.assertEqual(customer.arca_attempts, 1)
		self.assertIn("it is asked again by itself", customer.arca_message)
		self.assertIsNotNone(customer.arca_next_lookup)

	def test_the_wait_is_bounded(self):
		configure(wait_seconds=1)
		for operation in ("loginCms", "getPersona_v2"):
			with self.subTest(operation):
				self.arca.fail(operation, "slow", seconds=6)
				buyer = self.add_company()
				started = time.monotonic()
				customer = self.synced(buyer)
				self.assertLess(time.monotonic() - started, 4)
				self.assertEqual(customer.arca_status, "Pending")
				configure(wait_seconds=1)
				self.arca.set_window(0)

	def test_a_server_that_is_down_is_not_waited_for_by_the_next_buyers(self):
		self.arca.go_down()
		for _time in range(3):
			self.assertEqual(self.synced(self.add_company()).arca_status, "Pending")
		self.assertEqual(self.logins(), 1)

	def test_unreadable_answers_leave_it_pending_and_do_not_keep_others_from_asking(self):
		for kind in ("cut_off", "wrong_shape", "html"):
			with self.subTest(kind):
				self.arca.fail("getPersona_v2", kind)
				self.assertEqual(self.synced(self.add_company()).arca_status, "Pending")
				self.assertEqual(self.synced(self.add_company()).arca_status, "Determined")

	def test_nothing_of_the_buyer_is_locked_while_the_registry_is_asked(self):
		# A worker that has everything to load yet, on a busy machine, needs some of that time for itself.
		configure(wait_seconds=30)
		self.arca.fail("getPersona_v2", "slow", seconds=4)
		buyer = self.add_company()
		self.notify("orders_v2", f"/orders/{self.add_order(buyer)}")
		worker = python("from mercadolibre_sync.inbox.worker import drain; drain()")
		wait_for(lambda: self.queries() == 1)
		started = time.monotonic()
		with buyer_lock(buyer):
			self.assertLess(time.monotonic() - started, 1)
			self.assertFalse(frappe.db.exists("Customer", buyer))
		outputs(worker)
		frappe.db.rollback()
		self.assertEqual(self.customer(buyer).arca_status, "Determined")
