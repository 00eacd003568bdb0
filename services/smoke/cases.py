"""The cases of a suite: their rows made when it is loaded, their answers judged when they are there."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.release.model import CheckResult, Verdict
from services.smoke.form import CaseForm, Cell, ExpectForm
from services.smoke.measurements import Trial, answered
from services.smoke.tables import Table

SAME = 1e-6
"""Answers closer than this are the same: they are printed with about eight digits."""
SHOWN = 5
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


def prepared(form: CaseForm, columns: tuple[str, ...], canary: Table | None) -> Case:
    """Make the rows of a case.

    Raises:
        CaseProblem: it names an unknown column, samples a canary that is not there, or changes what is no number.
    """
    if form.sample is not None and canary is None:
        raise CaseProblem(("sample",), "sample needs canary in the suite")
    names = canary.columns if canary is not None and not columns else columns
    rows = spread(canary.rows, form.sample) if canary is not None and form.sample is not None else form.rows
    rows = tuple(_with(row, names, form.given, "given") for row in rows)
    changed = tuple(_with(row, names, form.then, "then") for row in rows) if form.then else ()
    return Case(form.name, rows, changed, form.expect)


def spread(rows: tuple[str, ...], most: int) -> tuple[str, ...]:
    """Return at most `most` rows, evenly spread over all of them."""
    count = min(most, len(rows))
    return tuple(rows[index * len(rows) // count] for index in range(count))


def _with(row: str, names: tuple[str, ...], cells: Mapping[str, Cell], key: str) -> str:
    parts = row.split(",")
    for name, cell in cells.items():
        if name not in names:
            known = ", ".join(names) or "none: name them in contract.columns"
            raise CaseProblem((key, name), f"no column {name!r}; there are {known}")
        if len(parts) != len(names):
            raise CaseProblem((key,), f"the row {row!r} has {len(parts)} cells, the columns are {len(names)}")
        place = names.index(name)
        parts[place] = _changed(parts[place], cell, (key, name))
    return ",".join(parts)


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
    before, after = trial.rows.values, asked[-1].values
    if any(len(batch.values) != len(case.rows) for batch in asked):
        return CheckResult(case.name, Verdict.FAILED, f"{len(after)} answers to {len(case.rows)} rows", rule)
    wrong = [index for index, pair in enumerate(zip(before, after, strict=True)) if not _meets(*pair, case.expect)]
    verdict = Verdict.PASSED if len(wrong) <= case.expect.allowed * len(after) else Verdict.FAILED
    share = len(wrong) / len(after)
    return CheckResult(
        case.name, verdict, _seen(case, before, after, wrong), rule, value=share, bound=case.expect.allowed
    )


def _meets(before: float, after: float, expect: ExpectForm) -> bool:
    low, high = expect.range or (-math.inf, math.inf)
    return all(
        (
            math.isfinite(before) and math.isfinite(after) and low <= after <= high,
            expect.below is None or after < expect.below,
            expect.above is None or after > expect.above,
            expect.within is None or abs(after - before) <= expect.within + SAME,
            expect.direction is None or _goes(expect.direction, before, after),
        )
    )


def _goes(direction: str, before: float, after: float) -> bool:
    up = after - before if direction[0] == ">" else before - after
    return up >= -SAME if direction.endswith("=") else up > SAME


def _seen(case: Case, before: tuple[float, ...], after: tuple[float, ...], wrong: list[int]) -> str:
    if not case.changed and len(after) <= SHOWN:
        return ", ".join(f"{value:.3g}" for value in after)
    if not wrong:
        return f"all {len(after)} rows"
    first = wrong[0]
    change = f"{before[first]:.3g} -> {after[first]:.3g}" if case.changed else f"{after[first]:.3g}"
    return f"{len(wrong)} of {len(after)} rows do not (the first: {change})"
