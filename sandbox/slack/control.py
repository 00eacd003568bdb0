"""``/sandbox/*``: what the page, the tests and the demo use to act as people and to see the workspace."""

import asyncio
import json
from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox.slack import interactions, people
from sandbox.slack.directory import BOT_USER, PEOPLE
from sandbox.slack.emulator import EMULATOR, Emulator, Fault
from sandbox.slack.interactions import Click
from sandbox.slack.snapshot import state_for, visible_messages
from sandbox.slack.wire import ApiError, Json

COALESCE_SECONDS = 0.03
TRAITS = frozenset({"deleted", "is_bot", "is_restricted", "is_stranger"})

Act = Callable[[Emulator, Json], Awaitable[Json]]


async def slash(emulator: Emulator, body: Json) -> Json:
    """Run a slash command as a person."""
    return await people.slash(emulator, body["user"], body["channel"], body["text"])


async def click(emulator: Emulator, body: Json) -> Json:
    """Use a button, menu or input; ``values`` may carry what else is entered in the view."""
    press = _click_of(body)
    if press.view_id and body.get("values"):
        interactions.keep_typed(emulator, press.user, press.view_id, body["values"])
    return await interactions.click(emulator, press)


async def suggest(emulator: Emulator, body: Json) -> Json:
    """Ask the app for the options of an external select that match ``query``."""
    return await interactions.suggest(emulator, _click_of(body), str(body.get("query", "")))


def _click_of(body: Json) -> Click:
    given = body.get("selected_option", body.get("value"))
    return Click(
        user=body["user"],
        channel=body.get("channel") or "",
        ts=body.get("ts") or "",
        block_id=body.get("block_id") or "",
        action_id=body["action_id"],
        given=given.get("value") if isinstance(given, dict) else given,
        view_id=body.get("view_id") or "",
    )


async def submit(emulator: Emulator, body: Json) -> Json:
    """Submit a modal with the values entered in it."""
    return await interactions.submit(emulator, body["user"], body["view_id"], body.get("values") or {})


async def close(emulator: Emulator, body: Json) -> Json:
    """Close a modal."""
    return await interactions.close(emulator, body["user"], body["view_id"])


async def home(emulator: Emulator, body: Json) -> Json:
    """Open the Home tab."""
    people.open_home(emulator, body["user"])
    return {"ok": True}


async def message(emulator: Emulator, body: Json) -> Json:
    """Post a message as a person."""
    user, channel = body["user"], body["channel"]
    posted = people.say(emulator, user, channel, body["text"], body.get("thread_ts"))
    return {"ok": True, "ts": posted.ts}


async def read(emulator: Emulator, body: Json) -> Json:
    """Mark a channel as read by a person up to now."""
    channel = emulator.workspace.channel(body["channel"])
    channel.last_read[body["user"]] = emulator.workspace.new_ts()
    emulator.workspace.changed()
    return {"ok": True}


async def person(emulator: Emulator, body: Json) -> Json:
    """Change what a person is to the workspace, such as ``deleted: true`` for a deactivated one."""
    traits = {name: bool(value) for name, value in body.items() if name in TRAITS}
    emulator.workspace.change_user(body["user"], traits)
    return {"ok": True}


async def delete(emulator: Emulator, body: Json) -> Json:
    """Delete a message, as an admin may."""
    message = emulator.workspace.find(body["channel"], body["ts"])
    if message is None:
        raise ApiError("message_not_found")
    emulator.workspace.remove(message)
    return {"ok": True}


async def channel(emulator: Emulator, body: Json) -> Json:
    """Archive a channel or bring it back (``archived``); remove the app from it (``kicked: true``)."""
    place = emulator.workspace.channel(body["channel"])
    place.archived = bool(body.get("archived", place.archived))
    if body.get("kicked") and BOT_USER in place.members:
        place.members.remove(BOT_USER)
    emulator.workspace.changed()
    return {"ok": True}


