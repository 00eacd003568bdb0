"""The workspace's state in memory: messages, views, and the sequence number that every change advances."""

import asyncio
import itertools
import math
import re
import time
from dataclasses import dataclass, field, replace

from sandbox.slack import directory
from sandbox.slack.directory import BOT_USER, Channel, User
from sandbox.slack.wire import ApiError, Json

_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8")
_FILE_ID = re.compile("F[A-Z0-9]{8,}")


@dataclass(slots=True)
class Message:
    """A posted message; ``ephemeral_to`` is the one user who sees it, or None when everybody does."""

    ts: str
    channel: str
    user: str
    text: str = ""
    blocks: list[Json] | None = None
    thread_ts: str | None = None
    ephemeral_to: str | None = None
    broadcast: bool = False
    edited: bool = False
    metadata: Json | None = None
    files: list[Json] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    attachments: list[Json] | None = None
    client_msg_id: str | None = None

    @property
    def is_reply(self) -> bool:
        """Whether it lives in a thread below another message."""
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(slots=True)
class Modal:
    """One view on a user's stack of modals, with the errors of its last submission."""

    view: Json
    errors: dict[str, str] | None = None


@dataclass(slots=True)
class UploadedFile:
    """A file between files.getUploadURLExternal and files.completeUploadExternal, and after.

    Slack looks at a file after it was completed (a malware scan, its kind, thumbnails) and shows it in a block from
    ``ready_at`` on, a time of ``time.monotonic``; before that its kind is empty (slackapi/node-slack-sdk #2040).
    """

    id: str
    name: str
    url: str
    title: str = ""
    content: bytes = b""
    ready_at: float = math.inf

    @property
    def is_ready(self) -> bool:
        """Whether Slack has done looking at it."""
        return time.monotonic() >= self.ready_at

    @property
    def is_picture(self) -> bool:
        """Whether an image block may show it: PNG, JPEG and GIF, by their first bytes."""
        return self.content.startswith(_PICTURES)


