"""The contract, "Known buyer" and "Always": one test per rule, named after it."""

import frappe

from mercadolibre_sync.sync import contacts
from tests.ground import masters
from tests.site.base import SELLER, SiteTestCase

OLD = "2026-11-01T10:00:00.000-04:00"
NEW = "2026-11-02T10:00:00.000-04:00"
NEWEST = "2026-11-03T10:00:00.000-04:00"


class TestCustomer(SiteTestCase):
	def test_matched_by_id_field_when_the_record_was_renamed(self):
		buyer = self.add_buyer()
		order = self.add_order(buyer, shipment={})
		self.sync_order(order)
		renamed = frappe.rename_doc("Customer", buyer, f"99-RENAMED-{buyer}")
		frappe.db.commit()
		self.meli.set_nickname(buyer, "OTROAPODO")
		self.meli.set_order(order)
		row = self.sync_order(order)
		self.assertEqual(row.customer, renamed)
		self.assertEqual(self.customer(renamed).customer_name, "OTROAPODO")
		self.assertFalse(frappe.db.exists("Customer", buyer))
		self.assertEqual((len(self.addresses(renamed)), len(self.contacts(renamed))), (1, 1))

	def test_matched_by_name_when_the_id_field_is_empty(self):
		buyer = self.add_buyer()
		self.make_customer(buyer, "Cliente de antes")
		row = self.sync_order(self.add_order(buyer))
		self.assertEqual((row.status, row.customer), ("Done", buyer))
		customer = self.customer(buyer)
		self.assertEqual((customer.mercadolibre_id, customer.customer_name), (buyer, "Cliente de antes"))

	def test_a_customer_of_that_name_with_another_mercadolibre_id_is_left_to_a_person(self):
		buyer, other = self.add_buyer(), self.add_buyer()
		self.make_customer(buyer, "De otro comprador", mercadolibre_id=other)
		order = self.add_order(buyer)
		row = self.sync_order(order)
		self.assertEqual((row.status, row.customer), ("Failed", None))
		self.assertIn(other, row.reason)
		self.assertIn("Rename that customer", row.reason)
		self.assertEqual(self.customer(buyer).customer_name, "De otro comprador")
		# Frappe remembers for the process which doctypes are linked to, and on an empty site that is none yet.
		self.addCleanup(setattr, frappe.local, "dynamic_link_map", None)
		frappe.rename_doc("Customer", buyer, f"99-RENAMED-{buyer}")
		frappe.db.commit()
		row = self.sync_order(order)
		self.assertEqual((row.status, row.customer), ("Done", buyer), row.reason)

	def test_empty_document_is_filled(self):
		buyer = self.add_buyer(document=None)
		order = self.add_order(buyer)
		self.sync_order(order)
		self.assertFalse(self.customer(buyer).tax_id)
		self.meli.set_user(buyer, document=["DNI", "32659430"])
		self.meli.set_order(order)
		self.sync_order(order)
		customer = self.customer(buyer)
		self.assertEqual((customer.tax_id, customer.arca_document_type), ("32659430", "DNI"))

	def test_a_stored_document_is_never_overwritten(self):
		buyer = self.add_buyer()
		order = self.add_order(buyer)
		self.sync_order(order)
		self.meli.set_user(buyer, document=["CUIT", "30703088534"], taxpayer_type="Monotributo")
		self.meli.set_order(order)
		self.sync_order(order)
		customer = self.customer(buyer)
		self.assertEqual((customer.tax_id, customer.arca_document_type), ("32659430", "DNI"))
		self.assertNotEqual(customer.arca_condicion_iva, "Responsable Monotributo")

	def test_a_document_type_is_not_put_beside_another_number(self):
		buyer = self.add_buyer(document=("CUIT", "30703088534"))
		self.make_customer(buyer, "Cliente de antes", tax_id="32659430")
		self.sync_order(self.add_order(buyer))
		customer = self.customer(buyer)
		self.assertEqual((customer.tax_id, customer.arca_document_type), ("32659430", None))

	def test_the_name_follows_a_nickname_that_changed(self):
		buyer = self.add_buyer("ANTES")
		order = self.add_order(buyer)
		self.sync_order(order)
		self.meli.set_nickname(buyer, "DESPUES")
		self.meli.set_order(order)
		self.sync_order(order)
		customer = self.customer(buyer)
		self.assertEqual((customer.customer_name, customer.mercadolibre_nickname), ("DESPUES", "DESPUES"))
		self.assertEqual(customer.mercadolibre_profile, "https://perfil.mercadolibre.com.ar/DESPUES")

	def test_a_name_edited_by_hand_stays_until_the_nickname_changes_again(self):
		buyer = self.add_buyer("APODO")
		order = self.add_order(buyer)
		self.sync_order(order)
		customer = self.customer(buyer)
		customer.customer_name = "Mariana, la de siempre"
		customer.save()
		frappe.db.commit()
		self.meli.set_order(order)
		self.sync_order(order)
		self.assertEqual(self.customer(buyer).customer_name, "Mariana, la de siempre")
		self.meli.set_nickname(buyer, "APODONUEVO")
		self.meli.set_order(order)
		self.sync_order(order)
		self.assertEqual(self.customer(buyer).customer_name, "APODONUEVO")

	def test_a_made_up_name_gives_way_to_the_first_nickname(self):
		buyer = self.add_buyer(document=None)
		self.meli.misbehave(f"/users/{buyer}", "404")
		order = self.add_order(buyer, buyer_form="id")
		self.sync_order(order)
		self.assertEqual(self.customer(buyer).customer_name, f"MercadoLibre {buyer}")
		self.meli.set_order(order)
		self.sync_order(order)
		self.assertEqual(self.customer(buyer).customer_name, "GUZMARIANA")

	def test_a_cancelled_order_updates_a_known_customer(self):
		buyer = self.add_buyer("ANTES")
		order = self.add_order(buyer)
		self.sync_order(order)
		self.meli.set_nickname(buyer, "DESPUES")
		self.meli.set_order(order, status="cancelled")
		row = self.sync_order(order)
		self.assertEqual(row.status, "Done")
		self.assertEqual(self.customer(buyer).customer_name, "DESPUES")

	def make_customer(self, name: str, customer_name: str, **values) -> None:
		customer = frappe.new_doc("Customer")
		customer.update(
			{
				"customer_name": customer_name,
				"customer_type": "Individual",
				"customer_group": masters.customer_group(),
				"territory": masters.territory(),
				**values,
			}
		)
		customer.insert(set_name=name)
		frappe.db.commit()


