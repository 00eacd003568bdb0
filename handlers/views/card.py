"""The card: the one message that a release has in its channel, in every phase that it can be in.

An approver decides from it in a minute: what changes from what to what, what the tests saw, until when.
"""

from dataclasses import replace

from handlers import action_ids as ids
from handlers.action_ids import ButtonValue
from handlers.views.blocks import Block, Confirm, Message, actions, button, context, fields, header, message, section
from handlers.views.comparison import FIRST_RELEASE, compared
from handlers.views.evidence import NO_PICTURE, Illustration, problems, suite_line, summary_blocks, verdict_line
from handlers.views.glass import glass_banner
from handlers.views.phases import SIGNS, can_be_undone, next_step, steps, subject, wanted_version
from handlers.views.rehearsal import badge as badge_of
from handlers.views.samples import NASTY, releases_by_phase, worst_release
from handlers.views.text import code, escape, instances, link, listing, mention, prose, quote, slack_time, version_name
from handlers.views.votes import tally
from services.release.lifecycle import TERMINAL
from services.release.model import DecisionKind, Evidence, Kind, Phase, Release, Stage
from services.release.naming import config_name, version_in
from services.release.rehearsal import Rehearsal
from services.release.showing import evidence_in_view

_CANCEL_OFFERED = frozenset(
    {Phase.CHECKING_PACKAGE, Phase.DEPLOYING_STAGING, Phase.SMOKE_TESTING, Phase.OPENING_GATE},
)
_STOPPED_BY_SUITE = frozenset({Phase.SMOKE_FAILED, Phase.SMOKE_UNDECIDED})
"""The verdict says all that the phase does."""

_CHANGED = frozenset(
    {Phase.RELEASED, Phase.ROLLED_BACK, Phase.PROD_UNHEALTHY, Phase.VERIFYING_PROD, Phase.VERIFYING_ROLLBACK},
)


def card(release: Release, shown: Illustration = NO_PICTURE, rehearsal: Rehearsal | None = None) -> Message:
    """Return the card of a release as its document stands; `shown` is the picture of the evidence in view.

    `rehearsal` is that of the release's own way back; no card but a released version's has one.
    """
    blocks = [header(subject(release)), *_glass(release), section(_status(release)), *_staleness(release)]
    in_view = evidence_in_view(release)
    if in_view is not None:
        blocks += [*summary_blocks(in_view, shown), *_comparison(release, in_view), context(suite_line(in_view))]
    else:
        blocks += [_facts(release), *_remembered(release)]
    blocks += [*_votes(release), *_decision(release)]
    blocks += _outcome(release)
    blocks += [context(badge_of(rehearsal))] if rehearsal is not None else []
    blocks += _buttons(release)
    blocks.append(context(_small_print(release)))
    return message(summary(release), *blocks)


def summary(release: Release) -> str:
    """Return the card in one line: what notifications show, and what screen readers read."""
    return f"{escape(subject(release), 200)}: {SIGNS[release.phase][1]} ({release.id})"


def _status(release: Release) -> str:
    """Return where the release stands; the verdict comes first while it is what a decision rests on."""
    sign, word = SIGNS[release.phase]
    lines = [f"{sign} *{word}*{_status_detail(release)}"]
    in_view = evidence_in_view(release)
    if in_view is not None:
        verdict = verdict_line(in_view, Stage.PROD if in_view is release.prod_evidence else Stage.STAGING)
        lines = [f"{verdict}{_status_detail(release)}"] if release.phase in _STOPPED_BY_SUITE else [verdict, *lines]
    lines.append(steps(release))
    if release.errors_in_a_row and release.phase not in TERMINAL:
        lines.append(f"⚠️ Trying again after {code(release.last_error, 200)} (attempt {release.errors_in_a_row}).")
    return "\n".join(lines)


