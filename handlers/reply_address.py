"""Where a person can be answered privately, in the one text that the core carries for us (`Release.reply_to`)."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class ReplyAddress:
    """A person, the channel they were in, and the request whose response_url is remembered for as long as it works."""

    user: str
    channel: str = ""
    request: str = ""

    def encode(self) -> str:
        """Return it as text."""
        return json.dumps(asdict(self), separators=(",", ":"))


def read_reply_address(text: str) -> ReplyAddress | None:
    """Return the address, or None for a text that is none of ours."""
    try:
        held = json.loads(text)
    except ValueError:
        return None
    if not isinstance(held, dict):
        return None
    user, channel, request = (held.get(name, "") for name in ("user", "channel", "request"))
    if not (isinstance(user, str) and isinstance(channel, str) and isinstance(request, str) and user):
        return None
    return ReplyAddress(user, channel, request)