async def faults(emulator: Emulator, body: Json) -> Json:
    """Inject failures: of Web API methods, uploads, sockets or deliveries, or of all of Slack (``away``)."""
    socket = emulator.socket
    emulator.delivery.twice += int(body.get("twice", 0))
    emulator.delivery.late += [float(body["late"])] if "late" in body else []
    if "away" in body:
        emulator.away = bool(body["away"])
        if socket is not None and emulator.away:
            await socket.drop()
    elif "twice" in body or "late" in body:
        pass
    elif socket is not None and body.get("disconnect"):
        await socket.disconnect(str(body["disconnect"]), linger=bool(body.get("linger")))
    elif socket is not None and body.get("drop"):
        await socket.drop(reset=body["drop"] == "reset")
    elif body.get("clear"):
        emulator.faults.clear()
        emulator.uploads = ""
    elif body.get("uploads"):
        emulator.uploads = str(body["uploads"])
    else:
        after, times = int(body.get("retry_after", 1)), int(body.get("times", 1))
        emulator.faults.append(Fault(body.get("method"), after, times, body.get("error"), bool(body.get("lost"))))
    return {"ok": True}


_ACTS = (slash, click, suggest, submit, close, home, message, read, person, delete, channel, faults)
ACTS: dict[str, Act] = {act.__name__: act for act in _ACTS}


async def handle_act(request: web.Request) -> web.Response:
    """Serve ``POST /sandbox/<act>``; refusals are ``{"ok": false, "error"}`` with HTTP 200."""
    act = ACTS.get(request.match_info["act"])
    if act is None:
        raise web.HTTPNotFound
    try:
        answer = await act(request.app[EMULATOR], await request.json())
    except ApiError as refusal:
        answer = refusal.answer()
    except KeyError as missing:
        answer = {"ok": False, "error": "invalid_arguments", "missing": str(missing.args[0])}
    return web.json_response(answer)


def _state(request: web.Request) -> Json:
    user = request.query.get("as") or PEOPLE[0].id
    emulator = request.app[EMULATOR]
    emulator.workspace.user(user)
    return state_for(emulator, user, inspector=request.query.get("inspector") != "0")


async def handle_state(request: web.Request) -> web.Response:
    """Serve ``GET /sandbox/state``."""
    try:
        return web.json_response(_state(request))
    except ApiError as refusal:
        return web.json_response(refusal.answer())


async def handle_messages(request: web.Request) -> web.Response:
    """Serve ``GET /sandbox/messages``: what ``as``, if a member, sees in ``channel``, newer than the ts ``after``."""
    query, workspace = request.query, request.app[EMULATOR].workspace
    try:
        workspace.user(query.get("as", ""))
        place = workspace.channel(query.get("channel", ""))
        known = query["as"] in place.members
        seen = visible_messages(workspace, place.id, query["as"], query["after"]) if known else []
    except ApiError as refusal:
        return web.json_response(refusal.answer())
    return web.json_response({"ok": True, "messages": seen})


async def handle_wait(request: web.Request) -> web.Response:
    """Serve ``GET /sandbox/wait``: answers as soon as ``seq > after``, or after ``timeout`` s with ok false."""
    workspace = request.app[EMULATOR].workspace
    after, timeout = int(request.query.get("after", "0")), float(request.query.get("timeout", "10"))
    moved = await workspace.wait_past(after, timeout)
    return web.json_response({"ok": moved, "seq": workspace.seq, "state": _state(request)})


async def handle_events(request: web.Request) -> web.StreamResponse:
    """Serve ``GET /sandbox/events``: the State now and after each burst of changes, as server-sent events."""
    workspace = request.app[EMULATOR].workspace
    stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    await stream.prepare(request)
    try:
        while True:
            state = _state(request)
            await stream.write(f"event: state\ndata: {json.dumps(state)}\n\n".encode())
            if not await workspace.wait_past(state["seq"], 15):
                await stream.write(b": still here\n\n")
                continue
            await asyncio.sleep(COALESCE_SECONDS)
    except (ConnectionError, ApiError):
        return stream
