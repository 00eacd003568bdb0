"""Waiting for something to become so, with a deadline; no test waits for a fixed time."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
PATIENCE_SECONDS = 60.0
_BETWEEN_SECONDS = 0.03


def until(look: Callable[[], Found | None], what: str, seconds: float = PATIENCE_SECONDS) -> Found:
    """Return the first truthy `look()`.

    Raises:
        TimeoutError: `what` did not come about in time.
    """
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(_BETWEEN_SECONDS)
    return found
