"""The block rules: what Slack refuses, with its pointer, and what it accepts."""

from typing import Any

import pytest

from sandbox.slack.blocks import legacy_messages, validate

Block = dict[str, Any]


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def marked(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def button(**more: Any) -> Block:
    return {"type": "button", "text": plain("Go"), "action_id": "go", **more}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def options(count: int, value: str = "v") -> list[Block]:
    return [{"text": plain(f"o{n}"), "value": f"{value}{n}"} for n in range(count)]


def select(**more: Any) -> Block:
    return {"type": "static_select", "action_id": "pick", **more}


def table(rows: int, columns: int) -> Block:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * columns for _ in range(rows)]}


def section(**more: Any) -> Block:
    return {"type": "section", **more}


CONFIRM = {"title": plain("Sure?"), "text": marked("prod: a → b"), "confirm": plain("Yes"), "deny": plain("No")}
DIVIDER = {"type": "divider"}

REFUSED = [
    ([DIVIDER] * 51, "/blocks"),
    ([section()], "/blocks/0"),
    ([section(text=marked(""))], "/blocks/0/text/text"),
    ([section(text=marked("x" * 3001))], "/blocks/0/text/text"),
    ([section(text="words")], "/blocks/0/text"),
    ([section(fields=[marked("x")] * 11)], "/blocks/0/fields"),
    ([section(fields=[marked("x" * 2001)])], "/blocks/0/fields/0/text"),
    ([section(text=marked("x"), colour="red")], "/blocks/0/colour"),
    ([section(text=marked("x"), accessory=DIVIDER)], "/blocks/0/accessory/type"),
    ([section(text=marked("x"), block_id="b" * 256)], "/blocks/0/block_id"),
    ([{"type": "header", "text": marked("x")}], "/blocks/0/text/type"),
    ([{"type": "header", "text": plain("x" * 151)}], "/blocks/0/text/text"),
    ([{"type": "banner"}], "/blocks/0/type"),
    ([{"type": "context", "elements": [marked("x")] * 11}], "/blocks/0/elements"),
    ([{"type": "context", "elements": [button()]}], "/blocks/0/elements/0/type"),
    ([actions()], "/blocks/0/elements"),
    ([actions(*(button(action_id=str(n)) for n in range(26)))], "/blocks/0/elements"),
    ([actions(button(), button())], "/blocks/0/elements/1/action_id"),
    ([actions(button(text=plain("x" * 76)))], "/blocks/0/elements/0/text/text"),
    ([actions(button(text=marked("x")))], "/blocks/0/elements/0/text/type"),
    ([actions(button(value="x" * 2001))], "/blocks/0/elements/0/value"),
    ([actions(button(style="success"))], "/blocks/0/elements/0/style"),
    ([actions(button(confirm=CONFIRM | {"title": plain("x" * 101)}))], "/blocks/0/elements/0/confirm/title/text"),
    ([actions(button(confirm={"title": plain("x")}))], "/blocks/0/elements/0/confirm"),
    ([actions(button(accessibility_label="x" * 76))], "/blocks/0/elements/0/accessibility_label"),
    ([actions(select())], "/blocks/0/elements/0"),
    ([actions(select(options=[]))], "/blocks/0/elements/0/options"),
    ([actions(select(options=options(101)))], "/blocks/0/elements/0/options"),
    ([actions(select(options=options(1, "x" * 151)))], "/blocks/0/elements/0/options/0/value"),
    ([actions(select(options=options(2), initial_option=options(3)[2]))], "/blocks/0/elements/0/initial_option"),
    ([actions({"type": "overflow", "options": options(6)})], "/blocks/0/elements/0/options"),
    ([{**DIVIDER, "block_id": "a"}, {**DIVIDER, "block_id": "a"}], "/blocks/1/block_id"),
    ([table(101, 2)], "/blocks/0/rows"),
    ([table(1, 21)], "/blocks/0/rows/0"),
    ([table(1, 1), table(1, 1)], "/blocks/1"),
    ([{"type": "image", "alt_text": "x"}], "/blocks/0"),
    ([{"type": "image", "image_url": "https://x.example/a.png"}], "/blocks/0"),
    ([{"type": "alert", "text": plain("x")}], "/blocks/0/type"),
    ([{"type": "markdown", "text": "x" * 6001}] * 2, "/blocks"),
    ([{"type": "task_card", "task_id": "t", "title": "x", "status": "pending"}], "/blocks/0/status"),
    ([{"type": "input", "label": plain("x"), "element": button()}], "/blocks/0/element/type"),
    ("no list", "/blocks"),
]


