"""CUIT: what counts as one and how it is written."""

import unittest

from mercadolibre_sync.arca import cuit
from mercadolibre_sync.arca.errors import MalformedCuit


class TestCuit(unittest.TestCase):
	def test_dots_spaces_and_any_hyphen_between_the_digits_are_dropped(self) -> None:
		for text in ("20-16475510-0", "20.16475510.0", " 20 16475510 0 ", "20–16475510–0"):
			self.assertEqual(cuit.normalise(text), "20164755100")

	def test_numbers_of_arcas_test_data_and_manual_are_valid(self) -> None:
		for number in (
			"20002307554",
			"20201797064",
			"30558515305",
			"30202020204",
			"20164755100",
			"27015942210",
		):
			self.assertTrue(cuit.is_valid(number), number)

	def test_a_wrong_digit_anywhere_is_noticed(self) -> None:
		number = "20164755100"
		for position in range(11):
			wrong = number[:position] + str((int(number[position]) + 1) % 10) + number[position + 1 :]
			self.assertFalse(cuit.is_valid(wrong), wrong)

	def test_a_remainder_of_ten_counts_as_nine(self) -> None:
		self.assertTrue(cuit.is_valid("20000000019"))

	def test_a_dni_letters_and_digits_of_other_scripts_are_refused(self) -> None:
		for text in ("", "16475510", "2016475510X", "٢٠١٦٤٧٥٥١٠٠", "201647551000"):
			self.assertFalse(cuit.is_valid(text), text)

	def test_require_names_the_number_and_the_remedy(self) -> None:
		with self.assertRaises(MalformedCuit) as caught:
			cuit.require("20-16475510-1")
		self.assertIn("20164755101", str(caught.exception))
		self.assertIn("correct it on the customer", str(caught.exception))
		self.assertIsInstance(caught.exception, ValueError)

	def test_it_is_written_with_hyphens_as_arca_writes_it(self) -> None:
		self.assertEqual(cuit.format("20164755100"), "20-16475510-0")

	def test_documented_prefixes_are_known_and_25_is_not(self) -> None:
		self.assertEqual(cuit.KNOWN_PREFIXES, {"20", "23", "24", "27", "30", "33", "34", "50", "51", "55"})
