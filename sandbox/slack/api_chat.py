"""chat.* and reactions.*: posting, changing and marking messages."""

import re
import time

from sandbox.slack.arguments import Arguments
from sandbox.slack.chat_rules import check_content
from sandbox.slack.directory import APP_ID, BOT_ID, BOT_USER, Channel
from sandbox.slack.emulator import Emulator
from sandbox.slack.methods import Method
from sandbox.slack.payloads import message_body
from sandbox.slack.wire import ApiError, Json
from sandbox.slack.workspace import Message

TS = re.compile(r"\d+\.\d{6}")
LONGEST_MARKDOWN = 12_000


def bot_channel(emulator: Emulator, args: Arguments, *, public_write: bool = False, writes: bool = True) -> Channel:
    """Return the named channel if the bot may act there; or raise channel_not_found, not_in_channel, is_archived."""
    channel = emulator.workspace.channel(args.required("channel", "channel_not_found"))
    open_to_all = public_write and "chat:write.public" in emulator.manifest.scopes
    if BOT_USER not in channel.members and not open_to_all:
        raise ApiError("not_in_channel")
    if channel.is_im and not emulator.manifest.messages_tab:
        raise ApiError("messages_tab_disabled")
    if writes and channel.archived:
        raise ApiError("is_archived")
    return channel


def found(emulator: Emulator, channel: Channel, ts: str) -> Message:
    """Return a public message; an ephemeral one is not found, as in Slack."""
    message = emulator.workspace.find(channel.id, ts)
    if message is None or message.ephemeral_to is not None:
        raise ApiError("message_not_found")
    return message


def _content(args: Arguments) -> Json:
    body: Json = {
        "text": args.text("text"),
        "blocks": args.array("blocks", "invalid_blocks_format"),
        "attachments": args.array("attachments", "invalid_attachments"),
        "metadata": args.mapping("metadata", "invalid_metadata_format"),
    }
    markdown = args.text("markdown_text")
    if markdown:
        if body["text"] or body["blocks"]:
            raise ApiError("markdown_text_conflict")
        if len(markdown) > LONGEST_MARKDOWN:
            raise ApiError("msg_too_long")
        body["text"], body["blocks"] = markdown, [{"type": "markdown", "text": markdown}]
    metadata = body["metadata"]
    if metadata is not None and not {"event_type", "event_payload"} <= set(metadata):
        raise ApiError("invalid_metadata_format")
    return body


def _thread(emulator: Emulator, channel: Channel, args: Arguments) -> str | None:
    """Return the parent's ts; a ts that is no string of Slack's form, or no message's, is refused."""
    given = args.values.get("thread_ts")
    if given in (None, ""):
        return None
    if not isinstance(given, str) or not TS.fullmatch(given):
        raise ApiError("invalid_thread_ts")
    parent = emulator.workspace.find(channel.id, given)
    if parent is None or parent.ephemeral_to is not None:
        raise ApiError("thread_not_found")
    return parent.thread_ts or parent.ts


def _draft(emulator: Emulator, channel: Channel, args: Arguments) -> Message:
    body = _content(args)
    check_content(body)
    message = Message(emulator.workspace.new_ts(), channel.id, BOT_USER, body["text"])
    message.blocks, message.attachments = body["blocks"], body["attachments"]
    message.metadata = body["metadata"]
    message.thread_ts = _thread(emulator, channel, args)
    message.client_msg_id = args.text("client_msg_id") or None
    return message


def post_message(emulator: Emulator, args: Arguments) -> Json:
    """chat.postMessage: post to a channel, a thread, or a person's DM."""
    channel = bot_channel(emulator, args, public_write=True)
    _keep_pace(emulator, channel)
    message = _draft(emulator, channel, args)
    message.broadcast = message.thread_ts is not None and args.flag("reply_broadcast")
    emulator.workspace.post(message)
    return {"channel": channel.id, "ts": message.ts, "message": _with_metadata(message)}


def _keep_pace(emulator: Emulator, channel: Channel) -> None:
    """Refuse posts that follow too fast on one channel, when the limit is switched on."""
    pause, now = emulator.limits.seconds_between_posts, time.monotonic()
    if pause and now - emulator.posted_at.get(channel.id, -pause) < pause:
        raise ApiError("ratelimited")
    emulator.posted_at[channel.id] = now


