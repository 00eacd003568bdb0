"""What can go wrong outside, told by what to do next.

`SaidNo` is an answer: the step fails. `Busy` and `Unavailable` mean "look again later".
"""


class PortError(Exception):
    """Something outside did not do as asked."""


class SaidNo(PortError):
    """The service refused, and would refuse again: a wrong name, a missing thing, a missing permission."""


class Busy(PortError):
    """The resource is changing; the same call may be accepted later ("Cannot update in-progress endpoint")."""


class Unavailable(PortError):
    """No usable answer: throttled, timed out, a server's error, no connection."""


class Away(Unavailable):
    """It answers nobody now, or has asked to be left alone: ask nothing of it for so many `seconds`."""

    def __init__(self, problem: str, seconds: float) -> None:
        """Say what the problem is, and for how long to leave it alone."""
        super().__init__(problem)
        self.seconds = seconds


class Barred(SaidNo):
    """The way to people is barred until a person opens it; the text says which, and what to do."""


class Full(Unavailable):
    """The store has no room for more; it changed nothing, and goes on when there is room again."""


class Conflict(PortError):
    """The stored document is not the one that the change was computed from."""


class NewerDocument(PortError):
    """The document was written by a newer Sluice; this process must not touch it."""
