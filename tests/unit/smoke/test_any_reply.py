"""Whatever a suite may ask of a kind of reply, and whatever comes back: there is a verdict, twice the same."""

import json
from pathlib import Path
from typing import Any

import pytest
from fakes.predicting import FakeInvoker, TickingClock
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ports import Reply
from services.release.model import Verdict
from services.smoke import Background, SmokeSuite, Subject, load, run
from services.smoke.contract import ReplyForm
from services.smoke.metrics import METRICS, REFERENCES, unfit
from services.smoke.rules import parse_rule

KINDS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "probability": ({"kind": "probability"}, ["0", "1"]),
    "number": ({"kind": "number", "range": [-10, 10]}, ["1.5", "-2"]),
    "class": ({"kind": "class"}, ["a", "b"]),
    "scores": ({"kind": "scores", "classes": ["a", "b", "c"]}, ["a", "b"]),
    "class_and_probability": ({"kind": "class_and_probability"}, ["a", "b"]),
}
BOUNDS = ("0.5", "20ms", *REFERENCES, "registry - 0.01")


def suite_of(folder: Path, kind: str, rules: str) -> SmokeSuite:
    reply, labels = KINDS[kind]
    rows = "".join(f"{n},x{n},{labels[n % 2]}\n" for n in range(6))
    (folder / "canary.csv").write_text(f"size,name,label\n{rows}")
    (folder / "golden.csv").write_text(f"size,name,was\n1,x,{labels[0]}\n")
    (folder / "suite.yaml").write_text(
        f"suite: any\ncontract: {{content_type: application/json, reply: {json.dumps(reply)}}}\n"
        "canary: {data: canary.csv, label: label}\ngolden: {data: golden.csv, answer: was}\n"
        "load: {requests: 20, concurrency: 1, warmup: 0}\n"
        f"prod: {{requests: 20, per_second: 1000}}\n{rules}"
    )
    return load(folder / "suite.yaml")


def fitting(kind: str) -> list[str]:
    """Return every rule that fits replies of this kind."""
    reply = ReplyForm.model_validate(KINDS[kind][0])
    texts = [f"{name} >= {bound}" for name in METRICS for bound in BOUNDS]
    rules = [parse_rule(text) for text in texts]
    return [rule.text for rule in rules if not unfit(rule, METRICS[rule.metric], reply)]


ANSWERS = st.one_of(
    st.sampled_from(["a", "b", "1", None, True]),
    st.floats(-2, 2) | st.sampled_from([float("nan"), 1e155, 1e308, -1e308]),
    st.lists(st.floats(0, 1), min_size=2, max_size=3),
    st.fixed_dictionaries({"score": st.floats(0, 1), "label": st.sampled_from(["a", "b", "z"])}),
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_run_has_a_verdict(tmp_path: Path, kind: str) -> None:
    rules = fitting(kind)
    assert rules[0] == "reply.rows >= 0.5"
    block, warn = ["reply.rows == sent", *rules[::2]], rules[1::2]
    suite = suite_of(tmp_path, kind, f"warn: {json.dumps(warn)}\nblock: {json.dumps(block)}\n")

    @settings(max_examples=15)
    @given(st.lists(ANSWERS, min_size=1, max_size=3), st.booleans(), st.integers(0, 2))
    def judged(answers: list[Any], whole: bool, lost: int) -> None:  # noqa: FBT001 - drawn by hypothesis
        def answer(body: str, content_type: str) -> Reply:
            count = max(0, len(json.loads(body)["instances"]) - lost)
            each = [answers[n % len(answers)] for n in range(count)]
            return Reply(200, json.dumps(each if whole else {"predictions": each}), 5.0)

        registry = dict.fromkeys(METRICS, 0.5)
        subject = Subject(FakeInvoker(answer), "staging", "config", Background("prod", registry))
        first, second = (run(suite, subject, TickingClock()) for _ in range(2))
        assert first.checks == second.checks
        assert len(first.checks) > len(rules)
        assert {check.verdict for check in first.checks} <= set(Verdict) - {Verdict.ERRORED}
        if lost:
            assert first.verdict is Verdict.FAILED

    judged()
