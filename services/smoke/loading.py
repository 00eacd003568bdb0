"""Reads a suite and its data files, and refuses what is unknown, missing, or more than the suite allows itself."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from services.smoke.budget import overdrawn
from services.smoke.cases import Case, CaseProblem, prepared
from services.smoke.contract import PROBABILITY
from services.smoke.form import SuiteForm
from services.smoke.metrics import ENOUGH_TIMED, METRICS, Metric, asks_prod, metric_named, misread, unfit
from services.smoke.problems import SuiteProblem
from services.smoke.readings import Unit
from services.smoke.rows import cells_of
from services.smoke.rules import Op, Rule, StatusClass, parse_rule
from services.smoke.source import Document, Fetch, Location, Source, no_objects
from services.smoke.suite import Check, SmokeSuite
from services.smoke.tables import Table, read_table

_UNKNOWN_KEY = "extra_forbidden"


def load(address: str | Path, fetch: Fetch = no_objects) -> SmokeSuite:
    """Read a suite and the data files it names, which are looked for beside it.

    Each may also be in S3, at `s3://bucket/key`, and is then fetched.

    Raises:
        SuiteProblem: with file, line and reason, for anything unknown, missing or unreadable.
    """
    source = Source(str(address), fetch)
    data = source.read(source.name)
    document = Document(source.name, data)
    form = _validated(document)
    canary, golden = _canary(source, document, form), _golden(source, document, form)
    digest = hashlib.sha256(data)
    for part in (canary, golden):
        digest.update(b"\0" + (hashlib.sha256(part[1]).digest() if part else b""))
    table = canary[0] if canary else None
    _check_rows(document, form)
    checks, cases = tuple(_checks(document, form)), tuple(_cases(document, form, table))
    suite = SmokeSuite(form.suite, digest.hexdigest(), form, checks, table, golden[0] if golden else None, cases)
    return _affordable(document, suite)


def built_in(form: SuiteForm) -> SmokeSuite:
    """Return a suite without files from its form.

    Raises:
        SuiteProblem: a rule is unknown, or needs data, or the budget is too small.
    """
    text = form.model_dump_json().encode()
    document = Document(form.suite, text)
    _check_rows(document, form)
    checks, cases = tuple(_checks(document, form)), tuple(_cases(document, form, None))
    suite = SmokeSuite(form.suite, hashlib.sha256(text).hexdigest(), form, checks, cases=cases)
    return _affordable(document, suite)


def _affordable(document: Document, suite: SmokeSuite) -> SmokeSuite:
    """Refuse a suite that would never come to its end: it would be inconclusive every time."""
    if reason := overdrawn(suite):
        raise SuiteProblem(document.file, document.line(("budget", "requests")), reason)
    return suite


def _validated(document: Document) -> SuiteForm:
    try:
        return SuiteForm.model_validate(document.value)
    except ValidationError as error:
        # A mistyped key is also a missing one; the first of the two says what to do.
        errors = sorted(error.errors(include_url=False, include_input=False), key=lambda e: e["type"] != _UNKNOWN_KEY)
        first = errors[0]
        where = ".".join(str(step) for step in first["loc"])
        line = document.line(first["loc"])
        reason = f"unknown key {where!r}" if first["type"] == _UNKNOWN_KEY else f"{where}: {first['msg']}"
        raise SuiteProblem(document.file, line, reason.removeprefix(": ")) from error


def _canary(source: Source, document: Document, form: SuiteForm) -> tuple[Table, bytes] | None:
    if form.canary is None:
        return None
    place = (document.file, document.line(("canary", "data")))
    contract, reply = form.contract, form.contract.reply
    known = ("0", "1") if reply.kind == PROBABILITY else reply.classes
    file, numbers = source.beside(form.canary.data), not contract.classifies
    found = read_table(file, form.canary.label, contract.columns, place, numbers=numbers)
    _check_labels(file, form.canary.label, found[0], known)
    if contract.request.row == "value" and len(found[0].columns) > 1:
        names = ", ".join(found[0].columns)
        raise SuiteProblem(file.name, 1, f"row: value sends one of {names}: name it in contract.columns")
    return found


def _check_labels(source: Source, column: str, table: Table, known: tuple[str, ...]) -> None:
    odd = [(line, label) for line, label in enumerate(table.labels, 2) if known and label not in known]
    if odd:
        line, label = odd[0]
        raise SuiteProblem(source.name, line, f"{column} must be {' or '.join(known)}, not {label!r}")


def _golden(source: Source, document: Document, form: SuiteForm) -> tuple[Table, bytes] | None:
    if form.golden is None:
        return None
    place = (document.file, document.line(("golden", "data")))
    contract, file, column = form.contract, source.beside(form.golden.data), form.golden.answer
    found = read_table(file, column, contract.columns, place, numbers=not contract.classifies)
    _check_labels(file, column, found[0], contract.reply.classes)
    return found


def _check_rows(document: Document, form: SuiteForm) -> None:
    """Refuse a row of which a JSON request would name the wrong cells."""
    if form.contract.request.row not in {"object", "value"}:
        return
    wanted = len(form.contract.columns) or 1
    rows: list[tuple[Location, str]] = [(("payload", index), row) for index, row in enumerate(form.payload)]
    rows += [(("cases", number, "rows"), row) for number, case in enumerate(form.cases) for row in case.rows]
    for place, row in rows:
        if len(cells_of(row)) != wanted:
            reason = f"the row {row!r} has {len(cells_of(row))} cells, the columns are {wanted}"
            raise SuiteProblem(document.file, document.line(place), reason)


def _cases(document: Document, form: SuiteForm, canary: Table | None) -> Iterator[Case]:
    for index, case in enumerate(form.cases):
        try:
            yield prepared(case, form.contract, canary)
        except CaseProblem as problem:
            line = document.line(("cases", index, *problem.where))
            raise SuiteProblem(document.file, line, f"case {case.name!r}: {problem.reason}") from None


def _checks(document: Document, form: SuiteForm) -> Iterator[Check]:
    """Yield the written rules, then `reject.<name> == 4xx` for every refusal that no rule speaks of."""
    spoken = set()
    for key, texts in (("block", form.block), ("warn", form.warn)):
        for index, text in enumerate(texts):
            rule = _rule(document, document.line((key, index)), text, form)
            spoken.add(rule.metric)
            yield Check(rule, key == "block")
    for name in form.reject:
        if f"reject.{name}" not in spoken:
            yield Check(Rule(f"reject.{name}", Op.EQUAL, StatusClass(4)), blocking=True)


def _rule(document: Document, line: int, text: str, form: SuiteForm) -> Rule:
    rule = parse_rule(text, document.file, line)
    metric = metric_named(rule.metric)
    if metric is None:
        known = ", ".join((*METRICS, "reject.<name>"))
        raise SuiteProblem(document.file, line, f"unknown metric {rule.metric!r}; known: {known}")
    present = {"canary"} if form.canary is not None else set()
    present |= {f"reject.{name}" for name in form.reject}
    if metric.needs and metric.needs not in present:
        raise SuiteProblem(document.file, line, f"{rule.metric} needs {metric.needs.replace('.', ': ')} in the suite")
    if reason := unfit(rule, metric, form.contract.reply) or misread(rule, metric) or _unhurried(rule, metric, form):
        raise SuiteProblem(document.file, line, reason)
    return rule


def _unhurried(rule: Rule, metric: Metric, form: SuiteForm) -> str:
    """Say why prod's latency could never be known: it is asked too seldom for the time that it is asked; else empty."""
    needed, left = ENOUGH_TIMED / form.prod.per_second, form.budget.seconds_of_prod
    if metric.unit is not Unit.TIME or not asks_prod(rule) or needed < left:
        return ""
    how = f"{ENOUGH_TIMED} requests to prod at {form.prod.per_second:g} a second take {needed:g} s"
    return f"{how}, budget.seconds leaves {left:g} s for them"


DEFAULT_FORM = SuiteForm.model_validate(
    {
        "suite": "seed payload",
        "payload": ["3,0,22,1,0,7.25,2", "1,1,38,1,0,71.2833,0"],
        "block": ["reply.rows == sent", "reply.outside == 0", "repeat.differ == 0", "error.rate == 0%"],
        "warn": ["latency.p95 <= 1s", "reject.letters == 4xx"],
        "cases": [
            {"name": "a man of 22 in third class", "rows": ["3,0,22,1,0,7.25,2"], "expect": {"below": 0.5}},
            {"name": "a woman of 38 in first class", "rows": ["1,1,38,1,0,71.2833,0"], "expect": {"above": 0.5}},
        ],
        "reject": {"letters": {"body": "a,b,c,d,e,f,g"}},
    }
)
DEFAULT = built_in(DEFAULT_FORM)
"""The seed's smoke test made to mean something: its two passengers, told apart the way history did."""