@pytest.mark.parametrize(("blocks", "pointer"), REFUSED)
def test_a_message_is_refused_where_slack_points_to(blocks: Any, pointer: str) -> None:
    assert pointer in [problem.pointer for problem in validate({"blocks": blocks}, "message")]


def test_a_full_card_is_accepted() -> None:
    blocks = [
        {"type": "header", "text": plain("x" * 150)},
        section(text=marked("x" * 3000), fields=[marked("y" * 2000)] * 10, accessory=button(confirm=CONFIRM)),
        {**table(100, 20), "column_settings": [None, {"align": "right", "is_wrapped": True}]},
        {"type": "context", "elements": [marked("who"), plain("when")]},
        actions(button(style="primary"), select(options=options(100), placeholder=plain("Version"))),
        {"type": "plan", "title": "Pipeline", "tasks": [{"type": "task_card", "task_id": "t", "title": "x"}]},
    ]
    assert validate({"blocks": blocks}, "message") == []


def modal(**more: Any) -> Block:
    element = {"type": "plain_text_input", "action_id": "t", "max_length": 3000}
    field = {"type": "input", "block_id": "why", "label": plain("Why"), "element": element}
    return {"type": "modal", "title": plain("Reject"), "submit": plain("Reject"), "blocks": [field], **more}


@pytest.mark.parametrize(
    ("view", "pointer"),
    [
        (modal(title=plain("x" * 25)), "/title/text"),
        (modal(title=marked("x")), "/title/type"),
        (modal(private_metadata="x" * 3001), "/private_metadata"),
        (modal(callback_id="x" * 256), "/callback_id"),
        (modal(type="home"), "/type"),
        (modal(hash="echoed"), "/hash"),
        (modal(blocks=[DIVIDER] * 101), "/blocks"),
        (modal(blocks=[table(1, 1)]), "/blocks/0/type"),
        ({key: value for key, value in modal().items() if key != "submit"}, "/submit"),
        ({key: value for key, value in modal().items() if key != "title"}, ""),
        ({key: value for key, value in modal().items() if key != "blocks"}, ""),
    ],
)
def test_a_modal_is_refused_where_slack_points_to(view: Block, pointer: str) -> None:
    assert pointer in [problem.pointer for problem in validate(view, "modal")]


def test_modals_and_homes_are_accepted() -> None:
    assert validate(modal(notify_on_close=True), "modal") == []
    assert validate(modal(blocks=[{"type": "alert", "text": plain("x"), "level": "error"}]), "modal") == []
    assert validate({"type": "home", "blocks": [DIVIDER] * 100}, "home") == []


def test_the_answer_is_blocks_validates_and_the_older_texts() -> None:
    (problem,) = validate({"blocks": [section(text={"type": "invalid", "text": "x"})]}, "message")
    assert (problem.pointer, problem.code) == ("/blocks/0/text/type", "failed_constraint")
    assert problem.message == "unsupported type: invalid"
    assert problem.constraint == {"type": "enum", "expected": ["plain_text", "mrkdwn"]}
    (long,) = validate({"blocks": [section(text=marked("x" * 3001))]}, "message")
    assert legacy_messages([long]) == ["[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"]
