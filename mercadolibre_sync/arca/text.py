"""Comparing texts that come with and without accents ("Estado erróneo", "Estado erroneo")."""

import unicodedata


def fold(text: str) -> str:
	"""Return the text in lower case, without accents, with single spaces."""
	decomposed = unicodedata.normalize("NFKD", text)
	return " ".join("".join(char for char in decomposed if not unicodedata.combining(char)).lower().split())
