"""Block Kit elements, each cut to its limit.

Limits as in docs.slack.dev/reference/block-kit: a message has 50 blocks, a view 100; a section 3,000 characters and 10
fields of 2,000; a header 150; a button 75 with a value of 2,000; a confirm dialog 100, 300 and 30; a table 100 rows.
Slack refuses a message whose blocks hold about 13,200 characters together (msg_blocks_too_long, slackapi/bolt-js
#2509).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from handlers.views.text import clean, truncate

Block = dict[str, object]
"""A block, an element or an object of Block Kit."""

View = dict[str, object]
"""A modal or a Home tab."""

MESSAGE_BLOCKS = 50
MESSAGE_CHARACTERS = 12_000
SECTION_CHARACTERS = 3_000
VIEW_BLOCKS = 100
SELECT_OPTIONS = 100


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted: blocks, and the text that notifications and screen readers take instead of them.

    An answer to a command is private, unless it is `for_channel`.
    """

    blocks: tuple[Block, ...]
    text: str
    for_channel: bool = False


def message(text: str, *blocks: Block) -> Message:
    """Return a message; without blocks its text is what people see."""
    return Message(tuple(_fitting(blocks[:MESSAGE_BLOCKS])), _whole_lines(text, 3_000))


def _fitting(blocks: Sequence[Block]) -> list[Block]:
    """Return the blocks that Slack takes together; what is too much is left out, and said to be."""
    kept: list[Block] = []
    room = MESSAGE_CHARACTERS
    for block in blocks:
        room -= _weight(block)
        if room < 0:
            return [*kept[: MESSAGE_BLOCKS - 1], context("… the rest is too long for one message.")]
        kept.append(block)
    return kept


def _weight(node: object) -> int:
    """Return how many characters of text a block holds."""
    if isinstance(node, str):
        return len(node)
    if isinstance(node, dict):
        return sum(map(_weight, node.values()))
    return sum(map(_weight, node)) if isinstance(node, list) else 0


def paragraph(text: str) -> Message:
    """Return a message of one section."""
    return message(text, section(text))


def plain(text: str, limit: int) -> Block:
    """Return a plain_text object; Slack wants at least one character."""
    return {"type": "plain_text", "text": truncate(clean(text), limit) or " ", "emoji": True}


def mrkdwn(text: str, limit: int = 3_000) -> Block:
    """Return a mrkdwn object of text that is escaped already; what is too long ends with a whole line."""
    return {"type": "mrkdwn", "text": _whole_lines(text, limit) or " "}


def _whole_lines(text: str, limit: int) -> str:
    """Cut between lines where that is possible: a link or a time that is cut in half shows as markup."""
    if len(text) <= limit:
        return text
    kept, _, _ = text[: limit - 1].rpartition("\n")
    return f"{kept}\n…" if kept and len(kept) + 2 <= limit else truncate(text, limit)


def header(text: str) -> Block:
    """Return a header block."""
    return {"type": "header", "text": plain(text, 150)}


def section(text: str, accessory: Block | None = None) -> Block:
    """Return a section of mrkdwn."""
    block: Block = {"type": "section", "text": mrkdwn(text)}
    return block if accessory is None else {**block, "accessory": accessory}


def sections(lines: Sequence[str]) -> list[Block]:
    """Return lines in as few sections as hold them whole."""
    held: list[list[str]] = []
    room = 0
    for line in lines:
        if not held or len(line) + 1 > room:
            held.append([])
            room = SECTION_CHARACTERS
        held[-1].append(line)
        room -= len(line) + 1
    return [section("\n".join(each)) for each in held]


def fields(*pairs: tuple[str, str]) -> Block:
    """Return a section of (name, value) fields, ten at most."""
    return {"type": "section", "fields": [mrkdwn(f"*{name}*\n{value}", 2_000) for name, value in pairs[:10]]}


def context(*texts: str) -> Block:
    """Return a context block: small print."""
    return {"type": "context", "elements": [mrkdwn(text) for text in texts[:10] if text]}


def picture(file: str, alt: str) -> Block:
    """Return an image block that shows a file of Slack's by its id; the alt text has at most 2,000 characters."""
    return {"type": "image", "slack_file": {"id": file}, "alt_text": truncate(clean(alt), 2_000) or "A picture"}


