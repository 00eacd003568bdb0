"""What Slack refuses in a message's content before it stores it."""

from sandbox.slack.blocks import Problem, legacy_messages, validate
from sandbox.slack.wire import ApiError, Json

LONGEST_TEXT = 40_000
LONGEST_UPDATE = 4_000
LONGEST_BLOCKS = 13_200
MOST_ATTACHMENTS = 100


def check_content(body: Json, *, update: bool = False) -> None:
    """Refuse unusable content: no_text, msg_too_long, msg_blocks_too_long (~13.2 k, bolt-js #2509), invalid_blocks."""
    text = body.get("text")
    blocks: object = body.get("blocks")
    if not text and not blocks and not body.get("attachments") and not (update and blocks == []):
        raise ApiError("no_text")
    if len(str(text or "")) > (LONGEST_UPDATE if update else LONGEST_TEXT):
        raise ApiError("msg_too_long")
    if len(body.get("attachments") or []) > MOST_ATTACHMENTS:
        raise ApiError("too_many_attachments")
    if blocks is not None:
        refuse(validate({"blocks": blocks}, "message"), "invalid_blocks")
        if _characters(blocks) > LONGEST_BLOCKS:
            raise ApiError("msg_blocks_too_long")


def _characters(node: object) -> int:
    """Count the characters of every text in the blocks."""
    if isinstance(node, dict):
        own = len(node["text"]) if isinstance(node.get("text"), str) else 0
        return own + sum(_characters(child) for child in node.values())
    return sum(_characters(child) for child in node) if isinstance(node, list) else 0


def refuse(problems: list[Problem], code: str) -> None:
    """Raise ApiError ``code`` with Slack's legacy messages when there is a problem."""
    if problems:
        texts = legacy_messages(problems)
        raise ApiError(code, errors=texts, response_metadata={"messages": texts})
