"""What a person did, and what they saw of it."""

from dataclasses import dataclass

FORM = "a form opened"
"""What somebody saw whose click or command opened one."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What a person did: a command, a click or a form, and what they saw of it.

    Attributes:
        release: the release that it was about, or that it started.
        ok: Slack took it as done; else `error` is what Slack showed in its place.
        said: the private answers that were there by then, or FORM.
    """

    at: float
    by: str
    what: str
    release: str
    ok: bool
    error: str
    said: tuple[str, ...]
    ack_ms: float = 0.0
