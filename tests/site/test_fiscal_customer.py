"""What a person says of a customer stands, and what was said of another number does not."""

import frappe

from mercadolibre_sync.sync.fiscal import pending, registry
from tests.ground import masters
from tests.ground.process import outputs, python, wait_for
from tests.site.fiscal import FiscalTestCase, configure, cuits


class TestByHand(FiscalTestCase):
	def test_a_condicion_that_a_person_sets_is_marked_as_theirs(self):
		customer = self.synced(self.add_company())
		customer.arca_condicion_iva = "IVA No Alcanzado"
		customer.save()
		self.assertEqual(customer.arca_condicion_iva_source, "By hand")

	def test_saving_anything_else_leaves_the_source_as_it_is(self):
		customer = self.synced(self.add_company())
		customer.website = "https://example.com"
		customer.save()
		self.assertEqual(customer.arca_condicion_iva_source, "ARCA")

	def test_a_new_customer_of_a_person_with_a_condicion_is_marked_as_theirs(self):
		customer = self.new_customer(arca_condicion_iva="Consumidor Final")
		self.assertEqual(customer.arca_condicion_iva_source, "By hand")
		self.assertFalse(self.new_customer().arca_condicion_iva_source)

	def test_a_value_set_by_hand_is_never_overwritten(self):
		buyer = self.add_buyer(document=None)
		customer = self.synced(buyer)
		customer.arca_condicion_iva = "IVA No Alcanzado"
		customer.save()
		frappe.db.commit()
		cuit = next(self.cuits)
		self.arca.add_taxpayer(cuit, "monotributista")
		self.meli.set_user(buyer, document=("CUIT", cuit), taxpayer_type="IVA Responsable Inscripto")
		customer = self.synced(buyer)
		self.assertEqual((customer.tax_id, customer.arca_status), (cuit, "Determined"))
		self.assertEqual(customer.arca_condicion_iva, "IVA No Alcanzado")
		self.assertEqual(customer.arca_condicion_iva_source, "By hand")
		self.assertIn("Responsable Monotributo", customer.arca_message)
		self.assertEqual(customer.arca_disagrees, 1)

	def test_what_a_person_empties_is_nobodys_and_may_be_filled_again(self):
		buyer = self.add_company(kind="blocked", taxpayer_type="Monotributo")
		customer = self.synced(buyer)
		customer.arca_condicion_iva = None
		customer.save()
		frappe.db.commit()
		self.assertFalse(customer.arca_condicion_iva_source)
		self.assertEqual(self.synced(buyer).arca_condicion_iva_source, "MercadoLibre")

	def test_a_condicion_set_by_hand_completes_the_tax_category(self):
		if not frappe.db.exists("Tax Category", "Exento"):
			frappe.get_doc({"doctype": "Tax Category", "title": "Exento"}).insert()
		configure(tax_categories=[{"condicion_iva": "IVA Sujeto Exento", "tax_category": "Exento"}])
		customer = self.synced(self.add_company())
		customer.arca_condicion_iva = "IVA Sujeto Exento"
		customer.save()
		self.assertEqual(customer.tax_category, "Exento")
		customer.tax_category = None
		customer.save()
		self.assertFalse(customer.tax_category)

	def new_customer(self, **values):
		customer = frappe.new_doc("Customer")
		customer.update(
			{"customer_name": "Hecho a mano", "customer_group": masters.customer_group(), **values}
		)
		customer.update({"customer_type": "Individual", "territory": masters.territory()})
		return customer.insert(set_name=f"990000-{frappe.generate_hash(length=5)}")


class TestNumberChanged(FiscalTestCase):
	def test_a_person_that_corrects_the_cuit_starts_the_lookup_anew(self):
		customer = self.synced(self.add_company("30703088535", kind=None))
		self.assertEqual(customer.arca_status, "Undetermined")
		cuit = next(self.cuits)
		self.arca.add_taxpayer(cuit, "exento")
		customer.tax_id = cuit
		customer.save()
		frappe.db.commit()
		self.assertEqual((customer.arca_status, customer.arca_message), ("Pending", None))
		pending.ask_again()
		frappe.db.rollback()
		self.assertEqual(self.customer(customer.name).arca_condicion_iva, "IVA Sujeto Exento")

	def test_a_number_that_is_no_cuit_is_not_asked_for(self):
		customer = self.synced(self.add_company())
		customer.tax_id = "32659430"
		customer.save()
		self.assertFalse(customer.arca_status)
		self.assertIsNone(customer.arca_checked_on)

	def test_an_answer_about_the_former_number_is_not_written(self):
		self.arca.go_down()
		customer = self.synced(self.add_company(kind="exento"))
		self.arca.heal()
		registry.forget_that_it_is_down()
		frappe.db.set_value("Customer", customer.name, "arca_next_lookup", customer.creation)
		frappe.db.commit()
		self.arca.fail("getPersona_v2", "slow", seconds=3)
		job = python("from mercadolibre_sync.sync.fiscal.pending import ask_again; ask_again()")
		wait_for(lambda: self.queries() == 1)
		customer.reload()
		customer.tax_id = next(self.cuits)
		customer.save()
		frappe.db.commit()
		outputs(job)
		frappe.db.rollback()
		customer.reload()
		self.assertEqual(customer.arca_status, "Pending")
		self.assertFalse(customer.arca_condicion_iva)


class TestFinding(FiscalTestCase):
	def test_the_list_filters_by_state_and_disagreement(self):
		meta = frappe.get_meta("Customer")
		for fieldname in ("arca_status", "arca_disagrees", "arca_condicion_iva"):
			self.assertTrue(meta.get_field(fieldname).in_standard_filter, fieldname)

	def test_each_state_that_wants_a_look_is_found(self):
		self.add_and_sync("blocked", "Undetermined")
		self.add_and_sync("exento_state_ex", "To Review")
		self.arca.go_down()
		self.add_and_sync("exento", "Pending")

	def add_and_sync(self, kind: str, status: str) -> None:
		buyer = self.synced(self.add_company(kind=kind)).name
		self.assertIn(
			buyer, frappe.get_list("Customer", filters={"arca_status": status}, pluck="name", limit=0)
		)

	def test_a_copy_of_a_customer_takes_no_state_of_a_lookup_along(self):
		copy = frappe.copy_doc(
			self.synced(self.add_company(taxpayer_type="Monotributo")), ignore_no_copy=False
		)
		for fieldname in ("arca_status", "arca_checked_on", "arca_declared", "arca_next_lookup"):
			self.assertFalse(copy.get(fieldname), fieldname)


class TestCuil(FiscalTestCase):
	def test_a_cuil_given_as_a_cuit_says_so(self):
		cuil = next(cuits("20"))
		self.arca.add_taxpayer(cuil, "cuil")
		customer = self.synced(self.add_buyer(document=("CUIT", cuil)))
		self.assertEqual(customer.arca_status, "Undetermined")
		self.assertIn("The number is a CUIL or a CDI, not a CUIT.", customer.arca_message)
