"""What is lost or otherwise after a migration is said; what is new is not."""

import unittest

from upgrade.books import differences

BEFORE = {"Customer": {"ANA": {"tax_id": "20", "territory": None}}}


class TestDifferences(unittest.TestCase):
	def test_new_rows_and_columns_are_no_difference(self):
		after = {"Customer": {"ANA": {"tax_id": "20", "territory": None, "new": "x"}, "EVA": {}}, "New": {}}
		self.assertEqual(list(differences(BEFORE, after)), [])

	def test_a_row_a_table_a_column_and_a_value_are_missed(self):
		for after, said in (
			({"Customer": {}}, "Customer ANA is lost"),
			({}, "Customer ANA is lost"),
			({"Customer": {"ANA": {"territory": None}}}, "Customer ANA: tax_id was '20' and is None"),
			(
				{"Customer": {"ANA": {"tax_id": "2", "territory": None}}},
				"Customer ANA: tax_id was '20' and is '2'",
			),
		):
			with self.subTest(said):
				self.assertEqual(list(differences(BEFORE, after)), [said])
