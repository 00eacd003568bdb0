"""Block Kit validation in the shape of Slack's ``blocks.validate``; pure, so that tests of views use it too."""

from collections.abc import Iterator

from sandbox.slack.block_rules import BLOCKS
from sandbox.slack.block_schema import Flag, Items, One, Problem, Rule, Shape, Text, TextObject, broken, wrong_type
from sandbox.slack.wire import Json

__all__ = ["Problem", "legacy_messages", "validate"]

MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}
MESSAGE_ONLY = {
    "card",
    "carousel",
    "container",
    "context_actions",
    "data_table",
    "data_visualization",
    "file",
    "markdown",
    "plan",
    "table",
    "task_card",
}
MODAL_ONLY = {"alert"}
MOST_PER_MESSAGE = {"table": 1, "data_visualization": 2}
LONGEST_MARKDOWN = 12_000
OPTION_MENUS = {"static_select", "multi_static_select"}

_SHARED: dict[str, Rule] = {
    "private_metadata": Text(3000, 0),
    "callback_id": Text(255, 0),
    "external_id": Text(255, 0),
    "blocks": Items(Shape(loose=True), 100, 0),
}
_SHORT = TextObject(24, plain=True)
VIEWS = {
    "home": Shape({}, _SHARED),
    "modal": Shape(
        {"title": _SHORT},
        {
            **_SHARED,
            "submit": _SHORT,
            "close": _SHORT,
            "clear_on_close": Flag(),
            "notify_on_close": Flag(),
            "submit_disabled": Flag(),
        },
    ),
}


def validate(payload: Json, surface: str) -> list[Problem]:
    """Return everything that Slack would refuse in a message, modal or Home view.

    Args:
        payload: a message (only its ``blocks`` are looked at) or a whole view.
        surface: ``message``, ``modal`` or ``home``.

    Returns:
        Problems in the order of the payload; empty when it is valid. Limits: facts in ``block_rules``.

    """
    return list(_problems(payload, surface))


def legacy_messages(problems: list[Problem]) -> list[str]:
    """Return the problems as chat.* and views.* put them in ``response_metadata.messages``."""
    return [f"[ERROR] {each.message} [json-pointer:{each.pointer}]" for each in problems]


def _problems(payload: Json, surface: str) -> Iterator[Problem]:
    if surface in VIEWS:
        yield from _view(payload, surface)
    blocks: object = payload.get("blocks")
    if blocks is None:
        yield Problem("", "missing_field", "missing required field: blocks", "blocks")
        return
    if not isinstance(blocks, list):
        yield wrong_type("/blocks", "an array")
        return
    allowed = set(BLOCKS) - (MODAL_ONLY if surface != "modal" else set())
    allowed -= MESSAGE_ONLY if surface != "message" else set()
    yield from Items(One(BLOCKS, tuple(sorted(allowed))), MOST_BLOCKS[surface], 0).problems(blocks, "/blocks")
    known = [(f"/blocks/{index}", block) for index, block in enumerate(blocks) if isinstance(block, dict)]
    for at, block in known:
        yield from _block(block, at)
    yield from _together(known)


def _view(view: Json, surface: str) -> Iterator[Problem]:
    if view.get("type") != surface:
        yield broken("/type", f"unsupported type: {view.get('type')}", type="enum", expected=[surface])
    yield from VIEWS[surface].problems(view, "")
    blocks: object = view.get("blocks")
    held = blocks if isinstance(blocks, list) else []
    has_input = any(isinstance(block, dict) and block.get("type") == "input" for block in held)
    if surface == "modal" and has_input and "submit" not in view:
        yield Problem("/submit", "missing_field", "`submit` is required with an input block", "submit")


def _block(block: Json, at: str) -> Iterator[Problem]:
    """Check what one block's table entry cannot say: either-or fields, unique ids, options."""
    kind = block.get("type")
    if kind == "section" and not block.get("text") and not block.get("fields"):
        yield Problem(at, "missing_field", "missing required field: text or fields", "text")
    if kind == "task_card" and block.get("status") == "pending":
        yield broken(f"{at}/status", "a task_card outside a plan cannot be pending")
    seen: set[object] = set()
    for where, node in _objects(block, at):
        yield from _object(node, where)
        action_id = node.get("action_id")
        if action_id and action_id in seen:
            text = f'`action_id` "{action_id}" already exists for another element in this block'
            yield broken(f"{where}/action_id", text)
        seen.add(action_id)


def _object(node: Json, at: str) -> Iterator[Problem]:
    if node.get("type") == "image" and ("image_url" in node) == ("slack_file" in node):
        yield broken(at, "must provide exactly one of image_url and slack_file")
    if node.get("type") not in OPTION_MENUS:
        return
    if ("options" in node) == ("option_groups" in node):
        yield broken(at, "must provide exactly one of options and option_groups")
    initial, options = node.get("initial_option"), node.get("options")
    if initial and isinstance(options, list) and initial not in options:
        yield broken(f"{at}/initial_option", "initial_option must match one of the options")


def _objects(node: object, at: str) -> Iterator[tuple[str, Json]]:
    if isinstance(node, dict):
        yield at, node
        for name, child in node.items():
            yield from _objects(child, f"{at}/{name}")
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from _objects(child, f"{at}/{index}")


def _together(blocks: list[tuple[str, Json]]) -> Iterator[Problem]:
    """Check what concerns all the blocks of one payload."""
    seen: set[object] = set()
    counts: dict[object, int] = {}
    markdown = 0
    for at, block in blocks:
        kind, block_id = block.get("type"), block.get("block_id")
        if block_id and block_id in seen:
            yield broken(f"{at}/block_id", f'`block_id` "{block_id}" already exists')
        seen.add(block_id)
        counts[kind] = counts.get(kind, 0) + 1
        most = MOST_PER_MESSAGE.get(str(kind))
        if most is not None and counts[kind] > most:
            yield broken(at, f"only {most} {kind} allowed in a message", type="max_items", expected=most)
        markdown += len(str(block.get("text", ""))) if kind == "markdown" else 0
    if markdown > LONGEST_MARKDOWN:
        text = f"markdown must be less than {LONGEST_MARKDOWN + 1} characters in a message"
        yield broken("/blocks", text, type="max_length", expected=LONGEST_MARKDOWN)
    focused = [at for at, node in _objects([b for _, b in blocks], "/blocks") if node.get("focus_on_load")]
    for at in focused[1:]:
        yield broken(f"{at}/focus_on_load", "only one element may have focus_on_load")
