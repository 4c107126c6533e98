"""What people read in docs/es and docs/en: complete, the same in both, and with links that lead somewhere.

Each message that somebody can meet stands there in its own words, so that a search in the page finds it; «…» stands
for what a message fills in.
"""

import csv
import re
import unittest
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from mercadolibre_sync.arca.condicion import Reason
from mercadolibre_sync.arca.errors import ArcaError
from tests.unit.test_translations import (
	APP,
	CATALOGUE,
	CUSTOM_FIELDS,
	PLACEHOLDER,
	texts_of_errors,
	texts_of_javascript,
	texts_of_python,
)

DOCS = APP.parent / "docs"
LANGUAGES = ("es", "en")
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(#[^)]*)?\)")
# Below the headings of a table.
FIRST_CELL = re.compile(r"^\| (?!Qué dice|What it says)(.+?) \| ", re.MULTILINE)

# Titles, labels, and words that only stand in other messages.
NOT_MESSAGES = {
	'"Ventas y envíos" and "Facturación"',
	"Authorisation",
	"Back",
	"Done",
	"Failed",
	"Fiscal Address",
	"Ignored",
	"MercadoLibre",
	"Read-Only Field",
	"Waiting for retry",
	"address",
	"contact",
	"customer",
	# The help below fields of dialogs.
	"Orders that changed since then are looked for. MercadoLibre keeps them for 12 months.",
	"The order's number at MercadoLibre, digits only.",
}


def messages() -> Iterator[str]:
	"""Every text of the Python sources, ARCA's errors and answers, and the sentences of the scripts."""
	for path in set(APP.rglob("*.py")) - {CUSTOM_FIELDS}:
		yield from (text for text, _context in texts_of_python(path.read_text()))
	yield from (text for text, _context in texts_of_errors(ArcaError))
	yield from (reason.value for reason in Reason)
	for path in APP.rglob("*.js"):
		texts = (text for text, _context in texts_of_javascript(path.read_text()))
		yield from (text for text in texts if text.endswith((".", "?")) and not text.endswith("..."))


@cache
def spanish() -> dict[str, str]:
	with CATALOGUE.open(newline="") as file:
		return {source: translation for source, translation, *_context in csv.reader(file)}


@cache
def text_of(language: str) -> str:
	return "\n".join(path.read_text() for path in sorted((DOCS / language).glob("*.md")))


def links(path: Path) -> Iterator[tuple[Path, str]]:
	"""Files that a page links to or shows, each with the heading or mark in it, "" for none."""
	for file, anchor in LINK.findall(path.read_text()):
		yield (path.parent / file).resolve() if file else path, anchor.removeprefix("#")


def anchors(path: Path) -> set[str]:
	text = path.read_text()
	headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
	return {
		*re.findall(r'<a id="([\w-]+)">', text),
		*(re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings),
	}


class TestDocs(unittest.TestCase):
	def test_each_message_is_found_by_its_words(self):
		for source in sorted(set(messages()) - NOT_MESSAGES):
			for language, said in (("en", source), ("es", spanish().get(source, source))):
				with self.subTest(source, language=language):
					self.assertIn(PLACEHOLDER.sub("«…»", said), text_of(language))

	def test_no_message_of_the_table_outlives_its_text(self):
		sources = set(messages())
		said = {"en": sources, "es": {spanish().get(source, source) for source in sources}}
		for language in LANGUAGES:
			alive = {PLACEHOLDER.sub("«…»", text) for text in said[language]}
			for row in FIRST_CELL.findall((DOCS / language / "messages.md").read_text()):
				with self.subTest(row):
					self.assertIn(row, alive)

	def test_each_exception_is_still_a_text_of_the_app(self):
		self.assertLessEqual(NOT_MESSAGES, set(messages()))

	def test_both_languages_have_the_same_pages_and_pictures(self):
		for pattern in ("{}/*.md", "images/{}/*.png"):
			es, en = ({path.name for path in DOCS.glob(pattern.format(language))} for language in LANGUAGES)
			self.assertEqual(es, en)
			self.assertTrue(es)

	def test_links_and_pictures_lead_somewhere(self):
		for path in DOCS.rglob("*.md"):
			for target, anchor in links(path):
				with self.subTest(str(path.relative_to(DOCS)), target=target.name, anchor=anchor):
					self.assertTrue(target.exists())
					self.assertTrue(not anchor or anchor in anchors(target))


class TestReadingTheDocs(unittest.TestCase):
	def test_what_is_thrown_and_what_is_stored_are_both_messages(self):
		found = set(messages())
		self.assertIn("The database was busy.", found)
		self.assertIn('"{0}" is in the future.', found)
		self.assertNotIn("Asking ARCA...", found)


if __name__ == "__main__":
	unittest.main()
