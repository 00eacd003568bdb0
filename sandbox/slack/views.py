"""Modals and Home tabs: opening, pushing, replacing and publishing Block Kit views."""

import secrets

from sandbox.slack.blocks import validate
from sandbox.slack.chat_rules import refuse
from sandbox.slack.directory import APP_ID, BOT_ID, TEAM_ID
from sandbox.slack.emulator import Emulator
from sandbox.slack.form import state_values
from sandbox.slack.wire import ApiError, Json
from sandbox.slack.workspace import Modal, Workspace

DEEPEST_STACK = 3


def find(workspace: Workspace, view_id: str, external_id: str = "") -> Json:
    """Return an open modal's view or a Home view; raises ApiError not_found."""
    modals = [modal.view for stack in workspace.modals.values() for modal in stack]
    for view in (*modals, *workspace.homes.values()):
        if (view_id and view["id"] == view_id) or (external_id and view["external_id"] == external_id):
            return view
    raise ApiError("not_found")


def modal_of(workspace: Workspace, user: str, view_id: str) -> Modal:
    """Return a modal on the user's stack; raises ApiError not_found."""
    for modal in workspace.modals.get(user, []):
        if modal.view["id"] == view_id:
            return modal
    raise ApiError("not_found")


def open_modal(emulator: Emulator, user: str, definition: Json) -> Json:
    """Open a modal as the user's only one; raises ApiError invalid_arguments."""
    view = _built(emulator, definition, "modal")
    emulator.workspace.modals[user] = [Modal(view)]
    emulator.workspace.changed()
    return view


def push(emulator: Emulator, user: str, definition: Json) -> Json:
    """Put a modal on top of the user's stack; raises ApiError push_limit_reached above three."""
    stack = emulator.workspace.modals.setdefault(user, [])
    if len(stack) >= DEEPEST_STACK:
        raise ApiError("push_limit_reached")
    view = _built(emulator, definition, "modal")
    if stack:
        view |= {"root_view_id": stack[0].view["id"], "previous_view_id": stack[-1].view["id"]}
    stack.append(Modal(view))
    emulator.workspace.changed()
    return view


def replace(emulator: Emulator, old: Json, definition: Json, view_hash: str = "") -> Json:
    """Replace a view in place, keeping its id; raises ApiError hash_conflict when it changed meanwhile."""
    if view_hash and view_hash != old["hash"]:
        raise ApiError("hash_conflict")
    new = _built(emulator, definition, old["type"])
    new |= {key: old[key] for key in ("id", "root_view_id", "previous_view_id")}
    kept = {each["block_id"] for each in new["blocks"]}
    for (_, view_id), typed in emulator.workspace.typed.items():
        if view_id == old["id"]:
            for block_id in set(typed) - kept:
                del typed[block_id]
    old.clear()
    old.update(new)
    emulator.workspace.changed()
    return old


def publish(emulator: Emulator, user: str, definition: Json, view_hash: str = "") -> Json:
    """Set a user's Home tab; raises ApiError not_enabled, hash_conflict or invalid_arguments."""
    if not emulator.manifest.home_tab:
        raise ApiError("not_enabled")
    old = emulator.workspace.homes.get(user)
    if old is not None:
        return replace(emulator, old, definition, view_hash)
    view = _built(emulator, definition, "home")
    emulator.workspace.homes[user] = view
    emulator.workspace.changed()
    return view


def _built(emulator: Emulator, definition: Json, surface: str) -> Json:
    if definition.get("type") != surface:
        message = f"[ERROR] must be {surface} [json-pointer:/view/type]"
        raise ApiError("invalid_arguments", response_metadata={"messages": [message]})
    refuse(validate(definition, surface), "invalid_arguments")
    view_id = emulator.workspace.new_id("V")
    blocks = emulator.workspace.with_ids(definition["blocks"]) or []
    return {
        "id": view_id,
        "team_id": TEAM_ID,
        "type": surface,
        "blocks": blocks,
        "private_metadata": definition.get("private_metadata", ""),
        "callback_id": definition.get("callback_id", ""),
        "state": {"values": state_values(blocks, {})},
        "hash": f"{emulator.workspace.new_ts()}.{secrets.token_hex(4)}",
        "title": definition.get("title"),
        "clear_on_close": bool(definition.get("clear_on_close")),
        "notify_on_close": bool(definition.get("notify_on_close")),
        "close": definition.get("close"),
        "submit": definition.get("submit"),
        "previous_view_id": None,
        "root_view_id": view_id,
        "app_id": APP_ID,
        "external_id": definition.get("external_id", ""),
        "app_installed_team_id": TEAM_ID,
        "bot_id": BOT_ID,
    }
