"""The statistics that a training pipeline registers, in all the ways in which they can be wrong."""

import json
from typing import Any

import pytest
from fakes.objects import MemoryObjects

from services.adapters.model_quality import metrics_of
from services.adapters.registry_boto3 import Boto3Registry
from services.ports import SaidNo

METRIC = {"value": 0.8, "standard_deviation": "NaN"}


def test_the_numbers_are_found_by_metric() -> None:
    document = {
        "binary_classification_metrics": {"auc": METRIC, "recall": {"value": "NaN"}, "curve": {"x": [1]}, "odd": 3},
        "regression_metrics": {"rmse": {"value": 2}, "yes": {"value": True}},
        "dataset": {"item_count": 418},
    }
    assert metrics_of(json.dumps(document).encode(), "s3://b/k") == {"auc": 0.8, "rmse": 2}


@pytest.mark.parametrize("data", [b"", b"\xff", b"[]", b"{}", b"[" * 5000, b'{"auc": 0.8}'])
def test_what_is_no_statistics_is_refused(data: bytes) -> None:
    with pytest.raises(SaidNo, match="the statistics at s3://b/k"):
        metrics_of(data, "s3://b/k")


class Client:
    """A boto3 client with one package."""

    def __init__(self, package: dict[str, Any]) -> None:
        self.package = package

    def describe_model_package(self, **_: str) -> dict[str, Any]:
        return self.package


def test_a_package_without_statistics_has_none() -> None:
    packages: tuple[dict[str, Any], ...] = ({}, {"ModelMetrics": {}}, {"ModelMetrics": {"ModelQuality": {}}})
    for package in packages:
        assert Boto3Registry(Client(package), MemoryObjects()).quality("arn") is None


def test_a_package_with_statistics_has_its_numbers() -> None:
    quality = {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://b/k"}}
    objects = MemoryObjects()
    objects.stored["s3://b/k"] = json.dumps({"regression_metrics": {"mae": METRIC}}).encode()
    client = Client({"ModelMetrics": {"ModelQuality": quality}})
    assert Boto3Registry(client, objects).quality("arn") == {"mae": 0.8}
