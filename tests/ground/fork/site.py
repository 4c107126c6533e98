"""Creates and migrates the fork's site. Runs in the ground's own Python."""

import os
import sys
from pathlib import Path

import frappe
from frappe.database.mariadb.setup_db import bootstrap_database
from frappe.installer import install_app, make_site_dirs
from frappe.migrate import SiteMigration

from ..paths import APP


def create(language: str) -> None:
	"""Make the site of a company in Argentina, with the stand-in for ERPNext and our app. `language`: es or en."""
	frappe.init()
	make_site_dirs()
	frappe.connect()
	for table in frappe.db.get_tables(cached=False):
		frappe.db.sql_ddl(f"DROP TABLE `{table}`")
	frappe.cache.flushall()
	# What was read of it before may be from another stand-in.
	frappe.setup_module_map()

	frappe.flags.in_install_db = True
	bootstrap_database(verbose=False)
	frappe.db.create_auth_table()
	frappe.db.create_global_search_table()
	frappe.db.create_user_settings_table()
	frappe.flags.in_install_db = False

	install_app("frappe")
	_leave_setup_wizard(language)
	install_app("erpnext")
	# Only now, as on a bench in use: Frappe has read which modules there are.
	with Path("apps.txt").open("a") as apps:
		apps.write(f"{APP}\n")
	install_app(APP)
	frappe.db.commit()
	frappe.destroy()


def migrate() -> None:
	SiteMigration(skip_search_index=True).run(os.environ["MELI_SITE"])


def _leave_setup_wizard(language: str) -> None:
	settings = frappe.get_single("System Settings")
	settings.update(
		{
			"setup_complete": 1,
			"country": "Argentina",
			"currency": "ARS",
			"time_zone": "America/Argentina/Buenos_Aires",
			"language": language,
			"enable_onboarding": 1,
		}
	)
	settings.flags.ignore_mandatory = True
	settings.save()
	frappe.db.set_default("desktop:home_page", "workspace")


if __name__ == "__main__":
	{"create": create, "migrate": migrate}[sys.argv[1]](*sys.argv[2:])
