"""Prints what people say and see in the local Slack, as it happens, for a reader at a terminal."""

import html
import re
import sys
import textwrap
from dataclasses import dataclass, field

from sandbox.slack.client import SlackPeople
from sandbox.slack.wire import Json

_WIDTH = 100
_NAME_WIDTH = 8
_ALT_WIDTH = 260
_DATE = re.compile(r"<!date\^\d+\^[^|>]*\|([^>]*)>")
_LINK = re.compile(r"<(https?://[^|>]+)\|([^>]*)>")
_GROUP = re.compile(r"<!subteam\^[A-Z0-9]+(?:\|([^>]*))?>")
_USER = re.compile(r"<@([A-Z0-9]+)>")
_CHANNEL = re.compile(r"<#([A-Z0-9]+)(?:\|[^>]*)?>")
_STYLES = {"bold": "1", "dim": "2", "green": "32", "red": "31", "cyan": "36"}


def styled(text: str, style: str) -> str:
    """Return `text` in a style where standard output is a terminal, plain elsewhere."""
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if sys.stdout.isatty() else text


@dataclass(slots=True)
class Transcript:
    """Follows one channel, printing each message once and a card again whenever its text has changed."""

    people: SlackPeople
    channel: str
    _names: dict[str, str] = field(default_factory=dict)
    _shown: dict[str, str] = field(default_factory=dict)

    def scene(self, title: str) -> None:
        """Print a heading."""
        print(f"\n{styled(title, 'bold')}\n{'─' * len(title)}")

    def says(self, user: str, text: str) -> None:
        """Print what a person types or does."""
        self._print(self._name(user), styled(text, "cyan"), "")

    def claim(self, text: str) -> None:
        """Print something that was just checked against AWS or Redis."""
        print(f"  {styled('✓', 'green')} {text}")

    def show(self, state: Json) -> None:
        """Print what is new in `state`, a State of the local Slack."""
        self._names.update({user["id"]: user["name"] for user in state["users"]})
        for message in state["messages"].get(self.channel, []):
            text = "\n".join([self._plain(message["text"]), *_attached(message)])
            if self._shown.get(message["ts"]) != text:
                self._shown[message["ts"]] = text
                self._show_message(message, text)

    def _show_message(self, message: Json, text: str) -> None:
        if message["user"] != "U0SLUICE" and not message["ephemeral"]:
            return  # people's own words were printed when they said them
        mark = "↳ " if message["thread_ts"] else ""
        if message["ephemeral"]:
            mark = styled("(only you) ", "dim")
        elif message.get("edited"):
            mark = styled("(card) ", "dim")
        self._print(message["username"] or self._name(message["user"]), text, mark)

    def _print(self, name: str, text: str, mark: str) -> None:
        lead = " " * (_NAME_WIDTH + 4)
        for number, line in enumerate(text.splitlines() or [""]):
            label = f"  {name:<{_NAME_WIDTH}}  " if number == 0 else lead
            body = f"{mark}{line}" if number == 0 else line
            wrapped = textwrap.wrap(body, _WIDTH - len(lead), break_long_words=False, break_on_hyphens=False) or [""]
            print(label + wrapped[0], flush=True)
            for more in wrapped[1:]:
                print(lead + more, flush=True)

    def _name(self, user: str) -> str:
        return self._names.get(user) or user.removeprefix("U0").title()

    def _plain(self, text: str) -> str:
        """Return mrkdwn as a terminal can show it."""
        text = _DATE.sub(r"\1", text)
        text = _LINK.sub(r"\2", text)
        text = _GROUP.sub(lambda found: f"@{(found[1] or 'ml-approvers').lstrip('@')}", text)
        text = _USER.sub(lambda found: f"@{self._name(found[1])}", text)
        text = _CHANNEL.sub("#ml-releases", text)
        return html.unescape(text).replace("*", "").replace("`", "").strip()


def _attached(message: Json) -> list[str]:
    """Return a line for each picture and each file of a message."""
    images = [each["alt_text"] for each in message["blocks"] or [] if each["type"] == "image"]
    pictures = [f"[picture: {textwrap.shorten(alt, _ALT_WIDTH, placeholder=' …')}]" for alt in images]
    return pictures + [f"[file: {file['name']}, {file['size']:,} bytes]" for file in message["files"]]
