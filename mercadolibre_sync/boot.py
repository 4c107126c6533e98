"""What the desk is told when it starts."""

from frappe import _


def translate_sidebar(bootinfo: dict) -> None:
	"""Put our sidebar's labels into the reader's language: Frappe 16 shows them as they are stored."""
	sidebar = bootinfo.get("workspace_sidebar_item", {}).get("mercadolibre", {})
	for item in sidebar.get("items", ()):
		item["label"] = _(item["label"])
