"""The statistics that a training pipeline registers, in all the ways in which they can be wrong."""

import io
import json
from typing import Any

import pytest

from services.adapters.model_quality import LARGEST, metrics_of, place_of
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


@pytest.mark.parametrize("data", [b"", b"\xff", b"[]", b"{}", b"[" * 5000, b'{"auc": 0.8}', b" " * (LARGEST + 1)])
def test_what_is_no_statistics_is_refused(data: bytes) -> None:
    with pytest.raises(SaidNo, match="the statistics at s3://b/k"):
        metrics_of(data, "s3://b/k")


@pytest.mark.parametrize("uri", ["", "https://b/k", "s3://", "s3://b", "s3://b/", "s3:///k"])
def test_what_is_no_address_is_refused(uri: str) -> None:
    with pytest.raises(SaidNo, match="no s3://"):
        place_of(uri)
    assert place_of("s3://b/k/l.json") == ("b", "k/l.json")


class Client:
    """A boto3 client of both services, with one package."""

    def __init__(self, package: dict[str, Any], data: bytes = b"") -> None:
        self.package = package
        self.data = data

    def describe_model_package(self, **_: str) -> dict[str, Any]:
        return self.package

    def get_object(self, **asked: str) -> dict[str, Any]:
        assert asked == {"Bucket": "b", "Key": "k"}
        return {"Body": io.BytesIO(self.data)}


def test_a_package_without_statistics_has_none() -> None:
    packages: tuple[dict[str, Any], ...] = ({}, {"ModelMetrics": {}}, {"ModelMetrics": {"ModelQuality": {}}})
    for package in packages:
        client = Client(package)
        assert Boto3Registry(client, client).quality("arn") is None


def test_a_package_with_statistics_has_its_numbers() -> None:
    quality = {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://b/k"}}
    client = Client(
        {"ModelMetrics": {"ModelQuality": quality}}, json.dumps({"regression_metrics": {"mae": METRIC}}).encode()
    )
    assert Boto3Registry(client, client).quality("arn") == {"mae": 0.8}
