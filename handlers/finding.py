"""Finds messages of ours that were sent and not recorded, as their sender died or got no reply.

By the metadata that they carry, among the messages of our own app only. Nothing but the address is read from Slack:
what counts is in the store (invariant 8). The scopes for it are optional: where they are missing, nothing is found, and
what may have been said is said again.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.models.metadata import Metadata
from slack_sdk.web import SlackResponse

from handlers.found_cards import METADATA_TYPE
from handlers.slack_errors import code_of

_FACT = "sluice_fact"
_PAGE = 200
_PAGES = 5
_CLOCKS_DIFFER = timedelta(minutes=5)
_CANNOT_LOOK = frozenset({"missing_scope", "not_allowed_token_type", "thread_not_found"})

log = structlog.get_logger()

Message = Mapping[str, Any]
"""A message as Slack lists it."""

Wanted = Callable[[Message], bool]
"""Tells the message that is looked for from others."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A message of a thread: which part of what is told about which fact."""

    release_id: str
    number: int
    part: int

    def metadata(self) -> Metadata:
        """Return what its message carries."""
        payload = {"release_id": self.release_id, "fact": self.number, "part": self.part}
        return Metadata(event_type=_FACT, event_payload=payload)


class Finder:
    """Looks where messages may be; every method raises what slack_sdk raises."""

    def __init__(self, client: WebClient) -> None:
        self._client = client
        self._own = ""

    def card(self, channel: str, release_id: str, asked_at: datetime) -> str:
        """Return the ts of a release's card, empty where there is none; nothing older than the release is looked at."""
        oldest = f"{(asked_at - _CLOCKS_DIFFER).timestamp():.6f}"
        found = self._first(carrying(METADATA_TYPE, {"release_id": release_id}), self._history(channel, oldest))
        return str(found.get("ts", ""))

    def reply(self, channel: str, thread: str, fact: Fact) -> str:
        """Return the ts of what a thread tells of a fact, empty where it does not."""
        wanted = fact.metadata()
        found = self._first(carrying(wanted.event_type, wanted.event_payload), self._replies(channel, thread))
        return str(found.get("ts", ""))

    def files(self, channel: str, thread: str, names: frozenset[str]) -> tuple[str, ...]:
        """Return the permalinks of files of these names that one message of a thread has; nothing if none has them."""
        found = self._first(lambda message: names_in(message) == names, self._replies(channel, thread))
        return tuple(str(file.get("permalink", "")) for file in found.get("files") or ())

    def _first(self, wanted: Wanted, messages: Iterator[Message]) -> Message:
        try:
            return next((each for each in messages if wanted(each) and self._is_own(each)), {})
        except SlackApiError as error:
            if code_of(error) not in _CANNOT_LOOK:
                raise
            log.info("not looked for", detail=code_of(error))
            return {}

    def _is_own(self, message: Message) -> bool:
        if not self._own:
            self._own = str(self._client.auth_test().get("bot_id") or "")
        return bool(self._own) and message.get("bot_id") == self._own

    def _history(self, channel: str, oldest: str) -> Iterator[Message]:
        return _paged(partial(self._client.conversations_history, channel=channel, oldest=oldest))

    def _replies(self, channel: str, thread: str) -> Iterator[Message]:
        return _paged(partial(self._client.conversations_replies, channel=channel, ts=thread))


def _paged(ask: Callable[..., SlackResponse]) -> Iterator[Message]:
    cursor = ""
    for _ in range(_PAGES):
        page = ask(limit=_PAGE, cursor=cursor, include_all_metadata=True)
        yield from page.get("messages") or ()
        cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            return


def names_in(message: Message) -> frozenset[str]:
    """Return the names of a message's files."""
    return frozenset(str(file.get("name")) for file in message.get("files") or ())


def carrying(kind: str, payload: Mapping[str, Any]) -> Wanted:
    """Return what tells a message whose metadata is of this kind, and has at least this in it, from others."""

    def wanted(message: Message) -> bool:
        held = message.get("metadata") or {}
        return held.get("event_type") == kind and payload.items() <= (held.get("event_payload") or {}).items()

    return wanted
