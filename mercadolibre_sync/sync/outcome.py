from dataclasses import dataclass

from mercadolibre_sync.words import Text


@dataclass(frozen=True)
class Outcome:
	"""What came of a notification. `reason` is in plain words, for the desk.

	`ignored`: there was rightly nothing to do, and no customer to show.
	"""

	reason: Text
	customer: str | None = None
	order_id: str | None = None
	ignored: bool = False
