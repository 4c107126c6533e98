"""Reading ARCA's answers by local names: its namespaces and schemas change, and servers echo ours."""

from lxml import etree

from mercadolibre_sync.arca.errors import UnexpectedAnswer


def parse(raw: bytes) -> etree._Element:
	"""Return the root of the document. Entities are not resolved and nothing is loaded from anywhere.

	Raises:
		UnexpectedAnswer: not well-formed, cut off, or with a document type, which ARCA's answers never have.
	"""
	parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
	try:
		root = etree.fromstring(raw, parser)
	except (etree.XMLSyntaxError, ValueError):
		raise UnexpectedAnswer("not well-formed XML") from None
	if root.getroottree().docinfo.internalDTD is not None:
		raise UnexpectedAnswer("XML with a document type")
	return root


def local_name(element: etree._Element) -> str:
	return etree.QName(element).localname


def children(element: etree._Element | None, name: str) -> list[etree._Element]:
	"""Return the direct children of that local name; none of a missing element."""
	return [] if element is None else [child for child in element if local_name(child) == name]


def child(element: etree._Element | None, name: str) -> etree._Element | None:
	"""Return the first direct child of that local name."""
	return next(iter(children(element, name)), None)


def text(element: etree._Element | None, name: str) -> str:
	"""Return the trimmed text of the first direct child of that local name, "" if there is none."""
	found = child(element, name)
	return "" if found is None else (found.text or "").strip()
