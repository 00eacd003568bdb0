"""How near honest retrainings come to the thresholds of the Titanic suite (extra `train`; about a minute).

    python -m benchmarks.retrainings

Version 2 is trained again with other seeds, on resampled tables and with other settings, and the suite judges each
beside version 2. The models answer in this process, without an endpoint: only what they answer is in question.
"""

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.titanic import SUITE
from sandbox.aws.booster import load_booster
from sandbox.aws.inference import Inference, inference_of
from sandbox.models.build import DATA, area_under_curve, read_table, score, train
from sandbox.models.recipes import MONOTONE, VERSIONS, Recipe, Rows
from services import smoke
from services.adapters.system_clock import SystemClock
from services.ports import Reply
from services.release.model import CheckResult, Evidence, Verdict

STAGING, PROD = "staging", "prod"
SEEDS = range(100, 120)
RESAMPLED = range(20)
SETTINGS = ((2, 0.2, 60), (4, 0.1, 60), (4, 0.2, 30), (3, 0.1, 60), (3, 0.3, 20), (5, 0.1, 40))
"""Depth, step and rounds."""
SHOWN = ("auc", "auc.low", "flipped", "mean_shift", "mean_abs_diff", "accuracy")
AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Models:
    """An Invoker whose endpoints are models of this process."""

    by_endpoint: dict[str, Inference]

    def invoke(self, endpoint: str, body: str, content_type: str, accept: str) -> Reply:
        """Answer one request; as the built-in container does, but for the time."""
        if content_type != accept:
            return Reply(415, f"Content type must be {accept}", 1.0)
        status, text = self.by_endpoint[endpoint].answer(body.encode())
        return Reply(int(status), text, 1.0)


def recipes() -> Iterator[Recipe]:
    """Yield what version 2 could have been."""
    for seed in SEEDS:
        yield Recipe(f"seed {seed}", {**MONOTONE, "seed": seed})
    for seed in RESAMPLED:
        yield Recipe(f"resampled {seed}", MONOTONE, learn_from=partial(resampled, seed))
    for depth, step, rounds in SETTINGS:
        yield Recipe(f"depth {depth}, step {step}", {**MONOTONE, "max_depth": depth, "eta": step}, rounds=rounds)


def resampled(seed: int, features: Rows, labels: Rows) -> tuple[Rows, Rows]:
    """Draw as many rows as there are, with replacement."""
    drawn = np.random.default_rng(seed).integers(0, len(labels), len(labels))
    return features[drawn], labels[drawn]


def trained(recipe: Recipe) -> tuple[Inference, float]:
    """Train a model; return it as a container serves it, and the AUC that training registers."""
    booster = train(recipe)
    rows, labels = read_table(DATA / "holdout.csv")
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(bytes(booster.save_raw("json")))
        file.flush()
        return inference_of(load_booster(Path(file.name))), area_under_curve(score(booster, recipe, rows), labels)


def judged(suite: smoke.SmokeSuite, live: Inference, recipe: Recipe) -> Evidence:
    """Judge one retraining beside the live model."""
    candidate, auc = trained(recipe)
    known = smoke.Background(PROD, {"auc": auc})
    models = Models({STAGING: candidate, PROD: live})
    return smoke.run(suite, smoke.Subject(models, STAGING, STAGING, known), SystemClock())


def stopped(evidence: Evidence) -> list[str]:
    """Return the blocking checks that failed."""
    return [each.name for each in evidence.checks if each.blocking and each.verdict is Verdict.FAILED]


def worst(found: list[Evidence], name: str) -> tuple[CheckResult, int]:
    """Return the check of that name that came nearest to its bound or went furthest beyond, and how many failed."""
    of_name = [next(each for each in evidence.checks if each.name == name) for evidence in found]
    failed = sum(each.verdict is Verdict.FAILED for each in of_name)
    return max(of_name, key=lambda each: abs(each.value or 0) * (-1 if each.rule.startswith(">") else 1)), failed


def main() -> None:
    """Train, judge and print the worst."""
    suite, tried = smoke.load(SUITE), list(recipes())
    live, _ = trained(VERSIONS[1])
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(partial(judged, suite, live), tried))
    print("| | Wanted | Worst | Failed |", "| --- | --- | --- | --- |", sep="\n")
    for name in SHOWN:
        check, failed = worst(found, name)
        print(f"| `{name}` | {check.rule} | {check.seen} | {failed} of {len(found)} |")
    blocked = {recipe.folder: stopped(evidence) for recipe, evidence in zip(tried, found, strict=True)}
    print(f"\nstopped: {({name: checks for name, checks in blocked.items() if checks}) or 'none'} of {len(found)}")


if __name__ == "__main__":
    main()
