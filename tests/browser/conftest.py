from collections.abc import Iterator

import pytest

from tests.browser.base import close_desk


@pytest.fixture(scope="package", autouse=True)
def _desk_closed() -> Iterator[None]:
	"""What follows has the machine to itself."""
	yield
	close_desk()
