"""What a training pipeline registers of a version's quality, in all the ways in which it can be wrong."""

import json
from typing import Any

import pytest
from fakes.objects import MemoryObjects
from hypothesis import given
from hypothesis import strategies as st

from services.adapters.registry_boto3 import Boto3Registry
from services.ports import PackageDescription, SaidNo
from services.quality import LARGEST, Constraint, constraints_at, metrics_at

METRIC = {"value": 0.8, "standard_deviation": "NaN"}
LEAST = {"threshold": 0.75, "comparison_operator": "LessThanThreshold"}
MOST = {"threshold": 3, "comparison_operator": "GreaterThanThreshold"}
NOT_JSON = [b"", b"\xff", b"[]", b"{}", b"[" * 5000, b"3", b'{"auc": 0.8}', b'{"version": 0.0, "x_metrics": 3}']


def holding(data: bytes) -> MemoryObjects:
    objects = MemoryObjects()
    objects.stored["s3://b/k"] = data
    return objects


def constraints(document: dict[str, Any]) -> tuple[Constraint, ...]:
    return constraints_at(holding(json.dumps(document).encode()), "s3://b/k")


def test_the_numbers_are_found_by_metric() -> None:
    document = {
        "binary_classification_metrics": {"auc": METRIC, "recall": {"value": "NaN"}, "curve": {"x": [1]}, "odd": 3},
        "regression_metrics": {"rmse": {"value": 2}, "yes": {"value": True}, "huge": {"value": 10**400}},
        "dataset": {"item_count": 418},
    }
    assert metrics_at(holding(json.dumps(document).encode()), "s3://b/k") == {"auc": 0.8, "rmse": 2}


@pytest.mark.parametrize("data", NOT_JSON)
def test_what_is_neither_statistics_nor_constraints_is_refused(data: bytes) -> None:
    with pytest.raises(SaidNo, match="the statistics at s3://b/k"):
        metrics_at(holding(data), "s3://b/k")
    with pytest.raises(SaidNo, match="the constraints at s3://b/k"):
        constraints_at(holding(data), "s3://b/k")


def test_what_is_not_there_or_too_large_is_refused() -> None:
    for objects in (MemoryObjects(), holding(b" " * (LARGEST + 1))):
        with pytest.raises(SaidNo, match="s3://b/k"):
            metrics_at(objects, "s3://b/k")
        with pytest.raises(SaidNo, match="s3://b/k"):
            constraints_at(objects, "s3://b/k")


def test_constraints_say_what_is_least_and_what_is_most() -> None:
    found = constraints(
        {
            "version": 0.0,
            "binary_classification_constraints": {"recall": LEAST, "auc": LEAST},
            "regression_constraints": {"rmse": MOST},
            "multiclass_classification_constraints": {},
        }
    )
    assert found == (
        Constraint("auc", 0.75, least=True),
        Constraint("recall", 0.75, least=True),
        Constraint("rmse", 3.0, least=False),
    )


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"threshold": float("nan")}, "no number as the threshold of auc"),
        ({"threshold": float("inf")}, "no number as the threshold of auc"),
        ({"threshold": "NaN"}, "no number as the threshold of auc"),
        ({"threshold": True}, "no number as the threshold of auc"),
        ({"threshold": None}, "no number as the threshold of auc"),
        (0.75, "no number as the threshold of auc"),
        ({"comparison_operator": "LessThan"}, "unknown comparison_operator for auc: 'LessThan'"),
        ({"comparison_operator": None}, "unknown comparison_operator for auc: 'None'"),
        ({"comparison_operator": []}, r"unknown comparison_operator for auc: '\[\]'"),
    ],
)
def test_a_constraint_that_cannot_be_understood_is_not_passed_over(wrong: object, words: str) -> None:
    auc = {**LEAST, **wrong} if isinstance(wrong, dict) else wrong
    with pytest.raises(SaidNo, match=words):
        constraints({"binary_classification_constraints": {"auc": auc, "recall": LEAST}})


@pytest.mark.parametrize("name", ["", "<!channel>", "a b", "x" * 81, "\n", "_x"])
def test_names_are_plain(name: str) -> None:
    statistics = {"binary_classification_metrics": {name: METRIC, "auc": METRIC}}
    assert metrics_at(holding(json.dumps(statistics).encode()), "s3://b/k") == {"auc": 0.8}
    with pytest.raises(SaidNo, match="name a metric"):
        constraints({"binary_classification_constraints": {name: LEAST}})


def test_there_are_not_too_many() -> None:
    for most, told in ((100, False), (101, True)):
        names = [f"m{number}" for number in range(most)]
        statistics = holding(json.dumps({"x_metrics": dict.fromkeys(names, METRIC)}).encode())
        bounds = {"x_constraints": dict.fromkeys(names, LEAST)}
        if told:
            with pytest.raises(SaidNo, match="101"):
                metrics_at(statistics, "s3://b/k")
            with pytest.raises(SaidNo, match="101"):
                constraints(bounds)
        else:
            assert len(metrics_at(statistics, "s3://b/k")) == len(constraints(bounds)) == 100


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["auc", "threshold", "x"]), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["binary_classification_constraints", "a_metrics", "b_metrics", "x"]), JSON))
def test_any_json_is_read_or_refused(document: dict[str, Any]) -> None:
    for read in (metrics_at, constraints_at):
        try:
            read(holding(json.dumps(document).encode()), "s3://b/k")
        except SaidNo:
            continue


class Client:
    """A boto3 client with one package."""

    def __init__(self, package: dict[str, Any]) -> None:
        self.package = package

    def describe_model_package(self, **_: str) -> dict[str, Any]:
        return {"ModelPackageArn": "arn", **self.package}


def described(package: dict[str, Any]) -> PackageDescription:
    found = Boto3Registry(Client(package)).package("arn")
    assert found is not None
    return found


def quality(name: str, **files: str) -> dict[str, Any]:
    sources = {kind: {"ContentType": "application/json", "S3Uri": uri} for kind, uri in files.items()}
    return {name: {"ModelQuality": sources}}


def test_a_package_without_files_has_none() -> None:
    packages: tuple[dict[str, Any], ...] = ({}, {"ModelMetrics": {}}, {"ModelMetrics": {"ModelQuality": {}}})
    for package in packages:
        found = described(package)
        assert (found.statistics, found.constraints, found.golden) == ("", "", "")


def test_a_package_says_where_its_files_are() -> None:
    metrics = quality("ModelMetrics", Statistics="s3://b/s", Constraints="s3://b/c")
    found = described({**metrics, "CustomerMetadataProperties": {"golden_records": "s3://b/g"}})
    assert (found.statistics, found.constraints, found.golden) == ("s3://b/s", "s3://b/c", "s3://b/g")


def test_the_bounds_for_drift_checks_come_first() -> None:
    metrics = quality("ModelMetrics", Statistics="s3://b/s", Constraints="s3://b/c")
    drift = quality("DriftCheckBaselines", Statistics="s3://b/ds", Constraints="s3://b/dc")
    found = described({**metrics, **drift})
    assert (found.statistics, found.constraints) == ("s3://b/s", "s3://b/dc")
