"""Clicks, submissions and closings: what the app is sent, and what its answer does to the modals."""

from dataclasses import dataclass

from sandbox.slack import payloads, views
from sandbox.slack.delivery import INTERACTIVE, Receipt
from sandbox.slack.emulator import Emulator
from sandbox.slack.form import (
    ENTRY_FIELDS,
    client_errors,
    elements,
    entry,
    find_element,
    options_of,
    state_values,
)
from sandbox.slack.people import told
from sandbox.slack.wire import ApiError, Json
from sandbox.slack.workspace import Message, Modal

BUTTON_FIELDS = ("text", "value", "style", "url")


@dataclass(frozen=True, slots=True)
class Click:
    """One use of an interactive element: in a view when ``view_id`` is set, else in the message at ``ts``."""

    user: str
    channel: str
    ts: str
    block_id: str
    action_id: str
    given: object = None
    view_id: str = ""


async def click(emulator: Emulator, press: Click) -> Json:
    """Send block_actions for a click; a failure in a channel is also shown to the person.

    Answers ``said`` (what was posted to its response_url by the time of the ack) and ``view`` (the form on top).
    """
    emulator.workspace.user(press.user)
    if not emulator.manifest.interactivity:
        raise ApiError("interactivity_not_enabled")
    payload = _view_click(emulator, press) if press.view_id else _message_click(emulator, press)
    name = f"block_actions {press.action_id}"
    receipt = await emulator.delivery.deliver(INTERACTIVE, name, payload)
    if receipt.error and not press.view_id:
        emulator.workspace.whisper(press.user, press.channel, told(f"“{press.action_id}”", receipt.error))
    code = str(payload.get("response_url", "")).rpartition("/response/")[2]
    said = emulator.response_urls.said(code) if code else []
    return _answer(receipt) | {"said": said, "view": emulator.workspace.on_top(press.user)}


def _answer(receipt: Receipt) -> Json:
    answer: Json = {"ok": receipt.ok, "ack_ms": receipt.ack_ms}
    return answer if receipt.ok else answer | {"error": receipt.error}


def clicked_message(emulator: Emulator, user: str, channel: str, ts: str) -> Message:
    """Return the message a person sees at ``ts``; raises ApiError message_not_found."""
    message = emulator.workspace.find(emulator.workspace.channel(channel).id, ts)
    if message is None or message.ephemeral_to not in (None, user):
        raise ApiError("message_not_found")
    return message


def _message_click(emulator: Emulator, press: Click) -> Json:
    message = clicked_message(emulator, press.user, press.channel, press.ts)
    action = _act(emulator, press, message.blocks, message.ts)
    return payloads.message_actions(emulator, press.user, message, [action])


def _view_click(emulator: Emulator, press: Click) -> Json:
    workspace = emulator.workspace
    view = views.find(workspace, press.view_id)
    action = _act(emulator, press, view["blocks"], press.view_id)
    values = state_values(view["blocks"], workspace.typed.get((press.user, press.view_id), {}))
    return payloads.view_actions(emulator, press.user, view | {"state": {"values": values}}, [action])


def _act(emulator: Emulator, press: Click, blocks: list[Json] | None, holder: str) -> Json:
    """Return the action of a click, remembering what a stateful element now holds."""
    found = find_element(blocks, press.block_id, press.action_id)
    if found is None:
        raise ApiError("action_not_found")
    block_id, element = found
    base = {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block_id,
        "action_ts": emulator.workspace.new_ts(),
    }
    if element["type"] in ENTRY_FIELDS:
        offered = emulator.suggested.get((block_id, press.action_id))
        state = entry(element, press.given, offered)
        typed = emulator.workspace.typed.setdefault((press.user, holder), {})
        typed.setdefault(block_id, {})[press.action_id] = state
        return base | state
    if element["type"] == "overflow":
        chosen = next((each for each in options_of(element) if each.get("value") == press.given), None)
        return base | {"selected_option": chosen}
    return base | {field: element[field] for field in BUTTON_FIELDS if field in element}


def keep_typed(emulator: Emulator, user: str, view_id: str, given: Json) -> Json:
    """Store what a person entered in a view, ``{block_id: {action_id: value}}``; return ``state.values``."""
    blocks = views.find(emulator.workspace, view_id)["blocks"]
    typed = emulator.workspace.typed.setdefault((user, view_id), {})
    for block_id, element in elements(blocks):
        action_id = str(element["action_id"])
        if action_id in given.get(block_id, {}) and element["type"] in ENTRY_FIELDS:
            offered = emulator.suggested.get((block_id, action_id))
            state = entry(element, given[block_id][action_id], offered)
            typed.setdefault(block_id, {})[action_id] = state
    return state_values(blocks, typed)


