"""Death, or no answer, at a chosen port call: what a `kill -9` or a cut wire leaves, without the cost of a process.

Wrap every port of one "process" with the same schedule. The process dies before or after its k-th call; from then
on every call dies too, so that no `finally` tidies up what a killed process could not have tidied up. Or it lives on,
and the call has no answer: it did not arrive, or its reply was lost.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from enum import Enum
from typing import Any, TypeVar, cast

from typing_extensions import override

from services.ports import Aws, Behalf, Regions, Unavailable
from services.release.audit import AwsCall
from services.release.model import Deployment, Stage

P = TypeVar("P")


class Crash(BaseException):
    """The process is dead. Not an Exception: nothing in the product may catch it and go on."""


class Moment(Enum):
    """When the process dies: before the call reaches the other side, or after it did and before the reply is seen."""

    BEFORE = "before"
    AFTER = "after"


class CrashSchedule:
    """Counts the calls of all ports that share it and kills the process at call number `at` (from 1; None: never)."""

    def __init__(self, at: int | None = None, moment: Moment = Moment.BEFORE) -> None:
        self.at = at
        self.moment = moment
        self.calls: list[str] = []
        self.dead = False

    def run(self, name: str, call: Callable[[], object]) -> object:
        """Carry out one port call, or die at it."""
        if self.dead:
            raise Crash(f"dead, yet called {name}")
        self.calls.append(name)
        struck = self._is_struck(name)
        if struck and self.moment is Moment.BEFORE:
            self._strike(name)
        try:
            return call()
        finally:  # a refusal is an answer too, and may be lost as any other
            if struck:
                self._strike(name)

    def _is_struck(self, _name: str) -> bool:
        return len(self.calls) == self.at

    def _strike(self, name: str) -> None:
        self.dead = True
        raise Crash(f"{self.moment.value} call {self.at}: {name}")


class Unanswered(CrashSchedule):
    """Lets call number `at` have no answer, and the next ones of the same port: `calls` in all. Nobody dies.

    What is called does not get it, or its reply is lost.
    """

    def __init__(self, at: int, moment: Moment, calls: int = 1) -> None:
        super().__init__(at, moment)
        self._left = calls
        self._port = ""

    @override
    def _is_struck(self, name: str) -> bool:
        port = name.partition(".")[0]
        if super()._is_struck(name):
            self._port = port
        struck = port == self._port and self._left > 0
        self._left -= struck
        return struck

    @override
    def _strike(self, name: str) -> None:
        raise Unavailable(f"no answer to {name}")


class _Crashing:
    """Stands before a port and runs each of its methods through the schedule."""

    def __init__(self, port: object, schedule: CrashSchedule) -> None:
        self._port = port
        self._schedule = schedule

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._port, name)
        if not callable(attribute):
            return attribute

        def call(*args: object, **kwargs: object) -> object:
            label = f"{type(self._port).__name__}.{name}"
            return self._schedule.run(label, lambda: attribute(*args, **kwargs))

        return call


def crashing(port: P, schedule: CrashSchedule) -> P:
    """Return `port` behind the schedule; it has the port's methods and type."""
    return cast(P, _Crashing(port, schedule))


class CrashingRegions:
    """The Regions port whose three ports share a schedule; `of` itself is no call to the outside."""

    def __init__(self, regions: Regions, schedule: CrashSchedule) -> None:
        self._regions = regions
        self._schedule = schedule

    def acting(self, behalf: Behalf) -> AbstractContextManager[Sequence[AwsCall]]:
        """Say for whom AWS is called; no call to the outside either."""
        return self._regions.acting(behalf)

    def of(self, deployment: Deployment, stage: Stage = Stage.STAGING) -> Aws:
        """Return the region's ports behind the schedule."""
        aws = self._regions.of(deployment, stage)
        return Aws(
            registry=crashing(aws.registry, self._schedule),
            hosting=crashing(aws.hosting, self._schedule),
            invoker=crashing(aws.invoker, self._schedule),
            objects=crashing(aws.objects, self._schedule),
        )