def preformatted(text: str) -> Block:
    """Return text in a box, letter by letter: in rich text nothing is markup, so that it can mention nobody."""
    shown = {"type": "text", "text": truncate(clean(text), SECTION_CHARACTERS) or " "}
    return {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [shown]}]}


def divider() -> Block:
    """Return a divider."""
    return {"type": "divider"}


def actions(block_id: str, *elements: Block) -> Block:
    """Return a row of buttons."""
    return {"type": "actions", "block_id": truncate(block_id, 255), "elements": list(elements[:25])}


@dataclass(frozen=True, slots=True)
class Confirm:
    """The question that Slack asks before it sends a click."""

    title: str
    text: str
    yes: str
    no: str = "Go back"
    danger: bool = False

    def block(self) -> Block:
        """Return the confirm object."""
        return {
            "title": plain(self.title, 100),
            "text": plain(self.text, 300),
            "confirm": plain(self.yes, 30),
            "deny": plain(self.no, 30),
            "style": "danger" if self.danger else "primary",
        }


def button(label: str, action_id: str, value: str, *, style: str = "", confirm: Confirm | None = None) -> Block:
    """Return a button. `style` is `primary`, `danger` or nothing."""
    element: Block = {"type": "button", "action_id": action_id, "text": plain(label, 75), "value": value[:2_000]}
    if style:
        element["style"] = style
    if confirm is not None:
        element["confirm"] = confirm.block()
    return element


def option(label: str, value: str) -> Block:
    """Return a choice of a select."""
    return {"text": plain(label, 75), "value": value[:150]}


def select(action_id: str, placeholder: str, options: Sequence[Block], chosen: Block | None = None) -> Block:
    """Return a static select of at most 100 choices."""
    element: Block = {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": plain(placeholder, 150),
        "options": list(options[:SELECT_OPTIONS]),
    }
    return element if chosen is None else {**element, "initial_option": chosen}


def checkboxes(action_id: str, options: Sequence[Block]) -> Block:
    """Return boxes to tick, ten at most."""
    return {"type": "checkboxes", "action_id": action_id, "options": list(options[:10])}


def text_input(action_id: str, placeholder: str, *, longest: int = 1_000) -> Block:
    """Return a text box of several lines."""
    return {
        "type": "plain_text_input",
        "action_id": action_id,
        "multiline": True,
        "min_length": 3,
        "max_length": longest,
        "placeholder": plain(placeholder, 150),
    }


def line_input(action_id: str, placeholder: str) -> Block:
    """Return a text box of one line."""
    return {
        "type": "plain_text_input",
        "action_id": action_id,
        "max_length": 150,
        "placeholder": plain(placeholder, 150),
    }


def labelled(block_id: str, label: str, element: Block, *, hint: str = "", dispatch: bool = False) -> Block:
    """Return an input block; with `dispatch` a choice is sent at once and not only on submit."""
    block: Block = {"type": "input", "block_id": block_id, "label": plain(label, 2_000), "element": element}
    if hint:
        block["hint"] = plain(hint, 2_000)
    if dispatch:
        block["dispatch_action"] = True
    return block


def table(rows: Sequence[Sequence[str]]) -> Block:
    """Return a table of plain one-line cells, the first row its heading. Only one may stand in a message."""
    return {
        "type": "table",
        "column_settings": [{"is_wrapped": True} for _ in rows[0]],
        "rows": [[_cell(cell) for cell in row] for row in rows[:100]],
    }


def _cell(text: str) -> Block:
    return {"type": "raw_text", "text": truncate(" ".join(clean(text).split()), 90) or "-"}


def modal(title: str, blocks: Sequence[Block], *, callback_id: str, metadata: str = "", submit: str = "") -> View:
    """Return a modal; with `submit` it has a button that sends it."""
    view: View = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title, 24),
        "close": plain("Cancel" if submit else "Close", 24),
        "private_metadata": metadata[:3_000],
        "blocks": list(blocks[:VIEW_BLOCKS]),
    }
    return {**view, "submit": plain(submit, 24)} if submit else view
