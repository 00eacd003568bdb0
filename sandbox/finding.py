"""What a person finds in the local Slack: a card by its version, a button by its label, a picture, a file."""

from sandbox.slack.wire import Json

CHANNEL = "C0RELEASES"


def card_of(state: Json, version: str) -> Json | None:
    """Return the newest card of a version: a top-level message of Sluice that is nobody's alone."""
    for message in reversed(state["messages"].get(CHANNEL, [])):
        top = message["thread_ts"] in (None, message["ts"]) and not message["ephemeral"]
        if top and message["user"] == "U0SLUICE" and f"v{version}" in message["text"]:
            card: Json = message
            return card
    return None


def button_of(message: Json, label: str) -> Json | None:
    """Return the button of a message that a person would find under `label`."""
    for block in message["blocks"] or []:
        for element in [*block.get("elements", []), block.get("accessory") or {}]:
            if element.get("type") == "button" and label in element["text"]["text"]:
                button: Json = element
                return button
    return None


def picture_of(message: Json) -> Json | None:
    """Return the image block of a message that Slack shows a file in."""
    for block in message["blocks"] or []:
        if block["type"] == "image" and "slack_file" in block:
            image: Json = block
            return image
    return None
