"""Why something was not done, in a sentence that says what to do instead; every reason code has one."""

from collections.abc import Callable, Mapping

from handlers.views.blocks import Message, context, message, paragraph, section
from handlers.views.phases import SIGNS
from handlers.views.samples import NASTY, START
from handlers.views.text import channel, clean, code, escape, listing, people, quote, slack_time
from services.release.catalog import People
from services.release.model import DecisionKind
from services.release.policy import Denied

_DONE = {
    DecisionKind.APPROVED: "approved",
    DecisionKind.BREAK_GLASS: "promoted by break-glass",
    DecisionKind.REJECTED: "rejected",
    DecisionKind.EXPIRED: "closed, as its time was over",
    DecisionKind.CANCELLED: "cancelled",
    DecisionKind.SUPERSEDED: "superseded",
}


def _since(denied: Denied) -> str:
    return f" on {slack_time(denied.at)}" if denied.at is not None else ""


def _reason(denied: Denied) -> str:
    return f"\n{quote(denied.reason)}" if denied.reason else ""


def _allowed(denied: Denied) -> str:
    return f" It can be done by {people(denied.people)}." if denied.people else ""


def _already(denied: Denied) -> str:
    how = _DONE[denied.decision] if denied.decision is not None else "decided"
    who = "" if denied.decision is DecisionKind.EXPIRED else f" by {people(denied.people)}"
    return f"This release was already {how}{who}{_since(denied)}. Your click changed nothing.{_reason(denied)}"


def _outside(denied: Denied) -> str:
    opens = f" The next one opens {slack_time(denied.at)}." if denied.at is not None else ""
    return f"Prod of this model is changed in its deploy windows only.{opens} The release keeps waiting."


def _phase(denied: Denied) -> str:
    """Return the phase in the words of the card; the reason of such a refusal is a phase."""
    return next((words for phase, (_, words) in SIGNS.items() if phase.value == denied.reason), "elsewhere")


_KINDS = {
    "bot": "Bots",
    "guest": "Guests",
    "deactivated": "Deactivated people",
    "stranger": "People of other workspaces",
}


_SENTENCES: Mapping[str, Callable[[Denied], str]] = {
    "no_policy": lambda _: (
        "Nobody may do this yet: the catalog names no approvers or operators for this model. "
        "Ask whoever keeps the catalog."
    ),
    "self_approval": lambda denied: f"You asked for this release, so somebody else has to decide.{_allowed(denied)}",
    "group_unreadable": lambda denied: (
        f"Slack does not tell who is in the user group now, so nobody can be let through.{_allowed(denied)} Try again."
    ),
    "not_an_approver": lambda denied: f"You are not among the people who may do this.{_allowed(denied)}",
    "identity_unreadable": lambda _: (
        "Slack does not tell now whether you are a member of this workspace, so you cannot be let through. Try again."
    ),
    "bot_or_guest": lambda denied: (
        f"{_KINDS.get(denied.reason, 'Bots, guests and people of other workspaces')} may not do this, "
        "unless the catalog lists them by id."
    ),
    "wrong_channel": lambda denied: (
        f"Releases of this model are asked for in {listing(map(channel, denied.reason.split()))} only. "
        "Nothing was started."
    ),
    "already_voted": lambda denied: (
        f"You voted to approve{_since(denied)} already. The card shows who is still missing."
    ),
    "reason_required": lambda _: "This takes a reason. Use the form: *Approve…* on the newest card, or the command.",
    "checklist_incomplete": lambda denied: (
        f"Not all of the checklist is ticked, so it was not approved.{_reason(denied)}"
    ),
    "outside_window": _outside,
    "already_decided": _already,
    "break_glass_off": lambda _: (
        "The glass of this model cannot be broken: the catalog names nobody under `gate.break_glass`, "
        "or did not when the release was asked for."
    ),
    "not_allowed_to_break_glass": lambda denied: (
        f"You are not among the people who may break the glass.{_allowed(denied)} It was written down that you tried."
    ),
    "not_confirmed": lambda denied: f"Type {escape(denied.reason, 80)} or the release's id, letter by letter.",
    "not_as_shown": lambda _: (
        "Something has changed since the form was opened, so nothing was done. Look at the card, then type the command "
        "again."
    ),
    "place_taken": lambda denied: (
        f"Another release of the model is in progress: {code(denied.reason, 40)}. Cancel it first, or break its glass."
    ),
    "superseded": lambda denied: (
        f"{people(denied.people)} asked for a newer version{_since(denied)}, which took this release's place. "
        f"Decide on the newer card.{_reason(denied)}"
    ),
    "gate_not_open": lambda denied: f"There is nothing to decide here: the release is at “{_phase(denied)}”.",
    "stale_button": lambda _: "This button belongs to an earlier card. Use the newest card of the release.",
    "evidence_stale": lambda denied: (
        f"The evidence became stale{_since(denied)}, so nothing can be decided on it. "
        f"*Run again* on the card has staging tested afresh.{_reason(denied)}"
    ),
    "already_run_again": lambda denied: (
        f"{people(denied.people)} had it run again{_since(denied)} already; the release is at “{_phase(denied)}” now."
    ),
    "not_stale": lambda denied: f"The evidence is not stale: the release is at “{_phase(denied)}”.",
    "expired": lambda denied: f"The time to decide ended{_since(denied)}. To offer it again, start a new release.",
    "locked": lambda denied: (
        f"Prod is locked by {people(denied.people)}{_since(denied)}. Lift the lock with `/thaw <model>`; "
        f"the release keeps waiting.{_reason(denied)}"
    ).replace("<model>", "&lt;model&gt;"),
    "frozen": lambda denied: (
        f"Promotions are frozen by {people(denied.people)}{_since(denied)}. Approve when it is over, "
        f"or lift it with `/thaw`.{_reason(denied)}"
    ),
    "arrived_before": lambda _: (
        "This request arrived before, and each acts once only. `/release` shows what became of it; "
        "if it shows nothing, do it again."
    ),
    "no_pointer": lambda _: "There is no earlier config on record that prod could go back to from there.",
    "unknown_release": lambda _: (
        "There is no such release. `/release` lists them. One with a card was lost with Redis: see `sluice recover`."
    ),
    "too_late": lambda denied: f"It is too late for that: the release is at “{_phase(denied)}”.",
    "contended": lambda _: "Many people are changing this release at once. Nothing was changed; try again.",
}
"""Reason code -> sentence, of mrkdwn."""

