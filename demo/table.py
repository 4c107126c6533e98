"""One customer as a small table of two columns."""


def show(row: dict[str, object]) -> str:
	"""Lines of "column | value"; a list takes a line for each item."""
	if not row:
		return "   (no customer)"
	width = max(map(len, row))
	lines = []
	for column, value in row.items():
		values = value if isinstance(value, list) else [value]
		for index, item in enumerate(values or ["-"]):
			lines.append(f"   {'' if index else column:<{width}} | {item or '-'}")
	return "\n".join(lines)
