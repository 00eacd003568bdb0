"""What these tests share: the product says nothing on the terminal."""

from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Keep the product's log lines away from the terminal."""
    with capture_logs():
        yield
