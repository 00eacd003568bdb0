"""Fills the local AWS with a model registry worth releasing from: `python -m sandbox.aws.seed --endpoint-url URL`.

Everything goes over the wire with boto3, as a training pipeline would do it.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from sandbox.aws.faults import FAULT_PROPERTY

if TYPE_CHECKING:
    from collections.abc import Callable

    Client = Any

MODELS = Path(__file__).resolve().parent.parent / "models"
DATA = Path(__file__).resolve().parent.parent / "data"
REGION = "eu-west-1"
BUCKET = "titanic-survival-models"
GROUP = "titanic-survival"
ROLE = "sluice-sagemaker-execution"
# SageMaker's own XGBoost container: sagemaker 3.27, core/image_uri_config/xgboost.json.
IMAGE = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.2-0"
INSTANCE_TYPES = ["ml.m5.large", "ml.m5.xlarge", "ml.c5.large", "ml.c6i.large", "ml.m6i.large"]
CREDENTIALS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}  # moto reads none


@dataclass(frozen=True, slots=True)
class Version:
    """One version to register.

    Attributes:
        description: what a person reads in the registry.
        folder: that of its artifact under sandbox/models; there is none if it does not exist.
        commit: of the training code.
        pipeline_run: the training pipeline's execution.
        papers: the folder of the metrics and golden records that it registers, where that is another one.
        fault: how its container misbehaves, in words of `sandbox:fault`.
    """

    description: str
    folder: str
    commit: str
    pipeline_run: str
    papers: str = ""
    fault: str = ""

    @property
    def properties(self) -> dict[str, str]:
        """Return what its CustomerMetadataProperties say, beside where golden records are."""
        known = {"git_commit": self.commit, "pipeline_execution": self.pipeline_run, "training_rows": "891"}
        return known | ({FAULT_PROPERTY: self.fault} if self.fault else {})


VERSIONS = (
    Version("Baseline: one split, on sex", "v1", "4f1c2a9", "titanic-train-0001"),
    Version("Gradient boosting, monotone in class and sex", "v2", "9b7e4d0", "titanic-train-0002"),
    Version("Retrained after the feature pipeline moved to LabelEncoder", "v3", "c03d5f8", "titanic-train-0003"),
    # Version 4 was never evaluated and version 5 never uploaded: they show version 2's metrics, as a pipeline that
    # caches its evaluation step would.
    Version("Retrained on Monday", "v4", "e81b6a2", "titanic-train-0004", papers="v2"),
    Version("Retrained; the artifact's upload never came through", "v5", "7d90c31", "titanic-train-0005", papers="v2"),
)


@dataclass(frozen=True, slots=True)
class Seeded:
    """What was made.

    Attributes:
        role_arn: the execution role.
        group_arn: the model package group.
        package_arns: versions 1 to 5, in order. 1 is the baseline, 2 better, 3 wrong in silence, 4 has a broken
            artifact (its endpoint goes Failed), 5 is a package that is Failed itself.
        bucket: where artifacts and metrics are.
    """

    role_arn: str
    group_arn: str
    package_arns: tuple[str, ...]
    bucket: str


def seed(endpoint_url: str, region: str = REGION) -> Seeded:
    """Create bucket, artifacts, role, model package group and versions; all versions await approval."""
    s3, iam, sagemaker = (_client(name, endpoint_url, region) for name in ("s3", "iam", "sagemaker"))
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": region})
    s3.put_object(Bucket=BUCKET, Key="holdout.csv", Body=(DATA / "holdout.csv").read_bytes())
    role_arn = _create_role(iam)
    group = sagemaker.create_model_package_group(
        ModelPackageGroupName=GROUP,
        ModelPackageGroupDescription="Would this passenger of the Titanic have survived?",
    )
    arns = tuple(register(s3, sagemaker, version) for version in VERSIONS)
    return Seeded(role_arn, group["ModelPackageGroupArn"], arns, BUCKET)


def _client(service: str, endpoint_url: str, region: str) -> Client:
    connect: Callable[..., Client] = boto3.client
    return connect(service, endpoint_url=endpoint_url, region_name=region, **CREDENTIALS)


def _upload(s3: Client, folder: str) -> None:
    for path in sorted((MODELS / folder).glob("*.*")):
        s3.put_object(Bucket=BUCKET, Key=f"{folder}/{path.name}", Body=path.read_bytes())


def _create_role(iam: Client) -> str:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sagemaker.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    role = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(trust))
    return str(role["Role"]["Arn"])


def register(s3: Client, sagemaker: Client, version: Version) -> str:
    """Upload the files of a version and register it in the group; returns its ARN."""
    papers = version.papers or version.folder
    for folder in {version.folder, papers}:
        _upload(s3, folder)
    package = sagemaker.create_model_package(
        ModelPackageGroupName=GROUP,
        ModelPackageDescription=version.description,
        ModelApprovalStatus="PendingManualApproval",
        InferenceSpecification={
            "Containers": [{"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/{version.folder}/model.tar.gz"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
            "SupportedRealtimeInferenceInstanceTypes": INSTANCE_TYPES,
        },
        ModelMetrics={
            "ModelQuality": {
                "Statistics": {"ContentType": "application/json", "S3Uri": f"s3://{BUCKET}/{papers}/metrics.json"}
            }
        },
        MetadataProperties={"CommitId": version.commit, "Repository": "https://git.example.com/ml/titanic-survival"},
        CustomerMetadataProperties={**version.properties, **_golden(papers)},
    )
    return str(package["ModelPackageArn"])


def _golden(folder: str) -> dict[str, str]:
    # Where the answers are that training itself gave to some passengers.
    exists = (MODELS / folder / "golden.csv").exists()
    return {"golden_records": f"s3://{BUCKET}/{folder}/golden.csv"} if exists else {}


def main() -> None:
    """Seed the server named on the command line and print what was made."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.aws.seed", description=__doc__)
    parser.add_argument("--endpoint-url", required=True)
    parser.add_argument("--region", default=REGION)
    options = parser.parse_args()
    print(json.dumps(asdict(seed(options.endpoint_url, options.region)), indent=2))


if __name__ == "__main__":
    main()
