import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.smoke.problems import SuiteProblem
from services.smoke.rules import Against, Number, Op, Rule, StatusClass, parse_rule

UNITS = st.sampled_from(["", "%", "ms", "s"])
FINITE = st.floats(allow_nan=False, allow_infinity=False)
POSITIVE = st.floats(min_value=0, allow_nan=False, allow_infinity=False)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True)
METRICS = st.from_regex(r"[a-z][a-z0-9_]{0,9}(\.[a-z0-9_]{1,9}){0,2}", fullmatch=True)
NUMBERS = st.builds(Number, FINITE, UNITS)
OFFSETS = st.none() | NUMBERS
BOUNDS = st.one_of(NUMBERS, st.builds(StatusClass, st.integers(1, 5)), st.builds(Against, NAMES, POSITIVE, OFFSETS))
RULES = st.builds(Rule, METRICS, st.sampled_from(Op), BOUNDS)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("reply.rows == sent", Rule("reply.rows", Op.EQUAL, Against("sent"))),
        ("error.rate == 0%", Rule("error.rate", Op.EQUAL, Number(0, "%"))),
        ("latency.p95 <= 50ms", Rule("latency.p95", Op.AT_MOST, Number(50, "ms"))),
        ("latency.p95<=0.5 s", Rule("latency.p95", Op.AT_MOST, Number(0.5, "s"))),
        ("latency.p50 <= 2 x prod", Rule("latency.p50", Op.AT_MOST, Against("prod", 2))),
        ("auc >= registry - 0.01", Rule("auc", Op.AT_LEAST, Against("registry", 1, Number(-0.01)))),
        ("reject.short_row == 4xx", Rule("reject.short_row", Op.EQUAL, StatusClass(4))),
        ("  auc   >   -1e-3  ", Rule("auc", Op.MORE, Number(-0.001))),
    ],
)
def test_the_forms_of_a_rule(text: str, rule: Rule) -> None:
    assert parse_rule(text) == rule


@pytest.mark.parametrize(
    "text",
    [
        *("", "auc", "auc is good", "auc >=", ">= 1", "auc => 1", "auc >= 1 parsec", "auc >= 1e999", "Auc >= 1"),
        *("a.. > 1", "auc >= 7xx", "auc >= -nan", "auc >= 1 x", "auc >= prod - ", "auc >= x" + "1" * 300, "auc ≥ 1"),
        "auc >= 1\nb > 2",
    ],
)
def test_what_is_not_a_rule_is_refused_with_the_right_form(text: str) -> None:
    with pytest.raises(SuiteProblem, match=r"write it as `auc >= 0\.75`") as refusal:
        parse_rule(text, "suite.yaml", 7)
    assert (refusal.value.file, refusal.value.line) == ("suite.yaml", 7)


@given(st.text(max_size=250) | st.from_regex(r"[a-z.]{1,6} ?[<>=!]{1,2} ?[0-9a-z.%+\- ]{1,20}"))
@example("auc >= " + "9" * 190)
@example("a >= \u0661")
def test_any_text_is_a_rule_or_a_suite_problem(text: str) -> None:
    with contextlib.suppress(SuiteProblem):
        assert isinstance(parse_rule(text), Rule)


@given(RULES)
def test_a_written_rule_is_read_back(rule: Rule) -> None:
    assert parse_rule(rule.text) == rule


@given(st.sampled_from(Op), FINITE, FINITE)
def test_comparisons_and_their_opposites(op: Op, left: float, right: float) -> None:
    opposite = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}[op.value]
    assert op.holds(left, right) is not Op(opposite).holds(left, right)


def test_units_become_fractions_and_milliseconds() -> None:
    assert [Number(50, unit).scaled for unit in ("", "%", "ms", "s")] == [50, 0.5, 50, 50_000]
