"""`sluice iam`: policies for a catalog, each as narrow as the catalog lets it be."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli import main

ENTRY = {
    "package_group": "churn",
    "staging_endpoint": "churn-staging",
    "prod_endpoint": "Churn-Prod",
    "execution_role_arn": "arn:aws-cn:iam::111122223333:role/service/run",
    "region": "cn-north-1",
    "channel": "C1",
}
ROLES = {"staging": "arn:aws-cn:iam::111122223333:role/a", "prod": "arn:aws-cn:iam::111122223333:role/b"}
HERE = "arn:aws-cn:sagemaker:cn-north-1:111122223333"


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Print for a catalog of models; return exit code, what was printed, and what was said beside it."""

    def tell(models: dict[str, dict[str, Any]], *arguments: str) -> tuple[int, Any, str]:
        path = tmp_path / "catalog.yaml"
        path.write_text(yaml.safe_dump({"models": {name: ENTRY | more for name, more in models.items()}}))
        monkeypatch.setenv("SLUICE_CATALOG", str(path))
        code = main(["iam", *arguments])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else None, err

    return tell


def resources(policy: dict[str, Any], action: str) -> list[str]:
    return [arn for each in policy["Statement"] if action in each["Action"] for arn in each["Resource"]]


def test_the_bot_is_denied_everything(told: Any) -> None:
    _, policy, _ = told({"churn": {}}, "--role", "bot")
    assert policy["Statement"] == [{"Effect": "Deny", "Action": "*", "Resource": "*"}]


def test_whoever_starts_with_a_secret_named_may_read_it(told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:sluice-AbCdEf"
    for name, value in (("SLACK_BOT_TOKEN", f"{secret}#bot"), ("SLACK_APP_TOKEN", secret), ("REDIS_URL", "file:/x")):
        monkeypatch.setenv(name, value)
    reads = {"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": [secret]}
    _, policy, _ = told({"churn": {}}, "--role", "bot")
    assert policy["Statement"] == [reads]
    _, policy, _ = told({"churn": {"roles": ROLES}}, "--role", "worker")
    assert reads in policy["Statement"]


def test_everything_the_catalog_knows_is_in_it(told: Any) -> None:
    code, policy, _ = told({"churn": {"evidence": "s3://kept/here/"}}, "--role", "worker-staging")
    assert code == 0
    assert resources(policy, "sagemaker:UpdateEndpoint") == [
        f"{HERE}:endpoint/churn-staging",
        f"{HERE}:endpoint-config/churn-v*-staging",
    ]
    assert resources(policy, "sagemaker:UpdateModelPackage") == [f"{HERE}:model-package/churn/*"]
    assert resources(policy, "s3:PutObject") == ["arn:aws-cn:s3:::kept/here/*"]
    passing = next(each for each in policy["Statement"] if "iam:PassRole" in each["Action"])
    assert passing["Resource"] == ["arn:aws-cn:iam::111122223333:role/service/run"]
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}


def test_capital_letters_are_there_in_lower_case_too(told: Any) -> None:
    _, policy, _ = told({"churn": {}}, "--role", "worker-prod")
    assert resources(policy, "sagemaker:AddTags") == [f"{HERE}:endpoint/Churn-Prod", f"{HERE}:endpoint/churn-prod"]
    assert "iam:PassRole" not in json.dumps(policy)


def test_packages_may_lie_in_another_account_and_suites_in_s3(told: Any) -> None:
    models = {"churn": {"account": "999988887777", "suite": "s3://suites/churn/smoke.yaml"}}
    _, policy, beside = told(models, "--role", "worker-staging")
    assert resources(policy, "sagemaker:DescribeModelPackage") == [
        "arn:aws-cn:sagemaker:cn-north-1:999988887777:model-package/churn/*"
    ]
    readable = ("suites/churn", "METRICS-BUCKET", "ARTIFACT-BUCKET")
    assert resources(policy, "s3:GetObject") == [f"arn:aws-cn:s3:::{place}/*" for place in readable]
    assert resources(policy, "s3:PutObject") == []
    assert "METRICS-BUCKET: " in beside


def test_a_worker_with_roles_may_only_become_them(told: Any) -> None:
    _, split, _ = told({"churn": {"roles": ROLES}}, "--role", "worker")
    assert split["Statement"] == [{"Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": list(ROLES.values())}]
    other = {"staging_endpoint": "s", "prod_endpoint": "p"}
    _, mixed, _ = told({"churn": {"roles": ROLES}, "other": other}, "--role", "worker")
    assert resources(mixed, "sts:AssumeRole") == list(ROLES.values())
    assert resources(mixed, "sagemaker:AddTags") == [f"{HERE}:endpoint/p"]


def test_prods_sessions_have_to_name_a_release(told: Any) -> None:
    _, trust, _ = told({"churn": {}}, "--role", "worker-prod", "--trust")
    assert trust["Statement"][0]["Condition"] == {"StringLike": {"sts:RoleSessionName": "r????????@*"}}
    _, trust, _ = told({"churn": {}}, "--role", "worker-staging", "--trust")
    assert "Condition" not in trust["Statement"][0]


def test_models_with_roles_of_their_own_are_told_apart(told: Any) -> None:
    other = {"staging_endpoint": "s", "prod_endpoint": "p", "roles": {**ROLES, "prod": f"{ROLES['prod']}2"}}
    models = {"churn": {"roles": ROLES}, "other": other}
    code, everything, _ = told(models)
    assert code == 0
    assert {f"worker-prod {ROLES['prod']}", f"worker-prod {ROLES['prod']}2", "worker-staging"} < set(everything)
    code, _, beside = told(models, "--role", "worker-prod")
    assert (code, "name one with --model" in beside) == (2, True)
    _, one, _ = told(models, "--role", "worker-prod", "--model", "other")
    assert resources(one, "sagemaker:AddTags") == [f"{HERE}:endpoint/p"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--model", "nobody"), "the catalog has no nobody; it has churn"),
        (("--trust",), "name a --role"),
        (("--role", "worker", "--trust"), "depends on where it runs"),
    ],
)
def test_mistakes_are_told(told: Any, arguments: tuple[str, ...], words: str) -> None:
    code, printed, beside = told({"churn": {}}, *arguments)
    assert (code, printed) == (2, None)
    assert words in beside


def test_one_role_alone_is_a_mistake_in_the_catalog(told: Any) -> None:
    code, _, beside = told({"churn": {"roles": {"prod": ROLES["prod"]}}})
    assert code == 2
    assert "staging and prod need each other" in beside
