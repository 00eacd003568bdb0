"""What Slack's refusals mean for the announcer: say it again later, or do not."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException

from slack_sdk.errors import SlackApiError, SlackClientError

from handlers.views.text import channel as shown
from services.ports import PortError, SaidNo, Unavailable

_PLACE = frozenset({"channel_not_found", "is_archived", "not_in_channel"})
_LATER = frozenset(
    {
        "fatal_error",
        "internal_error",
        "ratelimited",
        "rate_limited",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
    }
)
# A wrong or revoked token is mended by whoever runs Sluice; what it was to say is kept until then.
_OURS = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "missing_scope",
        "not_allowed_token_type",
        "not_authed",
        "token_expired",
        "token_revoked",
    }
)


@contextmanager
def told_apart(channel: str) -> Iterator[None]:
    """Turn Slack's and the network's errors into the port's.

    Raises:
        SaidNo: it is no use to say it again; the text says what a person can do.
        Unavailable: it should be said again later.
    """
    try:
        yield
    except SlackApiError as error:
        raise _meaning(error, channel) from error
    except (OSError, HTTPException, SlackClientError) as error:
        raise Unavailable(f"Slack cannot be reached: {error}") from error


def code_of(error: SlackApiError) -> str:
    """Return Slack's error code, empty where the answer was not Slack's JSON."""
    found = error.response.get("error") if hasattr(error.response, "get") else None
    return found if isinstance(found, str) else ""


def _meaning(error: SlackApiError, channel: str) -> PortError:
    code = code_of(error)
    if code in _PLACE:
        ask = "Unarchive it" if code == "is_archived" else "Invite @Sluice to it"
        return SaidNo(f"Sluice cannot write to {shown(channel)} ({code}). {ask}, then ask again.")
    if not code or code in _LATER or code in _OURS:
        return Unavailable(f"Slack did not take it: {code or 'no usable answer'}")
    return SaidNo(f"Slack refused it: {code}")
