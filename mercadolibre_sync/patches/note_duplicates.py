from mercadolibre_sync import custom_fields
from mercadolibre_sync.sync import duplicates


def execute() -> None:
	"""Look for those that became customers before anybody looked. The field comes with the migration's end, else."""
	custom_fields.create()
	duplicates.note_all()
