"""What a smoke suite saw, with its verdict first and what stands in the way in words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from handlers.views.blocks import Block, Message, context, divider, header, message, picture, section, sections, table
from handlers.views.comparison import metric_title, serving_line
from handlers.views.phases import subject
from handlers.views.samples import releases_by_phase, worst_release
from handlers.views.tables import AWAITED
from handlers.views.text import code, count, elapsed, escape, link, prose, slack_time, truncate
from services.release.model import CheckResult, Evidence, Release, Stage, Verdict


@dataclass(frozen=True, slots=True)
class Illustration:
    """The picture of the evidence: the Slack file that holds it and what it shows in words, or why there is none."""

    file: str = ""
    alt: str = ""
    problem: str = ""


NO_PICTURE = Illustration()
CARD_ROWS = 6
MOST_WHYS = 3
_MOST_PROBLEMS = 4
_MOST_WARNINGS = 3
_CARD_CELL = 48
_CELL = 90
_WHOLE_FROM_MS = 9.5
_ALL_ROWS = 40
_ALL_CHARACTERS = 5_000

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
_SIGNS = ((">=", "≥"), ("<=", "≤"), ("==", "="), (" x ", " × "), (" - ", " − "))  # noqa: RUF001 - signs of arithmetic
_STANDING = frozenset({Verdict.PASSED, Verdict.SKIPPED})


def verdict_line(evidence: Evidence, stage: Stage) -> str:
    """Return the verdict in one line, with how many checks it rests on."""
    sign, word = VERDICTS[evidence.verdict]
    passed = sum(check.verdict is Verdict.PASSED for check in evidence.checks)
    skipped = sum(check.verdict is Verdict.SKIPPED for check in evidence.checks)
    warned = len(warnings(evidence))
    counts = [f"{passed} of {count(len(evidence.checks), 'check')} passed"]
    counts += [f"⚠️ *{count(warned, 'warning')}*"] if warned else []
    counts += [f"{skipped} skipped"] if skipped else []
    return f"{sign} *Smoke tests on {stage.value} {word}*: {', '.join(counts)}"


def cost_line(evidence: Evidence) -> str:
    """Return what the suite cost, of what it may, and the latency that it found."""
    requests = count(evidence.requests_sent, "request")
    took = elapsed(timedelta(seconds=evidence.seconds))
    if evidence.allowed_requests:
        requests = f"{evidence.requests_sent:,} of at most {count(evidence.allowed_requests, 'request')}"
    if evidence.allowed_seconds:
        took = f"{took} of {elapsed(timedelta(seconds=evidence.allowed_seconds))}"
    return " · ".join([requests, took, *latency(evidence.latency_ms)])


def latency(latency_ms: Mapping[str, float]) -> list[str]:
    """Return the latency figures in words, the known percentiles first."""
    return [f"{name} {_milliseconds(latency_ms[name])} ms" for name in ("p50", "p95", "max") if name in latency_ms]


def _milliseconds(value: float) -> str:
    return f"{value:,.0f}" if value >= _WHOLE_FROM_MS else f"{value:.2g}"


def problems(evidence: Evidence) -> list[str]:
    """Return what stands in the way, one line each, then the warnings, then what was skipped and why."""
    failed, advisory = obstacles(evidence), warnings(evidence)
    lines = [f"🛑 *{count(len(failed), 'check stands', 'checks stand')} in the way*"] if failed else []
    lines += [f"• {line}" for line in _listed(failed, _MOST_PROBLEMS)]
    lines += [f"⚠️ Warning: {line}" for line in _listed(advisory, _MOST_WARNINGS)]
    return lines + _skipped(evidence)


def obstacles(evidence: Evidence) -> list[CheckResult]:
    """Return the checks that did not pass and withhold Approve."""
    return [check for check in evidence.checks if check.blocking and check.verdict not in _STANDING]


def warnings(evidence: Evidence) -> list[CheckResult]:
    """Return the checks that did not pass and block nothing."""
    return [check for check in evidence.checks if not check.blocking and check.verdict not in _STANDING]


def _listed(checks: list[CheckResult], most: int) -> list[str]:
    lines = [_problem(check) for check in checks[:most]]
    return lines + ([f"{count(len(checks) - most, 'more check')} below"] if len(checks) > most else [])


def _skipped(evidence: Evidence) -> list[str]:
    """Return one line for each reason to skip, with the names of the checks."""
    names: dict[str, dict[str, None]] = {}
    for check in evidence.checks:
        if check.verdict is Verdict.SKIPPED:
            names.setdefault(check.seen, {})[check.name] = None
    return [
        f"⏭️ Skipped, {escape(why, 240)}: {escape(', '.join(each), 240)}"
        for why, each in list(names.items())[:MOST_WHYS]
    ]


def _problem(check: CheckResult) -> str:
    seen, rule = escape(check.seen, 240) or "nothing", escape(in_signs(check.rule), 240) or "something else"
    return f"*{escape(metric_title(check.name), 100)}* {seen}, wanted {rule}"


def in_signs(rule: str) -> str:
    """Return a rule with the signs of arithmetic: `≥ 0.802 (registry 0.812 − 0.01)`."""  # noqa: RUF002 - a minus
    for written, sign in _SIGNS:
        rule = rule.replace(written, sign)
    return rule


def checks_table(rows: Sequence[Sequence[str]]) -> Block:
    """Return rows of checks as a table."""
    return table([["Check", "Saw", "Wanted"], *rows])


def check_rows(checks: Iterable[CheckResult], cell: int = _CELL) -> list[list[str]]:
    """Return each check as a row of a table, worst first: its mark and name, what was seen, what was wanted."""
    return [[truncate(text, cell) for text in _row(check)] for check in sorted(checks, key=_place)]


def _row(check: CheckResult) -> tuple[str, str, str]:
    mark = "⚠ warning:" if check.verdict is Verdict.FAILED and not check.blocking else _MARK[check.verdict]
    return f"{mark} {metric_title(check.name)}", check.seen, in_signs(check.rule)


def pages(rows: Sequence[Sequence[str]], most: int, characters: int) -> list[list[Sequence[str]]]:
    """Return rows on as few pages as hold them: so many on each at most, and so many characters."""
    held: list[list[Sequence[str]]] = []
    room = 0
    for row in rows:
        size = sum(map(len, row))
        if not held or size > room or len(held[-1]) == most:
            held.append([])
            room = characters
        held[-1].append(row)
        room -= size
    return held


def _place(check: CheckResult) -> tuple[bool, bool, bool]:
    """Put what stands in the way first, then what is advisory, what was skipped, what passed."""
    return check.verdict is Verdict.PASSED, check.verdict is Verdict.SKIPPED, not check.blocking


def summary_blocks(evidence: Evidence, shown: Illustration) -> list[Block]:
    """Return the evidence as the card shows it below the verdict: what stands in the way, the picture, the table.

    The table goes on where the words end: what they tell is not told again.
    """
    told = problems(evidence)
    blocks = [section("\n".join(told))] if told else []
    blocks += _picture(evidence, shown)
    rows = check_rows(_untold(evidence), _CARD_CELL)[:CARD_ROWS]
    return [*blocks, checks_table(rows)] if rows else blocks


def _untold(evidence: Evidence) -> list[CheckResult]:
    """Return the checks that `problems` does not tell."""
    standing = [check for check in evidence.checks if check.verdict in _STANDING]
    return obstacles(evidence)[_MOST_PROBLEMS:] + warnings(evidence)[_MOST_WARNINGS:] + standing


def suite_line(evidence: Evidence) -> str:
    """Return the small print below a table: where the rest is, which suite it was, and what it cost."""
    hidden = len(_untold(evidence)) - CARD_ROWS
    rest = f"{count(hidden, 'more check')} in the thread. " if hidden > 0 else ""
    return f"{rest}Suite {code(evidence.suite, 80)}: {cost_line(evidence)}"


def _picture(evidence: Evidence, shown: Illustration) -> list[Block]:
    """Return the picture or, where the record could be drawn and is not seen, why."""
    if shown.problem:
        return [context(f"🖼️ There is no picture: {escape(shown.problem, 240)}. The numbers are all here.")]
    if shown.file:
        return [picture(shown.file, shown.alt)]
    return [AWAITED] if evidence.record else []


def evidence_message(release: Release, address: str = "", earlier: Sequence[Evidence] = ()) -> Message:
    """Return everything that was seen of a release, for `/release evidence`: what was decided on, then prod's.

    `address` is that of the release's card. While nothing counts, the last of the `earlier` runs is shown as such.
    """
    stages = ((Stage.STAGING, release.evidence), (Stage.PROD, release.prod_evidence))
    runs = [(stage, seen) for stage, seen in stages if seen is not None]
    before = earlier[-1] if earlier and not runs else None
    if not runs and before is None:
        text = f"No smoke tests of release {code(release.id)} have ended: there is no evidence."
        return message(f"No evidence yet for {escape(release.id)}", section(text), _report_line(release, address))
    blocks = [header(f"Evidence: {subject(release)}"), *_staleness(release)]
    if before is not None:
        blocks.append(
            section(f"🔁 *It is tested again*{_lately(release)}. What follows is the run before, and counts no more.")
        )
        runs = [(Stage.STAGING, before)]
    blocks += _run_blocks(*runs[0], address, _as_table)
    # Slack takes one table a message, so the second run's checks are lines.
    for stage, seen in runs[1:]:
        blocks += [divider(), *_run_blocks(stage, seen, address, _as_lines)]
    told = ", ".join(f"smoke tests on {stage.value} {VERDICTS[seen.verdict][1]}" for stage, seen in runs)
    counts = ", before it was run again" if before is not None else ""
    blocks.append(_report_line(release, address))
    return message(f"Evidence for {escape(subject(release))} ({release.id}): {told}{counts}", *blocks)


def _report_line(release: Release, address: str) -> Block:
    """Return where the whole report comes to; without a card there is no thread to bring it to."""
    made = code(f"sluice audit report {release.id}")
    if not address:
        return context(f"Release {code(release.id)} has no card, so its report comes to no thread; {made} makes it.")
    return context(
        f"Release {code(release.id)}. Its whole report, a page and JSON, comes to its thread: you get a link here."
    )


def _lately(release: Release) -> str:
    return f" since {slack_time(release.rerun.at)}" if release.rerun is not None else ""


def _staleness(release: Release) -> list[Block]:
    """Return that what follows no longer counts, if that is so."""
    if release.stale is None:
        return []
    return [section(f"🟠 *Stale* since {slack_time(release.stale.since)}: {prose(release.stale.detail, 1_000)}")]


def _run_blocks(stage: Stage, seen: Evidence, address: str, checks: Callable[[Evidence], list[Block]]) -> list[Block]:
    """Return one run: its verdict and problems, where its record is, its checks, samples, servings, and its suite."""
    blocks = [section("\n".join([verdict_line(seen, stage), cost_line(seen), *problems(seen)]))]
    if seen.record:
        blocks.append(section("\n".join(_whereabouts(seen, address))))
    if seen.checks:
        blocks += checks(seen)
    if seen.sample:
        blocks.append(section("*Sample of requests and replies*\n" + "\n".join(_sample(seen))))
    labelled = ((f"What {stage.value} served", seen.candidate), ("What prod served then", seen.prod))
    blocks += sections([f"• {serving_line(label, serving)}" for label, serving in labelled if serving is not None])
    digest = seen.suite_digest.removeprefix("sha256:")[:12]
    suite = f"suite {code(seen.suite, 80)} ({code(digest)})"
    blocks.append(context(f"{stage.value.capitalize()}: {suite} on {code(seen.endpoint)} serving {code(seen.config)}"))
    return blocks


def _whereabouts(seen: Evidence, address: str) -> Iterable[str]:
    """Return where the whole record is, and how to know it again."""
    thread = link(address, "the card's thread") if address else "the card's thread"
    yield (
        f"🗄️ *The whole record* {code(seen.record)} is a JSON file in {thread}, there without account ids, "
        "unless the thread says that its files are missing."
    )
    if seen.record_digest:
        yield f"As it is kept, its SHA-256 is {code(seen.record_digest.removeprefix('sha256:'))}"
    if seen.archived:
        yield f"Archived as {code(seen.archived, 600)}"
    if seen.archive_problem:
        yield f"⚠️ It could not be archived: {escape(seen.archive_problem, 400)}"


def _as_table(seen: Evidence) -> list[Block]:
    (rows, *_) = pages(check_rows(seen.checks), _ALL_ROWS, _ALL_CHARACTERS)
    return [checks_table(rows), *_rest(seen, len(rows))]


def _as_lines(seen: Evidence) -> list[Block]:
    (rows, *_) = pages(check_rows(seen.checks), _ALL_ROWS, _ALL_CHARACTERS)
    lines = [f"*{escape(name, 140)}* {escape(saw, 100)} · {escape(wanted, 100)}" for name, saw, wanted in rows]
    return [*sections(lines), *_rest(seen, len(rows))]


def _rest(seen: Evidence, shown: int) -> list[Block]:
    hidden = len(seen.checks) - shown
    return [context(f"… and {count(hidden, 'more check')} in the card's thread")] if hidden > 0 else []


def _sample(evidence: Evidence) -> list[str]:
    return [f"{code(request, 160)} → {code(reply, 120)}" for request, reply in evidence.sample[:8]]


def examples() -> dict[str, Message]:
    """Return evidence that passed, failed, was found on prod, is missing, and is as bad as it can be."""
    shown = releases_by_phase()
    names = (
        "awaiting_approval",
        "awaiting_with_warnings",
        "evidence_stale",
        "smoke_failed",
        "smoke_undecided",
        "prod_unhealthy",
        "rolled_back",
        "checking_package",
    )
    worst = worst_release()
    messages = {name: evidence_message(shown[name], "https://example.slack.com/archives/C0/p1") for name in names}
    messages["worst"] = evidence_message(worst)
    messages["worst_twice"] = evidence_message(replace(worst, prod_evidence=worst.evidence))
    return messages
