"""Evidence records to draw: real answers of the sandbox's models on the canary, and made ones of other kinds."""

import csv
import math
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

from fakes.builders import ARN, NOON
from sandbox import models
from sandbox.aws.booster import Booster, load_booster
from services.release.model import CheckResult, Evidence, Serving, Verdict
from services.release.record import EvidenceRecord, RowAnswers, Task

FOLDER = Path(models.__file__).parent
CANARY = FOLDER.parent / "catalog" / "suites" / "canary.csv"
NASTY = "<!channel> & <script>\u202e \U0001f680 مرحبا " + "ß" * 200


@cache
def passengers() -> tuple[tuple[str, ...], ...]:
    """Return the canary's rows as text, the label last."""
    with CANARY.open(encoding="utf-8", newline="") as file:
        return tuple(tuple(row) for row in list(csv.reader(file))[1:])


@cache
def version(number: int) -> Booster:
    """Return a committed model of the sandbox."""
    with tempfile.TemporaryDirectory() as folder, tarfile.open(FOLDER / f"v{number}" / "model.tar.gz") as tar:
        tar.extractall(folder, filter="data")
        return load_booster(Path(folder) / "xgboost-model.json")


def _chance(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - scenery, and the same at each run


def retrained(model: Booster, seed: int) -> Booster:
    """Return a model whose trees weigh a little differently, as a training on other rows would make them."""
    random = _chance(seed)
    return replace(
        model,
        trees=tuple(
            replace(
                tree, condition=tuple(value if left != -1 else value * random.gauss(1, 0.35) for value, left in nodes)
            )
            for tree in model.trees
            for nodes in [list(zip(tree.condition, tree.left, strict=True))]
        ),
    )


def scores(model: Booster) -> list[float]:
    """Return what a model answers to the canary."""
    return [model.predict([float(cell) if cell else math.nan for cell in row[:-1]]) for row in passengers()]


def milliseconds(count: int, middle: float, seed: int) -> tuple[float, ...]:
    """Return latencies as endpoints have them: most of them alike, a few slow."""
    random = _chance(seed)
    usual = [middle * random.lognormvariate(0, 0.2) for _ in range(count)]
    return tuple(each * random.uniform(2, 8) if random.random() < 0.02 else each for each in usual)


def _evidence(verdict: Verdict, checks: tuple[CheckResult, ...] = ()) -> Evidence:
    return Evidence(
        suite="titanic.yaml",
        suite_digest="sha256:5f1c",
        endpoint="titanic-staging",
        config="titanic-survival-v7-r0000000a-staging",
        verdict=verdict,
        checks=checks,
        requests_sent=517,
        latency_ms={"p50": 0.41, "p95": 0.54, "max": 2.1},
        sample=(),
        started_at=NOON,
        seconds=3.1,
        candidate=Serving("c", 7, metrics=(("accuracy", 0.768), ("auc", 0.812))),
        prod=Serving("p", 6, metrics=(("accuracy", 0.766), ("auc", 0.747))),
    )


GOOD = EvidenceRecord(
    name="r0000000a-staging",
    release_id="r0000000a",
    model="titanic-survival",
    stage="staging",
    package_arn=ARN,
    evidence=_evidence(Verdict.PASSED),
    rules=("flipped <= 30%",),
    task=Task.BINARY,
    threshold=0.5,
    bounds=(0.0, 1.0),
    latencies_ms=milliseconds(418, 0.41, 1),
    prod_latencies_ms=milliseconds(418, 0.43, 2),
    latency_budget_of="p95",
    latency_budget_ms=5.0,
    rows=(),
    exchanges=(),
    sluice_version="0.1.0",
)


def binary_rows(now: Sequence[float], before: Sequence[float | None]) -> tuple[RowAnswers, ...]:
    """Return the canary's rows with these scores."""
    return tuple(
        RowAnswers(
            row=",".join(row[:-1]),
            score=score,
            decided=str(int(score >= 0.5)),
            prod_score=old,
            prod_decided="" if old is None else str(int(old >= 0.5)),
            truth=row[-1],
        )
        for row, score, old in zip(passengers(), now, before, strict=True)
    )


def good() -> EvidenceRecord:
    """An honest retraining of version 2."""
    return replace(GOOD, rows=binary_rows(scores(retrained(version(2), 3)), scores(version(2))))


def swapped() -> EvidenceRecord:
    """Version 3: trained with the other coding of sex."""
    checks = (
        CheckResult("auc", Verdict.FAILED, "0.357", ">= 0.802 (registry 0.812 - 0.01)", value=0.357, bound=0.802),
        CheckResult("flipped", Verdict.FAILED, "69.6% (291 of 418)", "<= 30%", value=0.696, bound=0.3),
    )
    rows = binary_rows(scores(version(3)), scores(version(2)))
    return replace(GOOD, evidence=_evidence(Verdict.FAILED, checks), rows=rows)


def from_baseline() -> EvidenceRecord:
    """Version 2 beside version 1, which knows two answers; a check warns of the flips."""
    warning = CheckResult("flipped", Verdict.FAILED, "10.3%", "<= 8%", blocking=False)
    rows = binary_rows(scores(version(2)), scores(version(1)))
    return replace(GOOD, evidence=_evidence(Verdict.PASSED, (warning,)), rows=rows, latency_budget_ms=500.0)


def first() -> EvidenceRecord:
    """The first release: there is no prod."""
    alone = binary_rows(scores(version(2)), [None] * len(passengers()))
    return replace(GOOD, evidence=replace(GOOD.evidence, prod=None), rows=alone, prod_latencies_ms=())


def first_unlabelled() -> EvidenceRecord:
    """The first release of a model whose canary has no labels."""
    return replace(first(), rows=tuple(replace(row, truth="") for row in first().rows))


def slow() -> EvidenceRecord:
    """A model of two thousand trees on 2,000 rows: the budget lies within its latencies."""
    late = CheckResult("latency.p95", Verdict.FAILED, "812 ms", "<= 500ms", value=812, bound=500)
    rows = good().rows * 5
    return replace(
        GOOD,
        evidence=_evidence(Verdict.FAILED, (late,)),
        rows=rows[:2000],
        latencies_ms=tuple(1000 * each for each in milliseconds(2000, 0.55, 4)),
        prod_latencies_ms=tuple(1000 * each for each in milliseconds(300, 0.14, 5)),
        latency_budget_ms=500.0,
    )


def regression() -> EvidenceRecord:
    """House prices; five rows have moved far."""
    random = _chance(6)
    truths = [random.lognormvariate(12.2, 0.5) for _ in range(600)]
    old = [truth * random.gauss(1, 0.1) for truth in truths]
    new = [price * random.gauss(1, 0.04) * (1.9 if index % 125 == 7 else 1) for index, price in enumerate(old)]
    return _numbers(truths, new, old)


def first_regression() -> EvidenceRecord:
    """House prices beside their labels: there is no prod."""
    rows = tuple(replace(row, prod_score=None) for row in regression().rows)
    return replace(regression(), rows=rows, prod_latencies_ms=())


def constant() -> EvidenceRecord:
    """A regression that answers one number to everything, and prod did too."""
    return _numbers([1.0] * 30, [0.1] * 30, [0.1] * 30)


def long_numbers() -> EvidenceRecord:
    """Numbers that need many digits to be told apart."""
    old = [-1012.5 + place / 10 for place in range(40)]
    return _numbers(old, [value + 0.4 for value in old], old)


def _numbers(truths: Sequence[float], new: Sequence[float], old: Sequence[float]) -> EvidenceRecord:
    rows = tuple(
        RowAnswers("1,2,3", now, "", before, "", str(truth))
        for truth, now, before in zip(truths, new, old, strict=True)
    )
    return replace(GOOD, model="house-prices", task=Task.REGRESSION, threshold=None, bounds=None, rows=rows)


def classes(names: Sequence[str], count: int = 400, seed: int = 8) -> EvidenceRecord:
    """Several classes, the first the busiest; one answer in eight has changed."""
    random = _chance(seed)
    weights = [1 / (1 + place) for place in range(len(names))]

    def other(name: str, share: float) -> str:
        return random.choice(names) if random.random() < share else name

    truths = random.choices(names, weights, k=count)
    rows = tuple(RowAnswers("1,2", 0.8, other(truth, 0.12), 0.7, other(truth, 0.06), truth) for truth in truths)
    return replace(GOOD, model="irises", task=Task.MULTICLASS, threshold=None, rows=rows)


def first_classes() -> EvidenceRecord:
    """Several classes, neither prod nor labels."""
    rows = tuple(replace(row, prod_score=None, prod_decided="", truth="") for row in classes(ANIMALS).rows)
    return replace(classes(ANIMALS), rows=rows)


ANIMALS = (
    "cat",
    "dog",
    "horse",
    "sheep",
    "elephant",
    "bear",
    "zebra",
    "giraffe",
    "hedgehog",
    "badger",
    "weasel",
    "newt",
)


def worst() -> EvidenceRecord:
    """Names and numbers as bad as they come."""
    names = (NASTY, "W" * 200, "\U0001f600" * 9, "שלום עולם", "a & b < c > \"d\" 'e'", "", "1e999", "nan", "\x00\x07")
    bad = CheckResult(NASTY, Verdict.FAILED, NASTY, NASTY)
    times = (math.nan, math.inf, -1.0, 0.0, 1e-12, 1e300, 5.0)
    return replace(
        classes(names),
        model=NASTY,
        evidence=_evidence(Verdict.FAILED, (bad,) * 100),
        latencies_ms=times,
        prod_latencies_ms=(1e-9,),
        latency_budget_of=NASTY,
        latency_budget_ms=1e308,
    )


def empty() -> EvidenceRecord:
    """A suite that ended before it got any answer."""
    return replace(GOOD, evidence=_evidence(Verdict.ERRORED), latencies_ms=(), prod_latencies_ms=(), rows=())


GALLERY: dict[str, Callable[[], EvidenceRecord]] = {
    "good": good,
    "swapped": swapped,
    "from_baseline": from_baseline,
    "first": first,
    "first_unlabelled": first_unlabelled,
    "slow": slow,
    "regression": regression,
    "first_regression": first_regression,
    "constant": constant,
    "long_numbers": long_numbers,
    "three_classes": lambda: classes(("setosa", "versicolor", "virginica")),
    "many_classes": lambda: classes(ANIMALS),
    "first_classes": first_classes,
    "worst": worst,
    "empty": empty,
}
