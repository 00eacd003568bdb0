"""conversations.*: channels, their members and their history."""

from sandbox.slack.api_chat import bot_channel, found
from sandbox.slack.arguments import Arguments
from sandbox.slack.directory import BOT_USER, Channel
from sandbox.slack.emulator import Emulator
from sandbox.slack.methods import Method
from sandbox.slack.payloads import message_body
from sandbox.slack.wire import ApiError, Json
from sandbox.slack.workspace import Message

READ = ("channels:read", "groups:read", "im:read", "mpim:read")
HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
LARGEST_PAGE = 999


def _described(channel: Channel) -> Json:
    described: Json = {"id": channel.id, "created": 0, "is_im": channel.is_im, "is_archived": channel.archived}
    if channel.is_im:
        return described | {"user": channel.members[0], "is_user_deleted": False}
    return described | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": True,
        "is_group": False,
        "is_private": False,
        "is_general": channel.name == "general",
        "is_member": BOT_USER in channel.members,
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "num_members": len(channel.members),
    }


def open_(emulator: Emulator, args: Arguments) -> Json:
    """conversations.open: the direct message with one person."""
    users = [user for user in args.text("users").split(",") if user]
    if args.text("channel"):
        channel = emulator.workspace.channel(args.text("channel"))
    elif len(users) == 1:
        channel = emulator.workspace.open_im(emulator.workspace.user(users[0]).id)
    else:
        raise ApiError("users_list_not_supplied" if not users else "method_not_supported_for_channel_type")
    shown = _described(channel) if args.flag("return_im") else {"id": channel.id}
    return {"channel": shown, "no_op": False, "already_open": False}


def info(emulator: Emulator, args: Arguments) -> Json:
    """conversations.info: one channel; works for public channels the bot is not in."""
    channel = emulator.workspace.channel(args.required("channel", "channel_not_found"))
    return {"channel": _described(channel)}


def list_(emulator: Emulator, args: Arguments) -> Json:
    """conversations.list: public channels, or DMs with ``types=im``."""
    types = args.text("types", "public_channel").split(",")
    wanted = [
        channel
        for channel in emulator.workspace.channels.values()
        if ("im" if channel.is_im else "public_channel") in types
    ]
    return {"channels": [_described(each) for each in wanted], "response_metadata": {"next_cursor": ""}}


def members(emulator: Emulator, args: Arguments) -> Json:
    """conversations.members: ids of the members."""
    channel = emulator.workspace.channel(args.required("channel", "channel_not_found"))
    return {"members": channel.members, "response_metadata": {"next_cursor": ""}}


def join(emulator: Emulator, args: Arguments) -> Json:
    """conversations.join: the bot joins a public channel."""
    channel = emulator.workspace.channel(args.required("channel", "channel_not_found"))
    if channel.is_im:
        raise ApiError("method_not_supported_for_channel_type")
    if BOT_USER not in channel.members:
        channel.members.append(BOT_USER)
        emulator.workspace.changed()
    return {"channel": _described(channel)}


def history(emulator: Emulator, args: Arguments) -> Json:
    """conversations.history: top-level messages, newest first, at most ``limit`` (100)."""
    channel = bot_channel(emulator, args, writes=False)
    posted = emulator.workspace.messages.get(channel.id, [])
    public = [m for m in posted if m.ephemeral_to is None and (not m.is_reply or m.broadcast)]
    return _page(emulator, args, public[::-1])


def replies(emulator: Emulator, args: Arguments) -> Json:
    """conversations.replies: a message and its replies, oldest first."""
    channel = bot_channel(emulator, args, writes=False)
    try:
        parent = found(emulator, channel, args.required("ts", "thread_not_found"))
    except ApiError as missing:
        raise ApiError("thread_not_found") from missing
    return _page(emulator, args, [parent, *emulator.workspace.thread(parent)])


def _page(emulator: Emulator, args: Arguments, messages: list[Message]) -> Json:
    oldest, latest, exact = args.text("oldest", "0"), args.text("latest", "9" * 12), args.flag("inclusive")
    kept = [m for m in messages if oldest < m.ts < latest or (exact and m.ts in (oldest, latest))]
    start, size = args.number("cursor", 0), min(args.number("limit", 100), LARGEST_PAGE)
    more = len(kept) > start + size
    return {
        "messages": [_listed(emulator, args, m) for m in kept[start : start + size]],
        "has_more": more,
        "response_metadata": {"next_cursor": str(start + size) if more else ""},
    }


def _listed(emulator: Emulator, args: Arguments, message: Message) -> Json:
    body = message_body(message)
    if args.flag("include_all_metadata") and message.metadata:
        body["metadata"] = message.metadata
    answers = emulator.workspace.thread(message)
    if answers:
        body |= {"thread_ts": message.ts, "reply_count": len(answers), "latest_reply": answers[-1].ts}
    return body


METHODS = {
    "conversations.open": Method(open_, ("im:write", "channels:manage", "groups:write", "mpim:write")),
    "conversations.info": Method(info, READ),
    "conversations.list": Method(list_, READ),
    "conversations.members": Method(members, READ),
    "conversations.join": Method(join, ("channels:join",)),
    "conversations.history": Method(history, HISTORY),
    "conversations.replies": Method(replies, HISTORY),
}
