"""What people enter, in the shapes of Slack's state.values."""

from typing import Any

import pytest

from sandbox.slack.form import client_errors, entry, initial_entry, state_values

OPTIONS = [{"text": {"type": "plain_text", "text": name}, "value": name} for name in ("a", "b")]


@pytest.mark.parametrize(
    ("kind", "given", "field", "held"),
    [
        ("plain_text_input", "x", "value", "x"),
        ("plain_text_input", "", "value", None),
        ("number_input", 3, "value", "3"),
        ("static_select", "b", "selected_option", OPTIONS[1]),
        ("static_select", "z", "selected_option", None),
        ("radio_buttons", None, "selected_option", None),
        ("checkboxes", ["a", "b"], "selected_options", OPTIONS),
        ("multi_static_select", "a", "selected_options", OPTIONS[:1]),
        ("users_select", "U0ANA", "selected_user", "U0ANA"),
        ("multi_users_select", ["U0ANA"], "selected_users", ["U0ANA"]),
        ("datepicker", "2026-11-23", "selected_date", "2026-11-23"),
        ("datetimepicker", "2026-11-23T12:00", "selected_date_time", 1795435200),
        ("datetimepicker", 1795435200, "selected_date_time", 1795435200),
        ("datetimepicker", "", "selected_date_time", None),
    ],
)
def test_an_entry_has_its_elements_field(kind: str, given: object, field: str, held: object) -> None:
    assert entry({"type": kind, "options": OPTIONS}, given) == {"type": kind, field: held}


def test_rich_text_is_wrapped() -> None:
    value: Any = entry({"type": "rich_text_input"}, "words")["rich_text_value"]
    assert value["elements"][0]["elements"] == [{"type": "text", "text": "words"}]
    assert entry({"type": "rich_text_input"}, "")["rich_text_value"] is None


def test_options_in_groups_and_suggested_ones_can_be_chosen() -> None:
    grouped = {"type": "static_select", "option_groups": [{"options": OPTIONS}]}
    assert entry(grouped, "a")["selected_option"] == OPTIONS[0]
    assert entry({"type": "external_select"}, "b", OPTIONS)["selected_option"] == OPTIONS[1]


def test_untouched_elements_hold_their_initial_value() -> None:
    assert initial_entry({"type": "static_select", "initial_option": OPTIONS[0]})["selected_option"] == OPTIONS[0]
    assert initial_entry({"type": "checkboxes"}) == {"type": "checkboxes", "selected_options": []}
    assert initial_entry({"type": "datepicker"}) == {"type": "datepicker", "selected_date": None}


def test_slacks_client_refuses_before_it_submits() -> None:
    element = {"type": "plain_text_input", "action_id": "t", "min_length": 2, "max_length": 3}
    block = {"type": "input", "block_id": "b", "element": element}

    def refused(text: str, **more: Any) -> dict[str, str]:
        blocks = [block | more]
        return client_errors(blocks, state_values(blocks, {"b": {"t": entry(element, text)}}))

    assert refused("") == {"b": "Please complete this required field."}
    assert refused("", optional=True) == {}
    assert refused("x") == {"b": "Use at least 2 characters."}
    assert refused("xxxx") == {"b": "Use at most 3 characters."}
    assert refused("xx") == {}
