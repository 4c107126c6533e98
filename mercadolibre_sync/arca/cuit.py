"""CUIT: the 11 digits that identify a taxpayer. A CUIL has the same form; only the registry tells them apart."""

import re

from mercadolibre_sync.arca.errors import MalformedCuit

_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)

PERSON_PREFIXES = frozenset({"20", "23", "24", "27"})
COMPANY_PREFIXES = frozenset({"30", "33", "34"})
FOREIGN_PREFIXES = frozenset({"50", "51", "55"})

#: Prefixes that are documented. Others (25, 26) are mentioned here and there: warn about them, do not refuse.
KNOWN_PREFIXES = PERSON_PREFIXES | COMPANY_PREFIXES | FOREIGN_PREFIXES


def normalise(text: str) -> str:
	"""Return the text without the dots, spaces and hyphens people write between the digits."""
	return re.sub(r"[.\s\-\u2010-\u2015]", "", text)


def is_valid(text: str) -> bool:
	"""Whether the text is 11 digits of which the last one checks the first ten.

	A remainder of 10 counts as 9, as python-stdnum does; AFIP avoids it by changing the prefix, so it should not
	occur, and if it does the registry is to say so.
	"""
	digits = normalise(text)
	if not re.fullmatch(r"[0-9]{11}", digits):
		return False
	total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=False))
	return {11: 0, 10: 9}.get(11 - total % 11, 11 - total % 11) == int(digits[10])


def of_person(dni: str) -> list[str]:
	"""The CUITs and CUILs, 11 digits each, that the person with this DNI may have: one for each prefix of persons."""
	middle = dni.zfill(8)
	numbers = (f"{prefix}{middle}{check}" for prefix in sorted(PERSON_PREFIXES) for check in range(10))
	return [number for number in numbers if is_valid(number)]


def dni_of(text: str) -> str | None:
	"""The DNI within the CUIT or CUIL of a person; None for a company's and for what is neither."""
	digits = normalise(text)
	return digits[2:10].lstrip("0") if is_valid(digits) and digits[:2] in PERSON_PREFIXES else None


def require(text: str) -> str:
	"""Return the 11 digits of a valid CUIT.

	Raises:
		MalformedCuit: the text is none.
	"""
	if not is_valid(text):
		raise MalformedCuit(normalise(text)[:20])
	return normalise(text)


def format(text: str) -> str:
	"""Write 11 digits as ARCA does: 20-16475510-0.

	Raises:
		MalformedCuit: the text is not a valid CUIT.
	"""
	digits = require(text)
	return f"{digits[:2]}-{digits[2:10]}-{digits[10]}"
