"""For whom a fake AWS is called, and what it answered."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from services.ports import Behalf
from services.release.audit import AwsCall

_CHANGING = ("approve", "create_", "update_", "tag_", "delete_")


class ActingFor:
    """The `acting` of the Regions port; whoever inherits it says with `note` what it was called for."""

    def __init__(self) -> None:
        self.behalves: list[Behalf] = []
        self._noted: list[list[AwsCall]] = []
        self._requests = 0

    @contextmanager
    def acting(self, behalf: Behalf) -> Iterator[Sequence[AwsCall]]:
        """Remember for whom it was, and hand out the calls that change something."""
        self.behalves.append(behalf)
        self._noted.append([])
        try:
            yield self._noted[-1]
        finally:
            self._noted.pop()

    def note(self, method: str) -> None:
        """Answer a call, with a request id if it changes something."""
        if self._noted and method.startswith(_CHANGING):
            self._requests += 1
            self._noted[-1].append(AwsCall(method, f"request-{self._requests}", 200))