def _status_detail(release: Release) -> str:
    if release.phase is Phase.AWAITING_APPROVAL and release.gate is not None:
        return f" until {slack_time(release.gate.expires_at)}"
    if release.phase is Phase.EVIDENCE_STALE and release.stale is not None:
        return f" since {slack_time(release.stale.since)}"
    seen = release.staging if release.phase is Phase.DEPLOYING_STAGING else release.prod
    if seen is not None and release.phase in {Phase.DEPLOYING_STAGING, Phase.PROMOTING, Phase.ROLLING_BACK}:
        return f": {escape(seen.status, 40)} since {slack_time(seen.since, '{time}')}"
    return f", {slack_time(release.phase_since)}" if release.phase in TERMINAL else ""


def _facts(release: Release) -> Block:
    where = release.deployment
    asked = f"{mention(release.requested_by)}, {slack_time(release.requested_at)}"
    pairs = [_change(release), ("Requested by", asked)]
    if release.kind is Kind.DEPLOY:
        pairs.append(("Staging", code(where.staging_endpoint)))
    pairs.append(("Prod", code(where.prod_endpoint)))
    pairs.append(("Instances", instances(where.instance_type, where.instance_count)))
    if release.package is not None and release.package.description:
        pairs.append(("About this version", escape(release.package.description, 300)))
    return fields(*pairs)


def _change(release: Release) -> tuple[str, str]:
    """Return a name and `v1 → v7`; what prod serves before the change is known from the suite on."""
    wanted = version_name(release.target_version) if release.kind is Kind.ROLLBACK else wanted_version(release)
    after = f"*{escape(wanted, 60)}*"
    known, config = _prod_before(release)
    if not known:
        return "Version", after
    before = _config_in_short(config)
    if release.phase in _CHANGED:
        return "Prod before → now", f"{before} → {after}"
    if release.phase not in TERMINAL:
        return "Prod now → after", f"{before} → {after}"
    return "Prod was to change", f"{before} → {after}"


def _config_in_short(config: str | None) -> str:
    """Return the version that a config of ours tells, or the name of any other."""
    if config is None:
        return "no endpoint yet"
    version = version_in(config)
    return version_name(version) if version is not None else code(config)


def _prod_before(release: Release) -> tuple[bool, str | None]:
    if release.pointer is not None:
        return True, release.pointer.previous_config
    if release.gate is not None:
        return True, release.gate.prod_config
    if release.evidence is not None and release.evidence.prod is not None:
        return True, release.evidence.prod.config
    return False, None


def _staleness(release: Release) -> list[Block]:
    """Return why the evidence no longer holds and what can be done, or that it did not when the release ended."""
    if release.stale is None:
        return []
    if release.phase is not Phase.EVIDENCE_STALE or release.gate is None:
        return [
            section(f"🟠 The evidence was stale since {slack_time(release.stale.since)}: {prose(release.stale.detail)}")
        ]
    why = f"*Why:* {prose(release.stale.detail, 1_000)}"
    renew = "*Next:* *Run again* brings staging back to the tested config if need be, and tests it afresh."
    left = f"Without that the release expires {slack_time(release.gate.expires_at)}."
    before = f"What the tests saw before no longer counts; {code(f'/release evidence {release.id}')} has it."
    return [section(f"{why}\n{renew} {left}"), context(before)]


def _remembered(release: Release) -> list[Block]:
    """Return the evidence that nothing rests on any more, in a line for each stage."""
    if release.stale is not None:
        return []  # a passed suite beside it would read as if it still counted
    remembered = ((Stage.PROD, release.prod_evidence), (Stage.STAGING, release.evidence))
    return [section(verdict_line(seen, stage)) for stage, seen in remembered if seen is not None]


