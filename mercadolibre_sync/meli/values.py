"""Single values as MercadoLibre sends them, brought to one form. None always means "unknown"."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from mercadolibre_sync.meli.errors import UnexpectedShape

Json = Mapping[str, Any]

# MercadoLibre hides a value by sending a row of X in its place ("XXXXXXX").
_MASK = re.compile(r"X{3,}(?:[\s,./-]+X{3,})*")
# Control characters and halves of surrogate pairs: JSON can carry them, a database column cannot.
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# Categories of Unicode: control characters, signs of zero width or for the direction of writing, blanks.
_UNSEEN = {"Cc", "Cf", "Zs", "Zl", "Zp"}
_ID = re.compile(r"[0-9]{1,20}")
_SITE_ID = re.compile(r"[A-Z]{3}")
_YEARS = range(1970, 9999)
_DATETIME = re.compile(
	r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?", re.ASCII | re.IGNORECASE
)


def load_json(secret_text: bytes) -> Any:
	"""What the bytes say in JSON. UnexpectedShape if they say nothing, whatever the reason."""
	try:
		return json.loads(secret_text)
	except (ValueError, RecursionError):
		# `from None`: the decoder's error holds the whole text, with a buyer's data or a token in it. Frappe's error
		# log shows a traceback's variables, except those with a name like that of this function's argument.
		raise UnexpectedShape("What MercadoLibre sent is not JSON.") from None


def clean(value: object) -> str | None:
	"""Text without surrounding blanks.

	None for null, masked, what shows nothing (blanks, characters of zero width), or is neither text nor a whole number.
	"""
	if isinstance(value, int) and not isinstance(value, bool):
		return str(value)
	if not isinstance(value, str):
		return None
	text = _UNSTORABLE.sub("", value).strip()
	return None if _MASK.fullmatch(text) or not any(map(_is_seen, text)) else text


def _is_seen(character: str) -> bool:
	return unicodedata.category(character) not in _UNSEEN


def to_id(value: object) -> str | None:
	"""An id as digits, whether it came as number or string. None for anything else, and for 0, which is nobody."""
	text = clean(value)
	return text if text and _ID.fullmatch(text) and text.strip("0") else None


def to_site_id(value: object) -> str | None:
	"""A site id such as "MLA", or None."""
	text = clean(value)
	return text if text and _SITE_ID.fullmatch(text) else None


def to_datetime(value: object) -> datetime | None:
	"""A moment in UTC, aware. Accepts `Z`, `-04:00` and `-0400`, and up to nanoseconds; no offset means UTC.

	None for years that no clock in use shows, in which a date cannot be brought to every time zone.
	"""
	match = _DATETIME.fullmatch(value.strip()) if isinstance(value, str) else None
	if not match:
		return None
	day, clock, fraction, offset = match.groups()
	try:
		moment = datetime.strptime(f"{day} {clock}", "%Y-%m-%d %H:%M:%S")
		moment = moment.replace(
			tzinfo=_timezone(offset), microsecond=int((fraction or "0")[:6].ljust(6, "0"))
		)
		return moment.astimezone(timezone.utc) if moment.year in _YEARS else None
	except (ValueError, OverflowError):
		return None


def _timezone(offset: str | None) -> timezone:
	if not offset or offset in "Zz":
		return timezone.utc
	delta = timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))
	return timezone(-delta if offset[0] == "-" else delta)


def to_phone(value: object) -> str | None:
	"""One telephone number as text, or None.

	Text (`receiver_phone`) is kept as it is. Of `{area_code, number, extension}`, the form orders had until 2019,
	comes "area number #extension" in digits. The area code may be null with everything in `number`, and may come
	as "(11)" or "011".
	"""
	if not isinstance(value, Mapping):
		text = clean(value)
		return text if text and any(character.isdigit() for character in text) else None
	number = _digits(value.get("number"))
	if not number:
		return None
	area = _digits(value.get("area_code")).lstrip("0")
	if area and number.startswith("15") and len(area + number) == 12:
		# "15" marks a mobile inside Argentina; with an area code it makes 12 digits of a number that has 10.
		number = number[2:]
	extension = _digits(value.get("extension"))
	return " ".join(part for part in (area, number, extension and f"#{extension}") if part)


def _digits(value: object) -> str:
	return re.sub(r"[^0-9]", "", clean(value) or "")


def child(data: object, *path: str) -> Json:
	"""The object at the end of a path of keys; an empty one where the path breaks off or ends in something else."""
	for key in path:
		data = data.get(key) if isinstance(data, Mapping) else None
	return data if isinstance(data, Mapping) else {}
