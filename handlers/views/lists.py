"""`/release`: the list, one release in detail, and the short answers to commands."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from handlers.views.blocks import Block, Message, context, divider, message, paragraph, section, sections
from handlers.views.card import card
from handlers.views.phases import SIGNS, badge, subject
from handlers.views.samples import (
    DEPLOYMENT,
    NASTY,
    REQUEST,
    START,
    STORIES,
    many_releases,
    played,
    releases_by_phase,
    worst_release,
)
from handlers.views.tables import AWAITED
from handlers.views.text import channel, code, count, elapsed, escape, link, listing, mention, quote, slack_time
from handlers.views.thread import thread_message
from services.release.events import LogEntry
from services.release.model import Freeze, Holds, Kind, Lock, Release
from services.release.policy import is_old

_MOST_LINES = 20
_LOG_LINES = 12
_LOG_LINE = 600

Linked = tuple[Release, str]
"""A release and the address of its card; the address may be empty."""


def release_line(release: Release, address: str) -> str:
    """Return a release in two short lines; mrkdwn."""
    name = link(address, subject(release)) if address else escape(subject(release), 150)
    return (
        f"*{name}*\n{badge(release.phase)} · {code(release.id)} · {mention(release.requested_by)} · "
        f"{slack_time(release.phase_since)}"
    )


def release_list(in_progress: Iterable[Linked], recent: Iterable[Linked], newer: Sequence[str] = ()) -> Message:
    """Return what is in progress, then the newest that ended; and which of them cannot be shown."""
    under_way = list(in_progress)
    open_ids = {release.id for release, _ in under_way}
    ended = [each for each in recent if each[0].id not in open_ids]
    spoken = [f"{escape(subject(each), 150)}: {SIGNS[each.phase][1]} ({each.id})" for each, _ in [*under_way, *ended]]
    text = "\n".join([f"Releases: {len(under_way)} in progress", *spoken[:_MOST_LINES]])
    lists = (*list_blocks("In progress", under_way), divider(), *list_blocks("Before that", ended))
    return message(text, *lists, *unread(newer))


def unread(newer: Sequence[str]) -> list[Block]:
    """Return which releases a newer Sluice has written, while the processes are updated one after the other."""
    if not newer:
        return []
    which, verb = listing(map(code, newer), last="and"), "was" if len(newer) == 1 else "were"
    return [context(f"🆕 {which} {verb} written by a newer Sluice, and shown here once this one is updated.")]


def list_blocks(title: str, releases: list[Linked]) -> list[Block]:
    """Return a titled list, in as many sections as its length asks for."""
    if not releases:
        return [section(f"*{title}*\nNothing.")]
    lines = [release_line(*each) for each in releases[:_MOST_LINES]]
    blocks = [section(f"*{title}*"), *sections(lines)]
    if len(releases) > _MOST_LINES:
        blocks.append(context(f"… and {len(releases) - _MOST_LINES} more"))
    return blocks


def release_detail(release: Release, log: Iterable[LogEntry], address: str) -> Message:
    """Return one release: its card without buttons, and the end of its log."""
    shown = card(release)
    # What is written here is never written again, so that it may not promise a picture either.
    blocks = [block for block in shown.blocks if block["type"] not in {"actions", "table"} and block != AWAITED]
    said = [(entry, told) for entry in log if (told := thread_message(release, entry))]
    lines = [f"{slack_time(entry.at)} {_one_line(told)}" for entry, told in said[-_LOG_LINES:]]
    if lines:
        blocks += [divider(), section("*Log*"), *sections(lines)]
    if address:
        blocks.append(context(link(address, "Open the card")))
    return message(shown.text, *blocks)


def _one_line(told: Message) -> str:
    """Return the first line of what the thread was told, cut where no entity is hurt."""
    first = told.text.split("\n", 1)[0]
    return first if len(first) <= _LOG_LINE else first[:_LOG_LINE].rsplit(" ", 1)[0] + " …"


def started(release: Release, replaced: str = "") -> Message:
    """Return that a release is on its way, perhaps in the place of one that waited."""
    where = channel(release.deployment.channel)
    if release.kind is Kind.ROLLBACK:
        text = f"⏪ Rollback {code(release.id)} of *{escape(release.model)}* started. Its card is in {where}."
        return paragraph(text)
    way = f" It takes the place of {code(replaced)}, which waited for a decision." if replaced else ""
    return paragraph(
        f"🚚 Release {code(release.id)} of *{escape(release.model)}* has started. "
        f"Its package is checked first, then its card appears in {where}.{way}"
    )


def barred_channel(release: Release, why: str, *, waits: bool) -> Message:
    """Return what keeps Sluice from the channel of a release, and what becomes of the release meanwhile."""
    name = f"*{escape(release.model)}* {code(release.id)}"
    if waits:
        then = f"Release {name} waits for that, an hour at most; `/release cancel {release.id}` calls it off."
    else:
        then = f"Release {name} goes on; its thread is told all of it as soon as Sluice can write there."
    return paragraph(f"🔇 {why} {then}")


def card_link(release: Release, address: str) -> Message:
    """Return where the card of a release is."""
    return paragraph(f"📋 Here is the card of {code(release.id)}: {link(address, subject(release))}")


def in_progress(release: Release, address: str) -> Message:
    """Return that another release of the model is under way."""
    card_of = f" {link(address, 'Open its card')}." if address else ""
    return paragraph(
        f"✋ *{escape(subject(release))}* is in progress: {badge(release.phase)}, {code(release.id)}, asked for by "
        f"{mention(release.requested_by)} on {slack_time(release.requested_at)}.{card_of} Nothing was started."
    )


def frozen(freeze: Freeze) -> Message:
    """Return that promotions are held back, for all who wait for one."""
    told = f"🧊 {_freeze_line(freeze)}\nRollbacks stay possible. To lift it: {code(f'/thaw {freeze.scope}')}."
    return replace(paragraph(told), for_channel=True)


def _freeze_line(freeze: Freeze) -> str:
    what = "all models" if freeze.scope == "all" else f"*{escape(freeze.scope, 80)}*"
    until = f"until {slack_time(freeze.until)}" if freeze.until is not None else "until someone lifts it"
    return f"Promotions of {what} are frozen {until}, by {mention(freeze.by)}.\n{quote(freeze.reason)}"


def _lock_line(lock: Lock) -> str:
    after = f" after {code(lock.release_id)}" if lock.release_id else ""
    who = f"by {mention(lock.by)}, {slack_time(lock.since)}{after}"
    return f"🔒 Prod of *{escape(lock.model, 80)}* is locked {who}.\n{quote(lock.reason)}"


def thawed(scope: str, by: str, lock: Lock | None, freeze: Freeze | None, left: Holds) -> Message:
    """Return what `by` lifted, for all who wait for a promotion, and what still holds; that nothing was, privately."""
    lifted = [name for name, found in (("the lock", lock), ("the freeze", freeze)) if found is not None]
    still = _still_held(left)
    if not lifted:
        others = f" Promotions are {still}." if still else ""
        return paragraph(f"Nothing was locked or frozen for {code(scope, 80)}.{others}")
    after = f"Promotions are {still}." if still else "Promotions are possible again."
    told = f"☀️ Lifted {listing(lifted, last='and')} of {code(scope, 80)}, by {mention(by)}. {after}"
    return replace(paragraph(told), for_channel=True)


def _still_held(left: Holds) -> str:
    """Return `still frozen by the freeze of all: /thaw all`, or nothing when nothing holds."""
    locked = [f"locked by the lock of {code(lock.model, 80)}: {code(f'/thaw {lock.model}')}" for lock in left.locks]
    frozen_by = [
        f"frozen by the freeze of {code(freeze.scope, 80)}: {code(f'/thaw {freeze.scope}')}" for freeze in left.freezes
    ]
    return f"still {listing([*locked, *frozen_by], most=4, last='and')}" if left else ""


def _hold_line(hold: Lock | Freeze, now: datetime) -> str:
    """Return who holds what since when and why; one that has stood for long asks to be looked at."""
    line = _lock_line(hold) if isinstance(hold, Lock) else f"🧊 {_freeze_line(hold)}"
    age = f"It has stood for {elapsed(now - hold.since)}."
    if not is_old(hold, now):
        return f"{line}\n{age}"
    scope = hold.model if isinstance(hold, Lock) else hold.scope
    return f"{line}\n⏳ *{age}* If nobody needs it any more: {code(f'/thaw {scope}', 90)}"


def old_hold(hold: Lock | Freeze, now: datetime) -> Message:
    """Return the question whether a lock or a freeze is still needed."""
    return paragraph(_hold_line(hold, now))


def holds(found: Holds, now: datetime) -> Message:
    """Return every lock and freeze in force, each with its age."""
    lines = [_hold_line(lock, now) for lock in found.locks] + [_hold_line(freeze, now) for freeze in found.freezes]
    if not lines:
        return paragraph("Nothing is locked or frozen.")
    return message(f"{count(len(lines), 'hold')} on promotions", *map(section, lines[:_MOST_LINES]))


def no_answer(command: str, model: str, newer: str) -> Message:
    """Return that a question could not be answered; `newer` is what only a newer Sluice can read, if it is that."""
    asked = f"`{command}` of *{escape(model, 80)}*" if model else f"`{command}`"
    if newer:
        return paragraph(
            f"🆕 {asked} rests on what a newer Sluice wrote, and this one leaves that alone ({escape(newer, 300)}). "
            "Ask again when the update is done; after a way back to an older version, start a worker of the newer one."
        )
    return paragraph(
        f"⚠️ {asked} could not be answered for ten minutes: AWS does not answer, or Sluice made a mistake. The log of "
        "the worker says which. Nothing was changed; please ask again."
    )


def examples() -> dict[str, Message]:
    """Return lists, details and short answers."""
    by_phase = releases_by_phase()
    linked = many_releases()
    long = [(worst_release(), "https://example.slack.com/" + "x" * 400)] * 40
    lock = Lock("titanic-survival", "U0BOB", "rolled back to v6", START, "r3b8undo1")
    freeze = Freeze("all", "U0BOB", "Black Friday", START, START.replace(day=30))
    nasty = (Freeze(NASTY, NASTY, NASTY, START),) * 40
    locks = (Lock(NASTY, NASTY, NASTY, START),) * 10
    return {
        "list": release_list(linked[1:3], linked[8:18]),
        "list_empty": release_list([], []),
        "list_worst": release_list(long, linked),
        "detail": release_detail(*played(*STORIES["released"]), "https://example.slack.com/archives/C0/p1"),
        "detail_worst": release_detail(worst_release(), played(*STORIES["prod_unhealthy"])[1], ""),
        "started": started(REQUEST),
        "started_instead": started(REQUEST, "r3older01"),
        "started_rollback": started(by_phase["rolling_back"]),
        "card_link": card_link(REQUEST, "https://example.slack.com/archives/C0/p1"),
        "in_progress": in_progress(by_phase["deploying_staging"], "https://example.slack.com/archives/C0/p1"),
        "frozen": frozen(freeze),
        "thawed": thawed(DEPLOYMENT.package_group, "U0BOB", lock, freeze, Holds()),
        "thawed_partly": thawed("titanic-survival", "U0BOB", lock, None, Holds((), (freeze,))),
        "thawed_nothing": thawed("all", "U0BOB", None, None, Holds()),
        "thawed_nothing_but_held": thawed("all", "U0BOB", None, None, Holds((lock,), ())),
        "thawed_worst": thawed(NASTY, NASTY, lock, freeze, Holds(locks, nasty)),
        "holds": holds(Holds((lock,), (freeze,)), START + timedelta(hours=3)),
        "holds_one": holds(Holds((), (freeze,)), START),
        "holds_old": holds(Holds((lock,)), START + timedelta(days=9)),
        "holds_none": holds(Holds(), START),
        "holds_worst": holds(Holds(locks, nasty), START + timedelta(days=1_000)),
        "no_answer": no_answer("/endpoints", "", ""),
        "no_answer_newer": no_answer("/rollback", NASTY, NASTY),
        "old_hold": old_hold(freeze, START + timedelta(days=7)),
    }
