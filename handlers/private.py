"""Answers from a listener: in the ack of a command, through the response_url of a click, in a modal's place."""

from slack_bolt import Ack, Respond

from handlers.views.blocks import Message
from handlers.views.modals import message_notice


def acknowledge(ack: Ack, message: Message | None) -> None:
    """Answer a slash command in its ack; only the person who typed it sees it, unless it is for the channel.

    A form that opens is answer enough.
    """
    if message is None:
        ack()
        return
    seen_by = "in_channel" if message.for_channel else "ephemeral"
    ack(text=message.text, blocks=list(message.blocks), response_type=seen_by)


def whisper(respond: Respond, message: Message) -> None:
    """Answer a click so that only the person who clicked sees it; the message with the button stays as it is."""
    respond(text=message.text, blocks=list(message.blocks), response_type="ephemeral", replace_original=False)


def replace_form(ack: Ack, title: str, message: Message) -> None:
    """Answer a form by putting a notice in its place."""
    ack(response_action="update", view=message_notice(title, message))