async def submit(emulator: Emulator, user: str, view_id: str, given: Json) -> Json:
    """Submit a modal; answers ``response_action`` and, when inputs are refused, ``errors`` by block_id."""
    modal = views.modal_of(emulator.workspace, user, view_id)
    values = keep_typed(emulator, user, view_id, given)
    early = client_errors(modal.view["blocks"], values)
    if early:
        return _refused(emulator, modal, early) | {"error": "invalid_input"}
    view = modal.view | {"state": {"values": values}}
    payload = payloads.view_submission(emulator, user, view)
    name = f"view_submission {view['callback_id']}"
    receipt = await emulator.delivery.deliver(INTERACTIVE, name, payload)
    if receipt.error:
        return _refused(emulator, modal, {"": "We had some trouble connecting. Try again?"}) | _answer(receipt)
    body = receipt.body if isinstance(receipt.body, dict) else {}
    return _answer(receipt) | _respond(emulator, user, modal, body) | {"view": emulator.workspace.on_top(user)}


def _refused(emulator: Emulator, modal: Modal, errors: dict[str, str]) -> Json:
    modal.errors = errors
    emulator.workspace.changed()
    return {"ok": False, "response_action": "errors", "errors": errors}


def _respond(emulator: Emulator, user: str, modal: Modal, body: Json) -> Json:
    """Do what the ack of a submission says: errors, update, push, clear; without it the view closes."""
    action = str(body.get("response_action") or "close")
    if action == "errors":
        return _app_errors(emulator, modal, body.get("errors") or {})
    modal.errors = None
    try:
        if action == "update":
            views.replace(emulator, modal.view, body["view"])
        elif action == "push":
            views.push(emulator, user, body["view"])
    except ApiError as refusal:
        return _refused(emulator, modal, {"": refusal.code}) | {"error": refusal.code, **refusal.detail}
    if action == "clear":
        emulator.workspace.modals[user] = []
    elif action == "close":
        emulator.workspace.modals[user].remove(modal)
    emulator.workspace.changed()
    return {"response_action": action}


def _app_errors(emulator: Emulator, modal: Modal, errors: dict[str, str]) -> Json:
    """Show the app's errors; Slack refuses errors for anything but an input block of the view."""
    inputs = {block["block_id"] for block in modal.view["blocks"] if block["type"] == "input"}
    if not errors or not set(errors) <= inputs:
        trouble = {"": "We had some trouble connecting. Try again?"}
        return _refused(emulator, modal, trouble) | {"error": "invalid_response_errors"}
    return _refused(emulator, modal, errors)


async def close(emulator: Emulator, user: str, view_id: str) -> Json:
    """Close a modal and those above it; tells the app of each that asked with notify_on_close."""
    stack = emulator.workspace.modals.get(user, [])
    modal = views.modal_of(emulator.workspace, user, view_id)
    closed = stack[stack.index(modal) :]
    del stack[stack.index(modal) :]
    emulator.workspace.changed()
    for each in reversed(closed):
        if each.view.get("notify_on_close"):
            payload = payloads.view_closed(emulator, user, each.view, cleared=len(closed) > 1)
            name = f"view_closed {each.view['callback_id']}"
            await emulator.delivery.deliver(INTERACTIVE, name, payload)
    return {"ok": True}


async def suggest(emulator: Emulator, press: Click, query: str) -> Json:
    """Ask the app for the options of an external select; answers ``options`` or ``option_groups``."""
    where: Json
    if press.view_id:
        view = views.find(emulator.workspace, press.view_id)
        blocks, where = view["blocks"], {"container": {"type": "view", "view_id": press.view_id}, "view": view}
    else:
        message = clicked_message(emulator, press.user, press.channel, press.ts)
        blocks, where = message.blocks, {"container": {"type": "message", "message_ts": press.ts}}
    found = find_element(blocks, press.block_id, press.action_id)
    if found is None:
        raise ApiError("action_not_found")
    payload = payloads.block_suggestion(emulator, press.user, found[1], found[0], query) | where
    name = f"block_suggestion {press.action_id}"
    receipt = await emulator.delivery.deliver(INTERACTIVE, name, payload)
    body = receipt.body if isinstance(receipt.body, dict) else {}
    emulator.suggested[found[0], press.action_id] = options_of(body)
    return _answer(receipt) | body
