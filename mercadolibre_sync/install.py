from mercadolibre_sync import custom_fields


def after_install() -> None:
	custom_fields.create()


def after_migrate() -> None:
	"""Bring custom fields up to date with the installed version."""
	custom_fields.create()
