"""Where the parts of a model lie, as AWS tells it of a model of several containers."""

from typing import Any

from services.adapters.hosting_boto3 import Boto3Hosting
from services.adapters.registry_boto3 import Boto3Registry

ARN = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/titanic/7"


class Describing:
    """A client that gives every question one answer."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self._answer = answer

    def describe_model(self, **_: str) -> dict[str, Any]:
        return self._answer

    def describe_model_package(self, **_: str) -> dict[str, Any]:
        return self._answer


def test_each_container_of_a_package_has_its_own() -> None:
    containers = [{"Image": "i", "ModelDataUrl": "s3://b/first"}, {"Image": "i"}, {"ModelDataUrl": "s3://b/third"}]
    answer = {"ModelPackageArn": ARN, "InferenceSpecification": {"Containers": containers}}
    package = Boto3Registry(Describing(answer)).package(ARN)
    assert package is not None
    assert package.artifacts == ("s3://b/first", "", "s3://b/third")


def test_a_model_names_those_that_its_package_does_not() -> None:
    containers = [{"ModelPackageName": ARN}, {"Image": "i", "ModelDataUrl": "s3://b/own"}]
    model = Boto3Hosting(Describing({"ModelName": "m", "Containers": containers})).model("m")
    assert model is not None
    assert (model.package_arn, model.artifacts) == (ARN, ("s3://b/own",))
