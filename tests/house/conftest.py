"""What the laws have read is let go when all of them are judged."""

from collections.abc import Iterator

import pytest

from .reading import forget_trees


@pytest.fixture(scope="package", autouse=True)
def trees() -> Iterator[None]:
    yield
    forget_trees()
