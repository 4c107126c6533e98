"""A short run of `make chaos`, always the same one."""

import frappe

from chaos.plan import plan
from chaos.run import run
from tests.site.base import make_account, simulator_url
from tests.site.fiscal import FiscalTestCase

SEED = 1
SELLERS = ("990000000001", "990000000002")


class TestChaos(FiscalTestCase):
	def test_nothing_is_lost_and_nothing_doubled_whatever_breaks(self):
		for seller in SELLERS:
			self.meli.add_seller(seller, f"VENDEDOR{seller}")
			make_account(f"VENDEDOR{seller}", seller)
		frappe.db.commit()
		report = run(plan(SEED, 12, SELLERS, workers=2, tick=5), simulator_url())
		self.assertEqual(report.differences, [])
		self.assertIsNotNone(report.recovery)
