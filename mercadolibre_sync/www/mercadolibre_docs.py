"""docs/ of the app, for people: pages of the site, so that help is that of the installed version."""

import base64
import re
from pathlib import Path

import frappe
from frappe.utils import md_to_html

no_cache = True
sitemap = False

# Where a bench has the app is its checkout.
DOCS = Path(__file__).parents[2] / "docs"
LANGUAGES = ("es", "en")
PICTURE = re.compile(r'src="\.\./images/(\w+/[\w-]+\.png)"')


def get_context(context: frappe._dict) -> None:
	"""Show the page that the address names; where it names no language, lead to the reader's."""
	page = (frappe.form_dict.page or "start").removesuffix(".md")
	language = frappe.form_dict.language
	if not language:
		frappe.flags.redirect_location = f"/mercadolibre-docs/{_readers_language()}/{page}"
		raise frappe.Redirect(302)
	html = md_to_html(_text(language, page))
	context.title = re.search("<h1.*?>(.*?)</h1>", html)[1]
	context.html = PICTURE.sub(_embedded, html)


def _text(language: str, page: str) -> str:
	"""Of what is there, what is asked for: nothing of an address is taken for a path. Raises PageDoesNotExistError."""
	for path in DOCS.glob("*/*.md"):
		if language in LANGUAGES and (path.parent.name, path.stem) == (language, page):
			return path.read_text()
	raise frappe.PageDoesNotExistError


def _readers_language() -> str:
	language = (frappe.local.lang or "").split("-")[0]
	return language if language in LANGUAGES else "en"


def _embedded(picture: re.Match) -> str:
	"""The picture itself: the site serves no files from docs/."""
	image = base64.b64encode((DOCS / "images" / picture[1]).read_bytes())
	return f'src="data:image/png;base64,{image.decode()}"'
