import random

FIRST_DELAY = 60
LONGEST_DELAY = 6 * 60 * 60


def delay(attempts: int) -> float:
	"""Seconds to wait after the `attempts`-th attempt: doubling from a minute to six hours, ± 25 %.

	The spread keeps what failed together from coming back together.
	"""
	return min(FIRST_DELAY * 2 ** (attempts - 1), LONGEST_DELAY) * random.uniform(0.75, 1.25)
