"""What a use case returned, as a message for the person who asked."""

from handlers.views import evidence, lists, refusals
from handlers.views.blocks import Message, paragraph
from handlers.views.phases import SIGNS
from handlers.views.text import code, escape
from handlers.views.votes import lacking
from services.release.model import Freeze
from services.release.policy import Denied
from services.release.showing import earlier_runs
from services.release.votes import counting, missing
from services.release.wanted import Unreadable
from services.releases import (
    Asked,
    Decided,
    Detail,
    InProgress,
    Listing,
    Started,
    Thawed,
    UnknownModel,
)

Result = Asked | Decided | Denied | Freeze | InProgress | Listing | Started | UnknownModel | Unreadable

_LOOKING = {
    "endpoints": "🔭 Looking at SageMaker…",
    "rollback": "🔭 Checking the rollback pointer…",
}


def answer_to(result: Result) -> Message:
    """Return what a person is told about the result of what they asked for."""
    match result:
        case Started(release, replaced):
            return lists.started(release, replaced)
        case InProgress(release, link):
            return lists.in_progress(release, link)
        case UnknownModel(asked, nearest, known):
            return paragraph(f"✋ {refusals.unknown_model_text(asked, nearest, known)}")
        case Unreadable(reason, asked, expected):
            return paragraph(f"✋ {refusals.unreadable_text(reason, asked, expected)}")
        case Denied():
            return refusals.refusal(result)
        case Asked(inquiry):
            return paragraph(_LOOKING.get(inquiry.topic, "🔭 Looking…"))
        case Freeze():
            return lists.frozen(result)
        case Listing(in_progress, recent, newer):
            return lists.release_list(in_progress, recent, newer)
        case Decided(release):
            return paragraph(
                f"Noted: *{escape(release.model)}* {code(release.id)} is at “{SIGNS[release.phase][1]}” now."
            )


def detail_answer(found: Detail | None) -> Message:
    """Return one release in detail."""
    if found is None:
        return answer_to(Denied("unknown_release"))
    return lists.release_detail(found.release, found.log, found.told.link)


def evidence_answer(found: Detail | None) -> Message:
    """Return the evidence of one release."""
    if found is None:
        return answer_to(Denied("unknown_release"))
    return evidence.evidence_message(found.release, found.told.link, earlier_runs(found.release, found.log))


def thaw_answer(scope: str, by: str, result: Thawed | UnknownModel | Denied) -> Message:
    """Return what `by` lifted, and what still holds."""
    if isinstance(result, Thawed):
        return lists.thawed(scope, by, result.lock, result.freeze, result.left)
    return answer_to(result)


def approval_answer(result: Decided | Denied) -> Message:
    """Return that the approval counts, and what it still lacks, or why it does not count."""
    if isinstance(result, Denied):
        return answer_to(result)
    release = result.release
    name = f"*{escape(release.model)}* {code(release.id)}"
    if release.decision is None:
        left = lacking(missing(release, counting(release)))
        return paragraph(f"🗳️ Your vote for {name} counts. Still missing: {left}. Prod is not changed before that.")
    return paragraph(f"👍 Your approval of {name} counts. Prod is changed next; the thread tells how it goes.")


def rerun_answer(result: Decided | Denied) -> Message:
    """Return that staging is tested again, or why it is not."""
    if isinstance(result, Denied):
        return answer_to(result)
    name = f"*{escape(result.release.model)}* {code(result.release.id)}"
    return paragraph(f"🔁 {name} runs again: staging is brought to the tested config if need be, then tested afresh.")


def cancel_answer(result: Decided | Denied) -> Message:
    """Return that the release is called off, or why it is not."""
    if isinstance(result, Denied):
        return answer_to(result)
    name = f"*{escape(result.release.model)}* {code(result.release.id)}"
    return paragraph(f"⚪ Release {name} is cancelled. Prod was not touched.")


def glass_answer(result: Decided | Denied) -> Message:
    """Return that the glass is broken, or why it is not."""
    if isinstance(result, Denied):
        return answer_to(result)
    name = f"*{escape(result.release.model)}* {code(result.release.id)}"
    return paragraph(
        f"🔨 The glass of {name} is broken. Prod is changed next, and the channel is told who did it and why."
    )


def rejection_answer(result: Decided | Denied) -> Message:
    """Return that the rejection counts, or why it does not."""
    if isinstance(result, Denied):
        return answer_to(result)
    name = f"*{escape(result.release.model)}* {code(result.release.id)}"
    return paragraph(f"🚫 Release {name} is rejected. Prod was not touched; the requester sees your reason.")