def _with_metadata(message: Message) -> Json:
    body = message_body(message)
    return body | {"metadata": message.metadata} if message.metadata else body


def post_ephemeral(emulator: Emulator, args: Arguments) -> Json:
    """chat.postEphemeral: a message that one member of the channel sees."""
    channel = bot_channel(emulator, args)
    user = args.required("user", "user_not_in_channel")
    if user not in channel.members:
        raise ApiError("user_not_in_channel")
    message = _draft(emulator, channel, args)
    message.ephemeral_to = user
    emulator.workspace.post(message)
    return {"message_ts": message.ts}


def update(emulator: Emulator, args: Arguments) -> Json:
    """chat.update: change the app's own message; blocks and attachments left out are kept."""
    channel = bot_channel(emulator, args)
    message = found(emulator, channel, args.required("ts", "message_not_found"))
    if message.user != BOT_USER:
        raise ApiError("cant_update_message")
    body = _content(args)
    check_content(body, update=True)
    if body["text"]:
        message.text = body["text"]
    if body["blocks"] is not None:
        message.blocks = emulator.workspace.with_ids(body["blocks"])
    if body["attachments"] is not None:
        message.attachments = body["attachments"]
    message.metadata = body["metadata"] or message.metadata
    message.broadcast = message.broadcast or (message.is_reply and args.flag("reply_broadcast"))
    message.edited = True
    emulator.workspace.changed()
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": _with_metadata(message)}


def delete(emulator: Emulator, args: Arguments) -> Json:
    """chat.delete: remove the app's own message."""
    channel = bot_channel(emulator, args)
    message = found(emulator, channel, args.required("ts", "message_not_found"))
    if message.user != BOT_USER:
        raise ApiError("cant_delete_message")
    emulator.workspace.remove(message)
    return {"channel": channel.id, "ts": message.ts}


def get_permalink(emulator: Emulator, args: Arguments) -> Json:
    """chat.getPermalink: the page's address of a message."""
    channel = emulator.workspace.channel(args.required("channel", "channel_not_found"))
    message = found(emulator, channel, args.required("message_ts", "message_not_found"))
    link = f"{emulator.origin}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def _reacted(emulator: Emulator, args: Arguments) -> tuple[Message, str]:
    name = args.required("name", "invalid_name")
    channel = bot_channel(emulator, args)
    return found(emulator, channel, args.required("timestamp", "no_item_specified")), name


def add_reaction(emulator: Emulator, args: Arguments) -> Json:
    """reactions.add: the bot reacts to a message."""
    message, name = _reacted(emulator, args)
    users = message.reactions.setdefault(name, [])
    if BOT_USER in users:
        raise ApiError("already_reacted")
    users.append(BOT_USER)
    emulator.workspace.changed()
    return {}


def remove_reaction(emulator: Emulator, args: Arguments) -> Json:
    """reactions.remove: the bot takes its reaction back."""
    message, name = _reacted(emulator, args)
    users = message.reactions.get(name, [])
    if BOT_USER not in users:
        raise ApiError("no_reaction")
    users.remove(BOT_USER)
    if not users:
        del message.reactions[name]
    emulator.workspace.changed()
    return {}


def bots_info(emulator: Emulator, args: Arguments) -> Json:
    """bots.info: the app's bot."""
    if args.text("bot", BOT_ID) != BOT_ID:
        raise ApiError("bot_not_found")
    name = emulator.manifest.bot_name
    return {"bot": {"id": BOT_ID, "app_id": APP_ID, "user_id": BOT_USER, "name": name, "deleted": False}}


METHODS = {
    "chat.postMessage": Method(post_message, ("chat:write",)),
    "chat.postEphemeral": Method(post_ephemeral, ("chat:write",)),
    "chat.update": Method(update, ("chat:write",)),
    "chat.delete": Method(delete, ("chat:write",)),
    "chat.getPermalink": Method(get_permalink),
    "reactions.add": Method(add_reaction, ("reactions:write",)),
    "reactions.remove": Method(remove_reaction, ("reactions:write",)),
    "bots.info": Method(bots_info, ("users:read",)),
}
