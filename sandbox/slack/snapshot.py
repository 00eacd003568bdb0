"""The workspace as one user sees it: the State document that the page and the tests read."""

from sandbox.slack.directory import APP_ID, BOT_USER, SLACKBOT, TEAM_ID, TEAM_NAME, Channel, User
from sandbox.slack.emulator import Emulator
from sandbox.slack.wire import Json
from sandbox.slack.workspace import Message, Workspace


def state_for(emulator: Emulator, user: str, *, inspector: bool = True) -> Json:
    """Return the State that ``user`` sees; ``inspector=False`` leaves the log out (it is the largest part)."""
    workspace = emulator.workspace
    seen = [channel for channel in workspace.channels.values() if user in channel.members]
    return {
        "ok": True,
        "seq": workspace.seq,
        "team": {"id": TEAM_ID, "name": TEAM_NAME},
        "me": user,
        "app": _app(emulator),
        "users": [_person(each) for each in workspace.users.values() if each.id != SLACKBOT],
        "usergroups": [
            {"id": group.id, "handle": group.handle, "users": list(group.members)}
            for group in workspace.groups.values()
        ],
        "channels": [_channel(workspace, channel, user) for channel in seen],
        "commands": [_command(emulator, name) for name in emulator.manifest.commands],
        "messages": {channel.id: visible_messages(workspace, channel.id, user) for channel in seen},
        "modals": [
            {"id": modal.view["id"], "view": modal.view, "errors": modal.errors}
            for modal in workspace.modals.get(user, [])
        ],
        "home": workspace.homes.get(user),
        "inspector": [each.as_json() for each in emulator.inspector.crossings] if inspector else [],
    }


def _app(emulator: Emulator) -> Json:
    wire = emulator.delivery.wire
    return {
        "id": APP_ID,
        "name": emulator.manifest.app_name,
        "user_id": BOT_USER,
        "online": wire.online,
        "connections": wire.connections,
        "scopes_used": sorted(emulator.scopes_used),
    }


def _person(user: User) -> Json:
    return {
        "id": user.id,
        "name": user.name,
        "real_name": user.real_name,
        "title": user.title,
        "is_bot": user.is_bot,
        "is_restricted": user.is_restricted,
        "deleted": user.deleted,
        "color": user.color,
    }


def _channel(workspace: Workspace, channel: Channel, user: str) -> Json:
    read_to = channel.last_read.get(user, "")
    posted = workspace.messages.get(channel.id, [])
    unread = sum(_is_visible(m, user) and m.user != user and m.ts > read_to for m in posted)
    return {
        "id": channel.id,
        "name": channel.name,
        "topic": channel.topic,
        "is_im": channel.is_im,
        "members": channel.members,
        "unread": unread,
    }


def _command(emulator: Emulator, name: str) -> Json:
    command = emulator.manifest.commands[name]
    return {
        "command": command.command,
        "description": command.description,
        "usage_hint": command.usage_hint,
    }


def _is_visible(message: Message, user: str) -> bool:
    return message.ephemeral_to in (None, user)


def visible_messages(workspace: Workspace, channel: str, user: str, after: str = "") -> list[Json]:
    """Return the channel's messages newer than ``after``, replies included, that ``user`` can see, oldest first."""
    posted = [m for m in workspace.messages.get(channel, []) if _is_visible(m, user)]
    replies: dict[str, list[Message]] = {}
    for message in posted:
        if message.thread_ts and message.is_reply and message.ephemeral_to is None:
            replies.setdefault(message.thread_ts, []).append(message)
    return [_message(workspace, message, replies.get(message.ts, [])) for message in posted if message.ts > after]


def _message(workspace: Workspace, message: Message, replies: list[Message]) -> Json:
    return {
        "ts": message.ts,
        "channel": message.channel,
        "user": message.user,
        "username": workspace.users[message.user].real_name,
        "text": message.text,
        "blocks": message.blocks,
        "attachments": message.attachments,
        "thread_ts": message.thread_ts,
        "reply_count": len(replies),
        "latest_reply": replies[-1].ts if replies else None,
        "edited": message.edited,
        "ephemeral": message.ephemeral_to is not None,
        "broadcast": message.broadcast,
        "deleted": False,
        "metadata": message.metadata,
        "files": message.files,
        "reactions": [{"name": name, "users": users, "count": len(users)} for name, users in message.reactions.items()],
    }
