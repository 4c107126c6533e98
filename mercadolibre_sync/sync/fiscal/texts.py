"""ARCA's errors and answers in words for the desk.

The sentences themselves are fixed texts of `arca.errors` and `arca.condicion`, which know nothing of Frappe.
"""

from mercadolibre_sync.arca.condicion import Decision
from mercadolibre_sync.arca.errors import ArcaError
from mercadolibre_sync.words import Text, sentences, text


def explain_error(error: ArcaError) -> Text:
	"""What happened and what to do, with ARCA's own words."""
	return sentences(Text(error.cause), Text(error.remedy), _quote(error.detail))


def explain_decision(decision: Decision) -> Text:
	"""Why the registry's answer leads to this condición or to none, with ARCA's own words."""
	doubt = text("The answer leaves a doubt, please check:") if decision.condicion and decision.review else ""
	return sentences(doubt, Text(decision.reason.value), _quote(" ".join(decision.said)))


def _quote(words: str) -> str:
	return f"[{words}]" if words else ""
