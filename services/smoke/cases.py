"""The cases of a suite: their rows made when it is loaded, their answers judged when they are there."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.release.model import CheckResult, Verdict
from services.smoke.contract import CLASS, NUMBER, PROBABILITY, ContractForm
from services.smoke.form import CaseForm, Cell, ExpectForm
from services.smoke.measurements import Trial, answered
from services.smoke.rows import cells_of, row_of
from services.smoke.statistics import alike
from services.smoke.tables import Table
from services.smoke.wire import Answer

SAME = 1e-6
"""Answers closer than this are the same: they are printed with about eight digits."""
SHOWN = 5
BLANKED = 5
"""Rows in which each column is blanked; fewer of a wide table, and of a very wide one some columns only."""
MOST_CELLS = 500_000
"""Of all these rows together: they are sent as one request, which SageMaker limits to 6 MiB."""
BLANKED_FROM = 200
_CHANGE = re.compile(r"([*/+-]) ([0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)")
_CHANGES: Mapping[str, Callable[[float, float], float]] = {
    "*": lambda cell, by: cell * by,
    "/": lambda cell, by: cell / by,
    "+": lambda cell, by: cell + by,
    "-": lambda cell, by: cell - by,
}


@dataclass(frozen=True, slots=True)
class Case:
    """A case ready to be asked: its rows, and the same rows changed (none where nothing is changed)."""

    name: str
    rows: tuple[str, ...]
    changed: tuple[str, ...]
    expect: ExpectForm


class CaseProblem(Exception):
    """A case cannot be asked: `where` in it, and why."""

    def __init__(self, where: tuple[str, ...], reason: str) -> None:
        super().__init__(reason)
        self.where = where
        self.reason = reason


def prepared(form: CaseForm, contract: ContractForm, canary: Table | None) -> Case:
    """Make the rows of a case.

    Raises:
        CaseProblem: it names an unknown column, samples a canary that is not there, changes what is no number, or
            expects what such replies do not have.
    """
    if form.sample is not None and canary is None:
        raise CaseProblem(("sample",), "sample needs canary in the suite")
    if reason := _unfit(form.expect, contract):
        raise CaseProblem(("expect",), reason)
    names = canary.columns if canary is not None and not contract.columns else contract.columns
    rows = spread(canary.rows, form.sample) if canary is not None and form.sample is not None else form.rows
    rows = tuple(_with(row, names, form.given, "given") for row in rows)
    changed = tuple(_with(row, names, form.then, "then") for row in rows) if form.then else ()
    return Case(form.name, rows, changed, form.expect)


def _unfit(expect: ExpectForm, contract: ContractForm) -> str:
    reply = contract.reply
    if reply.per_row != 1:
        return "a case needs one answer a row"
    if expect.of_numbers and reply.kind == CLASS:
        return f"a reply of the kind {CLASS} has no number: expect class or same_class"
    if expect.of_classes and reply.kind == NUMBER:
        return f"a reply of the kind {NUMBER} has no class"
    known = ("0", "1") if reply.kind == PROBABILITY else reply.classes
    if expect.class_ is not None and known and expect.class_ not in known:
        return f"{expect.class_!r} is none of the classes {', '.join(known)}"
    return ""


def spread(rows: tuple[str, ...], most: int) -> tuple[str, ...]:
    """Return at most `most` rows, evenly spread over all of them."""
    count = min(most, len(rows))
    return tuple(rows[index * len(rows) // count] for index in range(count))


@dataclass(frozen=True, slots=True)
class Blanks:
    """Rows with one cell blanked, and the name of the column of each."""

    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


def blanked(rows: tuple[str, ...], names: tuple[str, ...]) -> Blanks:
    """Blank each column in turn, in a few of the rows that have something there."""
    table = [cells_of(row) for row in spread(rows, BLANKED_FROM)]
    width = min(map(len, table), default=0)
    most = MOST_CELLS // max(1, width)
    each = max(1, min(BLANKED, most // max(1, width)))
    found: list[tuple[str, str]] = []
    for place in range(0, width, max(1, math.ceil(width / most))):
        name = names[place] if place < len(names) else f"column {place + 1}"
        full = [cells for cells in table if cells[place]][:each]
        found += [(row_of([*cells[:place], "", *cells[place + 1 :]]), name) for cells in full]
    return Blanks(tuple(row for row, _ in found), tuple(name for _, name in found))


def _with(row: str, names: tuple[str, ...], cells: Mapping[str, Cell], key: str) -> str:
    parts = cells_of(row)
    for name, cell in cells.items():
        if name not in names:
            known = ", ".join(names) or "none: name them in contract.columns"
            raise CaseProblem((key, name), f"no column {name!r}; there are {known}")
        if len(parts) != len(names):
            raise CaseProblem((key,), f"the row {row!r} has {len(parts)} cells, the columns are {len(names)}")
        place = names.index(name)
        parts[place] = _changed(parts[place], cell, (key, name))
    return row_of(parts) if cells else row


def _changed(old: str, cell: Cell, where: tuple[str, ...]) -> str:
    """Return the new cell; an empty one has no value that could be changed, and stays empty."""
    found = _CHANGE.fullmatch(cell) if isinstance(cell, str) else None
    if found is None:
        return str(cell)
    if not old:
        return old
    try:
        return f"{_CHANGES[found.group(1)](float(old), float(found.group(2))):.10g}"
    except (ValueError, ArithmeticError):
        raise CaseProblem(where, f"{cell!r} cannot be done to {old!r}") from None


def judge_case(case: Case, trial: Trial) -> CheckResult:
    """Hold a case's answers against what it expects; every case blocks."""
    asked = (trial.rows, trial.changed) if case.changed else (trial.rows,)
    rule = case.expect.words
    if lost := answered(*asked):
        return CheckResult(case.name, lost.verdict, lost.why, rule)
    before, after = trial.rows.each, asked[-1].each
    if any(len(batch.each) != len(case.rows) for batch in asked):
        return CheckResult(case.name, Verdict.FAILED, f"{len(after)} answers to {len(case.rows)} rows", rule)
    wrong = [index for index, pair in enumerate(zip(before, after, strict=True)) if not _meets(*pair, case.expect)]
    verdict = Verdict.PASSED if len(wrong) <= case.expect.allowed * len(after) else Verdict.FAILED
    share = len(wrong) / len(after)
    return CheckResult(
        case.name, verdict, _seen(case, before, after, wrong), rule, value=share, bound=case.expect.allowed
    )


