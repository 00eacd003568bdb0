"""What each role of Sluice may do in AWS: the one place that says so; policies, the reference and tests come from it.

What an action can be limited to is from the Service Authorization Reference for SageMaker, S3, IAM and STS.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from services.release.catalog import ModelEntry
from services.release.naming import pattern_of

Policy = Mapping[str, Any]
WORKER, METRICS, ARTIFACTS, IMAGE = "WORKER-ROLE-ARN", "METRICS-BUCKET", "ARTIFACT-BUCKET", "IMAGE-REPOSITORY-ARN"
PLACEHOLDERS: Mapping[str, str] = {
    WORKER: "the role or user that the worker runs as",
    METRICS: "the bucket in which training registers metrics and golden records; leave the line out if it does not",
    ARTIFACTS: "the bucket of the models' artifacts, perhaps with a prefix",
    IMAGE: "the ECR repository of the models' image",
}
"""What no catalog knows -> what to put there."""


class Scope(Enum):
    """What a permission is limited to, in words."""

    ANYTHING = "anything"
    PACKAGES = "the group's packages"
    GROUP = "the group"
    ANY_MODEL = "any model"
    MODELS = "models of the group's name"
    ANY_CONFIG = "any config"
    STAGING_CONFIGS = "configs of the group's name and `-staging`"
    PROD_CONFIGS = "configs of the group's name and `-prod`"
    STAGING = "the staging endpoint"
    PROD = "the prod endpoint"
    BOTH = "both endpoints"
    TO_STAGING = "the staging endpoint; configs of the group's name and `-staging`"
    TO_PROD = "the prod endpoint; any config"
    EXECUTION_ROLE = "the execution role, and only to SageMaker"
    READ = "suites in S3, and what training registered"
    EVIDENCE = "the catalog's `evidence`"
    ROLES = "the catalog's `roles`"
    SECRETS = "the secrets that the environment names"
    ARTIFACTS = "the model's artifact"
    IMAGE = "the image's repository"
    LOGS = "the endpoints' logs"


@dataclass(frozen=True, slots=True)
class Permission:
    """An action, what it is limited to, and why it is needed."""

    action: str
    scope: Scope
    why: str


SECRETS = (Permission("secretsmanager:GetSecretValue", Scope.SECRETS, "Reads tokens, once, when a process starts."),)
"""All that the bot may need, and what the worker needs beside its roles: where secrets are named by their ARNs."""

STAGING = (
    Permission(
        "sagemaker:DescribeModelPackage",
        Scope.PACKAGES,
        "Checks the wanted version; looks again just before prod is changed. Tells what training registered beside it.",
    ),
    Permission(
        "sagemaker:ListModelPackages",
        Scope.ANYTHING,
        "Finds the version that was asked for, and the versions that the form offers. AWS scopes it to `*` only.",
    ),
    Permission("sagemaker:DescribeModelPackageGroup", Scope.GROUP, "Tells an empty group from one that is not there."),
    Permission(
        "sagemaker:UpdateModelPackage",
        Scope.PACKAGES,
        "Sets ModelApprovalStatus to Approved, with who and why; then ModelLifeCycle, as the gate ends.",
    ),
    Permission(
        "sagemaker:DescribeModel",
        Scope.ANY_MODEL,
        "Checks that a rollback's target still has its model. Tells the version and the variables of what is served.",
    ),
    Permission("sagemaker:CreateModel", Scope.MODELS, "Makes the Model that staging and prod share."),
    Permission("iam:PassRole", Scope.EXECUTION_ROLE, "Names the role that the Model runs with."),
    Permission(
        "sagemaker:DescribeEndpointConfig",
        Scope.ANY_CONFIG,
        "Checks what exists before it is made, returned to or deleted. Tells instance type and count.",
    ),
    Permission("sagemaker:CreateEndpointConfig", Scope.STAGING_CONFIGS, "Makes the config of staging."),
    Permission("sagemaker:DeleteEndpointConfig", Scope.STAGING_CONFIGS, "Cleans up what nothing refers to any more."),
    Permission(
        "sagemaker:DescribeEndpoint",
        Scope.BOTH,
        "Sees what an endpoint serves, and how a change goes. Tells image, capacity and data capture.",
    ),
    Permission("sagemaker:ListTags", Scope.PROD, "Reads the mirror of the rollback pointer."),
    Permission("sagemaker:CreateEndpoint", Scope.TO_STAGING, "Makes staging."),
    Permission("sagemaker:UpdateEndpoint", Scope.TO_STAGING, "Moves staging to another config."),
    Permission(
        "sagemaker:DeleteEndpoint",
        Scope.STAGING,
        "Deletes staging where the catalog says so, and one that is Failed: AWS lets nothing else be done with it.",
    ),
    Permission(
        "sagemaker:InvokeEndpoint",
        Scope.BOTH,
        "Runs the smoke suite on staging and on prod, and asks prod beside staging where a rule compares them.",
    ),
    Permission(
        "s3:GetObject",
        Scope.READ,
        "Reads suites that lie in S3, and what training registered beside a package: statistics, constraints, "
        "golden records.",
    ),
    Permission("s3:GetObject", Scope.ARTIFACTS, "Looks whether what a rollback would bring back is still there."),
    Permission(
        "s3:PutObject",
        Scope.EVIDENCE,
        "Keeps the evidence of every smoke test and the report of every ended release, where the catalog names a "
        "bucket for it.",
    ),
)
"""All but what changes prod."""

PROD = (
    Permission("sagemaker:CreateEndpointConfig", Scope.PROD_CONFIGS, "Makes the config of prod."),
    Permission("sagemaker:DeleteEndpointConfig", Scope.PROD_CONFIGS, "Cleans up what nothing refers to any more."),
    Permission(
        "sagemaker:DeleteModel", Scope.MODELS, "The same. Prod may rest on any Model, so that staging's role may not."
    ),
    Permission("sagemaker:AddTags", Scope.PROD, "Mirrors the rollback pointer on prod before it is changed."),
    Permission("sagemaker:CreateEndpoint", Scope.TO_PROD, "Makes prod at its first release."),
    Permission(
        "sagemaker:UpdateEndpoint",
        Scope.TO_PROD,
        "Moves prod to another config, in a release or a rollback; what it served before Sluice has any name.",
    ),
    Permission(
        "sagemaker:DeleteEndpoint", Scope.PROD, "Clears away a prod that is Failed, just before it is made anew."
    ),
    Permission(
        "sagemaker:DescribeEndpoint",
        Scope.PROD,
        "Sees how a rollback goes; compares what exists where AWS says that a name is taken.",
    ),
    Permission(
        "sagemaker:DescribeEndpointConfig",
        Scope.ANY_CONFIG,
        "Checks that a rollback's target still exists, whatever its name; the SDK looks after each change.",
    ),
    Permission(
        "sagemaker:DescribeModel",
        Scope.ANY_MODEL,
        "Checks that the target still has its model; the SDK looks before it deletes.",
    ),
)
"""What changes prod, and the few looks that go with it."""

ASSUMING = (Permission("sts:AssumeRole", Scope.ROLES, "Becomes the role that an order needs."),)
"""What is left to the worker itself where the catalog names two roles."""

EXECUTION = (
    Permission("s3:GetObject", Scope.ARTIFACTS, "Fetches the model."),
    Permission("ecr:GetAuthorizationToken", Scope.ANYTHING, "Fetches the image."),
    Permission("ecr:BatchCheckLayerAvailability", Scope.IMAGE, "Fetches the image."),
    Permission("ecr:BatchGetImage", Scope.IMAGE, "Fetches the image."),
    Permission("ecr:GetDownloadUrlForLayer", Scope.IMAGE, "Fetches the image."),
    Permission("logs:CreateLogGroup", Scope.LOGS, "Writes the container's log."),
    Permission("logs:CreateLogStream", Scope.LOGS, "Writes the container's log."),
    Permission("logs:DescribeLogStreams", Scope.LOGS, "Writes the container's log."),
    Permission("logs:PutLogEvents", Scope.LOGS, "Writes the container's log."),
    Permission("cloudwatch:PutMetricData", Scope.ANYTHING, "Writes the container's metrics."),
)
"""What SageMaker needs to run the model; Sluice never is this role."""

_CONDITIONS: Mapping[Scope, Policy] = {
    Scope.EXECUTION_ROLE: {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
}


def policy(permissions: Iterable[Permission], entries: Iterable[ModelEntry], secrets: Sequence[str] = ()) -> Policy:
    """Return the policy document that gives these permissions for these models; it denies everything if there are none.

    `secrets` are the ARNs of those that are read.
    """
    by_scope: dict[Scope, list[str]] = {}
    for permission in permissions:
        by_scope.setdefault(permission.scope, []).append(permission.action)
    models = tuple(entries)
    found = {scope: _resources(scope, models, secrets) for scope in by_scope}
    statements = [_statement(actions, scope, found[scope]) for scope, actions in by_scope.items()]
    allowed = [statement for statement in statements if statement["Resource"]]
    # AWS takes no policy without a statement.
    return _document(allowed or [{"Effect": "Deny", "Action": "*", "Resource": "*"}])


def joined(policies: Iterable[Policy]) -> Policy:
    """Return one policy that allows what any of these does."""
    statements = [statement for each in policies for statement in each["Statement"] if statement["Effect"] == "Allow"]
    return _document(statements)


def trust_in_worker(*, of_a_release: bool) -> Policy:
    """Return who may assume a role of the worker's; prod's wants each session to be named for a release."""
    trust = {"Effect": "Allow", "Principal": {"AWS": WORKER}, "Action": "sts:AssumeRole"}
    named = {"Condition": {"StringLike": {"sts:RoleSessionName": "r????????@*"}}} if of_a_release else {}
    return _document([trust | named])


def trust_in_sagemaker() -> Policy:
    """Return who may assume the execution role."""
    principal = {"Service": "sagemaker.amazonaws.com"}
    return _document([{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}])


def _document(statements: list[dict[str, Any]]) -> Policy:
    return {"Version": "2012-10-17", "Statement": statements}


def _resources(scope: Scope, entries: Iterable[ModelEntry], secrets: Sequence[str]) -> list[str]:
    if scope is Scope.SECRETS:
        return list(secrets)
    return list(dict.fromkeys(arn for entry in entries for arn in resources_of(entry)[scope]))


def _statement(actions: list[str], scope: Scope, resources: list[str]) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return statement | ({"Condition": _CONDITIONS[scope]} if scope in _CONDITIONS else {})


def resources_of(entry: ModelEntry) -> Mapping[Scope, tuple[str, ...]]:
    """Return what each scope means for a model, as ARNs; the account is the execution role's, as PassRole wants it."""
    place, made = entry.deployment, pattern_of(entry.deployment.package_group)
    _, partition, _, _, account, _ = place.execution_role_arn.split(":", 5)

    def here(kind: str, name: str, owner: str = account) -> tuple[str, ...]:
        # SageMaker gives ARNs back in lower case, whatever case the name was given in.
        prefix = f"arn:{partition}:sagemaker:{place.region}:{owner}:{kind}/"
        return tuple(dict.fromkeys((prefix + name, prefix + name.lower())))

    def stored(uri: str) -> tuple[str, ...]:
        return (f"arn:{partition}:s3:::{uri.removeprefix('s3://').rstrip('/')}/*",) if uri.startswith("s3://") else ()

    staging, prod = here("endpoint", place.staging_endpoint), here("endpoint", place.prod_endpoint)
    staging_configs, any_config = here("endpoint-config", f"{made}-staging"), here("endpoint-config", "*")
    owner = place.account or account
    return {
        Scope.ANYTHING: ("*",),
        Scope.PACKAGES: here("model-package", f"{place.package_group}/*", owner),
        Scope.GROUP: here("model-package-group", place.package_group, owner),
        Scope.ANY_MODEL: here("model", "*"),
        Scope.MODELS: here("model", made),
        Scope.ANY_CONFIG: any_config,
        Scope.STAGING_CONFIGS: staging_configs,
        Scope.PROD_CONFIGS: here("endpoint-config", f"{made}-prod"),
        Scope.STAGING: staging,
        Scope.PROD: prod,
        Scope.BOTH: staging + prod,
        Scope.TO_STAGING: staging + staging_configs,
        Scope.TO_PROD: prod + any_config,
        Scope.EXECUTION_ROLE: (place.execution_role_arn,),
        Scope.READ: (*stored(entry.suite.rpartition("/")[0]), *stored(f"s3://{METRICS}")),
        Scope.EVIDENCE: stored(place.evidence_uri),
        Scope.ROLES: tuple(dict.fromkeys(arn for arn in (place.roles.staging, place.roles.prod) if arn)),
        Scope.ARTIFACTS: stored(f"s3://{ARTIFACTS}"),
        Scope.IMAGE: (IMAGE,),
        Scope.LOGS: (f"arn:{partition}:logs:{place.region}:{account}:log-group:/aws/sagemaker/Endpoints/*",),
    }
