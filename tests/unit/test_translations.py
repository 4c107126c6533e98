"""Every text a person can read on the desk has its line in translations/es.csv, and no line is left over.

Frappe looks for a label with its DocType as context first, then without. Words that other apps use too
("Order") have their line with the context, so that ours does not change theirs. It looks for an option with
or without the context, depending on the place: options have a line without.
"""

import ast
import csv
import json
import re
import unittest
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from mercadolibre_sync.arca.condicion import Condicion, Reason
from mercadolibre_sync.arca.errors import ArcaError

APP = Path(__file__).parents[2] / "mercadolibre_sync"
CUSTOM_FIELDS = APP / "custom_fields.py"
CATALOGUE = APP / "translations" / "es.csv"

# A text and the DocType it belongs to, "" for none.
Text = tuple[str, str]

SAME_IN_SPANISH = {
	"ARCA",
	"Homologación",
	"MercadoLibre",
	"Producción",
	*(condicion.label for condicion in Condicion),
}
# MercadoLibre's ids of countries, such as MLA.
SITE_ID = re.compile(r"[A-Z]{3}")

JS_CALL = re.compile(r"""\b__\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')(?:\s*,\s*null\s*,\s*"([^"]*)")?""")
PLACEHOLDER = re.compile(r"\{\d*\}")


def texts_of_python(source: str) -> Iterator[Text]:
	"""The first argument of each call of `_` and of `words.text`."""
	for node in ast.walk(ast.parse(source)):
		if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "text"):
			argument = node.args[0]
			if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
				yield argument.value, ""


def texts_of_custom_fields(source: str) -> Iterator[Text]:
	"""The labels, descriptions and options of the fields that a Python module lists as dicts for Customer."""
	for node in ast.walk(ast.parse(source)):
		if isinstance(node, ast.Dict):
			keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
			values = (value.args[0] if isinstance(value, ast.Call) else value for value in node.values)
			field = {
				key: value.value
				for key, value in zip(keys, values, strict=False)
				if isinstance(value, ast.Constant)
			}
			yield from texts_of_field(field, "Customer")


def texts_of_javascript(source: str) -> Iterator[Text]:
	"""The first argument of each call of `__`, and the third where it is a context."""
	for literal, context in JS_CALL.findall(source):
		yield ast.literal_eval(literal), context


def texts_of_doctype(doctype: dict) -> Iterator[Text]:
	yield doctype["name"], ""
	for field in doctype["fields"]:
		yield from texts_of_field(field, doctype["name"])
	for link in doctype.get("links", []):
		yield link.get("group") or "", ""


def texts_of_field(field: dict, doctype: str) -> Iterator[Text]:
	"""A field's label, description and, of a Select, the options that are words."""
	if "fieldtype" not in field:
		return
	yield field.get("label") or "", doctype
	yield field.get("description") or "", ""
	if field["fieldtype"] == "Select":
		yield from ((option, "") for option in (field.get("options") or "").split("\n"))


def texts_of_desk(document: dict) -> Iterator[Text]:
	"""The labels of a Workspace, its sidebar or its icon, and the headings between them."""
	rows = [row for table in document.values() if isinstance(table, list) for row in table]
	yield from ((row.get("label") or "", "") for row in [document, *rows] if isinstance(row, dict))
	for block in json.loads(document.get("content") or "[]"):
		yield re.sub(r"<[^>]+>", "", block["data"].get("text") or ""), ""


def texts_of_guide(document: dict) -> Iterator[Text]:
	"""What Frappe shows of a Module Onboarding or an Onboarding Step."""
	for fieldname in ("title", "subtitle", "success_message", "description", "action_label"):
		yield document.get(fieldname) or "", ""


@cache
def source_texts() -> frozenset[Text]:
	texts = {*roles(), *texts_of_errors(ArcaError), *((reason.value, "") for reason in Reason)}
	for path in set(APP.rglob("*.py")) - {CUSTOM_FIELDS}:
		texts.update(texts_of_python(path.read_text()))
	texts.update(texts_of_custom_fields(CUSTOM_FIELDS.read_text()))
	for path in APP.rglob("*.js"):
		texts.update(texts_of_javascript(path.read_text()))
	for path in (APP / "mercadolibre_sync" / "doctype").glob("*/*.json"):
		texts.update(texts_of_doctype(json.loads(path.read_text())))
	for path in (APP / "mercadolibre_sync").glob("*onboarding*/*/*.json"):
		texts.update(texts_of_guide(json.loads(path.read_text())))
	for path in desk_files():
		texts.update(texts_of_desk(json.loads(path.read_text())))
	return frozenset(text for text in texts if is_translated(text[0]))


