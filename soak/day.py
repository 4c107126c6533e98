"""A day's curve, and what happens to the orders of each of its minutes."""

from itertools import accumulate

MINUTES = 24 * 60
# Notifications of an hour beside those of the others: a quiet night, a busy evening, and a sale that begins at noon.
HOURS = (2, 1, 1, 1, 1, 1, 2, 3, 5, 7, 8, 9, 60, 25, 9, 8, 8, 8, 9, 10, 11, 11, 9, 5)
# Of an order MercadoLibre tells when it is made, when it is paid, of its shipment, and once more for no reason.
EACH = 4


def curve(orders: int) -> list[int]:
	"""How many orders are made in each minute of the day; all of them together."""
	weights = [HOURS[minute // 60] for minute in range(MINUTES)]
	reached = [orders * weight // sum(weights) for weight in accumulate(weights)]
	return [here - before for before, here in zip([0, *reached], reached, strict=False)]


def at(minute: int) -> str:
	"""12:05"""
	return f"{minute // 60:02}:{minute % 60:02}"
