"""Installing, migrating and uninstalling leave a site as they should."""

import frappe

from mercadolibre_sync import custom_fields, install, uninstall
from mercadolibre_sync.roles import ROLES
from tests.site.base import ACCOUNT_NAME, SiteTestCase

DOCTYPES = (
	"MercadoLibre Settings",
	"MercadoLibre Account",
	"MercadoLibre Notification",
	"MercadoLibre Order",
)


class TestInstall(SiteTestCase):
	def ours(self) -> set[tuple[str, str]]:
		return {
			(doctype, name)
			for doctype in ("Custom Field", "Property Setter")
			for name in frappe.get_all(doctype, filters={"module": custom_fields.MODULE}, pluck="name")
		}

	def test_migrating_again_changes_nothing(self):
		install.after_migrate()
		before = self.ours()
		install.after_migrate()
		self.assertEqual(self.ours(), before)
		self.assertIn(("Custom Field", "Customer-mercadolibre_id"), before)
		self.assertIn(("Property Setter", "Customer-tax_id-label"), before)

	def test_the_id_field_is_unique_and_indexed(self):
		indexes = frappe.db.sql(
			"show index from `tabCustomer` where Column_name = 'mercadolibre_id'", as_dict=True
		)
		self.assertTrue(any(not index.Non_unique for index in indexes))

	def test_uninstalling_removes_fields_and_properties_and_leaves_customers_alone(self):
		buyer = self.add_buyer()
		self.sync_order(self.add_order(buyer, shipment={}))
		self.addCleanup(self.install_again)
		uninstall.before_uninstall()
		frappe.db.commit()
		self.assertEqual(self.ours(), set())
		self.assertEqual(frappe.get_all("Role", filters={"name": ("in", ROLES)}), [])
		self.assertEqual(frappe.db.get_value("Customer", buyer, "customer_name"), "GUZMARIANA")
		self.assertEqual(frappe.db.sql("select name from __Auth where doctype like 'MercadoLibre%'"), ())
		# The column stays: installing the app again finds its customers.
		self.assertEqual(
			frappe.db.sql("select mercadolibre_id from tabCustomer where name = %s", buyer)[0][0], buyer
		)
		self.assertEqual((len(self.addresses(buyer)), len(self.contacts(buyer))), (1, 1))

	def test_customers_of_an_earlier_installation_go_on(self):
		buyer = self.add_buyer()
		order = self.add_order(buyer)
		self.sync_order(order)
		frappe.db.set_value("Customer", buyer, "mercadolibre_account", "An account that is gone")
		install.after_install()
		row = self.sync_order(order)
		self.assertEqual((row.status, self.customer(buyer).mercadolibre_account), ("Done", ACCOUNT_NAME))

	def install_again(self) -> None:
		for role in ROLES:
			if not frappe.db.exists("Role", role):
				frappe.get_doc({"doctype": "Role", "role_name": role, "desk_access": 1}).insert()
		install.after_install()
		frappe.db.commit()

	def test_only_the_two_roles_have_permissions(self):
		for doctype in DOCTYPES:
			with self.subTest(doctype):
				roles = {permission.role for permission in frappe.get_meta(doctype).permissions}
				self.assertLessEqual(roles, set(ROLES))
