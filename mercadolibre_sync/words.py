"""Texts for people, kept as they were written until somebody reads them.

Who writes a text seldom speaks the language of who reads it: a worker speaks English whatever the site speaks,
and two people may look at one row in two languages. So a text goes about as its English source and its values,
and is translated where it is shown: in Python by `Text.translated`, on the desk by `public/js/words.js`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Union

import frappe
from frappe import _

# In the database a source and its values make one line. A report's formatter sees only the columns that are shown,
# so that a second column would be missing there.
VALUES = " ← "

Value = Union[str, int, float, "Text", Sequence["Value"]]


@dataclass(frozen=True)
class Text:
	"""A source text of the catalogue, with values for its placeholders.

	Of the values strings and numbers stay as they are, a Text is translated, and a list is strung with commas.
	What others said (MercadoLibre, ARCA, ERPNext) is such a string: it is theirs.
	"""

	source: str
	values: tuple[Value, ...] = ()

	def __str__(self) -> str:
		return self.translated()

	def translated(self, language: str | None = None) -> str:
		"""In this language; in that of the request or job if left out."""
		words = _(self.source, lang=language)
		return words.format(*(_shown(value, language) for value in self.values)) if self.values else words

	@property
	def stored(self) -> str:
		"""One line, equal for equal texts, from which `restored` makes the text again."""
		if not self.values:
			return self.source
		return f"{self.source}{VALUES}{json.dumps(self.values, default=vars, ensure_ascii=False)}"


def text(source: str, *values: Value) -> Text:
	"""The text, and the mark by which the catalogue's test finds its source."""
	return Text(source, values)


def sentences(*parts: Text | str) -> Text:
	"""One after the other what is not empty."""
	said = tuple(filter(None, parts))
	return Text(" ".join(f"{{{number}}}" for number in range(len(said))), said)


def restored(stored: str | None) -> Text:
	"""The text as it was stored. What an earlier version stored, in whatever language, stays as it is."""
	source, _separator, values = (stored or "").partition(VALUES)
	try:
		return Text(source, _restored(json.loads(values or "[]")))
	except ValueError:
		return Text(stored)


def site_language() -> str:
	"""The language of what stands there for everybody, such as a document's comments."""
	return frappe.db.get_default("lang") or "en"


def _shown(value: Value, language: str | None) -> str:
	if isinstance(value, Text):
		return value.translated(language)
	if isinstance(value, Sequence) and not isinstance(value, str):
		return ", ".join(_shown(item, language) for item in value)
	return str(value)


def _restored(value: Any) -> Any:
	if isinstance(value, dict):
		return Text(value["source"], _restored(value["values"]))
	if isinstance(value, list):
		return tuple(_restored(item) for item in value)
	return value
