import json
import unittest
from pathlib import Path

import frappe

from . import site

STANDIN = Path(__file__).parent / "standin" / "erpnext"


class TestStandIn(unittest.TestCase):
	"""On a bench this holds the stand-in against ERPNext itself; elsewhere it is trivially true."""

	@classmethod
	def setUpClass(cls):
		if not getattr(frappe.local, "db", None):
			site.connect()

	def test_every_field_is_named_and_typed_as_erpnexts(self):
		for path in STANDIN.glob("*/doctype/*/*.json"):
			standin = json.loads(path.read_text())
			meta = frappe.get_meta(standin["name"])
			for field in standin["fields"]:
				with self.subTest(doctype=standin["name"], field=field["fieldname"]):
					real = meta.get_field(field["fieldname"])
					self.assertIsNotNone(real)
					self.assertEqual(real.fieldtype, field["fieldtype"])
					if field["fieldtype"] == "Link":
						self.assertEqual(real.options, field["options"])

	def test_documents_are_named_as_erpnexts(self):
		for path in STANDIN.glob("*/doctype/*/*.json"):
			standin = json.loads(path.read_text())
			with self.subTest(doctype=standin["name"]):
				self.assertEqual(frappe.get_meta(standin["name"]).autoname, standin.get("autoname"))
