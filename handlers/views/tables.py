"""The same message for a workspace that does not know the table block yet, or has its picture not ready yet."""

from dataclasses import replace

from handlers.views.blocks import MESSAGE_BLOCKS, Block, Message, context, sections
from handlers.views.text import escape

AWAITED = context("🖼️ The picture is on its way; the numbers are all here.")
"""Stands where a picture will."""


def has_table(message: Message) -> bool:
    """Say whether there is a table in it."""
    return any(block["type"] == "table" for block in message.blocks)


def has_picture(message: Message) -> bool:
    """Say whether there is a picture in it."""
    return any(block["type"] == "image" for block in message.blocks)


def without_pictures(message: Message) -> Message:
    """Return the message with words in place of each picture."""
    blocks = tuple(AWAITED if block["type"] == "image" else block for block in message.blocks)
    return replace(message, blocks=blocks)


def without_tables(message: Message) -> Message:
    """Return the message with each table written out as lines."""
    blocks = [each for block in message.blocks for each in _written_out(block)]
    return replace(message, blocks=tuple(blocks[:MESSAGE_BLOCKS]))


def _written_out(block: Block) -> list[Block]:
    rows = block.get("rows")
    if block.get("type") != "table" or not isinstance(rows, list):
        return [block]
    return sections([_line(row) for row in rows[1:]])


def _line(row: list[Block]) -> str:
    """Return a row's cells in one line, the first as its heading."""
    heading, *cells = (escape(str(cell.get("text", "")), 90) for cell in row)
    return f"*{heading}*: {' · '.join(cells)}"
