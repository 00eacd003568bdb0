"""A bounded log of everything that crossed the wires, for the page's Inspector tab."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.slack.wire import Json

KEPT = 300
LONGEST_TEXT = 600
MOST_ITEMS = 60
DEEPEST = 12


@dataclass(slots=True)
class Crossing:
    """One request and its answer; ``direction`` is to_app or from_app, ``ms`` the time to the answer."""

    seq: int
    at: float
    direction: str
    kind: str
    name: str
    body: object
    ok: bool = True
    status: str = "waiting"
    ms: float | None = None
    answer: object = None

    def as_json(self) -> Json:
        """Return the entry as the page reads it."""
        return {field: getattr(self, field) for field in self.__slots__}


class Inspector:
    """The newest crossings, oldest first; ``changed`` is called on every record."""

    def __init__(self, changed: Callable[[], int]) -> None:
        """Start empty."""
        self._changed = changed
        self.crossings: deque[Crossing] = deque(maxlen=KEPT)

    def open(self, direction: str, kind: str, name: str, body: object) -> Crossing:
        """Record a request that is waiting for its answer."""
        crossing = Crossing(self._changed(), time.time(), direction, kind, name, bounded(body))
        self.crossings.append(crossing)
        return crossing

    def close(self, crossing: Crossing, status: str, *, ok: bool, answer: object = None) -> None:
        """Record the answer of a crossing."""
        crossing.ms = round((time.time() - crossing.at) * 1000, 2)
        crossing.status, crossing.ok, crossing.answer = status, ok, bounded(answer)
        self._changed()

    def note(self, direction: str, kind: str, name: str, *, ok: bool = True, status: str = "ok") -> None:
        """Record something that has no answer, such as a socket opening."""
        self.close(self.open(direction, kind, name, None), status, ok=ok)


def bounded(value: object, depth: int = 0) -> object:
    """Copy a JSON value with long texts, long lists and deep nesting cut, and tokens hidden."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT else f"{value[:LONGEST_TEXT]}… ({len(value)} characters)"
    if depth >= DEEPEST and isinstance(value, dict | list):
        return "…"
    if isinstance(value, dict):
        return {key: "…" if key == "token" else bounded(each, depth + 1) for key, each in value.items()}
    if isinstance(value, list):
        cut = [bounded(each, depth + 1) for each in value[:MOST_ITEMS]]
        return cut if len(value) <= MOST_ITEMS else [*cut, f"… ({len(value)} items)"]
    return value
