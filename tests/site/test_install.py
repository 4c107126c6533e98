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

	def test_the_id_field_has_one_index_and_that_is_unique(self):
		# As an earlier version of the app left it.
		frappe.db.sql_ddl("alter table tabCustomer add index mercadolibre_id_index (mercadolibre_id)")
		install.after_migrate()
		self.assertEqual([index.Non_unique for index in self.indexes("mercadolibre_id")], [0])

	def test_customers_are_found_by_their_primary_address_without_a_scan(self):
		self.addCleanup(self.install_again)
		self.assertEqual(len(self.indexes("customer_primary_address")), 1)
		install.after_migrate()
		frappe.db.updatedb("Customer")
		self.assertEqual(len(self.indexes("customer_primary_address")), 1)
		uninstall.before_uninstall()
		self.assertEqual(self.indexes("customer_primary_address"), [])

	def test_an_index_that_somebody_else_asked_for_stays_theirs(self):
		setter = {
			"doc_type": "Customer",
			"field_name": "customer_primary_address",
			"property": "search_index",
		}
		self.addCleanup(self.install_again)
		self.addCleanup(frappe.db.delete, "Property Setter", setter)
		frappe.db.set_value("Property Setter", setter, "module", None)
		install.after_migrate()
		uninstall.before_uninstall()
		self.assertEqual(len(self.indexes("customer_primary_address")), 1)

	def indexes(self, column: str) -> list[frappe._dict]:
		return frappe.db.sql("show index from `tabCustomer` where Column_name = %s", column, as_dict=True)

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