def _meets(before: Answer, after: Answer, expect: ExpectForm) -> bool:
    was, value = before.score, after.score
    low, high = expect.range or (-math.inf, math.inf)
    return all(
        (
            before.readable and after.readable,
            expect.range is None or low <= value <= high,
            expect.below is None or value < expect.below,
            expect.above is None or value > expect.above,
            expect.within is None or abs(value - was) <= expect.within + SAME,
            expect.direction is None or _goes(expect.direction, was, value),
            expect.class_ is None or after.decided == expect.class_,
            expect.same_class is None or after.decided == before.decided,
        )
    )


def _goes(direction: str, before: float, after: float) -> bool:
    if alike(before, after, SAME):
        return direction.endswith("=")
    return after > before if direction[0] == ">" else after < before


def _seen(case: Case, before: tuple[Answer, ...], after: tuple[Answer, ...], wrong: list[int]) -> str:
    if not case.changed and len(after) <= SHOWN:
        return ", ".join(map(_words, after))
    if not wrong:
        return f"all {len(after)} rows"
    first = wrong[0]
    change = f"{_words(before[first])} -> {_words(after[first])}" if case.changed else _words(after[first])
    return f"{len(wrong)} of {len(after)} rows do not (the first: {change})"


def _words(answer: Answer) -> str:
    """Write an answer of a few rows: its class where it has one of its own, its number where it has one."""
    named = answer.label or (answer.decided if len(answer.numbers) > 1 else "")
    number = "" if named and math.isnan(answer.score) else f"{answer.score:.3g}"
    return " ".join(part for part in (named, number) if part)
