"""What Slack's refusals mean for the announcer: say it again later, or leave Slack alone, or do not say it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry import HttpResponse
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler
from typing_extensions import override

from handlers.views.text import channel as shown
from services.ports import Away, Barred, PortError, SaidNo, Unavailable

AWAY_SECONDS = 5.0
"""For how long Slack is left alone that did not answer."""
_LONGEST_SECONDS = 3600.0
_WAITED_FOR_SECONDS = 1
_LIMITED = 429
_PLACE = frozenset({"channel_not_found", "is_archived", "not_in_channel"})
_ELSEWHERE = frozenset({"ratelimited", "rate_limited", "service_unavailable"})
_LATER = frozenset({"fatal_error", "internal_error", "request_timeout", "team_added_to_org"})
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
        Barred: a person has to open the channel first; the text says how.
        SaidNo: it is no use to say it again; the text says what a person can do.
        Away: Slack does not answer, or asks to be left alone for a while.
        Unavailable: it should be said again later.
    """
    try:
        yield
    except SlackApiError as error:
        raise _meaning(error, channel) from error
    except (OSError, HTTPException, SlackClientError) as error:
        raise Away(f"Slack cannot be reached: {error}", AWAY_SECONDS) from error


def patience_of(headers: Mapping[str, object]) -> float:
    """Return for how many seconds Slack asks to be left alone (Retry-After), or our own measure where it does not."""
    named = {name.lower(): value for name, value in headers.items()}
    given = named.get("retry-after")
    first = given[0] if isinstance(given, list) and given else given
    return min(float(str(first)), _LONGEST_SECONDS) if str(first).isdecimal() else AWAY_SECONDS


class ShortWaits(RateLimitErrorRetryHandler):
    """Waits out a 429 that asks for a second, once; what asks for longer comes due later.

    Whoever waits holds a release's lease. slack_sdk's own handler sleeps for as long as Slack says, and its default one
    sends again what a lost connection may have delivered: both would have people told twice.
    """

    def __init__(self) -> None:
        """Wait once for each call."""
        super().__init__(max_retry_count=1)

    @override
    def _can_retry(self, *, response: HttpResponse | None = None, **_rest: object) -> bool:
        limited = response is not None and response.status_code == _LIMITED
        return limited and response is not None and patience_of(response.headers) <= _WAITED_FOR_SECONDS


def code_of(error: SlackApiError) -> str:
    """Return Slack's error code, empty where the answer was not Slack's JSON."""
    found = error.response.get("error") if hasattr(error.response, "get") else None
    return found if isinstance(found, str) else ""


def _meaning(error: SlackApiError, channel: str) -> PortError:
    code = code_of(error)
    if code in _PLACE:
        ask = "Unarchive it" if code == "is_archived" else "Invite @Sluice to it"
        return Barred(f"Sluice cannot write to {shown(channel)} ({code}). {ask}.")
    if not code or code in _ELSEWHERE:
        headers = getattr(error.response, "headers", None)
        return Away(f"Slack did not take it: {code or 'no usable answer'}", patience_of(headers or {}))
    if code in _LATER or code in _OURS:
        return Unavailable(f"Slack did not take it: {code}")
    return SaidNo(f"Slack refused it: {code}")
