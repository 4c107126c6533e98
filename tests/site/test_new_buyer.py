"""The contract, "New buyer": one test per rule, named after it."""

import frappe
from frappe.custom.doctype.property_setter.property_setter import make_property_setter

from tests.ground import masters
from tests.site.base import ACCOUNT_NAME, SiteTestCase


class TestCustomer(SiteTestCase):
	def test_the_customer_has_the_values_of_the_contract(self):
		buyer = self.add_buyer(document=("DNI", "32.659.430"), taxpayer_type="Consumidor Final")
		self.sync_order(self.add_order(buyer))
		customer = self.customer(buyer)
		self.assertEqual(customer.customer_name, "GUZMARIANA")
		self.assertEqual(customer.customer_group, masters.customer_group())
		self.assertEqual(customer.customer_type, "Individual")
		self.assertEqual(customer.tax_id, "32659430")
		self.assertEqual(customer.arca_document_type, "DNI")
		self.assertEqual(customer.mercadolibre_id, buyer)
		self.assertEqual(customer.mercadolibre_nickname, "GUZMARIANA")
		self.assertEqual(customer.mercadolibre_account, ACCOUNT_NAME)
		self.assertEqual(customer.mercadolibre_profile, "https://perfil.mercadolibre.com.ar/GUZMARIANA")
		self.assertEqual(customer.arca_condicion_iva, "Consumidor Final")
		self.assertEqual(customer.arca_condicion_iva_source, "MercadoLibre")

	def test_the_name_is_the_mercadolibre_id_whatever_selling_settings_say(self):
		self.addCleanup(frappe.db.commit)
		for naming in ("Customer Name", "Naming Series", "Auto Name"):
			with self.subTest(naming):
				before = frappe.defaults.get_global_default("cust_master_name")
				self.addCleanup(frappe.defaults.set_global_default, "cust_master_name", before)
				frappe.defaults.set_global_default("cust_master_name", naming)
				frappe.db.commit()
				buyer = self.add_buyer()
				row = self.sync_order(self.add_order(buyer))
				self.assertEqual((row.status, row.customer), ("Done", buyer), row.reason)

	def test_the_territory_is_the_default_of_selling_settings(self):
		territory = masters.territory()
		self.set_default_territory(territory)
		buyer = self.add_buyer()
		self.sync_order(self.add_order(buyer))
		self.assertEqual(self.customer(buyer).territory, territory)

	def test_the_territory_is_the_root_of_the_tree_without_a_default(self):
		self.set_default_territory(None)
		buyer = self.add_buyer()
		self.sync_order(self.add_order(buyer))
		self.assertEqual(self.customer(buyer).territory, masters.root("Territory"))

	def test_what_a_field_of_the_site_fetches_is_fetched(self):
		self.fetch("website", "customer_group.parent_customer_group")
		buyer = self.add_buyer()
		self.sync_order(self.add_order(buyer))
		group = frappe.get_doc("Customer Group", masters.customer_group())
		self.assertTrue(group.parent_customer_group)
		self.assertEqual(self.customer(buyer).website, group.parent_customer_group)

	def fetch(self, fieldname: str, source: str) -> None:
		"""Have a field of Customer fetched until the test's end, as somebody does in "Customize Form"."""
		setter = make_property_setter("Customer", fieldname, "fetch_from", source, "Small Text")
		self.addCleanup(frappe.db.commit)
		self.addCleanup(setter.delete)
		frappe.db.commit()

	def test_a_missing_nickname_is_asked_for(self):
		buyer = self.add_buyer("TETE2870021")
		self.sync_order(self.add_order(buyer, buyer_form="id"))
		self.assertEqual(self.customer(buyer).customer_name, "TETE2870021")
		self.assertEqual(len(self.meli.calls(f"^/users/{buyer}$")), 1)

	def test_without_any_nickname_the_billing_name_serves(self):
		buyer = self.add_buyer(billing_name="Ana", billing_last_name="Paz")
		self.meli.misbehave(f"/users/{buyer}", "404")
		self.sync_order(self.add_order(buyer, buyer_form="billing_info"))
		self.assertEqual(self.customer(buyer).customer_name, "Ana Paz")

	def test_without_any_name_the_id_serves(self):
		buyer = self.add_buyer(document=None)
		self.meli.misbehave(f"/users/{buyer}", "404")
		self.sync_order(self.add_order(buyer, buyer_form="id"))
		self.assertEqual(self.customer(buyer).customer_name, f"MercadoLibre {buyer}")

	def test_an_unknown_document_type_is_kept_verbatim(self):
		buyer = self.add_buyer(document=("Otro", "AB 12-34"))
		self.sync_order(self.add_order(buyer))
		customer = self.customer(buyer)
		self.assertEqual((customer.arca_document_type, customer.tax_id), ("Otro", "AB1234"))

	def test_a_cuit_with_a_bad_check_digit_warns_and_is_kept(self):
		buyer = self.add_buyer(document=("CUIT", "30-70308853-5"), billing_name="Ejemplo SRL")
		row = self.sync_order(self.add_order(buyer))
		self.assertEqual(row.status, "Done")
		self.assertEqual(self.customer(buyer).tax_id, "30703088535")
		self.assertIn("30703088535", self.comments("Customer", buyer))

	def test_a_company_declares_its_condicion(self):
		buyer = self.add_buyer(
			document=("CUIT", "30703088534"),
			billing_name="Ejemplo SRL",
			taxpayer_type="IVA Responsable Inscripto",
		)
		self.sync_order(self.add_order(buyer))
		customer = self.customer(buyer)
		self.assertEqual(customer.arca_document_type, "CUIT")
		self.assertEqual(customer.arca_condicion_iva, "IVA Responsable Inscripto")

	def test_a_name_that_does_not_fit_is_kept_in_a_comment(self):
		long_name = " ".join(["Sociedad"] * 20)
		buyer = self.add_buyer(first_name=long_name, last_name=None, nickname="LARGO")
		self.sync_order(self.add_order(buyer))
		(contact,) = self.contacts(buyer)
		self.assertLessEqual(len(contact.first_name), 140)
		self.assertIn(long_name, self.comments("Contact", contact.name))

	def test_a_cancelled_order_creates_no_customer(self):
		for status in ("cancelled", "invalid"):
			with self.subTest(status):
				buyer = self.add_buyer()
				row = self.sync_order(self.add_order(buyer, status=status))
				self.assertEqual(row.status, "Ignored")
				self.assertFalse(frappe.db.exists("Customer", buyer))

	def test_a_fraud_risk_creates_no_customer(self):
		buyer = self.add_buyer()
		row = self.sync_order(self.add_order(buyer, tags=["paid", "fraud_risk_detected"]))
		self.assertEqual(row.status, "Ignored")
		self.assertFalse(frappe.db.exists("Customer", buyer))

	def test_only_paid_orders_leaves_an_unpaid_buyer_out_until_paid(self):
		frappe.db.set_value("MercadoLibre Account", ACCOUNT_NAME, "only_paid_orders", 1)
		frappe.db.commit()
		buyer = self.add_buyer()
		order = self.add_order(buyer, status="payment_required")
		self.assertEqual(self.sync_order(order).status, "Ignored")
		self.meli.set_order(order, status="paid")
		self.assertEqual(self.sync_order(order).status, "Done")

	def test_an_unpaid_order_creates_a_customer_by_default(self):
		buyer = self.add_buyer()
		self.sync_order(self.add_order(buyer, status="payment_required"))
		self.assertTrue(frappe.db.exists("Customer", buyer))

	def comments(self, doctype: str, name: str) -> str:
		filters = {"reference_doctype": doctype, "reference_name": name, "comment_type": "Comment"}
		return "\n".join(frappe.get_all("Comment", filters=filters, pluck="content"))

	def set_default_territory(self, territory: str | None) -> None:
		before = frappe.db.get_single_value("Selling Settings", "territory")
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_single_value, "Selling Settings", "territory", before)
		frappe.db.set_single_value("Selling Settings", "territory", territory)
		frappe.db.commit()


