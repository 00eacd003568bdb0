"""The same message for a workspace that does not know the table block yet."""

from dataclasses import replace

from handlers.views.blocks import Block, Message, section
from handlers.views.text import escape

_MOST_ROWS = 14


def without_tables(message: Message) -> Message:
    """Return the message with each table written out as lines."""
    return replace(message, blocks=tuple(_written_out(block) for block in message.blocks))


def _written_out(block: Block) -> Block:
    rows = block.get("rows")
    if block.get("type") != "table" or not isinstance(rows, list):
        return block
    return section("\n".join(_line(row) for row in rows[1:_MOST_ROWS]) or "No checks.")


def _line(row: list[Block]) -> str:
    """Return a row's cells in one line, the first as its heading."""
    heading, *cells = (escape(str(cell.get("text", "")), 90) for cell in row)
    return f"*{heading}*: {' · '.join(cells)}"
