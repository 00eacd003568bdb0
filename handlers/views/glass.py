"""Break-glass: how it is asked for, and how it is told, so that nobody takes it for an ordinary release."""

from dataclasses import replace

from handlers import action_ids as ids
from handlers.views.blocks import View, context, header, labelled, line_input, modal, section, text_input
from handlers.views.phases import subject
from handlers.views.samples import BROKEN, NASTY, START, releases_by_phase, worst_release
from handlers.views.text import code, escape, listing, mention, people, quote, slack_time
from services.release import events as e
from services.release.catalog import People
from services.release.glass import PAST, gate_of
from services.release.model import Decision, Freeze, Holds, Lock, Release, Stage
from services.release.naming import config_name

SIGN = "🔨"

PAST_IN_WORDS = {
    "smoke_failed": "the smoke tests failed on staging",
    "smoke_undecided": "the smoke tests did not decide",
    "evidence_stale": "the evidence is stale",
    "quorum_incomplete": "those who have to approve have not",
    "outside_window": "no deploy window is open",
    "locked": "prod is locked",
    "frozen": "promotions are frozen",
}


def past_in_words(past: tuple[str, ...]) -> str:
    """Return what was gone past: `the smoke tests failed on staging and promotions are frozen`."""
    return listing(map(_in_words, past), last="and")


def _in_words(reason: str) -> str:
    return PAST_IN_WORDS.get(reason, escape(reason, 60))


def glass_banner(decision: Decision) -> str:
    """Return what stands at the head of the card from then on; mrkdwn."""
    head = f"{SIGN} *Break-glass: sent to prod past its gate.* {mention(decision.by)}, {slack_time(decision.at)}"
    return "\n".join(filter(None, [head, f"*Although* {past_in_words(decision.past)}.", quote(decision.reason)]))


def glass_text(release: Release, event: e.GlassBroken) -> str:
    """Return what the thread and the channel are told; it calls the groups that the catalog names."""
    called = f"{people(People(groups=frozenset(event.called)))}: " if event.called else ""
    done = f"{mention(event.by)} breaks the glass of *{escape(release.model)}*, {mention(release.requested_by)}."
    what = f"{SIGN} *BREAK-GLASS* {called}{done} Prod is changed next, although {past_in_words(event.past)}."
    return "\n".join(filter(None, [what, quote(event.reason)]))


def glass_form(release: Release, event: e.GlassBroken, metadata: str) -> View:
    """Return the form that shows what would be gone past, and wants the reason and the release's name typed."""
    before = gate_of(release, release.phase_since).prod_config
    changes = [
        f"Endpoint: {code(release.deployment.prod_endpoint)}",
        f"From: {code(before) if before else 'nothing, the endpoint is created'}",
        f"To: {code(config_name(release, Stage.PROD))}",
    ]
    groups = f", and {people(People(groups=frozenset(event.called)))} called" if event.called else ""
    told = f"The channel is told{groups}. The card, the report and the audit log show it for good."
    why = text_input(ids.REASON, "What is the incident, and why can it not wait?")
    typed = line_input(ids.TYPED, release.model)
    blocks = [
        header(f"{SIGN} Past the gate: {subject(release)}"),
        section("\n".join(["*You send it to prod, although*", *(f"• {_in_words(name)}" for name in event.past)])),
        *map(section, [*map(_hold, event.holds.locks), *map(_hold, event.holds.freezes)]),
        section("\n".join(changes)),
        context(told, "Prod is tested afterwards all the same, and can be rolled back as ever."),
        labelled(ids.REASON_BLOCK, "Reason", why),
        labelled(ids.TYPED_BLOCK, f"Type {release.model} or {release.id} to confirm", typed),
    ]
    return modal("Break the glass", blocks, callback_id=ids.GLASS_FORM, metadata=metadata, submit="Break the glass")


def _hold(hold: Lock | Freeze) -> str:
    """Return who holds prod back and why: what is gone past is exactly this, and no hold that comes after it."""
    sign = "🔒" if isinstance(hold, Lock) else "🧊"
    return f"{sign} {mention(hold.by)}, {slack_time(hold.since)}\n{quote(hold.reason)}"


def examples() -> dict[str, View]:
    """Return the form, with ordinary and with hostile facts."""
    failed = releases_by_phase()["glass_failed"]
    holds = Holds((Lock(NASTY, NASTY, NASTY, START),), (Freeze(NASTY, NASTY, NASTY, START),) * 2)
    nasty = e.GlassBroken(NASTY, NASTY, (*PAST, NASTY), (NASTY,) * 10, holds=holds)
    worst = replace(worst_release(), decision=None)
    return {
        "glass": glass_form(failed, BROKEN, "{}"),
        "glass_worst": glass_form(worst, nasty, "x" * 5_000),
    }
