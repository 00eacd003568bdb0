"""Whatever nobody else listens to: buttons of old messages, forms and commands of an older or newer Sluice."""

import re

from slack_bolt import Ack, App, Respond

from handlers.private import acknowledge, replace_form, whisper
from handlers.views.blocks import paragraph

_ANYTHING = re.compile(".*", re.DOTALL)
_OLD = paragraph(
    "This belongs to an older message that Sluice no longer acts on. Nothing was changed. "
    "`/release` lists the releases with their cards."
)
_OLD_FORM = paragraph("Sluice no longer knows this form. Nothing was changed; open it again.")
_UNKNOWN_COMMAND = paragraph("Sluice does not know this command. `/release help` explains those that it knows.")


def register(app: App) -> None:
    """Listen to everything; has to be registered last, as the first listener that matches is taken."""
    app.action(_ANYTHING)(on_unknown_action)
    app.view(_ANYTHING)(on_unknown_form)
    app.command(_ANYTHING)(on_unknown_command)


def on_unknown_action(ack: Ack, respond: Respond) -> None:
    """Answer a click that means nothing any more."""
    ack()
    # In a modal there is no response_url, and the form itself stays to be used.
    if respond.response_url:
        whisper(respond, _OLD)


def on_unknown_form(ack: Ack) -> None:
    """Answer a form that means nothing any more."""
    replace_form(ack, "Sluice", _OLD_FORM)


def on_unknown_command(ack: Ack) -> None:
    """Answer a command that the manifest declares and Sluice does not know."""
    acknowledge(ack, _UNKNOWN_COMMAND)
