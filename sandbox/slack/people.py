"""What people do at the keyboard: slash commands, messages, and opening the app's Home tab."""

import re

from sandbox.slack import payloads
from sandbox.slack.delivery import OFFLINE, SLASH, Receipt
from sandbox.slack.directory import BOT_USER
from sandbox.slack.emulator import Emulator
from sandbox.slack.replies import post_reply
from sandbox.slack.wire import ApiError, Json
from sandbox.slack.workspace import Message, Workspace

NOT_A_COMMAND = (
    "`{command}` is not a valid command. In Slack, all messages that start with the “/” character are "
    "interpreted as commands.\n\nIf you are trying to send a message and not run a command, try preceding "
    "the “/” with an empty space."
)


async def slash(emulator: Emulator, user: str, channel: str, line: str) -> Json:
    """Run ``/command text`` as a person; failures are also shown to them as a line of Slackbot's.

    Answers ``response`` (the private answer in the ack) and ``view`` (the form on top).
    """
    workspace = emulator.workspace
    place = _place(workspace, user, channel)
    command, _, text = line.strip().partition(" ")
    if command == "/invite":
        return _invite(workspace, place, text)
    declared = emulator.manifest.commands.get(command)
    if declared is None:
        workspace.whisper(user, place, NOT_A_COMMAND.format(command=command))
        return {"ok": False, "error": "not_a_command", "ack_ms": 0.0}
    if declared.should_escape:
        text = escaped(workspace, text)
    body = payloads.slash(emulator, user, place, command, text.strip())
    emulator.scopes_used.add("commands")
    receipt = await emulator.delivery.deliver(SLASH, command, body)
    return _slash_answer(emulator, body, receipt)


def _slash_answer(emulator: Emulator, body: Json, receipt: Receipt) -> Json:
    user, channel, command = body["user_id"], body["channel_id"], body["command"]
    answer: Json = {"ok": receipt.ok, "ack_ms": receipt.ack_ms, "response": receipt.body}
    answer["view"] = emulator.workspace.on_top(user)
    if receipt.error:
        emulator.workspace.whisper(user, channel, told(command, receipt.error))
        return answer | {"error": receipt.error}
    said = {"text": receipt.body} if isinstance(receipt.body, str) else receipt.body
    if said and (said.get("text") or said.get("blocks")):
        try:
            post_reply(emulator, user, channel, said)
        except ApiError as refusal:
            emulator.workspace.whisper(user, channel, told(command, refusal.code))
            return answer | {"ok": False, "error": refusal.code, **refusal.detail}
    return answer


def told(what: str, error: str) -> str:
    """Return the line that Slack shows to a person whose command or click failed."""
    seen = "dispatch_failed" if error == OFFLINE else error
    return f"{what} failed with the error “{seen}”"


def _place(workspace: Workspace, user: str, channel: str) -> str:
    workspace.user(user)
    place = workspace.channel(channel)
    if user not in place.members:
        raise ApiError("channel_not_found")
    return place.id


def _invite(workspace: Workspace, channel: str, text: str) -> Json:
    named = text.strip().removeprefix("@")
    guest = next((user for user in workspace.users.values() if user.name == named), None)
    if guest is None:
        raise ApiError("user_not_found")
    place = workspace.channels[channel]
    if guest.id not in place.members:
        place.members.append(guest.id)
        workspace.post(Message(workspace.new_ts(), channel, guest.id, f"<@{guest.id}> has joined the channel"))
    return {"ok": True, "ack_ms": 0.0}


def escaped(workspace: Workspace, text: str) -> str:
    """Turn ``@name`` and ``#channel`` into ``<@U…|name>`` and ``<#C…|name>`` (a command with should_escape)."""
    people = {user.name: user.id for user in workspace.users.values()}
    places = {channel.name: channel.id for channel in workspace.channels.values() if not channel.is_im}
    groups = {group.handle: group.id for group in workspace.groups.values()}

    def at(match: re.Match[str]) -> str:
        name = match[1]
        if name in groups:
            return f"<!subteam^{groups[name]}|@{name}>"
        return f"<@{people[name]}|{name}>" if name in people else match[0]

    def hash_(match: re.Match[str]) -> str:
        return f"<#{places[match[1]]}|{match[1]}>" if match[1] in places else match[0]

    return re.sub(r"(?<![<\w])#([\w-]+)", hash_, re.sub(r"(?<![<\w])@([\w.-]+)", at, text))


def say(emulator: Emulator, user: str, channel: str, text: str, thread_ts: str | None = None) -> Message:
    """Post a person's message and send the events that the app subscribed to."""
    workspace = emulator.workspace
    place = workspace.channels[_place(workspace, user, channel)]
    written = re.sub(r"\|[\w.-]+>", ">", escaped(workspace, text))
    message = workspace.post(Message(workspace.new_ts(), place.id, user, written, thread_ts=thread_ts))
    message.client_msg_id = workspace.new_id("cm")
    place.last_read[user] = message.ts
    if BOT_USER not in place.members:
        return message
    body = payloads.message_body(message) | {"channel": place.id, "event_ts": message.ts}
    kind = "im" if place.is_im else "channel"
    if f"message.{kind}s".replace("ims", "im") in emulator.manifest.events:
        _publish(emulator, body | {"channel_type": kind})
    if f"<@{BOT_USER}>" in written and not place.is_im:
        _publish(emulator, body | {"type": "app_mention"})
    return message


def _publish(emulator: Emulator, body: Json) -> None:
    kind = str(body["type"])
    if kind in emulator.manifest.events or kind == "message":
        emulator.delivery.publish(kind, payloads.event(emulator, body))


def open_home(emulator: Emulator, user: str) -> None:
    """Open the app's Home tab: sends app_home_opened when the app subscribed to it."""
    workspace = emulator.workspace
    channel = workspace.open_im(workspace.user(user).id).id
    stamp = workspace.new_ts()
    body: Json = {"type": "app_home_opened", "user": user, "channel": channel, "tab": "home", "event_ts": stamp}
    if user in workspace.homes:
        body["view"] = workspace.homes[user]
    _publish(emulator, body)
