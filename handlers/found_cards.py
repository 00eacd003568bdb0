"""What a card says of its release to programs, and the cards of a channel found again by it.

Sluice goes by it in two places only: to find a card again, and to rebuild what the store has lost. What may be done to
prod never rests on it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.models.metadata import Metadata

from handlers.slack_errors import code_of, told_apart
from services.ports import FoundCard, SaidNo
from services.release.model import Release

METADATA_TYPE = "sluice_release"
_SAID = ("release_id", "model", "kind", "phase", "wanted", "package", "target", "requested_by")
_PAGE = 200


def card_metadata(release: Release) -> Metadata:
    """Return what the card of a release carries beside its text; all of it stands on the card too."""
    said: dict[str, str] = {
        "release_id": release.id,
        "model": release.model,
        "kind": release.kind.value,
        "phase": release.phase.value,
        "wanted": release.wanted,
        "package": release.package.arn if release.package is not None else "",
        "target": release.target_config or "",
        "requested_by": release.requested_by,
    }
    return Metadata(event_type=METADATA_TYPE, event_payload=said)


class SlackCards:
    """The Cards port on Slack's Web API; it needs the scope to read the channel's history."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def cards(self, channel: str, since: datetime) -> Sequence[FoundCard]:
        """Return the cards that Sluice itself posted to a channel, oldest first."""
        with told_apart(channel), _readable():
            ours = self._client.auth_test()["user_id"]
            found = [_card(channel, each) for each in self._history(channel, since) if each.get("user") == ours]
        return tuple(card for card in reversed(found) if card is not None)

    def _history(self, channel: str, since: datetime) -> Iterator[dict[str, Any]]:
        cursor = ""
        while True:
            page = self._client.conversations_history(
                channel=channel,
                oldest=f"{since.timestamp():.6f}",
                limit=_PAGE,
                cursor=cursor or None,
                include_all_metadata=True,
            )
            yield from page["messages"]
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return


@contextmanager
def _readable() -> Iterator[None]:
    """Tell a scope that the app does not have from what will pass."""
    try:
        yield
    except SlackApiError as error:
        if code_of(error) != "missing_scope":
            raise
        raise SaidNo(f"the app lacks the scope {error.response.get('needed', 'channels:history')}") from error


def _card(channel: str, message: dict[str, Any]) -> FoundCard | None:
    """Return the card that a message is, None for any other message, and for a card of before its marks."""
    metadata = message.get("metadata") or {}
    said = metadata.get("event_payload") or {}
    if metadata.get("event_type") != METADATA_TYPE or not said.get("model"):
        return None
    return FoundCard(
        place=f"{channel}:{message['ts']}",
        posted_at=datetime.fromtimestamp(float(message["ts"]), UTC),
        **{name: str(said.get(name, "")) for name in _SAID},
    )