KNOWN = frozenset(_SENTENCES)
"""The reason codes that have a sentence."""

_NO_MATTER_WHO = frozenset(
    {"unknown_release", "too_late", "no_pointer", "already_run_again", "not_stale", "already_voted", "arrived_before"}
)


def refusal_text(denied: Denied) -> str:
    """Return why it was not done; mrkdwn."""
    of_code = _SENTENCES.get(denied.code)
    if of_code is None:
        return f"That was refused ({code(denied.code, 60)}). Nothing was changed."
    return of_code(denied)


def refusal(denied: Denied) -> Message:
    """Return why it was not done and the rule that says so, as an ephemeral answer."""
    sign = "✋" if denied.code in _NO_MATTER_WHO else "🔒"
    text = f"{sign} {refusal_text(denied)}"
    rests_on = f"Rule: {code(denied.rule)} · " if denied.rule else ""
    return message(text, section(text), context(f"{rests_on}Reason code: {code(denied.code, 60)}"))


_UNREADABLE = {
    "bad_version": "{asked} is no version. Write {expected}.",
    "other_region": "That ARN is of region {asked}; this model runs in {expected}.",
    "other_account": "That ARN is of another AWS account than this model's.",
    "other_group": "That ARN is of the group {asked}; this model's versions are in {expected}.",
}


def unreadable_text(reason: str, asked: str, expected: str) -> str:
    """Return what is wrong with the wanted version; mrkdwn."""
    template = _UNREADABLE.get(reason, "{asked} cannot be used. Expected: {expected}.")
    wanted = escape(expected, 200).replace("{", "(") if reason == "bad_version" else code(expected)
    return template.replace("{expected}", wanted).replace("{asked}", code(asked, 200)) + " Nothing was started."


def unknown_model_text(asked: str, nearest: tuple[str, ...], known: tuple[str, ...]) -> str:
    """Return that there is no such model, with the names that are most like it; mrkdwn."""
    if nearest:
        hint = f"Did you mean {listing(map(code, nearest))}?"
    elif known:
        hint = f"There is {listing(map(code, known), last='and')}."
    else:
        hint = "The catalog is empty."
    return f"There is no model {code(clean(asked) or ' ', 80)} in the catalog. {hint} Nothing was started."


def examples() -> dict[str, Message]:
    """Return every refusal, with ordinary and with hostile facts."""
    two = People(frozenset({"U0BOB"}), frozenset({"S0LEADS"}))
    shown = {
        reason: refusal(Denied(reason, people=two, at=START, reason="smoke_testing", decision=DecisionKind.APPROVED))
        for reason in sorted(KNOWN)
    }
    crowd = People(frozenset({NASTY, *(f"U{number:09}" for number in range(50))}), frozenset({NASTY}))
    for reason in sorted(KNOWN):
        shown[f"hostile_{reason}"] = refusal(Denied(reason, people=crowd, at=START, reason=NASTY))
    shown["unlisted"] = refusal(Denied("something_new"))
    shown["unknown_model"] = paragraph(unknown_model_text("titanik", ("titanic-survival",), ("titanic-survival",)))
    shown["unreadable"] = paragraph(unreadable_text("bad_version", "seven", "a version number, `latest`, or an ARN"))
    return shown
