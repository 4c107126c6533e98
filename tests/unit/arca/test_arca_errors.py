"""Errors: each names its cause and remedy, can be stored by its code, and repeats no secret."""

import copy
import pickle
import unittest

from mercadolibre_sync.arca import errors
from mercadolibre_sync.arca.secret import Secret


class TestErrors(unittest.TestCase):
	def all_kinds(self) -> list[type[errors.ArcaError]]:
		return [
			kind
			for kind in vars(errors).values()
			if isinstance(kind, type) and issubclass(kind, errors.ArcaError)
		]

	def test_every_kind_has_a_code_a_cause_and_a_remedy_of_its_own(self) -> None:
		kinds = self.all_kinds()
		self.assertGreater(len(kinds), 15)
		for attribute in ("code", "cause"):
			self.assertEqual(len({getattr(kind, attribute) for kind in kinds}), len(kinds), attribute)
		for kind in kinds:
			self.assertIn(kind.cause, str(kind("detail")))
			self.assertIn(kind.remedy, str(kind("detail")))
			self.assertIn("detail", str(kind("detail")))

	def test_an_error_is_built_again_from_its_stored_code(self) -> None:
		for kind in self.all_kinds():
			again = errors.from_code(kind.code, "said")
			self.assertIs(type(again), kind)
			self.assertEqual(again.detail, "said")

	def test_a_code_nobody_knows_leads_to_asking_again(self) -> None:
		self.assertIsInstance(errors.from_code("of an older version"), errors.TemporaryError)

	def test_whatever_is_temporary_says_how_long_to_wait(self) -> None:
		for kind in self.all_kinds():
			if issubclass(kind, errors.TemporaryError):
				self.assertGreaterEqual(kind.retry_after, 60)

	def test_a_servers_words_are_kept_short_and_free_of_secrets(self) -> None:
		said = errors.scrub("bad token abcDEF\n in\tenvelope " + "x " * 1000, Secret("abcDEF"), Secret(""))
		self.assertNotIn("abcDEF", said)
		self.assertTrue(said.startswith("bad token ******** in envelope"))
		self.assertEqual(len(said), 300)

	def test_a_piece_of_a_token_that_a_server_repeats_is_not_kept(self) -> None:
		self.assertEqual(errors.scrub(f"For input string: {'Ab3/' * 20}=="), "For input string: ********")


class TestSecret(unittest.TestCase):
	def test_it_shows_itself_in_no_text(self) -> None:
		secret = Secret("abcDEF")
		for text in (repr(secret), str(secret), f"{secret}", repr([secret])):
			self.assertNotIn("abcDEF", text)
		self.assertEqual(secret.reveal(), "abcDEF")

	def test_it_can_be_copied_but_not_pickled(self) -> None:
		secret = Secret("abcDEF")
		self.assertEqual(copy.deepcopy({"a": secret}), {"a": secret})
		with self.assertRaises(TypeError):
			pickle.dumps(secret)