def _comparison(release: Release, evidence: Evidence) -> list[Block]:
    """Return the candidate beside prod; a release to an empty prod says that there is nothing to compare with."""
    asked = f"{mention(release.requested_by)}, {slack_time(release.requested_at)}"
    known, before = _prod_before(release)
    pairs = [_change(release), *compared(release, evidence, replaces=before is not None), ("Requested by", asked)]
    if release.package is not None and release.package.description:
        pairs.append(("About this version", escape(release.package.description, 300)))
    return [*([section(FIRST_RELEASE)] if known and before is None else []), fields(*pairs)]


_DECIDED = {
    DecisionKind.APPROVED: "👍 *Approved* by {who}, {when}",
    DecisionKind.REJECTED: "🚫 *Rejected* by {who}, {when}",
    DecisionKind.EXPIRED: "⌛ *Expired* {when}: nobody decided in time",
    DecisionKind.CANCELLED: "⚪ *Cancelled* by {who}, {when}",
    DecisionKind.SUPERSEDED: "↪️ *Superseded* by {who}, {when}",
}


def _glass(release: Release) -> list[Block]:
    """Return what nobody may overlook: that a person brought it to prod past its gate."""
    decision = release.decision
    return [section(glass_banner(decision))] if decision is not None and release.broke_glass else []


def _votes(release: Release) -> list[Block]:
    """Return who has voted, where one yes is not enough; while it waits, also who is missing."""
    waits = release.phase is Phase.AWAITING_APPROVAL
    told, windows = tally(release) if waits or release.votes else "", release.deployment.terms.windows
    when = [context(f"🕘 An approval counts {listing(map(code, windows))}.")] if waits and windows else []
    return [section(told), *when] if told else when


def _decision(release: Release) -> list[Block]:
    decision = release.decision
    if decision is None:
        return [section(f"*Reason for the rollback*\n{quote(release.reason)}")] if release.reason else []
    if release.broke_glass:
        return []
    line = _DECIDED[decision.kind].replace("{who}", mention(decision.by)).replace("{when}", slack_time(decision.at))
    return [section("\n".join(filter(None, [line, quote(decision.reason)])))]


def _outcome(release: Release) -> list[Block]:
    """Return why a release ended as it did, and what to do next; nothing while it goes on."""
    if release.phase not in TERMINAL:
        return []
    lines: list[str] = []
    if release.outcome is not None and release.outcome.detail and not _told_already(release):
        lines.append(f"*Why:* {prose(release.outcome.detail, 1_000)}")
    following = next_step(release)
    if following:
        lines.append(f"*Next:* {following}")
    return [section("\n".join(lines))] if lines else []


def _told_already(release: Release) -> bool:
    """Say whether the decision or the failed checks above tell why it ended."""
    if release.phase is Phase.PROD_UNHEALTHY:
        return release.prod_evidence is not None and bool(problems(release.prod_evidence))
    if release.phase in {Phase.SMOKE_FAILED, Phase.SMOKE_UNDECIDED}:
        return release.evidence is not None and bool(problems(release.evidence))
    passed = {DecisionKind.APPROVED, DecisionKind.BREAK_GLASS}
    return release.decision is not None and release.decision.kind not in passed


def _buttons(release: Release) -> list[Block]:
    value = ButtonValue(release.id).encode()
    # Slack wants a block id to be new on each update of a message.
    block_id = f"do:{release.id}:{release.revision}"
    if release.phase is Phase.AWAITING_APPROVAL and release.gate is not None:
        at_gate = ButtonValue(release.id, release.gate.nonce).encode()
        return [
            actions(block_id, _approve_button(release, at_gate), button("Reject…", ids.REJECT, at_gate, style="danger"))
        ]
    cancel = button("Cancel release", ids.CANCEL, value, confirm=_cancel_question(release))
    if release.phase is Phase.EVIDENCE_STALE and release.gate is not None:
        of_gate = ButtonValue(release.id, release.gate.nonce).encode()
        again = button("Run again", ids.RUN_AGAIN, of_gate, style="primary", confirm=_rerun_question(release))
        return [actions(block_id, again, cancel)]
    if release.phase in _CANCEL_OFFERED:
        return [actions(block_id, cancel)]
    if can_be_undone(release):
        return [actions(block_id, button("Roll back…", ids.LOOK_BACK, value))]
    return []


