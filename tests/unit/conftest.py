"""What these tests share: the product says nothing on the terminal; a Sluice in memory."""

from collections.abc import Iterator

import pytest
from fakes.driver import Driver, World
from structlog.testing import capture_logs


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Keep the product's log lines away from the terminal."""
    with capture_logs():
        yield


@pytest.fixture
def memory() -> World:
    """Return a Sluice in memory, with versions 5, 6 and 7 in the registry and no endpoint."""
    return World()


@pytest.fixture
def driver(memory: World) -> Driver:
    """Return a worker for it."""
    return Driver(memory)
