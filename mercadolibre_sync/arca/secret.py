"""A text that must never be printed."""


class Secret:
	"""Holds a private key, a token or a sign so that no repr, log line or traceback with variables shows it.

	Frappe's Error Log prints the local variables of every frame and masks only those called "token", "key" and
	the like; a PEM in a variable of any other name would be stored there in the clear.
	"""

	__slots__ = ("_text",)

	def __init__(self, text: str) -> None:
		self._text = text

	def reveal(self) -> str:
		"""Return the text itself. Pass it straight on; do not keep it in a variable."""
		return self._text

	def __bool__(self) -> bool:
		return bool(self._text)

	def __eq__(self, other: object) -> bool:
		return isinstance(other, Secret) and self._text == other._text

	def __hash__(self) -> int:
		return hash(self._text)

	def __repr__(self) -> str:
		return "********"

	__str__ = __repr__

	def __copy__(self) -> "Secret":
		return self

	def __deepcopy__(self, memo: dict[int, object]) -> "Secret":
		return self

	def __reduce__(self) -> tuple[object, ...]:
		raise TypeError("A Secret is not pickled: it would land in a queue or a cache in the clear.")