def texts_of_errors(kind: type[ArcaError]) -> Iterator[Text]:
	"""The sentences of ARCA's errors, which are translated where they are shown."""
	yield kind.cause, ""
	yield kind.remedy, ""
	for child in kind.__subclasses__():
		yield from texts_of_errors(child)


def is_translated(text: str) -> bool:
	return bool(text) and text not in SAME_IN_SPANISH and not SITE_ID.fullmatch(text)


def roles() -> Iterator[Text]:
	for node in ast.parse((APP / "roles.py").read_text()).body:
		if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
			yield node.value.value, ""


def desk_files() -> Iterator[Path]:
	yield from (APP / "mercadolibre_sync" / "workspace").glob("*/*.json")
	for folder in ("workspace_sidebar", "desktop_icon"):
		yield from (APP / folder).glob("*.json")


@cache
def lines() -> list[list[str]]:
	with CATALOGUE.open(newline="") as file:
		return list(csv.reader(file))


def translated() -> set[Text]:
	return {(source, context[0] if context else "") for source, _translation, *context in lines()}


class TestSpanishCatalogue(unittest.TestCase):
	def test_every_source_text_has_a_spanish_line(self):
		missing = {
			(text, context)
			for text, context in source_texts()
			if not {(text, context), (text, "")} & translated()
		}
		self.assertEqual(sorted(missing), [])

	def test_no_line_outlives_its_source_text(self):
		alive = source_texts() | {(text, "") for text, _context in source_texts()}
		self.assertEqual(sorted(translated() - alive), [])

	def test_a_text_stands_once_per_context(self):
		counts = Counter((line[0], *line[2:]) for line in lines())
		self.assertEqual([key for key, count in counts.items() if count > 1], [])

	def test_a_translation_fills_the_same_placeholders(self):
		for source, translation, *_context in lines():
			with self.subTest(source):
				self.assertCountEqual(PLACEHOLDER.findall(source), PLACEHOLDER.findall(translation))

	def test_a_translation_is_neither_empty_nor_padded(self):
		"""Frappe would show the English for an empty one."""
		for source, translation, *_context in lines():
			with self.subTest(source):
				self.assertTrue(translation)
				self.assertEqual(translation, translation.strip())


class TestReadingTheSources(unittest.TestCase):
	"""The catalogue can only be complete if this reading of the sources is."""

	def test_joined_and_nested_python_strings_are_found(self):
		source = 'throw(_("One " "two {0}.").format(_("three")), text("Four {0}.", text("five")))'
		self.assertEqual(
			{text for text, _context in texts_of_python(source)},
			{"One two {0}.", "three", "Four {0}.", "five"},
		)

	def test_custom_fields_are_found_with_their_options(self):
		source = """[{"label": _("From"), "fieldtype": "Select", "options": "\\nBy hand", "read_only": 1}]"""
		self.assertLessEqual({("From", "Customer"), ("By hand", "")}, set(texts_of_custom_fields(source)))

	def test_javascript_calls_are_found_over_line_ends_and_quotes(self):
		source = """__("A \\"b\\""); __(\n\t'c', [__("d {0}", [1])]); __("e", null, "Thing"); other__("f")"""
		self.assertEqual(
			list(texts_of_javascript(source)), [('A "b"', ""), ("c", ""), ("d {0}", ""), ("e", "Thing")]
		)

	def test_labels_options_and_link_groups_of_a_doctype_are_found(self):
		field = {"fieldtype": "Select", "label": "State", "options": "Done", "description": "Why."}
		doctype = {"name": "Thing", "fields": [field], "links": [{"group": "Synced"}]}
		self.assertEqual(
			set(texts_of_doctype(doctype)),
			{("Thing", ""), ("State", "Thing"), ("Done", ""), ("Why.", ""), ("Synced", "")},
		)


if __name__ == "__main__":
	unittest.main()
