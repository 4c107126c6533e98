"""What happens in a run, and when."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Event:
	"""`at`: seconds after the start. `what`: a command of the simulator, or a name of `stage.Stage`'s methods."""

	at: float
	what: str
	arguments: dict[str, Any] = field(default_factory=dict)

	def __str__(self) -> str:
		said = " ".join(f"{name}={value}" for name, value in self.arguments.items())
		return f"{self.at:6.1f} s  {self.what.replace('_', ' ')}  {said}".rstrip()