class Workspace:
    """Everything Slack remembers. Single-threaded: only the server's event loop touches it."""

    def __init__(self, bot_name: str) -> None:
        """Start with the fixed directory and no messages."""
        self.users: dict[str, User] = directory.users(bot_name)
        self.groups = {group.id: group for group in directory.GROUPS}
        self.channels: dict[str, Channel] = directory.channels()
        self.messages: dict[str, list[Message]] = {}
        self.modals: dict[str, list[Modal]] = {}
        self.homes: dict[str, Json] = {}
        self.typed: dict[tuple[str, str], Json] = {}
        self.files: dict[str, UploadedFile] = {}
        self.seq = 0
        self._pulse = asyncio.Event()
        self._last_micros = 0
        self._ids = itertools.count(1)

    def changed(self) -> int:
        """Advance ``seq`` and wake everybody who waits for a change."""
        self.seq += 1
        self._pulse.set()
        self._pulse = asyncio.Event()
        return self.seq

    async def wait_past(self, seq: int, timeout: float) -> bool:  # noqa: ASYNC109 - a long poll's own limit
        """Wait until ``self.seq > seq``; False when ``timeout`` seconds passed first."""
        deadline = time.monotonic() + timeout
        while self.seq <= seq:
            try:
                await asyncio.wait_for(self._pulse.wait(), deadline - time.monotonic())
            except TimeoutError:
                return self.seq > seq
        return True

    def new_ts(self) -> str:
        """Return a timestamp string, unique and increasing, as Slack's ``ts`` (seconds.microseconds)."""
        self._last_micros = max(self._last_micros + 1, time.time_ns() // 1000)
        return f"{self._last_micros // 1_000_000}.{self._last_micros % 1_000_000:06d}"

    def new_id(self, prefix: str) -> str:
        """Return a fresh id such as ``V0000001``."""
        return f"{prefix}{next(self._ids):07d}"

    def user(self, user_id: str) -> User:
        """Return a user; raises ApiError user_not_found."""
        if user_id not in self.users:
            raise ApiError("user_not_found")
        return self.users[user_id]

    def channel(self, channel_id: str) -> Channel:
        """Return a channel by id or #name, opening the DM of a user id; raises ApiError channel_not_found."""
        if channel_id in self.users:
            return self.open_im(channel_id)
        if channel_id.startswith("D0") and channel_id[2:] in self.users:
            return self.open_im(channel_id[2:])
        named = {f"#{channel.name}": channel for channel in self.channels.values() if not channel.is_im}
        found = self.channels.get(channel_id) or named.get(channel_id)
        if found is None:
            raise ApiError("channel_not_found")
        return found

    def open_im(self, user_id: str) -> Channel:
        """Return the direct message between the app and a user, opened when needed."""
        channel_id = f"D0{user_id}"
        if channel_id not in self.channels:
            bot = self.users[BOT_USER]
            self.channels[channel_id] = Channel(channel_id, bot.name, "", [user_id, BOT_USER], is_im=True)
            self.changed()
        return self.channels[channel_id]

    def post(self, draft: Message) -> Message:
        """Store a message (its blocks get ids) and tell the watchers."""
        draft.blocks = self.with_ids(draft.blocks)
        self.messages.setdefault(draft.channel, []).append(draft)
        self.changed()
        return draft

    def whisper(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Message:
        """Post a line of Slackbot that only ``user`` sees."""
        line = Message(self.new_ts(), channel, directory.SLACKBOT, text, thread_ts=thread_ts)
        line.ephemeral_to = user
        return self.post(line)

    def find(self, channel: str, ts: str) -> Message | None:
        """Return the message at ``ts``, ephemeral ones included, or None."""
        return next((each for each in self.messages.get(channel, []) if each.ts == ts), None)

    def remove(self, message: Message) -> None:
        """Delete a message; one with replies stays as a tombstone, so that its thread can be read."""
        if message.ephemeral_to is None and self.thread(message):
            message.user, message.text = directory.SLACKBOT, "This message was deleted."
            message.blocks = message.attachments = message.metadata = None
            message.files = []
        else:
            self.messages[message.channel].remove(message)
        self.changed()

    def on_top(self, user: str) -> Json | None:
        """Return the view that a person has before them, or None."""
        stack = self.modals.get(user)
        return stack[-1].view if stack else None

    def thread(self, parent: Message) -> list[Message]:
        """Return the public replies of a message, oldest first."""
        posted = self.messages.get(parent.channel, [])
        return [m for m in posted if m.thread_ts == parent.ts and m.is_reply and m.ephemeral_to is None]

    def with_ids(self, blocks: list[Json] | None) -> list[Json] | None:
        """Give every block a block_id and every interactive element an action_id, as Slack does."""
        if blocks is None:
            return None
        return [self._block_with_ids(block, f"/blocks/{index}") for index, block in enumerate(blocks)]

    def _block_with_ids(self, block: Json, at: str) -> Json:
        filled = {"block_id": self.new_id("b"), **self._with_file(block, at)}
        for key in ("elements", "actions"):
            if isinstance(filled.get(key), list):
                filled[key] = [
                    self._element_with_id(each, f"{at}/{key}/{index}") for index, each in enumerate(filled[key])
                ]
        for key in ("element", "accessory"):
            if isinstance(filled.get(key), dict):
                filled[key] = self._element_with_id(filled[key], f"{at}/{key}")
        return filled

    def _with_file(self, image: Json, at: str) -> Json:
        """Add the address of an uploaded file to an image that names it by id, or raise ApiError invalid_blocks.

        The words are Slack's own: slackapi/python-slack-sdk #1658 (not ready, unknown) and #1521 (no file id).
        """
        named: Json = image.get("slack_file") or {}
        if "id" not in named:
            return image
        if not _FILE_ID.fullmatch(str(named["id"])):
            text = f"input must match regex pattern: ^[F][A-Z0-9]{{8,}}$ [json-pointer:{at}/slack_file/id]"
            raise ApiError("invalid_blocks", errors=[text], response_metadata={"messages": [f"[ERROR] {text}"]})
        file = self.files.get(named["id"])
        if file is None or not file.is_ready or not file.is_picture:
            text = f"invalid slack file [json-pointer:{at}/slack_file]"
            raise ApiError("invalid_blocks", errors=[text], response_metadata={"messages": [f"[ERROR] {text}"]})
        return {**image, "slack_file": {**named, "url": file.url}}

    def _element_with_id(self, element: Json, at: str) -> Json:
        element = self._with_file(element, at)
        passive = {"mrkdwn", "plain_text", "image"}
        if str(element.get("type")).startswith("rich_text_") and element["type"] != "rich_text_input":
            return element
        if element.get("type") in passive or "action_id" in element:
            return element
        return {**element, "action_id": self.new_id("a")}

    def change_user(self, user_id: str, traits: Json) -> None:
        """Change what a person is to the workspace: ``deleted``, ``is_bot``, ``is_restricted``, ``is_stranger``."""
        self.users[user_id] = replace(self.user(user_id), **traits)
        self.changed()
