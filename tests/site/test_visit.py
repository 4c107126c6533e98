"""Tests and demo leave a site as they found it. That the whole suite does, tests/conftest.py checks."""

import frappe

from tests.ground import masters, visit
from tests.ground.process import outputs, python
from tests.site.base import SiteTestCase

MAKING = """
note = frappe.get_doc({"doctype": "Note", "title": sys.argv[1]}).insert()
note.add_comment("Comment", "Made by another process.")
frappe.db.commit()
print(note.name)
"""


class TestVisit(SiteTestCase):
	def test_a_table_with_more_or_fewer_rows_is_named(self):
		before = visit.census()
		self.make_note()
		frappe.db.commit()
		after = visit.census()
		self.assertEqual(visit.difference(before, after, ["tabNote", "tabToDo"]), {"tabNote": 1})
		self.assertEqual(visit.difference(after, before, ["tabNote"]), {"tabNote": -1})

	def test_documents_of_every_process_are_noted_and_removed_with_what_is_about_them(self):
		before = visit.census()
		(name,) = outputs(python(MAKING, frappe.generate_hash()))
		made = {(doctype, made) for doctype, made in visit._notes("documents")}
		self.assertIn(("Note", name.strip()), made)
		frappe.db.rollback()
		comment = frappe.db.get_value("Comment", {"reference_name": name.strip()})
		self.assertIn(("Comment", comment), made)
		self.assertLessEqual({"tabNote", "tabComment"}, set(visit._notes("tables")))

		visit.remove({"Note": {name.strip()}, "Comment": {comment}})
		frappe.db.commit()
		self.assertEqual(visit.difference(before, visit.census(), ["tabNote", "tabComment"]), {})

	def test_a_document_that_was_there_is_not_taken_for_ours(self):
		known = frappe.get_doc("Customer Group", masters.customer_group())
		known.db_insert(ignore_if_duplicate=True)
		self.assertNotIn([known.doctype, known.name], visit._notes("documents"))

	def test_what_is_set_aside_comes_back_and_what_others_made_meanwhile_stays_where_it_is_wanted(self):
		for keeping in ([], ["Note"]):
			with self.subTest(keeping=keeping):
				found = self.make_note()
				frappe.db.commit()
				visit.set_aside(["Note"])
				self.assertEqual(frappe.db.count("Note"), 0)
				meanwhile = self.make_note()
				frappe.db.commit()
				visit.put_back(["Note"], keeping=keeping)
				self.assertTrue(frappe.db.exists("Note", found))
				self.assertEqual(bool(frappe.db.exists("Note", meanwhile)), bool(keeping))

	def test_the_sites_own_settings_and_secrets_are_out_of_the_tests_reach(self):
		for table in visit.ROWS_ASIDE:
			self.assertTrue(visit._is_aside(table))
		for doctype in ("MercadoLibre Account", "MercadoLibre Notification", *visit.LOGS):
			self.assertTrue(visit._is_aside(doctype))

	def make_note(self) -> str:
		return frappe.get_doc({"doctype": "Note", "title": frappe.generate_hash()}).insert().name
