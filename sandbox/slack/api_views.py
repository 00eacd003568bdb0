"""views.* and blocks.validate."""

from dataclasses import asdict

from sandbox.slack import views
from sandbox.slack.arguments import Arguments, missing
from sandbox.slack.blocks import validate
from sandbox.slack.emulator import Emulator
from sandbox.slack.methods import Method
from sandbox.slack.wire import ApiError, Json


def _view(args: Arguments) -> Json:
    view = args.mapping("view", "invalid_arguments")
    if view is None:
        raise ApiError("invalid_arguments", **missing("view"))
    return view


def _trigger(emulator: Emulator, args: Arguments) -> str:
    given = args.text("trigger_id") or args.text("interactivity_pointer")
    if not given:
        raise ApiError("invalid_arguments", **missing("trigger_id"))
    return emulator.triggers.redeem(given)


def open_(emulator: Emulator, args: Arguments) -> Json:
    """views.open: a modal for the person whose trigger_id is redeemed."""
    view = _view(args)
    return {"view": views.open_modal(emulator, _trigger(emulator, args), view)}


def push(emulator: Emulator, args: Arguments) -> Json:
    """views.push: a modal on top of the person's open ones."""
    view = _view(args)
    return {"view": views.push(emulator, _trigger(emulator, args), view)}


def update(emulator: Emulator, args: Arguments) -> Json:
    """views.update: replace a view by view_id or external_id."""
    old = views.find(emulator.workspace, args.text("view_id"), args.text("external_id"))
    return {"view": views.replace(emulator, old, _view(args), args.text("hash"))}


def publish(emulator: Emulator, args: Arguments) -> Json:
    """views.publish: set a person's Home tab."""
    user = emulator.workspace.user(args.required("user_id")).id
    return {"view": views.publish(emulator, user, _view(args), args.text("hash"))}


def validate_blocks(_emulator: Emulator, args: Arguments) -> Json:
    """blocks.validate: exactly one of blocks, message and view; answers every problem with its pointer."""
    given = [name for name in ("blocks", "message", "view") if args.values.get(name)]
    if len(given) != 1:
        raise ApiError("invalid_arguments")
    kind = given[0]
    if kind == "blocks":
        problems = validate({"blocks": args.json("blocks")}, "message")
    else:
        payload = args.mapping(kind) or {}
        problems = validate(payload, str(payload.get("type", "modal")) if kind == "view" else "message")
    if problems:
        raise ApiError(f"invalid_{kind}", errors=[asdict(each) for each in problems])
    return {}


METHODS = {
    "views.open": Method(open_),
    "views.push": Method(push),
    "views.update": Method(update),
    "views.publish": Method(publish),
    "blocks.validate": Method(validate_blocks, caller="none"),
}
