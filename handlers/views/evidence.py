"""What a smoke suite saw, with its verdict first and what stands in the way in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from handlers.views.blocks import Block, Message, context, divider, header, message, picture, section, sections, table
from handlers.views.phases import subject
from handlers.views.samples import releases_by_phase, worst_release
from handlers.views.tables import NOT_YET
from handlers.views.text import code, count, elapsed, escape, truncate
from services.release.model import CheckResult, Evidence, Release, Stage, Verdict


@dataclass(frozen=True, slots=True)
class Illustration:
    """The picture of the evidence: the Slack file that holds it and what it shows in words, or why there is none."""

    file: str = ""
    alt: str = ""
    problem: str = ""


NO_PICTURE = Illustration()
CARD_ROWS = 8
MOST_WHYS = 3
_CARD_CELL = 48
_ALL_ROWS = 40
_ALL_CELL = 200

VERDICTS: dict[Verdict, tuple[str, str]] = {
    Verdict.PASSED: ("✅", "passed"),
    Verdict.FAILED: ("❌", "failed"),
    Verdict.ERRORED: ("⚠️", "could not be run"),
    Verdict.INCONCLUSIVE: ("❔", "were inconclusive"),
    Verdict.SKIPPED: ("❔", "were skipped"),
}
_MARK = {
    Verdict.PASSED: "✓",
    Verdict.FAILED: "✗ failed:",
    Verdict.ERRORED: "! errored:",
    Verdict.INCONCLUSIVE: "? inconclusive:",
    Verdict.SKIPPED: "- skipped:",
}


def verdict_line(evidence: Evidence, stage: Stage) -> str:
    """Return the verdict and the figures behind it, in one or two lines."""
    sign, word = VERDICTS[evidence.verdict]
    passed = sum(check.verdict is Verdict.PASSED for check in evidence.checks)
    skipped = sum(check.verdict is Verdict.SKIPPED for check in evidence.checks)
    figures = [f"{passed} of {count(len(evidence.checks), 'check')} passed"]
    figures += [f"{skipped} skipped"] if skipped else []
    figures += [count(evidence.requests_sent, "request")]
    figures += latency(evidence.latency_ms)
    return f"{sign} *Smoke tests on {stage.value} {word}*\n" + " · ".join(figures)


def latency(latency_ms: Mapping[str, float]) -> list[str]:
    """Return the latency figures in words, the known percentiles first."""
    return [f"{name} {latency_ms[name]:,.0f} ms" for name in ("p50", "p95", "max") if name in latency_ms]


def problems(evidence: Evidence, most: int = 4) -> list[str]:
    """Return what did not pass, blocking checks first, one sentence each; then what was skipped, and why."""
    bad = [check for check in evidence.checks if check.verdict not in {Verdict.PASSED, Verdict.SKIPPED}]
    bad.sort(key=lambda check: not check.blocking)
    lines = [_problem(check) for check in bad[:most]]
    if len(bad) > most:
        lines.append(f"… and {count(len(bad) - most, 'more check')} that did not pass")
    return lines + _skipped(evidence)


def _skipped(evidence: Evidence) -> list[str]:
    """Return one line for each reason to skip, with the names of the checks."""
    names: dict[str, dict[str, None]] = {}
    for check in evidence.checks:
        if check.verdict is Verdict.SKIPPED:
            names.setdefault(check.seen, {})[check.name] = None
    return [
        f"• Skipped, {escape(why, 240)}: {escape(', '.join(each), 240)}"
        for why, each in list(names.items())[:MOST_WHYS]
    ]


def _problem(check: CheckResult) -> str:
    advisory = "" if check.blocking else " (advisory, does not block)"
    seen, rule = escape(check.seen, 240) or "nothing", escape(check.rule, 240) or "something else"
    return f"• *{escape(check.name, 100)}*: saw {seen}, wanted {rule}{advisory}"


def checks_table(evidence: Evidence, most: int, cell: int) -> Block:
    """Return the first `most` checks as a table, those that did not pass first; texts are cut to `cell` characters."""
    rows = [check_row(each, cell) for each in worst_first(evidence)[:most]]
    return table([["Check", "Saw", "Wanted"], *rows])


def check_row(check: CheckResult, cell: int) -> list[str]:
    """Return a check as a row of a table: its mark and name, what was seen, what was wanted."""
    return [f"{_MARK[check.verdict]} {check.name}", truncate(check.seen, cell), truncate(check.rule, cell)]


def worst_first(evidence: Evidence) -> list[CheckResult]:
    """Put what stands in the way first, then what is advisory, what was skipped, what passed."""
    return sorted(evidence.checks, key=_place)


def _place(check: CheckResult) -> tuple[bool, bool, bool]:
    return check.verdict is Verdict.PASSED, check.verdict is Verdict.SKIPPED, not check.blocking


def summary_blocks(evidence: Evidence, stage: Stage, release_id: str, shown: Illustration) -> list[Block]:
    """Return the evidence as the card shows it: verdict, what failed, the picture, the table."""
    text = "\n".join([verdict_line(evidence, stage), *problems(evidence)])
    blocks = [section(text), *_picture(evidence, shown)]
    if evidence.checks:
        blocks.append(checks_table(evidence, CARD_ROWS, _CARD_CELL))
    hidden = len(evidence.checks) - CARD_ROWS
    rest = f"{count(hidden, 'more check')}: {code(f'/release evidence {release_id}')}. " if hidden > 0 else ""
    took = elapsed(timedelta(seconds=evidence.seconds))
    served = f"{code(evidence.endpoint)} serving {code(evidence.config)}"
    blocks.append(context(f"{rest}Suite {code(evidence.suite, 80)} on {served}, took {took}."))
    return blocks


def _picture(evidence: Evidence, shown: Illustration) -> list[Block]:
    """Return the picture or, where the record could be drawn and is not seen, why."""
    if shown.problem:
        return [context(f"🖼️ There is no picture: {escape(shown.problem, 240)}. The numbers are all here.")]
    if shown.file:
        return [picture(shown.file, shown.alt)]
    return [context(NOT_YET)] if evidence.record else []


def evidence_message(release: Release) -> Message:
    """Return everything that was seen of a release, for `/release evidence`: what was decided on, then prod's."""
    stages = ((Stage.STAGING, release.evidence), (Stage.PROD, release.prod_evidence))
    runs = [(stage, seen) for stage, seen in stages if seen is not None]
    if not runs:
        return message(
            f"No evidence yet for {escape(release.id)}",
            section(f"Release {code(release.id)} has not been tested yet, so there is no evidence."),
        )
    blocks = [header(f"Evidence: {subject(release)}"), *_run_blocks(*runs[0], _as_table)]
    # Slack takes one table a message, so the second run's checks are lines.
    for stage, seen in runs[1:]:
        blocks += [divider(), *_run_blocks(stage, seen, _as_lines)]
    told = ", ".join(f"smoke tests on {stage.value} {VERDICTS[seen.verdict][1]}" for stage, seen in runs)
    blocks.append(context(f"Release {code(release.id)}"))
    return message(f"Evidence for {escape(subject(release))} ({release.id}): {told}", *blocks)