class TestAddress(SiteTestCase):
	def test_the_address_has_the_values_of_the_contract(self):
		buyer = self.add_buyer()
		shipment = {
			"comments": "Timbre 2",
			"address_comment": "Piso 3",
			"receiver_name": "Julián Mireles",
			"receiver_phone": "351 5550089",
			"city": "Córdoba",
			"state": "Córdoba",
			"state_id": "AR-X",
			"zip_code": "5000",
		}
		self.sync_order(self.add_order(buyer, shipment=shipment))
		(address,) = self.addresses(buyer)
		self.assertEqual(address.address_type, "Shipping")
		self.assertEqual(address.address_title, "Envío")
		self.assertEqual(address.address_line1, "Santa Fe 1234, Timbre 2, Piso 3")
		self.assertEqual(address.address_line2, "Julián Mireles")
		self.assertEqual((address.city, address.state, address.pincode), ("Córdoba", "Córdoba", "5000"))
		self.assertEqual(address.country, masters.country())
		self.assertEqual(address.phone, "351 5550089")

	def test_a_hidden_address_is_created_when_it_becomes_known(self):
		buyer = self.add_buyer()
		order = self.add_order(buyer, shipment={"masked": True})
		self.sync_order(order)
		self.assertEqual(self.addresses(buyer), [])
		shipment_id = self.meli.calls("^/shipments/")[0].path.split("/")[2]
		self.meli.reveal(shipment_id)
		row = self.drained(self.notify("shipments", f"/shipments/{shipment_id}"))
		self.assertEqual((row.status, row.customer, row.order_id), ("Done", buyer, order))
		self.assertEqual(len(self.addresses(buyer)), 1)

	def test_an_order_without_shipment_has_no_address(self):
		buyer = self.add_buyer()
		row = self.sync_order(self.add_order(buyer))
		self.assertEqual(row.status, "Done")
		self.assertEqual(self.addresses(buyer), [])

	def test_a_pick_up_point_is_not_stored(self):
		buyer = self.add_buyer()
		self.sync_order(self.add_order(buyer, shipment={"agency": True}))
		self.assertEqual(self.addresses(buyer), [])

	def test_without_city_the_neighborhood_serves_else_the_state(self):
		for shipment, city in (
			({"city": None, "neighborhood": "Saavedra"}, "Saavedra"),
			({"city": None, "neighborhood": None}, "Capital Federal"),
		):
			with self.subTest(city):
				buyer = self.add_buyer()
				self.sync_order(self.add_order(buyer, shipment=shipment))
				self.assertEqual(self.addresses(buyer)[0].city, city)

	def test_a_masked_phone_is_not_stored(self):
		buyer = self.add_buyer()
		self.sync_order(self.add_order(buyer, shipment={"receiver_phone": "XXXXXXX"}))
		self.assertFalse(self.addresses(buyer)[0].phone)
		self.assertEqual(self.contacts(buyer)[0].phone_nos, [])

	def test_text_that_does_not_fit_flows_to_line_2_and_then_to_a_comment(self):
		buyer = self.add_buyer()
		words = " ".join(f"palabra{number}" for number in range(60))
		self.sync_order(self.add_order(buyer, shipment={"comments": words}))
		(address,) = self.addresses(buyer)
		comment = frappe.get_all(
			"Comment",
			filters={"reference_doctype": "Address", "reference_name": address.name},
			pluck="content",
		)
		stored = " ".join([address.address_line1, address.address_line2 or "", *comment])
		for number in range(60):
			self.assertIn(f"palabra{number}", stored)

	def test_the_name_depends_neither_on_language_nor_on_a_series(self):
		buyer = self.add_buyer()
		frappe.local.lang = "es"
		self.sync_order(self.add_order(buyer, shipment={}))
		self.assertEqual(self.addresses(buyer)[0].name, f"{buyer}-Envío-1")

	def test_links_carry_the_customers_title_as_frappe_would_give_it(self):
		buyer = self.add_buyer()
		self.sync_order(self.add_order(buyer, shipment={}))
		title = self.customer(buyer).get_title()
		for document in (*self.addresses(buyer), *self.contacts(buyer)):
			self.assertEqual([link.link_title for link in document.links], [title])

		# In this process Frappe has been told to let titles stand, but not those of others.
		link = {"link_doctype": "Customer", "link_name": buyer}
		contact = frappe.get_doc({"doctype": "Contact", "first_name": "Ana", "links": [link]}).insert()
		self.assertEqual(contact.links[0].link_title, title)

	def test_erpnext_makes_no_second_address_or_contact_by_itself(self):
		buyer = self.add_buyer()
		self.sync_order(self.add_order(buyer, shipment={"receiver_phone": "351 5550089"}))
		self.assertEqual((len(self.addresses(buyer)), len(self.contacts(buyer))), (1, 1))