class TestAddress(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.buyer = self.add_buyer()
		self.sync_order(self.add_order(self.buyer, shipment={"city": "Córdoba", "street_name": "Av. Olmos"}))

	def test_another_street_is_a_new_address(self):
		self.sync_order(self.add_order(self.buyer, shipment={"city": "Córdoba", "street_name": "Rivadavia"}))
		self.assertEqual(len(self.addresses(self.buyer)), 2)

	def test_another_city_is_a_new_address(self):
		self.sync_order(self.add_order(self.buyer, shipment={"city": "Rosario", "street_name": "Av. Olmos"}))
		self.assertEqual(len(self.addresses(self.buyer)), 2)

	def test_case_accents_and_repeated_spaces_make_no_difference(self):
		before = self.fingerprint(self.buyer)
		self.sync_order(self.add_order(self.buyer, shipment={"city": "CORDOBA", "street_name": "av.  ólmos"}))
		self.assertEqual(self.fingerprint(self.buyer), before)

	def test_compared_with_every_address_of_the_customer(self):
		address = frappe.new_doc("Address")
		address.update(
			{
				"address_title": "Casa",
				"address_type": "Billing",
				"address_line1": "Rivadavia 1234",
				"city": "Rosario",
				"country": masters.country(),
			}
		)
		address.append("links", {"link_doctype": "Customer", "link_name": self.buyer})
		address.insert()
		frappe.db.commit()
		self.sync_order(self.add_order(self.buyer, shipment={"city": "Rosario", "street_name": "Rivadavia"}))
		self.assertEqual(len(self.addresses(self.buyer)), 2)

	def test_another_receiver_or_postcode_is_not_a_new_address(self):
		shipment = {
			"city": "Córdoba",
			"street_name": "Av. Olmos",
			"receiver_name": "Un Vecino",
			"zip_code": "5001",
		}
		self.sync_order(self.add_order(self.buyer, shipment=shipment))
		self.assertEqual(len(self.addresses(self.buyer)), 1)


class TestContact(SiteTestCase):
	def test_phones_of_the_contact_with_the_same_name_are_updated(self):
		buyer = self.add_buyer()
		self.sync_order(self.add_order(buyer, shipment={"receiver_phone": "351 5550001"}))
		self.sync_order(self.add_order(buyer, shipment={"receiver_phone": "351 5550002"}))
		(contact,) = self.contacts(buyer)
		self.assertEqual(
			[(row.phone, row.is_primary_phone) for row in contact.phone_nos], [("351 5550002", 1)]
		)

	def test_another_name_is_a_new_contact(self):
		buyer = self.add_buyer()
		self.sync_order(self.add_order(buyer))
		self.meli.set_user(buyer, first_name="Ana", last_name="Paz")
		self.sync_order(self.add_order(buyer))
		self.assertEqual(
			[contact.full_name for contact in self.contacts(buyer)], ["Mariana Guzmán", "Ana Paz"]
		)

	def test_a_contact_named_by_the_previous_nickname_is_renamed(self):
		buyer = self.add_buyer("ANTES", first_name=None, last_name=None, document=None)
		self.sync_order(self.add_order(buyer))
		self.assertEqual([contact.full_name for contact in self.contacts(buyer)], ["ANTES"])
		self.meli.set_nickname(buyer, "DESPUES")
		self.sync_order(self.add_order(buyer))
		self.assertEqual([contact.full_name for contact in self.contacts(buyer)], ["DESPUES"])
		self.meli.set_user(buyer, first_name="Ana", last_name="Paz")
		self.sync_order(self.add_order(buyer))
		self.assertEqual([contact.full_name for contact in self.contacts(buyer)], ["Ana Paz"])

	def test_a_masked_value_never_replaces_a_stored_one(self):
		buyer = self.add_buyer()
		order = self.add_order(buyer, shipment={"receiver_phone": "351 5550001"})
		self.sync_order(order)
		before = self.fingerprint(buyer)
		self.meli.misbehave("/shipments/", "404", times=None)
		self.meli.set_user(buyer, document=None)
		self.meli.set_order(order)
		self.sync_order(order)
		self.assertEqual(self.fingerprint(buyer), before)

	def test_a_shipment_masked_again_changes_nothing(self):
		buyer = self.add_buyer()
		order = self.add_order(buyer, shipment={"receiver_phone": "351 5550001"})
		self.sync_order(order)
		before = self.fingerprint(buyer)
		shipment = self.meli.calls("^/shipments/")[0].path.split("/")[2]
		self.meli.set_shipment(shipment, masked=True, receiver_phone="XXXXXXX")
		self.meli.set_order(order)
		self.sync_order(order)
		self.assertEqual(self.fingerprint(buyer), before)

	def test_validating_a_contact_with_an_email_asks_nobody_over_http(self):
		flags = []
		contact = frappe.new_doc("Contact")
		contact.update({"first_name": "Ana"})
		contact.append("email_ids", {"email_id": "ana@example.com", "is_primary": 1})
		contact.flags.ignore_links = True
		with contacts._no_gravatar():
			flags.append(frappe.flags.in_import)
			contact.run_method("validate")
		self.assertEqual((flags, bool(frappe.flags.in_import)), ([True], False))


class TestAlways(SiteTestCase):
	def test_a_no_change_order_writes_nothing(self):
		buyer = self.add_buyer()
		order = self.add_order(buyer, shipment={"receiver_phone": "351 5550001"})
		self.sync_order(order)
		before = self.fingerprint(buyer)
		row = self.sync_order(order)
		self.assertEqual(row.status, "Done")
		self.assertEqual(self.fingerprint(buyer), before)

	def test_a_newer_order_without_changes_writes_nothing(self):
		buyer = self.add_buyer()
		self.sync_order(self.add_order(buyer, shipment={}, last_updated=OLD))
		before = self.fingerprint(buyer)
		self.sync_order(self.add_order(buyer, shipment={}, last_updated=NEW))
		self.assertEqual(self.fingerprint(buyer), before)

	def test_an_older_copy_of_an_order_never_undoes_a_newer_one(self):
		buyer = self.add_buyer("NUEVO")
		order = self.add_order(buyer, last_updated=NEW)
		self.sync_order(order)
		self.meli.set_nickname(buyer, "VIEJO")
		self.meli.set_order(order, last_updated=OLD)
		row = self.sync_order(order)
		self.assertEqual(row.status, "Done")
		self.assertEqual(self.customer(buyer).customer_name, "NUEVO")

	def test_an_older_order_never_undoes_a_newer_one_even_if_that_one_changed_nothing(self):
		buyer = self.add_buyer("NUEVO")
		self.sync_order(self.add_order(buyer, last_updated=OLD))
		self.sync_order(
			self.add_order(buyer, last_updated=NEWEST, shipment={"receiver_phone": "351 5550001"})
		)
		self.meli.set_nickname(buyer, "VIEJO")
		self.sync_order(self.add_order(buyer, last_updated=NEW, shipment={"receiver_phone": "351 5550002"}))
		self.assertEqual(self.customer(buyer).customer_name, "NUEVO")
		self.assertEqual(self.contacts(buyer)[0].phone, "351 5550001")

	def test_an_older_order_still_brings_an_address_that_was_not_known(self):
		buyer = self.add_buyer()
		self.sync_order(self.add_order(buyer, last_updated=NEW))
		self.sync_order(self.add_order(buyer, last_updated=OLD, shipment={}))
		self.assertEqual(len(self.addresses(buyer)), 1)

	def test_an_order_that_hides_the_nickname_writes_nothing_either(self):
		buyer = self.add_buyer()
		self.sync_order(self.add_order(buyer, shipment={}))
		before = self.fingerprint(buyer)
		self.sync_order(self.add_order(buyer, shipment={}, buyer_form="billing_info"))
		self.assertEqual(len(self.meli.calls(f"^/users/{buyer}$")), 1)
		self.assertEqual(self.fingerprint(buyer), before)

	def test_a_pack_of_which_one_order_is_cancelled_still_creates_its_customer(self):
		buyer = self.add_buyer()
		shipment = self.meli.add_shipment(SELLER, buyer)
		self.add_order(buyer, shipment_id=shipment, last_updated=OLD)
		self.add_order(buyer, shipment_id=shipment, last_updated=NEW, status="cancelled")
		row = self.drained(self.notify("shipments", f"/shipments/{shipment}"))
		self.assertEqual((row.status, row.customer), ("Done", buyer))

	def test_a_pack_is_one_buyer_with_one_address(self):
		buyer = self.add_buyer()
		shipment = self.meli.add_shipment(SELLER, buyer)
		pack = {"pack_id": "2000006181551917", "shipment_id": shipment, "tags": ["pack_order", "paid"]}
		orders = [self.add_order(buyer, **pack) for _number in range(3)]
		row = self.drained(self.notify("shipments", f"/shipments/{shipment}"))
		self.assertEqual((row.status, row.customer), ("Done", buyer))
		for order in orders:
			self.sync_order(order)
		self.assertEqual((len(self.addresses(buyer)), len(self.contacts(buyer))), (1, 1))

	def test_nothing_is_half_written_when_the_address_is_refused(self):
		frappe.get_doc(
			{
				"doctype": "Custom Field",
				"dt": "Address",
				"fieldname": "test_piso",
				"label": "Piso",
				"fieldtype": "Data",
				"reqd": 1,
			}
		).insert()
		self.addCleanup(frappe.clear_cache, doctype="Address")
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.delete_doc, "Custom Field", "Address-test_piso", force=True)
		frappe.db.commit()
		buyer = self.add_buyer()
		row = self.sync_order(self.add_order(buyer, shipment={}))
		self.assertEqual(row.status, "Failed")
		self.assertIn('"Piso"', row.reason)
		self.assertFalse(frappe.db.exists("Customer", buyer))

	def test_a_buyer_of_two_accounts_is_one_customer(self):
		from tests.site.base import make_account

		other = "779432305"
		self.meli.add_seller(other, "OTRACUENTA")
		make_account("OTRACUENTA", other)
		frappe.db.commit()
		buyer = self.add_buyer()
		self.sync_order(self.add_order(buyer))
		order = self.meli.add_order(other, buyer)
		from mercadolibre_sync.inbox import intake
		from mercadolibre_sync.meli.notification import Notification

		intake.store(
			Notification("orders_v2", f"/orders/{order}", other, self.meli.application_id, None, None),
			"OTRACUENTA",
			intake.SOURCE_POSTED,
			0,
		)
		frappe.db.commit()
		from mercadolibre_sync.inbox import worker

		worker.drain()
		self.assertEqual(frappe.db.count("Customer", {"mercadolibre_id": buyer}), 1)
		self.assertEqual(
			frappe.db.get_value("MercadoLibre Order", order, ["account", "customer"]), ("OTRACUENTA", buyer)
		)
