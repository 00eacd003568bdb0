"""What Redis holds, read with patience: it is away at times."""

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import redis

if TYPE_CHECKING:
    from sandbox.slack.wire import Json

_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.2

T = TypeVar("T")


class Books:
    """The store as anybody with a Redis client sees it."""

    def __init__(self, url: str) -> None:
        self._redis: Any = redis.Redis.from_url(url, decode_responses=True, socket_timeout=5)

    def document(self, release: str) -> "Json | None":
        """Return a release's document, or None."""
        text = patiently(lambda: self._redis.hget(f"sluice:release:{release}", "document"))
        return None if text is None else json.loads(text)

    def told(self, release: str) -> "Json":
        """Return how much of a release was told."""
        text = patiently(lambda: self._redis.get(f"sluice:release:{release}:told"))
        return {} if text is None else json.loads(text)

    def log(self, release: str) -> list["Json"]:
        """Return a release's facts."""
        return [
            json.loads(text) for text in patiently(lambda: self._redis.lrange(f"sluice:release:{release}:log", 0, -1))
        ]

    def newest(self, model: str) -> str:
        """Return the id of a model's newest release, "" if there is none."""
        found = patiently(lambda: self._redis.zrevrange(f"sluice:releases:model:{model}", 0, 0))
        return str(found[0]) if found else ""

    def of_model(self, model: str) -> list[str]:
        """Return the ids of a model's releases, oldest first."""
        return list(patiently(lambda: self._redis.zrange(f"sluice:releases:model:{model}", 0, -1)))

    def releases(self) -> list[str]:
        """Return the ids of all releases, oldest first."""
        return list(patiently(lambda: self._redis.zrange("sluice:releases", 0, -1)))

    def in_flight(self) -> int:
        """Return how many releases have not ended."""
        return int(patiently(lambda: self._redis.zcard("sluice:open")))

    def at_rest(self, release: str) -> bool:
        """Say whether everything of a release is told and no worker is at it."""
        document = self.document(release) or {"log_length": -1}
        held = patiently(lambda: self._redis.exists(f"sluice:lease:release:{release}"))
        return not held and bool(self.told(release).get("entries") == document["log_length"])

    def at_gates(self) -> list[str]:
        """Return the releases that wait for a decision."""
        found = {
            release: self.document(release) for release in patiently(lambda: self._redis.zrange("sluice:open", 0, -1))
        }
        return [each for each, document in found.items() if document and document["phase"] == "awaiting_approval"]

    def due(self) -> list[str]:
        """Return what waits in the due index."""
        return list(patiently(lambda: self._redis.zrange("sluice:due", 0, -1)))

    def pointers(self, endpoint: str) -> "dict[str, Json]":
        """Return an endpoint's rollback pointers by release."""
        saved = patiently(lambda: self._redis.hgetall(f"sluice:pointers:{endpoint}"))
        return {release: json.loads(text) for release, text in saved.items()}


def patiently(ask: Callable[[], T]) -> T:
    """Return what `ask` returns, asking again while the store is away.

    Raises:
        redis.RedisError: it stays away.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return ask()
        except redis.RedisError:
            if time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE_SECONDS)
