"""Where a person can be answered privately, in the one text that the core carries for us (`Release.reply_to`)."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class ReplyAddress:
    """A person, the channel they were in, and the response_url that Slack gave: good for 30 minutes and five uses."""

    user: str
    channel: str = ""
    url: str = ""

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
    user, channel, url = (held.get(name, "") for name in ("user", "channel", "url"))
    if not (isinstance(user, str) and isinstance(channel, str) and isinstance(url, str) and user):
        return None
    return ReplyAddress(user, channel, url)
