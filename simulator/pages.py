"""The pages a person sees in the browser, filled from templates/, and what lies beside them in static/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from werkzeug.exceptions import NotFound
from werkzeug.utils import send_from_directory
from werkzeug.wrappers import Request, Response

_HERE = Path(__file__).parent
# Nicknames and names are whatever people make them: everything that is filled in is escaped.
_TEMPLATES = Environment(
	loader=FileSystemLoader(_HERE / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)


def page(template: str, status: int = 200, /, **values: Any) -> Response:
	"""A page of templates/, filled with these values."""
	text = _TEMPLATES.get_template(template).render(values)
	return Response(text, status, content_type="text/html; charset=utf-8")


def static(request: Request) -> Response:
	"""The file of static/ that the request's path names."""
	try:
		return send_from_directory(_HERE / "static", request.path.lstrip("/"), request.environ)
	except NotFound:
		return Response(status=404)