def _run_blocks(stage: Stage, seen: Evidence, checks: Callable[[Evidence], list[Block]]) -> list[Block]:
    """Return one run: its verdict and problems, its checks, its samples, and which suite it was."""
    blocks = [section("\n".join([verdict_line(seen, stage), *problems(seen)]))]
    if seen.checks:
        blocks += checks(seen)
    if seen.sample:
        blocks.append(section("*Sample of requests and replies*\n" + "\n".join(_sample(seen))))
    digest = seen.suite_digest.removeprefix("sha256:")[:12]
    suite = f"suite {code(seen.suite, 80)} ({code(digest)})"
    blocks.append(context(f"{stage.value.capitalize()}: {suite} on {code(seen.endpoint)} serving {code(seen.config)}"))
    return blocks


def _as_table(seen: Evidence) -> list[Block]:
    return [checks_table(seen, _ALL_ROWS, _ALL_CELL)]


def _as_lines(seen: Evidence) -> list[Block]:
    lines = [
        f"{_MARK[each.verdict]} *{escape(each.name, 100)}* {escape(each.seen, 100)} · {escape(each.rule, 100)}"
        for each in worst_first(seen)[:_ALL_ROWS]
    ]
    return sections(lines)


def _sample(evidence: Evidence) -> list[str]:
    return [f"{code(request, 160)} → {code(reply, 120)}" for request, reply in evidence.sample[:8]]


def examples() -> dict[str, Message]:
    """Return evidence that passed, failed, was found on prod, is missing, and is as bad as it can be."""
    shown = releases_by_phase()
    names = (
        "awaiting_approval",
        "smoke_failed",
        "smoke_undecided",
        "prod_unhealthy",
        "rolled_back",
        "checking_package",
    )
    worst = worst_release()
    messages = {name: evidence_message(shown[name]) for name in names}
    messages["worst"] = evidence_message(worst)
    messages["worst_twice"] = evidence_message(replace(worst, prod_evidence=worst.evidence))
    return messages
