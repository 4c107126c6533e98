"""ARCA's errors and answers in words for the desk.

The sentences themselves are fixed texts of `arca.errors` and `arca.condicion`, which know nothing of Frappe.
"""

from frappe import _

from mercadolibre_sync.arca.condicion import Decision
from mercadolibre_sync.arca.errors import ArcaError
from mercadolibre_sync.sync.text import join


def explain_error(error: ArcaError) -> str:
	"""What happened and what to do, translated, with ARCA's own words."""
	return join(_(error.cause), _(error.remedy), _quote(error.detail), separator=" ")


def explain_decision(decision: Decision) -> str:
	"""Why the registry's answer leads to this condición or to none, with ARCA's own words."""
	doubt = _("The answer leaves a doubt, please check:") if decision.condicion and decision.review else ""
	return join(doubt, _(decision.reason.value), _quote(" ".join(decision.said)), separator=" ")


def _quote(words: str) -> str:
	return f"[{words}]" if words else ""
