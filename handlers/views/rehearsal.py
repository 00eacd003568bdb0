"""Whether a rollback would work, as a rehearsal found it: a badge, and a word to the channel when that changes."""

from dataclasses import replace
from datetime import timedelta

from handlers.views.blocks import Message, paragraph
from handlers.views.samples import NASTY, START
from handlers.views.text import code, escape, listing, slack_time, version_name
from services.release.rehearsal import Rehearsal, WayBack

_AGO = "{ago}"
_PROBLEM = 250


def badge(found: Rehearsal) -> str:
    """Return one line; its age is Slack's own, which stays true however long the line stands. mrkdwn."""
    back = f"Rollback to {version_name(found.way.version)}"
    looked = slack_time(found.looked_at, _AGO)
    if found.is_broken:
        return f"⚠️ *{back} is broken*, seen {looked}: {_problems(found)}"
    if found.is_verified:
        return f"↩️ {back} verified {looked}{_unchecked(found)}"
    since = f"since {slack_time(found.verified_at, _AGO)}" if found.verified_at is not None else "yet"
    return f"❔ {back} not verified {since}: {escape(found.error, _PROBLEM)}"


def _problems(found: Rehearsal) -> str:
    return " ".join(escape(problem, _PROBLEM) for problem in found.problems[:4])


def _unchecked(found: Rehearsal) -> str:
    return f" ({listing(found.unchecked, last='and')} not checked)" if found.unchecked else ""


def rehearsal_word(found: Rehearsal) -> Message:
    """Return what the channel hears when a way back breaks, before it is needed, and when it is whole again."""
    model, target = escape(found.way.model, 80), code(found.way.target)
    version = version_name(found.way.version)
    if not found.is_broken:
        return paragraph(
            f"✅ Prod of *{model}* can be rolled back again: {version}, {target}, was looked at, and is whole."
        )
    return paragraph(
        f"⚠️ *Prod of {model} could not be rolled back now*: {version}, {target}, is broken. {_problems(found)}\n"
        "Nothing was changed. Bring back what is missing, or release a version that can be gone back to; "
        "the channel hears when it is whole."
    )


def examples() -> dict[str, Message]:
    """Return badges and words of every kind."""
    whole = Rehearsal(WayBack("titanic-survival", "r7k2m9x4q", "titanic-survival-v6-r0ldrelea-prod", 6), START)
    whole = replace(whole, verified_at=START, unchecked=("image",))
    broken = replace(whole, problems=("Model titanic-survival-v6-r0ldrelea no longer exists.",))
    unseen = replace(whole, error="ThrottlingException: Rate exceeded", looked_at=START + timedelta(hours=1))
    nasty = Rehearsal(WayBack(NASTY, NASTY, NASTY), START, problems=(NASTY,) * 9)
    kinds = {"verified": whole, "broken": broken, "unseen": unseen, "never": replace(unseen, verified_at=None)}
    shown = {f"badge_{name}": paragraph(badge(found)) for name, found in kinds.items()}
    shown |= {
        "worst_badge": paragraph(badge(nasty)),
        "worst_error": paragraph(badge(replace(nasty, problems=(), error=NASTY))),
    }
    return shown | {
        "broke": rehearsal_word(broken),
        "healed": rehearsal_word(whole),
        "worst_broke": rehearsal_word(nasty),
        "worst_healed": rehearsal_word(replace(nasty, problems=())),
    }