def _approve_button(release: Release, value: str) -> Block:
    """Return Approve: it asks once more before it is sent, or opens a form where more than a yes is wanted."""
    if release.deployment.terms.asks_for_words:
        return button("Approve…", ids.APPROVE, value, style="primary")
    return button("Approve", ids.APPROVE, value, style="primary", confirm=approval_question(release))


def approval_question(release: Release) -> Confirm:
    """Return the question before an approval: the endpoint, and its config from and to."""
    before = release.gate.prod_config if release.gate is not None else None
    lines = [
        f"Endpoint: {release.deployment.prod_endpoint}",
        f"From: {before or 'nothing, the endpoint is created'}",
        f"To: {config_name(release, Stage.PROD)}",
    ]
    yes = f"Release {wanted_version(release)}"
    return Confirm(f"Release {subject(release)}?", "\n".join(lines), yes)


def _rerun_question(release: Release) -> Confirm:
    """Return the question before staging is taken back, perhaps from somebody who needs it."""
    lines = [f"Staging: {release.deployment.staging_endpoint}", f"Brought to: {config_name(release, Stage.STAGING)}"]
    return Confirm("Run the tests again?", "\n".join(lines), "Run again")


def _cancel_question(release: Release) -> Confirm:
    text = f"{subject(release)} stops where it is. Prod has not been touched."
    return Confirm("Cancel this release?", text, "Cancel release", "Keep going", danger=True)


def console_links(region: str, endpoint: str) -> tuple[str, str]:
    """Return the addresses of an endpoint in the SageMaker console and of its logs in CloudWatch."""
    base = f"https://{region}.console.{_console_domain(region)}"
    group = f"$252Faws$252Fsagemaker$252FEndpoints$252F{endpoint}"
    return (
        f"{base}/sagemaker/home?region={region}#/endpoints/{endpoint}",
        f"{base}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{group}",
    )


def _console_domain(region: str) -> str:
    """Return the console's domain; China and GovCloud have their own."""
    if region.startswith("cn-"):
        return "amazonaws.cn"
    return "amazonaws-us-gov.com" if region.startswith("us-gov-") else "aws.amazon.com"


def _small_print(release: Release) -> str:
    where = release.deployment
    parts = [f"Release {code(release.id)}", escape(where.region, 30)]
    endpoints = [("Prod", where.prod_endpoint)]
    if release.kind is Kind.DEPLOY:
        endpoints.insert(0, ("Staging", where.staging_endpoint))
    for label, endpoint in endpoints:
        console, logs = console_links(where.region, endpoint)
        parts.append(f"{label} {code(endpoint)}: {link(console, 'console')}, {link(logs, 'logs')}")
    return " · ".join(parts)


def examples() -> dict[str, Message]:
    """Return a card in every phase, and one with the worst data there can be."""
    releases, worst = releases_by_phase(), worst_release()
    drawn = Illustration("F0123456789", "Latency p95 19 ms, prod 18 ms. 51 of 418 answers flipped.")
    shown = {name: card(release) for name, release in releases.items()}
    shown |= {
        f"{name}_with_picture": card(releases[name], drawn) for name in ("awaiting_with_warnings", "smoke_failed")
    }
    shown["without_picture"] = card(releases["smoke_failed"], Illustration(problem="Slack cannot be reached"))
    at_gate = replace(worst, phase=Phase.AWAITING_APPROVAL, decision=None)
    shown["worst"] = card(worst)
    shown["worst_at_gate"] = card(at_gate, Illustration("F0123456789", NASTY * 3))
    shown["worst_without_picture"] = card(at_gate, Illustration(problem=NASTY))
    return shown
