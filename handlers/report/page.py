"""The report of a release as one HTML file: nothing else is needed to read, print or archive it."""

from collections.abc import Iterator
from importlib import resources

from handlers.report.items import Item, at, person, required_items
from handlers.report.markup import Html, code, facts, joined, picture, section, table, tag, text
from handlers.report.model import Report
from handlers.report.rows import rows_of
from handlers.views.evidence import cost_line, latency
from handlers.views.phases import SIGNS, subject
from services.release.audit import Attempted, covered_from, faults, parted
from services.release.digest import gate_digest
from services.release.lifecycle import TERMINAL
from services.release.model import CheckResult, Evidence, Release, RollbackPointer, Serving, Verdict

_MARKS = {True: ("✓", "met"), False: ("✗", "unmet"), None: ("-", "none")}
_VERDICTS = {Verdict.PASSED: "met", Verdict.FAILED: "unmet", Verdict.SKIPPED: "none"}


def html_report(report: Report) -> str:
    """Return the page."""
    release = report.release
    style = resources.files("handlers.report").joinpath("page.css").read_text(encoding="utf-8")
    title = f"{subject(release)}, {release.id}"
    body = joined(
        _header(report),
        section("Required evidence", *map(_item, required_items(release, report.log))),
        section("The gate", _gate(report), _tries(report)),
        _evidence("What was tested: staging", release.evidence, report.pictures.get("staging")),
        *(_evidence(f"An earlier run on staging, {at(seen.started_at)}", seen) for seen in report.earlier),
        section("What would change in prod", _compared(release.evidence)),
        _evidence("What was tested: prod, after the change", release.prod_evidence, report.pictures.get("prod")),
        section("Rollback record", _pointer(release.pointer)),
        section("The record and its hashes", _integrity(report), _lines(report)),
    )
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{text(title)}</title>'
    return f'<!doctype html>\n<html lang="en"><head>{head}<style>{style}</style></head><body>{body}</body></html>\n'


def _header(report: Report) -> Html:
    release = report.release
    sign, words = SIGNS[release.phase]
    outcome = release.outcome.detail if release.outcome is not None else ""
    state = "" if release.phase in TERMINAL else "This release has not ended: the report tells how it stands now."
    return tag(
        "header",
        tag("p", text(f"Release report, Sluice {report.version}"), css="kicker"),
        tag("h1", text(subject(release))),
        tag("p", text(f"{sign} {words}"), css="badge"),
        tag("p", text(outcome)) if outcome else Html(""),
        tag("p", text(state)) if state else Html(""),
        facts(
            [
                ("Release", code(release.id)),
                ("Asked for by", code(release.requested_by)),
                ("Asked for", text(at(release.requested_at))),
                ("Ended" if release.phase in TERMINAL else "So since", text(at(release.phase_since))),
                ("Reason", text(release.reason)),
                ("Report made", text(at(report.made_at))),
            ]
        ),
    )


def _item(item: Item) -> Html:
    mark, css = _MARKS[item.met]
    lines = tag("ul", *(tag("li", text(line)) for line in item.lines))
    return tag("div", tag("span", text(mark), css=f"mark {css}"), tag("h3", text(item.title)), lines, css="item")


def _gate(report: Report) -> Html:
    release = report.release
    gate, decision = release.gate, release.decision
    if gate is None:
        return tag("p", text("No gate was opened."))
    return facts(
        [
            (
                "Decision",
                text(f"{decision.kind.value} by {person(decision)}, {at(decision.at)}" if decision else "none"),
            ),
            ("Reason", text(decision.reason if decision is not None else "")),
            ("Opened", text(at(gate.opened_at))),
            ("Expires", text(at(gate.expires_at))),
            ("Staging config", code(gate.staging_config)),
            ("Prod config then", code(gate.prod_config or "none")),
            ("Staging last seen as tested", text(at(gate.staging_seen_at) if gate.staging_seen_at else "")),
            ("Digest of what was approved", joined(code(gate.digest), text(f" ({_recomputed(release)})"))),
        ]
    )


def _recomputed(release: Release) -> str:
    """Say whether the digest follows from what this report shows."""
    if release.gate is None or release.package is None or release.evidence is None:
        return "what it was made of is no longer part of the release"
    same = gate_digest(release) == release.gate.digest
    return "computed again from this report: the same" if same else "computed again from this report: ANOTHER ONE"


def _tries(report: Report) -> Html:
    tried = [act for act in report.trail.acts if isinstance(act, Attempted)]
    rows = [
        (
            text(at(act.at)),
            code(person(act)),
            text(act.what),
            tag("span", text(act.code or "let through"), css="unmet" if act.code else "met"),
            text(act.rule),
            text(act.detail),
        )
        for act in tried
    ]
    heading = ("When", "Who", "Tried to", "Outcome", "Rule of the policy", "Detail")
    return (
        joined(tag("h3", text("Every try, the refused ones too")), table(heading, rows, css="tries"))
        if rows
        else Html("")
    )


