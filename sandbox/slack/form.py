"""What a person entered in interactive elements, in the shapes of Slack's ``state.values`` and actions."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from sandbox.slack.wire import Json

ENTRY_FIELDS = {
    "plain_text_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "number_input": "value",
    "rich_text_input": "rich_text_value",
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "checkboxes": "selected_options",
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "multi_users_select": "selected_users",
    "multi_conversations_select": "selected_conversations",
    "multi_channels_select": "selected_channels",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "file_input": "files",
}
INITIAL_FIELDS = {
    "value": "initial_value",
    "rich_text_value": "initial_value",
    "selected_option": "initial_option",
    "selected_options": "initial_options",
    "selected_user": "initial_user",
    "selected_users": "initial_users",
    "selected_conversation": "initial_conversation",
    "selected_conversations": "initial_conversations",
    "selected_channel": "initial_channel",
    "selected_channels": "initial_channels",
    "selected_date": "initial_date",
    "selected_time": "initial_time",
    "selected_date_time": "initial_date_time",
}
REQUIRED = "Please complete this required field."


def elements(blocks: list[Json] | None) -> Iterator[tuple[str, Json]]:
    """Yield ``(block_id, element)`` for everything in the blocks that carries an action_id."""
    for block in blocks or []:
        for element in _carriers(block):
            yield str(block.get("block_id", "")), element


def _carriers(node: object) -> Iterator[Json]:
    if isinstance(node, dict):
        if "action_id" in node and "type" in node:
            yield node
        for child in node.values():
            yield from _carriers(child)
    elif isinstance(node, list):
        for child in node:
            yield from _carriers(child)


def find_element(blocks: list[Json] | None, block_id: str, action_id: str) -> tuple[str, Json] | None:
    """Return the element with this action_id (in this block, when a block_id is given), or None."""
    for found, element in elements(blocks):
        if element["action_id"] == action_id and block_id in ("", found):
            return found, element
    return None


def options_of(element: Json) -> list[Json]:
    """Return the element's own options, those inside groups included."""
    groups: list[Json] = element.get("option_groups") or []
    return [*(element.get("options") or []), *(option for group in groups for option in group["options"])]


def entry(element: Json, given: object, offered: list[Json] | None = None) -> Json:
    """Return the state of one element holding ``given`` (a string, list, bool or None); ``offered`` adds options."""
    kind = str(element["type"])
    field = ENTRY_FIELDS[kind]
    choices = [*options_of(element), *(offered or [])]
    return {"type": kind, field: _READERS.get(field, _plain)(given, choices)}


def initial_entry(element: Json) -> Json:
    """Return the state of an element that nobody has touched."""
    kind = str(element["type"])
    field = ENTRY_FIELDS[kind]
    empty: object = [] if field in ("selected_options", "files") or field.endswith("s") else None
    return {"type": kind, field: element.get(INITIAL_FIELDS.get(field, ""), empty)}


def state_values(blocks: list[Json] | None, entered: Json) -> Json:
    """Return ``state.values`` of the blocks: ``entered`` states over the initial ones."""
    values: Json = {}
    for block_id, element in elements(blocks):
        if element["type"] in ENTRY_FIELDS:
            action_id = str(element["action_id"])
            known = entered.get(block_id, {}).get(action_id)
            values.setdefault(block_id, {})[action_id] = known or initial_entry(element)
    return values


def client_errors(blocks: list[Json], values: Json) -> dict[str, str]:
    """Return what Slack's own client refuses before it submits: empty required inputs, texts of wrong length."""
    errors: dict[str, str] = {}
    for block in blocks:
        if block.get("type") != "input":
            continue
        element: Json = block["element"]
        state = values.get(block["block_id"], {}).get(element["action_id"], {})
        problem = _problem(block, element, state.get(ENTRY_FIELDS.get(str(element["type"]), "")))
        if problem:
            errors[str(block["block_id"])] = problem
    return errors


def _problem(block: Json, element: Json, held: object) -> str | None:
    if not held:
        return None if block.get("optional") else REQUIRED
    if isinstance(held, str) and element["type"] == "plain_text_input":
        if len(held) < int(element.get("min_length", 0)):
            return f"Use at least {element['min_length']} characters."
        if len(held) > int(element.get("max_length", 3000)):
            return f"Use at most {element.get('max_length', 3000)} characters."
    return None


def _plain(given: object, _choices: list[Json]) -> object:
    return given


def _text(given: object, _choices: list[Json]) -> object:
    return None if given in (None, "") else str(given)


def _option(given: object, choices: list[Json]) -> object:
    if given in (None, ""):
        return None
    return next((_bare(choice) for choice in choices if choice.get("value") == given), None)


def _option_list(given: object, choices: list[Json]) -> object:
    wanted = given if isinstance(given, list) else [given]
    return [_bare(choice) for choice in choices if choice.get("value") in wanted]


def _bare(choice: Json) -> Json:
    return {key: choice[key] for key in ("text", "value", "description") if key in choice}


def _rich_text(given: object, _choices: list[Json]) -> object:
    if isinstance(given, dict) or given in (None, ""):
        return given or None
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": str(given)}]}
    return {"type": "rich_text", "elements": [section]}


def _moment(given: object, _choices: list[Json]) -> object:
    """Read epoch seconds, or a browser's ``YYYY-MM-DDTHH:MM`` as UTC."""
    if given in (None, ""):
        return None
    if isinstance(given, str) and not given.isdigit():
        return int(datetime.fromisoformat(given).replace(tzinfo=UTC).timestamp())
    return int(str(given))


_READERS: dict[str, Callable[[object, list[Json]], object]] = {
    "value": _text,
    "selected_option": _option,
    "selected_options": _option_list,
    "rich_text_value": _rich_text,
    "selected_date_time": _moment,
}
