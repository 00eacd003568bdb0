"""A suite in S3, and what the model package brings to it: golden records and constraints."""

import json
from typing import Any

import pytest
from e2e.worlds import StartWorld, told_by
from fakes.story import Story

from sandbox.world import NotStarted

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SUITE = """\
suite: from s3
contract: {columns: [Pclass, Sex, Age, SibSp, Parch, Fare, Embarked]}
canary: {data: "s3://titanic-survival-models/holdout.csv", label: Survived}
load: {requests: 20, warmup: 0}
block: [golden.max_diff <= 0.001]
"""
KEY = "suites/packaged.yaml"
ADDRESS = f"s3://titanic-survival-models/{KEY}"
SECOND = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/titanic-survival/2"
SECRET = "hunter2-in-the-environment"
CONSTRAINED = "auc (from the package)"


def test_a_suite_in_s3_judges_by_what_the_package_brings(new_world: StartWorld) -> None:
    world = new_world({"packaged": {}})
    text = world.recipe.catalog.read_text(encoding="utf-8")
    world.recipe.catalog.write_text(text.replace("staging_endpoint:", f"suite: {ADDRESS}\n    staging_endpoint:"))
    with pytest.raises(NotStarted, match=f"models.packaged.suite: {ADDRESS}: cannot read {ADDRESS}: NoSuchKey"):
        world.start("worker", "too-early")
    world.process("worker-1").stop()
    with told_by(world) as stories:
        story = stories("packaged")
        story.aws.put(KEY, SUITE)
        world.start("worker", "in-time")
        bad = story.deploy(registered(story, golden="v1", least_auc=0.95))
        story.until_phase(bad, "smoke_failed")
        assert judged(story, bad) == {"golden.max_diff": "failed", CONSTRAINED: "failed"}
        story.until_told(bad, "AUC (from the package)", "0.95")
        good, _ = story.to_gate(registered(story, golden="v2", least_auc=0.75))
        assert judged(story, good) == {"golden.max_diff": "passed", CONSTRAINED: "passed"}
        candidate = story.document(good)["evidence"]["candidate"]
        assert (candidate["instance_type"], candidate["instance_count"]) == ("ml.m5.large", 1)
        assert candidate["image_digest"].startswith("sha256:")
        assert [name for name, _fingerprint in candidate["environment"]] == ["TOKEN"]
        assert SECRET not in json.dumps(story.document(good))
        assert SECRET not in world.process("in-time").log.read_text(encoding="utf-8")


def registered(story: Story, golden: str, least_auc: float) -> int:
    """Register version 2 once more, with the golden records of some version and a bound for its AUC."""
    auc = {"threshold": least_auc, "comparison_operator": "LessThanThreshold"}
    document = {"version": 0.0, "binary_classification_constraints": {"auc": auc}}
    uri = story.aws.put(f"constraints/{least_auc}.json", json.dumps(document))
    source = {"Constraints": {"ContentType": "application/json", "S3Uri": uri}}
    specification = story.aws.package(SECOND)["InferenceSpecification"]
    specification["Containers"][0]["Environment"] = {"TOKEN": SECRET}
    version, _ = story.aws.register(
        InferenceSpecification=specification,
        DriftCheckBaselines={"ModelQuality": source},
        CustomerMetadataProperties={"golden_records": f"s3://titanic-survival-models/{golden}/golden.csv"},
    )
    return version


def judged(story: Story, release: str) -> dict[str, Any]:
    """Return the verdict of each check."""
    return {each["name"]: each["verdict"] for each in story.document(release)["evidence"]["checks"]}
