"""A smoke suite, loaded and checked: every rule, key, metric and file it names is known, or it is refused."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from services.smoke.form import CaseForm, ContractForm, RejectForm, SuiteForm
from services.smoke.metrics import METRICS, metric_named, unfit
from services.smoke.problems import SuiteProblem
from services.smoke.rules import Op, Rule, StatusClass, parse_rule
from services.smoke.source import Document, read_bytes
from services.smoke.tables import Table, read_table

_UNKNOWN_KEY = "extra_forbidden"


@dataclass(frozen=True, slots=True)
class Check:
    """A rule, and whether its failure withholds Approve."""

    rule: Rule
    blocking: bool


@dataclass(frozen=True, slots=True)
class SmokeSuite:
    """A suite ready to run. `digest` (SHA-256, hexadecimal) covers the YAML and every data file it rests on."""

    name: str
    digest: str
    form: SuiteForm
    checks: tuple[Check, ...]
    canary: Table | None = None
    golden: Table | None = None

    @property
    def contract(self) -> ContractForm:
        """How the endpoint is asked."""
        return self.form.contract

    @property
    def cases(self) -> tuple[CaseForm, ...]:
        """The hand-written expectations; each is a blocking check of its own."""
        return self.form.cases

    @property
    def rejects(self) -> dict[str, RejectForm]:
        """The requests that must be refused, by name."""
        return self.form.reject


def load(path: Path) -> SmokeSuite:
    """Read a suite and the data files it names, which are looked for beside it.

    Raises:
        SuiteProblem: with file, line and reason, for anything unknown, missing or unreadable.
    """
    data = read_bytes(path, path.name)
    document = Document(path.name, data)
    form = _validated(document)
    canary, golden = _canary(path, document, form), _golden(path, document, form)
    digest = hashlib.sha256(data)
    for part in (canary, golden):
        digest.update(b"\0" + (hashlib.sha256(part[1]).digest() if part else b""))
    checks = tuple(_checks(document, form))
    return SmokeSuite(form.suite, digest.hexdigest(), form, checks, canary and canary[0], golden and golden[0])


def built_in(form: SuiteForm) -> SmokeSuite:
    """Return a suite without files from its form.

    Raises:
        SuiteProblem: a rule is unknown, or needs data.
    """
    text = form.model_dump_json().encode()
    document = Document(form.suite, text)
    return SmokeSuite(form.suite, hashlib.sha256(text).hexdigest(), form, tuple(_checks(document, form)))


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


def _canary(path: Path, document: Document, form: SuiteForm) -> tuple[Table, bytes] | None:
    if form.canary is None:
        return None
    place = (document.file, document.line(("canary", "data")))
    table, data = read_table(path.parent / form.canary.data, form.canary.label, form.contract.columns, place)
    if not set(table.answers) <= {0.0, 1.0}:
        raise SuiteProblem(form.canary.data, 0, f"{form.canary.label} must be 0 or 1")
    return table, data


def _golden(path: Path, document: Document, form: SuiteForm) -> tuple[Table, bytes] | None:
    if form.golden is None:
        return None
    place = (document.file, document.line(("golden", "data")))
    return read_table(path.parent / form.golden.data, form.golden.answer, form.contract.columns, place)


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
    present = {key for key in ("canary", "golden") if getattr(form, key) is not None}
    present |= {f"reject.{name}" for name in form.reject}
    if metric.needs and metric.needs not in present:
        raise SuiteProblem(document.file, line, f"{rule.metric} needs {metric.needs.replace('.', ': ')} in the suite")
    if reason := unfit(rule, metric):
        raise SuiteProblem(document.file, line, reason)
    if metric.single and form.contract.reply.per_row != 1:
        raise SuiteProblem(document.file, line, f"{rule.metric} needs one number a row")
    return rule


DEFAULT_FORM = SuiteForm.model_validate(
    {
        "suite": "seed payload",
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
