import unittest

from mercadolibre_sync.meli.sites import SITES, country_name, profile_url, sale_url, site


class TestSites(unittest.TestCase):
	def test_argentina_and_brazil(self):
		argentina, brazil = site("MLA"), site("MLB")
		self.assertEqual(
			(argentina.country_code, argentina.country, argentina.auth_host, argentina.profile_host),
			("AR", "Argentina", "auth.mercadolibre.com.ar", "perfil.mercadolibre.com.ar"),
		)
		self.assertEqual(
			(brazil.country_code, brazil.country, brazil.auth_host, brazil.profile_host),
			("BR", "Brazil", "auth.mercadolivre.com.br", "perfil.mercadolivre.com.br"),
		)

	def test_hosts_that_do_not_follow_the_pattern(self):
		self.assertEqual(site("MLC").auth_host, "auth.mercadolibre.cl")
		self.assertEqual(site("MCR").auth_host, "auth.mercadolibre.co.cr")

	def test_every_site_stands_for_its_own_country(self):
		self.assertEqual(len(SITES), 18)
		self.assertEqual(len({found.country_code for found in SITES.values()}), 18)

	def test_unknown_site_is_a_key_error(self):
		with self.assertRaises(KeyError):
			site("XXX")

	def test_country_names_are_those_of_frappe(self):
		self.assertEqual(country_name("ve"), "Venezuela, Bolivarian Republic of")
		self.assertEqual(country_name("BO"), "Bolivia, Plurinational State of")
		self.assertIsNone(country_name("DE"))
		self.assertIsNone(country_name(None))


class TestProfileUrl(unittest.TestCase):
	def test_as_mercadolibre_writes_it(self):
		for nickname, path in (
			("TETE2870021", "TETE2870021"),
			("MERCADOLIBRE ELECTRONICA_AR", "MERCADOLIBRE+ELECTRONICA_AR"),
			("DAVID.IET", "DAVID.IET"),
			("NOVA-SANTIAGO", "NOVA-SANTIAGO"),
			("PEÑA", "PE%C3%91A"),
			("A/../B?c", "A%2F..%2FB%3Fc"),
		):
			self.assertEqual(profile_url("MLA", nickname), f"https://perfil.mercadolibre.com.ar/{path}")


class TestSaleUrl(unittest.TestCase):
	def test_the_host_is_the_countrys_and_brazil_has_its_own_words(self):
		for site_id, address in (
			("MLA", "https://www.mercadolibre.com.ar/ventas/2000013770480019/detalle"),
			("MLM", "https://www.mercadolibre.com.mx/ventas/2000013770480019/detalle"),
			("MLB", "https://www.mercadolivre.com.br/vendas/2000013770480019/detalhe"),
		):
			self.assertEqual(sale_url(site_id, "2000013770480019"), address)
