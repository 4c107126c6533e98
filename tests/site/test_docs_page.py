"""docs/ on the site's own pages, as the help of the forms links to it."""

import frappe
from frappe.utils import set_request
from frappe.website.serve import get_response

from tests.site.base import SiteTestCase


class TestDocsPage(SiteTestCase):
	def open(self, path: str):
		"""What the site answers a stranger who reads the language that `frappe.local.lang` says."""
		frappe.set_user("Guest")
		frappe.local.form_dict = frappe._dict()
		set_request(method="GET", path=path)
		return get_response(path)

	def test_without_a_language_it_leads_to_the_readers(self):
		for lang, language in (("es", "es"), ("es-AR", "es"), ("en", "en"), ("pt", "en")):
			with self.subTest(lang):
				frappe.local.lang = lang
				answer = self.open("/mercadolibre-docs/messages")
				self.assertEqual(answer.status_code, 302)
				self.assertEqual(answer.headers["Location"], f"/mercadolibre-docs/{language}/messages")

	def test_a_page_is_shown_with_its_pictures(self):
		answer = self.open("/mercadolibre-docs/es/start.md")
		html = answer.get_data(as_text=True)
		self.assertEqual(answer.status_code, 200)
		self.assertIn("Crear la aplicación en MercadoLibre", html)
		self.assertIn("<table", html)
		self.assertIn('src="data:image/png;base64,', html)
		self.assertNotIn('src="../images', html)

	def test_what_is_no_page_is_not_found(self):
		for path in ("es/nada", "xx/start", "images/start", "es/..%2F..%2Flicense", "../README"):
			with self.subTest(path):
				self.assertEqual(self.open(f"/mercadolibre-docs/{path}").status_code, 404)
