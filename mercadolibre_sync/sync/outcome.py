from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
	"""What came of a notification. `reason` is translated, in plain words, for the desk.

	`ignored`: there was rightly nothing to do, and no customer to show.
	"""

	reason: str
	customer: str | None = None
	order_id: str | None = None
	ignored: bool = False