def _evidence(title: str, seen: Evidence | None, drawn: tuple[bytes, str] | None = None) -> Html:
    if seen is None:
        return Html("")
    return section(
        title,
        tag("p", text(f"The smoke suite {seen.suite} {seen.verdict.value}. {cost_line(seen)}")),
        picture(*drawn) if drawn is not None else tag("p", text("No picture is kept of it."), css="quiet"),
        table(("Verdict", "Check", "Seen", "Rule", ""), [_check(each) for each in seen.checks]),
        facts(
            [
                ("Endpoint", code(seen.endpoint)),
                ("Config", code(seen.config)),
                ("Began", text(at(seen.started_at))),
                ("Latency", text(", ".join(latency(seen.latency_ms)))),
                ("Suite digest", code(seen.suite_digest)),
                ("Record", code(seen.record)),
                ("SHA-256 of the record", code(seen.record_digest)),
                ("Archived", code(seen.archived)),
                ("As version", code(seen.archived_version)),
                ("Not archived", text(seen.archive_problem)),
            ]
        ),
        _sample(seen),
    )


def _check(check: CheckResult) -> tuple[Html, ...]:
    verdict = tag("span", text(check.verdict.value), css=_VERDICTS.get(check.verdict, "unmet"))
    return verdict, text(check.name), text(check.seen), text(check.rule), text("" if check.blocking else "warns only")


def _sample(seen: Evidence) -> Html:
    rows = [(tag("pre", text(sent)), tag("pre", text(answered))) for sent, answered in seen.sample]
    return table(("A request as it was sent", "Its answer"), rows)


def _compared(seen: Evidence | None) -> Html:
    if seen is None or seen.candidate is None:
        return Html("")
    before = dict(_serving(seen.prod)) if seen.prod is not None else {}
    rows = [(text(name), before.get(name, text("no prod")), value) for name, value in _serving(seen.candidate)]
    return table(("", "Prod", "Candidate"), rows)


def _serving(serving: Serving) -> Iterator[tuple[str, Html]]:
    yield "Version", text(serving.version if serving.version is not None else "unknown")
    yield "Config", code(serving.config)
    yield "Image", joined(text(serving.image), text(" "), code(serving.image_digest))
    number = serving.instance_count if serving.instance_count is not None else "?"
    yield "Instances", text(f"{serving.instance_type}, {number}" if serving.instance_type else "unknown")
    variables = [f"{name} {print_}" for name, print_ in serving.environment or ()]
    yield "Variables, by fingerprint", text(", ".join(variables) if serving.environment is not None else "unknown")
    yield "Data capture", text("off" if serving.data_capture is None else f"{serving.data_capture} %")
    yield "Registered metrics", text(", ".join(f"{name} {value:.4g}" for name, value in serving.metrics))


def _pointer(pointer: RollbackPointer | None) -> Html:
    if pointer is None:
        return tag("p", text("Prod was not changed."))
    return facts(
        [
            ("Endpoint", code(pointer.endpoint)),
            ("Config before", code(pointer.previous_config or "none: prod had no endpoint")),
            ("Served since", text(at(pointer.previous_since) if pointer.previous_since else "")),
            ("Config after", code(pointer.new_config)),
            ("Saved, before the change", text(at(pointer.saved_at))),
        ]
    )


def _integrity(report: Report) -> Html:
    trail = report.trail
    found = faults(trail)
    for_fault = (f"{f'line {each.line}: ' if each.line else ''}{each.problem}" for each in found)
    first, head = covered_from(trail), parted(f"{trail.head} ")
    if not trail.lines:
        return tag("p", text("This release was made by a Sluice that kept no audit log."))
    state = "broken" if found else "whole"
    return joined(
        tag("p", tag("span", text(f"The chain is {state}."), css="unmet" if found else "met")),
        *(tag("p", text(each), css="unmet") for each in for_fault),
        facts(
            [
                ("Lines", text(len(trail.lines))),
                ("Facts under seal", text(f"{first} to {len(trail.facts)}" if first is not None else "none")),
                ("Head", code(head.hash if head is not None else "")),
            ]
        ),
        tag(
            "p", text(_HOW), code("sluice audit verify"), text(" holds what is stored against its hashes."), css="quiet"
        ),
    )


_HOW = (
    "Each hash is the SHA-256 of the hash before it, the line's number and its text. The chain may have grown since "
    "this report was made. "
)


def _lines(report: Report) -> Html:
    rows = [
        (
            text(row.line),
            text(f"{row.at:%Y-%m-%d %H:%M:%S}" if row.at is not None else ""),
            text(row.kind),
            text(row.by),
            text(": ".join(filter(None, (row.what, row.about)))),
            text("; ".join(filter(None, (row.outcome, row.rule, row.detail)))),
            code(row.hash),
        )
        for row in rows_of(report.trail)
    ]
    return table(("Line", "When, UTC", "Kind", "By", "What", "Outcome", "Hash"), rows, css="lines")
