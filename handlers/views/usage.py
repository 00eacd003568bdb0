"""What one can type: shown for `help`, and beside every mistake."""

from handlers.views.blocks import Message, context, message, section
from handlers.views.samples import NASTY
from handlers.views.text import code, escape

FORMS: dict[str, tuple[tuple[str, str], ...]] = {
    "/deploy": (
        ("/deploy", "choose model and version in a form"),
        ("/deploy <model>", "release the latest version"),
        ("/deploy <model> <version | ARN | latest>", "release that version to staging, then to prod after an approval"),
    ),
    "/release": (
        ("/release", "list what is in progress and the last ten"),
        ("/release <id>", "show one release with its log"),
        ("/release evidence <id>", "show what its smoke tests saw, and bring its whole report, as a page and as JSON"),
        ("/release cancel <id> [reason]", "call it off before prod is touched"),
        (
            "/release break-glass <id>",
            "in an incident, promote it past its gate: loud, and only where the catalog allows",
        ),
    ),
    "/rollback": (("/rollback [model]", "show what prod would go back to, then confirm"),),
    "/endpoints": (("/endpoints [model]", "show what is live where"),),
    "/freeze": (
        ("/freeze", "show what is locked and frozen"),
        (
            "/freeze <model | all> because <reason>",
            "stop promotions until someone lifts it; rollbacks stay possible, the channel is told",
        ),
        ("/freeze <model | all> for <2h | 3d> because <reason>", "the same, for a while"),
        ("/freeze <model | all> until <YYYY-MM-DD[THH:MM]> because <reason>", "the same, until a time in UTC"),
    ),
    "/thaw": (("/thaw <model | all>", "lift a freeze, and the lock that a rollback left; the channel is told"),),
}
"""Command -> its forms, each with what it does."""


def usage(command: str) -> str:
    """Return the forms of a command, one a line; mrkdwn."""
    return "\n".join(f"• {code(form)}: {what}" for form, what in FORMS.get(command, ()))


def help_message(command: str) -> Message:
    """Return the forms of a command, then the names of the others."""
    others = " · ".join(code(f"{other} help") for other in FORMS if other != command)
    return message(
        f"How to use {escape(command, 40)}",
        section(f"*How to use {code(command, 40)}*\n{usage(command)}"),
        context(f"Others: {others}"),
    )


def mistake_message(command: str, problem: str) -> Message:
    """Return what was wrong with a command, and its right forms. `problem` is plain text."""
    said = escape(problem, 500)
    return message(said, section(f"✋ {said} Nothing was started."), section(f"*The right form*\n{usage(command)}"))


def examples() -> dict[str, Message]:
    """Return the help of every command, and mistakes."""
    shown = {command.removeprefix("/"): help_message(command) for command in FORMS}
    shown["mistake"] = mistake_message("/freeze", "A freeze needs a reason.")
    shown["hostile_mistake"] = mistake_message("/deploy", NASTY)
    return shown
