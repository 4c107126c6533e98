"""One line of the table: what was measured, beside what, and whether that is enough."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
	"""`measured` and `yardstick` are written for people, with their units; `goal` says what has to be reached.

	`reached`: None where nothing could be measured here. `figures`: what `needs` calculates with.
	"""

	name: str
	measured: str
	yardstick: str
	goal: str
	reached: bool | None
	figures: dict[str, float] = field(default_factory=dict)

	@property
	def verdict(self) -> str:
		return {True: "reached", False: "**falls short**", None: "not measured here"}[self.reached]

	def __str__(self) -> str:
		return f"{self.name}: {self.measured} (yardstick {self.yardstick}; goal {self.goal}): {self.verdict}"
