"""Slack's short-lived rights: trigger ids (3 s, single use) and response urls (5 uses, 30 minutes)."""

import itertools
import secrets
import time
from dataclasses import dataclass, field

from sandbox.slack.wire import ApiError


@dataclass(frozen=True, slots=True)
class Limits:
    """Slack's time limits in seconds; tests shorten them. ``retry_delays`` are those of unanswered events."""

    ack_seconds: float = 3.0
    trigger_seconds: float = 3.0
    response_url_uses: int = 5
    response_url_seconds: float = 1800.0
    retry_delays: tuple[float, ...] = (0.0, 60.0, 300.0)
    most_connections: int = 10
    seconds_between_posts: float = 0.0
    file_seconds: float = 0.3


@dataclass(slots=True)
class _Trigger:
    user: str
    born: float
    used: bool = False


class Triggers:
    """Trigger ids: proof that a user has just done something, needed to open a modal."""

    def __init__(self, seconds: float) -> None:
        """Make triggers that live ``seconds``."""
        self._seconds = seconds
        self._issued: dict[str, _Trigger] = {}

    def issue(self, user: str) -> str:
        """Return a fresh trigger id for what ``user`` did."""
        trigger_id = f"{time.time_ns() // 1000}.{secrets.randbelow(10**12):012d}.{secrets.token_hex(16)}"
        self._issued[trigger_id] = _Trigger(user, time.monotonic())
        return trigger_id

    def redeem(self, trigger_id: str) -> str:
        """Use a trigger up and return its user; raises ApiError invalid_, exchanged_ or expired_trigger_id."""
        trigger = self._issued.get(trigger_id)
        if trigger is None:
            raise ApiError("invalid_trigger_id")
        if trigger.used:
            raise ApiError("exchanged_trigger_id")
        if time.monotonic() - trigger.born > self._seconds:
            raise ApiError("expired_trigger_id")
        trigger.used = True
        return trigger.user


@dataclass(slots=True)
class ReplyTo:
    """What a response_url answers: a user in a channel, and the clicked message if there was one.

    ``said`` holds the texts that were posted to it.
    """

    user: str
    channel: str
    ts: str | None
    born: float
    uses: int = 0
    said: list[str] = field(default_factory=list)


class ResponseUrls:
    """The response_urls handed out with commands and clicks."""

    def __init__(self, limits: Limits) -> None:
        """Make urls that live as long, and work as often, as ``limits`` says."""
        self._limits = limits
        self._issued: dict[str, ReplyTo] = {}
        self._numbers = itertools.count(1)

    def issue(self, user: str, channel: str, ts: str | None = None) -> str:
        """Return the secret path part of a new response_url."""
        code = f"{next(self._numbers)}/{secrets.token_urlsafe(16)}"
        self._issued[code] = ReplyTo(user, channel, ts, time.monotonic())
        return code

    def redeem(self, code: str) -> ReplyTo:
        """Count one use; raises ApiError invalid_url, expired_url or used_url."""
        reply = self._issued.get(code)
        if reply is None:
            raise ApiError("invalid_url")
        if time.monotonic() - reply.born > self._limits.response_url_seconds:
            raise ApiError("expired_url")
        if reply.uses >= self._limits.response_url_uses:
            raise ApiError("used_url")
        reply.uses += 1
        return reply

    def said(self, code: str) -> list[str]:
        """Return the texts that were posted to a response_url so far."""
        return list(self._issued[code].said)