class TestContact(SiteTestCase):
	def test_the_contact_has_the_values_of_the_contract(self):
		buyer = self.add_buyer()
		self.sync_order(self.add_order(buyer, shipment={"receiver_phone": "351 5550089"}))
		(contact,) = self.contacts(buyer)
		self.assertEqual((contact.first_name, contact.last_name), ("Mariana", "Guzmán"))
		self.assertEqual(contact.status, "Passive")
		self.assertEqual(contact.phone, "351 5550089")

	def test_the_name_is_the_orders_else_the_billing_name_else_the_nickname(self):
		cases = (
			({"billing_name": "Otra", "billing_last_name": "Persona"}, "full", "Mariana Guzmán"),
			({"billing_name": "Otra", "billing_last_name": "Persona"}, "billing_info", "Otra Persona"),
			({"first_name": None, "last_name": None, "document": None}, "full", "GUZMARIANA"),
		)
		for details, form, name in cases:
			with self.subTest(name):
				buyer = self.add_buyer(**details)
				self.sync_order(self.add_order(buyer, buyer_form=form))
				self.assertEqual([contact.full_name for contact in self.contacts(buyer)], [name])

	def test_a_receiver_who_is_somebody_else_does_not_give_the_phone(self):
		buyer = self.add_buyer()
		self.sync_order(
			self.add_order(buyer, shipment={"receiver_name": "Un Vecino", "receiver_phone": "351 5550089"})
		)
		self.assertEqual(self.contacts(buyer)[0].phone_nos, [])
		self.assertEqual(self.addresses(buyer)[0].phone, "351 5550089")

	def test_a_phone_that_frappe_refuses_is_kept_in_a_comment(self):
		buyer = self.add_buyer()
		odd = "llamar al 351-5550089 o preguntar"
		row = self.sync_order(self.add_order(buyer, shipment={"receiver_phone": odd}))
		self.assertEqual(row.status, "Done")
		(contact,) = self.contacts(buyer)
		filters = {"reference_doctype": "Contact", "reference_name": contact.name}
		self.assertIn(odd, "".join(frappe.get_all("Comment", filters=filters, pluck="content")))
