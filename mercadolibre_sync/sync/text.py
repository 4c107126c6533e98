"""Comparing and fitting the texts that people typed at MercadoLibre."""

import unicodedata
from collections.abc import Callable

# Frappe takes < and > for markup: it rewrites a field that has it, and refuses a document's name that has either.
_NO_MARKUP = str.maketrans("<>", "‹›")


def fold(text: str | None) -> str:
	"""The text without case, accents and repeated spaces, for comparing (contract: Known buyer, Address)."""
	decomposed = unicodedata.normalize("NFKD", (text or "").translate(_NO_MARKUP))
	plain = "".join(character for character in decomposed if not unicodedata.combining(character))
	return " ".join(plain.casefold().split())


def fit(text: str, length: int) -> tuple[str, str]:
	"""Cut a text at a word's end so that the first part fits a field; returns it and the rest.

	The rest is empty when everything fits. A single word longer than the field is cut in the middle. Both parts are
	as Frappe keeps them to the letter: on one line, and with ‹ and › in the place of < and >.
	"""
	text = _on_one_line(text).translate(_NO_MARKUP)
	if len(text) <= length:
		return text, ""
	cut = text.rfind(" ", 0, length + 1)
	cut = cut if cut > 0 else length
	return text[:cut].rstrip(), text[cut:].lstrip()


def fits(text: str, length: int) -> bool:
	"""Whether `fit` leaves the text as it is, but for blanks."""
	return fit(text, length)[0] == _on_one_line(text)


def _on_one_line(text: str) -> str:
	return " ".join(text.split())


def join(*parts: str | None, separator: str = ", ") -> str:
	"""The parts that say something, joined."""
	return separator.join(part for part in parts if part)


def sort_out(text: str | None, is_valid: Callable[[str], object]) -> tuple[str | None, str | None]:
	"""The text as (valid, None) or (None, invalid), so that what a field refuses can be kept elsewhere."""
	if not text or is_valid(text):
		return text, None
	return None, text
