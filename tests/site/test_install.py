"""Installing, migrating and uninstalling leave a site as they should."""

import contextlib
import io
import json
from pathlib import Path

import frappe
from frappe.desk.desktop import get_workspace_sidebar_items
from frappe.permissions import rights

from mercadolibre_sync import custom_fields, install, uninstall
from mercadolibre_sync.roles import MANAGER, ROLES
from tests.ground.paths import APP
from tests.ground.process import outputs, python
from tests.site.base import ACCOUNT_NAME, SiteTestCase, make_manager
from tests.site.test_words import site_speaks

SYSTEM_MANAGER = "System Manager"

INDEX = {"doc_type": "Customer", "field_name": "customer_primary_address", "property": "search_index"}
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
		self.assertEqual(len(self.indexes("customer_primary_address")), 1)
		install.after_migrate()
		frappe.db.updatedb("Customer")
		self.assertEqual(len(self.indexes("customer_primary_address")), 1)

	def test_uninstalling_drops_the_index_whose_property_is_gone(self):
		self.addCleanup(install.after_migrate)
		self.addCleanup(self.set_property, value="1")
		self.set_property(value="0")
		uninstall.after_uninstall()
		self.assertEqual(self.indexes("customer_primary_address"), [])

	def test_an_index_that_somebody_else_asked_for_stays_theirs(self):
		self.addCleanup(self.set_property, module=custom_fields.MODULE)
		self.set_property(module=None)
		install.after_migrate()
		self.uninstall()
		self.assertTrue(frappe.db.exists("Property Setter", INDEX))

	def set_property(self, **values: str | None) -> None:
		frappe.db.set_value("Property Setter", INDEX, values)
		frappe.db.commit()
		frappe.clear_cache(doctype="Customer")

	def indexes(self, column: str) -> list[frappe._dict]:
		return frappe.db.sql("show index from `tabCustomer` where Column_name = %s", column, as_dict=True)

	def test_uninstalling_removes_fields_and_properties_and_leaves_customers_alone(self):
		buyer = self.add_buyer()
		self.sync_order(self.add_order(buyer, shipment={}))
		self.uninstall()
		self.assertEqual(self.ours(), set())
		self.assertEqual(frappe.get_all("Role", filters={"name": ("in", ROLES)}), [])
		self.assertEqual(frappe.db.get_value("Customer", buyer, "customer_name"), "GUZMARIANA")
		self.assertEqual(frappe.db.sql("select name from __Auth where doctype like 'MercadoLibre%'"), ())
		self.assertFalse(frappe.db.exists("Onboarding Step", {"name": ("like", "MercadoLibre%")}))
		# The column stays: installing the app again finds its customers.
		self.assertEqual(
			frappe.db.sql("select mercadolibre_id from tabCustomer where name = %s", buyer)[0][0], buyer
		)
		self.assertEqual((len(self.addresses(buyer)), len(self.contacts(buyer))), (1, 1))

	def test_what_the_workspace_is_made_of_goes_with_the_module(self):
		"""Frappe deletes with an app what names its module."""
		folder = Path(frappe.get_module_path(custom_fields.MODULE))
		for kind in ("Number Card", "Dashboard Chart", "Dashboard Chart Source"):
			shipped = {
				json.loads(path.read_text())["name"] for path in folder.glob(f"{frappe.scrub(kind)}/*/*.json")
			}
			ours = set(frappe.get_all(kind, filters={"module": custom_fields.MODULE}, pluck="name"))
			self.assertTrue(shipped)
			self.assertEqual(ours, shipped)

	def test_uninstalling_leaves_no_scheduled_jobs(self):
		self.assertIn("mercadolibre_sync.inbox.sweep.sweep", self.scheduled())
		self.uninstall()
		self.assertEqual(self.scheduled(), [])

	def scheduled(self) -> list[str]:
		jobs = frappe.get_all("Scheduled Job Type", pluck="method")
		return [method for method in jobs if method.startswith("mercadolibre_sync.")]

	def uninstall(self) -> None:
		"""What uninstalling does before Frappe drops the tables, seen by this test alone."""
		self.addCleanup(frappe.clear_cache)
		self.addCleanup(frappe.db.rollback)
		uninstall.before_uninstall()

	def test_customers_of_an_earlier_installation_go_on(self):
		buyer = self.add_buyer()
		order = self.add_order(buyer)
		self.sync_order(order)
		frappe.db.set_value("Customer", buyer, "mercadolibre_account", "An account that is gone")
		install.after_install()
		self.assertIsNone(self.customer(buyer).mercadolibre_account)
		# It forgot the accounts of the site's other customers, too.
		frappe.db.rollback()
		frappe.db.set_value("Customer", buyer, "mercadolibre_account", None)
		row = self.sync_order(order)
		self.assertEqual((row.status, self.customer(buyer).mercadolibre_account), ("Done", ACCOUNT_NAME))

	def test_our_modules_are_found_where_redis_holds_the_map_from_before_the_app_was_added(self):
		self.addCleanup(frappe.cache.delete_value, "app_modules")
		stale = {app: modules for app, modules in frappe.local.app_modules.items() if app != APP}
		frappe.cache.set_value("app_modules", stale)
		# As `bench install-app` does: it starts with that map, clears the cache, and calls the hooks.
		installing = f"""
assert "{APP}" not in frappe.local.app_modules
frappe.clear_cache()
assert "{APP}" not in frappe.local.app_modules
for hook in frappe.get_hooks("before_install", app_name="{APP}"):
	frappe.get_attr(hook)()
print(frappe.local.app_modules["{APP}"], frappe.local.module_app["{APP}"])
"""
		self.assertEqual(outputs(python(installing)), [f"['{APP}'] {APP}\n"])

	def test_who_installs_is_told_in_the_sites_language_where_to_go_next(self):
		for language, named in (("es", "Una guía"), ("en", "A guided start")):
			with self.subTest(language), site_speaks(language):
				with contextlib.redirect_stdout(io.StringIO()) as printed:
					install.after_install()
				frappe.db.rollback()
				(line,) = printed.getvalue().splitlines()
				self.assertIn(named, line)
				self.assertTrue(line.endswith("/app/mercadolibre"))

	def test_only_the_two_roles_and_system_managers_have_permissions(self):
		for doctype in DOCTYPES:
			with self.subTest(doctype):
				roles = {permission.role for permission in frappe.get_meta(doctype).permissions}
				self.assertLessEqual(roles, {*ROLES, SYSTEM_MANAGER})

	def test_system_managers_may_do_what_our_managers_may(self):
		for doctype in frappe.get_all(
			"DocType", {"module": custom_fields.MODULE, "istable": 0}, pluck="name"
		):
			with self.subTest(doctype):
				may = {
					permission.role: {right: permission.get(right) for right in rights}
					for permission in frappe.get_meta(doctype).permissions
				}
				self.assertEqual(may[SYSTEM_MANAGER], may[MANAGER])

	def test_a_system_manager_without_our_roles_opens_everything(self):
		user = make_manager("sistemas@mercadolibre-sync.example", role=SYSTEM_MANAGER)
		frappe.set_user(user)
		self.assertTrue(frappe.get_doc("MercadoLibre Account", ACCOUNT_NAME).has_permission("write"))
		self.assertTrue(frappe.has_permission("MercadoLibre Settings", "write"))
		self.assertIn("MercadoLibre", [page["name"] for page in get_workspace_sidebar_items()["pages"]])
