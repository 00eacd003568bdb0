"""What a smoke suite saw, with its verdict first and what stands in the way in words."""

from collections.abc import Mapping
from datetime import timedelta

from handlers.views.blocks import Block, Message, context, header, message, section, table
from handlers.views.phases import subject
from handlers.views.samples import releases_by_phase, worst_release
from handlers.views.text import code, count, elapsed, escape, truncate
from services.release.model import CheckResult, Evidence, Release, Stage, Verdict

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
    ordered = sorted(evidence.checks, key=_place)
    rows = [
        [f"{_MARK[each.verdict]} {each.name}", truncate(each.seen, cell), truncate(each.rule, cell)]
        for each in ordered[:most]
    ]
    return table([["Check", "Saw", "Wanted"], *rows])


def _place(check: CheckResult) -> tuple[bool, bool, bool]:
    """Sort what stands in the way first, then what is advisory, what was skipped, what passed."""
    return check.verdict is Verdict.PASSED, check.verdict is Verdict.SKIPPED, not check.blocking


def summary_blocks(evidence: Evidence, stage: Stage, release_id: str) -> list[Block]:
    """Return the evidence as the card shows it: verdict, what failed, the table."""
    text = "\n".join([verdict_line(evidence, stage), *problems(evidence)])
    blocks = [section(text)]
    if evidence.checks:
        blocks.append(checks_table(evidence, CARD_ROWS, _CARD_CELL))
    hidden = len(evidence.checks) - CARD_ROWS
    rest = f"{count(hidden, 'more check')}: {code(f'/release evidence {release_id}')}. " if hidden > 0 else ""
    took = elapsed(timedelta(seconds=evidence.seconds))
    served = f"{code(evidence.endpoint)} serving {code(evidence.config)}"
    blocks.append(context(f"{rest}Suite {code(evidence.suite, 80)} on {served}, took {took}."))
    return blocks


def evidence_message(release: Release) -> Message:
    """Return everything that was seen of a release, for `/release evidence`."""
    found = release.prod_evidence or release.evidence
    if found is None:
        return message(
            f"No evidence yet for {escape(release.id)}",
            section(f"Release {code(release.id)} has not been tested yet, so there is no evidence."),
        )
    stage = Stage.PROD if release.prod_evidence is not None else Stage.STAGING
    verdict = "\n".join([verdict_line(found, stage), *problems(found)])
    blocks = [header(f"Evidence: {subject(release)}"), section(verdict)]
    if found.checks:
        blocks.append(checks_table(found, _ALL_ROWS, _ALL_CELL))
    if found.sample:
        blocks.append(section("*Sample of requests and replies*\n" + "\n".join(_sample(found))))
    if release.prod_evidence is not None and release.evidence is not None:
        blocks.append(section(verdict_line(release.evidence, Stage.STAGING)))
    blocks.append(context(f"Release {code(release.id)} · suite {code(found.suite_digest[:19])} · {code(found.config)}"))
    word = VERDICTS[found.verdict][1]
    return message(
        f"Evidence for {escape(subject(release))} ({release.id}): smoke tests on {stage.value} {word}", *blocks
    )


def _sample(evidence: Evidence) -> list[str]:
    return [f"{code(request, 160)} → {code(reply, 120)}" for request, reply in evidence.sample[:8]]


def examples() -> dict[str, Message]:
    """Return evidence that passed, failed, was found on prod, is missing, and is as bad as it can be."""
    shown = releases_by_phase()
    names = ("awaiting_approval", "smoke_failed", "smoke_undecided", "prod_unhealthy", "checking_package")
    return {**{name: evidence_message(shown[name]) for name in names}, "worst": evidence_message(worst_release())}
