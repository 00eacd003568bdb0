"""Words for people: everything that is put into a message passes through here, so that no data can ping or forge.

Slack reads `&`, `<` and `>` in mrkdwn as markup (source: docs.slack.dev/messaging/formatting-message-text); a model
name, a reason or an exception that carries `<!channel>` would otherwise ping the channel.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from services.release.catalog import People

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_IN_ENTITIES = str.maketrans(_ENTITIES)
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
_USER = re.compile(r"[UW][A-Z0-9]{1,30}")
_GROUP = re.compile(r"S[A-Z0-9]{1,30}")
_CHANNEL = re.compile(r"[CGD][A-Z0-9]{6,30}")
_ESCAPED_CHANNEL = re.compile(r"&lt;(#[CG][A-Z0-9]{6,30})&gt;")
_ELLIPSIS = "…"
_ACCOUNT = re.compile(
    r"\b(arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:)\d{12}(?=:)|\b()\d{12}(?=\.dkr\.ecr\.)"
    r"|\b((?:s3://|arn:aws[a-z-]*:s3:::|sagemaker-)[a-z0-9.-]{0,63}?)\d{12}(?![0-9])"
)


def clean(text: str) -> str:
    """Return `text` without control characters, those without a width, and those that turn its direction around.

    Accounts are left out too: a channel may have guests, and AWS's own messages are quoted there.
    """
    return without_accounts(visible(text)).strip()


def visible(text: str) -> str:
    """Return `text` without control characters and those that turn the writing direction around."""
    return _INVISIBLE.sub("", text)


def without_accounts(text: str) -> str:
    """Return `text` with an ellipsis for the account in each ARN, address of a container registry, and bucket.

    SageMaker's own bucket is `sagemaker-<region>-<account>`.
    """
    return _ACCOUNT.sub(rf"\1\3{_ELLIPSIS}", text)


def truncate(text: str, limit: int) -> str:
    """Return `text` in at most `limit` characters, with an ellipsis where it was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + _ELLIPSIS


def escape(text: str, limit: int = 600) -> str:
    """Return `text` for mrkdwn: cleaned, escaped, in at most `limit` characters with the entities counted.

    It is one line: what a model or AWS says could otherwise begin a line of its own, and write a verdict there.
    """
    return _escaped(" ".join(clean(text).split()), limit)


def _escaped(whole: str, limit: int) -> str:
    escaped = whole.translate(_IN_ENTITIES)
    if len(escaped) <= limit:
        return escaped
    kept: list[str] = []
    room = limit - 1
    for each in whole:
        piece = _ENTITIES.get(each, each)
        if len(piece) > room:
            break
        kept.append(piece)
        room -= len(piece)
    return "".join(kept).rstrip() + _ELLIPSIS


def prose(text: str, limit: int = 1_200) -> str:
    """Return a sentence of our own making for mrkdwn: escaped, but a channel in it stays one; it pings nobody."""
    return _ESCAPED_CHANNEL.sub(r"<\1>", escape(sentence(text), limit))


def code(text: str, limit: int = 300) -> str:
    """Return `text` as a code span, on one line."""
    one_line = " ".join(clean(text).replace("`", "'").split())
    return f"`{escape(one_line, limit)}`" if one_line else "(nothing)"


def quote(text: str, limit: int = 1200) -> str:
    """Return text that a person wrote as a mrkdwn quotation, each line marked."""
    return "\n".join(f">{line}" for line in _escaped(clean(text), limit).splitlines() if line.strip())


def link(url: str, label: str) -> str:
    """Return a link, or only its label when there is no address."""
    return f"<{escape(url, 2000).replace('|', '%7C')}|{escape(label, 120)}>" if url else escape(label, 120)


def mention(user: str) -> str:
    """Return a mention of a Slack user; anything else that stands where a user id should is shown as plain text."""
    if _USER.fullmatch(user):
        return f"<@{user}>"
    return "Sluice" if user == "sluice" else escape(user, 60) or "someone"


def channel(name: str) -> str:
    """Return a channel by id or by name, in a form that Slack shows as one."""
    return f"<#{name}>" if _CHANNEL.fullmatch(name) else "#" + escape(name.lstrip("#"), 80)


def people(who: People, *, most: int = 8) -> str:
    """Name people and user groups in words; at most `most` of them."""
    groups = [f"<!subteam^{group}>" if _GROUP.fullmatch(group) else escape(group, 60) for group in sorted(who.groups)]
    named = groups + [mention(user) for user in sorted(who.users)]
    return listing(named, most=most) or "nobody"


def listing(items: Iterable[str], *, most: int = 8, last: str = "or") -> str:
    """Join items in words: `a, b or c`."""
    named = list(items)
    if len(named) > most:
        named = [*named[:most], f"{len(named) - most} more"]
    if len(named) <= 1:
        return "".join(named)
    return f"{', '.join(named[:-1])} {last} {named[-1]}"


def slack_time(at: datetime, form: str = "{date_short_pretty} at {time}") -> str:
    """Return a time that Slack shows in each reader's own zone, with UTC for those who get plain text."""
    utc = at.astimezone(UTC)
    return f"<!date^{int(utc.timestamp())}^{form}|{utc:%Y-%m-%d %H:%M} UTC>"


def count(number: int, noun: str, plural: str = "") -> str:
    """Return `1 check`, `2 checks`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


_SECONDS_MATTER = 600
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def elapsed(span: timedelta) -> str:
    """Return a span in words, its two largest units at most: `2 minutes 5 seconds`, `3 days`."""
    left = max(0, round(span.total_seconds()))
    if left == 0:
        return "less than a second"
    if left >= _SECONDS_MATTER:
        left = round(left / 60) * 60
    parts: list[str] = []
    for noun, size in _UNITS:
        number, left = divmod(left, size)
        if number:
            parts.append(count(number, noun))
        elif parts:
            break
    return " ".join(parts[:2])


def instances(kind: str, number: int | None) -> str:
    """Return an instance type with how many of it: `ml.m5.large, 2 instances`."""
    return f"{escape(kind, 40)}, {count(number, 'instance') if number is not None else 'count unknown'}"


def version_name(version: int | None) -> str:
    """Return `v7`, or words when the version is not known."""
    return f"v{version}" if version is not None else "an unknown version"


def sentence(text: str) -> str:
    """Return `text` with a capital first letter and an end mark."""
    stripped = text.strip()
    if not stripped:
        return ""
    return stripped[0].upper() + stripped[1:] + ("" if stripped[-1] in ".!?…`" else ".")
