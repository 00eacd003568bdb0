"""The payloads Slack sends to an app, in the shapes of docs.slack.dev (slash, interactive, events)."""

import json
import time

from sandbox.slack.directory import APP_ID, BOT_ID, BOT_USER, TEAM_DOMAIN, TEAM_ID, VERIFICATION_TOKEN
from sandbox.slack.emulator import Emulator
from sandbox.slack.form import state_values
from sandbox.slack.wire import Json
from sandbox.slack.workspace import Message


def slash(emulator: Emulator, user: str, channel: str, command: str, text: str) -> Json:
    """Return the flat payload of a slash command."""
    place = emulator.workspace.channels[channel]
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM_ID,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel,
        "channel_name": "directmessage" if place.is_im else place.name,
        "user_id": user,
        "user_name": emulator.workspace.users[user].name,
        "command": command,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": response_url(emulator, user, channel),
        "trigger_id": emulator.triggers.issue(user),
    }


def response_url(emulator: Emulator, user: str, channel: str, ts: str | None = None) -> str:
    """Return a new response_url for what ``user`` did in ``channel`` (to the message ``ts``)."""
    return f"{emulator.origin}/response/{emulator.response_urls.issue(user, channel, ts)}"


def message_body(message: Message) -> Json:
    """Return a message as the Web API and the payloads show it."""
    body: Json = {"type": "message", "user": message.user, "text": message.text, "ts": message.ts}
    if message.user == BOT_USER:
        body |= {"bot_id": BOT_ID, "app_id": APP_ID}
    body["team"] = TEAM_ID
    optional = {
        "blocks": message.blocks,
        "attachments": message.attachments,
        "thread_ts": message.thread_ts,
        "files": message.files,
        "client_msg_id": message.client_msg_id,
    }
    body |= {key: value for key, value in optional.items() if value}
    if message.edited:
        body["edited"] = {"user": message.user, "ts": message.ts}
    if message.broadcast:
        body["subtype"] = "thread_broadcast"
    if message.reactions:
        body["reactions"] = [
            {"name": name, "users": users, "count": len(users)} for name, users in message.reactions.items()
        ]
    return body


def _interactive(emulator: Emulator, kind: str, user: str) -> Json:
    name = emulator.workspace.users[user].name
    return {
        "type": kind,
        "user": {"id": user, "username": name, "name": name, "team_id": TEAM_ID},
        "api_app_id": APP_ID,
        "token": VERIFICATION_TOKEN,
        "trigger_id": emulator.triggers.issue(user),
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def message_actions(emulator: Emulator, user: str, message: Message, actions: list[Json]) -> Json:
    """Return block_actions of a click in a message, ephemeral or not."""
    workspace = emulator.workspace
    place = workspace.channels[message.channel]
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": message.ephemeral_to is not None,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    typed = workspace.typed.get((user, message.ts), {})
    return {
        **_interactive(emulator, "block_actions", user),
        "container": container,
        "channel": {"id": place.id, "name": "directmessage" if place.is_im else place.name},
        "message": message_body(message),
        "state": {"values": state_values(message.blocks, typed)},
        "response_url": response_url(emulator, user, message.channel, message.ts),
        "actions": actions,
    }


def view_actions(emulator: Emulator, user: str, view: Json, actions: list[Json]) -> Json:
    """Return block_actions of a click in a modal or on the Home tab."""
    return {
        **_interactive(emulator, "block_actions", user),
        "container": {"type": "view", "view_id": view["id"]},
        "view": view,
        "actions": actions,
    }


def view_submission(emulator: Emulator, user: str, view: Json) -> Json:
    """Return the submission of a modal whose ``state`` is already filled in."""
    return {**_interactive(emulator, "view_submission", user), "view": view, "response_urls": []}


def view_closed(emulator: Emulator, user: str, view: Json, *, cleared: bool) -> Json:
    """Return the notice that a modal was closed (sent only when it asked with notify_on_close)."""
    payload = _interactive(emulator, "view_closed", user)
    del payload["trigger_id"]
    return {**payload, "view": view, "is_cleared": cleared}


def block_suggestion(emulator: Emulator, user: str, element: Json, block_id: str, query: str) -> Json:
    """Return the question for the options of an external select; the caller adds its container."""
    payload = _interactive(emulator, "block_suggestion", user)
    del payload["trigger_id"]
    return {**payload, "action_id": element["action_id"], "block_id": block_id, "value": query}


def event(emulator: Emulator, body: Json) -> Json:
    """Wrap one event as an event_callback."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM_ID,
        "api_app_id": APP_ID,
        "event": body,
        "type": "event_callback",
        "event_id": emulator.workspace.new_id("Ev"),
        "event_time": int(time.time()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM_ID,
                "user_id": BOT_USER,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": json.dumps({"sandbox": emulator.workspace.seq}),
    }
