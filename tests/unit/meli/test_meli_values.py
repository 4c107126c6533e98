import unittest
from datetime import datetime, timezone

from mercadolibre_sync.meli.errors import UnexpectedShape
from mercadolibre_sync.meli.values import clean, load_json, to_datetime, to_id, to_phone, to_site_id


class TestText(unittest.TestCase):
	def test_masked_blank_and_null_are_unknown(self):
		for value in (
			None,
			"",
			"   ",
			"XXX",
			"XXXXXXX",
			" XXXXXXX ",
			"XXXXXXX XXXXXXX",
			"XXXX-XXXX",
			[],
			{},
			True,
			1.5,
		):
			self.assertIsNone(clean(value), value)

	def test_text_that_only_contains_x_is_kept(self):
		for value in ("XX", "Sixto", "XXX Aniversario", "Calle XXI", "xxl"):
			self.assertEqual(clean(value), value)

	def test_text_is_stripped_and_whole_numbers_become_text(self):
		self.assertEqual(clean("  Santa Fe \n"), "Santa Fe")
		self.assertEqual(clean(1430), "1430")

	def test_what_no_column_can_hold_is_removed(self):
		self.assertEqual(clean("Ma\x00r\ud800ía"), "María")
		self.assertIsNone(clean("\x00"))


class TestIds(unittest.TestCase):
	def test_numbers_and_strings_are_the_same_id(self):
		self.assertEqual(to_id(2000009713473608), "2000009713473608")
		self.assertEqual(to_id(" 2000009713473608 "), "2000009713473608")

	def test_whatever_is_no_id_is_none(self):
		for value in (None, "", 0, "0", -5, "-5", True, 1.0, "12a", "1/../2", "१२", "1" * 21, {}, "12\n34"):
			self.assertIsNone(to_id(value), value)

	def test_site_id(self):
		self.assertEqual(to_site_id("MLA"), "MLA")
		for value in (None, "mla", "MLA/", "AR", 3):
			self.assertIsNone(to_site_id(value), value)


class TestMoments(unittest.TestCase):
	def test_every_form_mercadolibre_writes(self):
		for text, microsecond in (
			("2025-11-11T12:33:06.000-04:00", 0),
			("2025-11-11T12:33:06.000-0400", 0),
			("2025-11-11T16:33:06Z", 0),
			("2025-11-11T16:33:06.129Z", 129000),
			("2025-11-11T16:33:06.129456789Z", 129456),
			("2025-11-11T16:33:06", 0),
			("2025-11-11 22:03:06+05:30", 0),
		):
			self.assertEqual(
				to_datetime(text), datetime(2025, 11, 11, 16, 33, 6, microsecond, timezone.utc), text
			)

	def test_whatever_is_no_moment_is_none(self):
		for value in (
			None,
			"",
			"yesterday",
			"2025-13-01T00:00:00Z",
			"2025-02-30T00:00:00Z",
			1731342786,
			"2025-11-11",
			"0001-01-01T00:00:00+23:00",
			"2025-11-11T12:33:06+99:00",
		):
			self.assertIsNone(to_datetime(value), value)


class TestPhones(unittest.TestCase):
	def test_old_form(self):
		for area_code, number, extension, expected in (
			("221", "5550089", "", "221 5550089"),
			(None, "2215550089", "", "2215550089"),
			("(11)", "4444-5555", "", "11 44445555"),
			("011", "4444-5555", None, "11 44445555"),
			("11", "15 4444-5555", "", "11 44445555"),
			("221", "1550089", "", "221 1550089"),
			("11", "44445555", "12", "11 44445555 #12"),
			("01", "1111-1111", "", "1 11111111"),
		):
			value = {"area_code": area_code, "number": number, "extension": extension, "verified": False}
			self.assertEqual(to_phone(value), expected, value)

	def test_text_is_kept_as_received(self):
		self.assertEqual(to_phone("48 12345678"), "48 12345678")

	def test_masked_and_empty_are_unknown(self):
		for value in (
			None,
			"",
			"XXXXXXX",
			"sin",
			{},
			{"area_code": "", "extension": "", "number": ""},
			{"area_code": "11", "number": "XXXXXXX"},
			{"area_code": "11", "number": None},
			[],
		):
			self.assertIsNone(to_phone(value), value)


class TestJson(unittest.TestCase):
	def test_whatever_is_not_json_is_an_unexpected_shape(self):
		for raw in (b"", b"<html>", b'{"a":', b"\xff\xfe", b"[" * 60000, b"9" * 5000):
			with self.assertRaises(UnexpectedShape):
				load_json(raw)
