"""The IAM reference: every permission with its reason, and the policies that `sluice iam` prints for the sandbox."""

import json
from collections.abc import Sequence
from pathlib import Path

from markdown_pages import code, page, table

from bot.catalog.reading import read_catalog
from bot.iam_command import ROLES
from services.adapters.permissions import ASSUMING, EXECUTION, PLACEHOLDERS, PROD, SECRETS, STAGING, Permission, Policy
from services.release.catalog import ModelEntry

CATALOG = Path(__file__).resolve().parent.parent / "sandbox" / "catalog" / "catalog.yaml"
_INTRODUCTION = (
    "`sluice iam` prints these policies for the models of your catalog, with its regions, accounts, groups, endpoints "
    "and roles; [how to connect](../how-to/connect-slack-and-aws.md#4-give-aws-its-roles) puts them in place. What no "
    "catalog knows is left to fill in, and named on standard error. The lists below are the code's own "
    "(`services/adapters/permissions.py`). An end-to-end test has roles with exactly these policies carry releases "
    "out, on a local AWS that refuses everything else, and fails for a permission that nothing used. It was not "
    "tried on a real account: the project has none."
)
_COMMANDS = (
    ("sluice iam", "Every role, as one JSON object."),
    ("… --role worker-prod", "The policy of one role alone, as `aws iam put-role-policy --policy-document` takes it."),
    ("… --trust", "Its trust policy instead, as `aws iam create-role --assume-role-policy-document` takes it."),
    ("… --model NAME", "Only what one model needs, where models do not share their roles."),
)
_ONE_OR_TWO = (
    "Without `roles` in the [catalog](catalog.md) the worker calls AWS as itself and needs both tables below: "
    "`sluice iam --role worker` prints that. With them it assumes one role for whatever changes prod, and another "
    "for everything else; it then needs `sts:AssumeRole` on the two, and its secrets. Only prod's role may update, "
    "create, tag or delete the prod endpoint, or delete a Model or one of prod's configs. Only staging's role may pass "
    "the execution role, as prod serves the Model that was tested."
)
_SESSIONS = (
    "A session is named for the release and for who answers for it: `r0000000a@U0BRUNO` is what Bruno approved, and "
    "before an approval, or in a rollback, it is who asked. What belongs to no release, such as `/endpoints`, runs as "
    "`sluice`. CloudTrail shows the name in the ARN of every call (`assumed-role/ROLE/r0000000a@U0BRUNO`), and the "
    "[audit log](audit-log.md#awscall) has it beside AWS's request ids. Requester and approver also stand in the "
    "User-Agent of each call, with or without roles. The trust policy of prod's role takes only sessions that name a "
    "release. The name says what the worker says: it is worth as much as the worker is trusted."
)
_OBJECTS = (
    "`s3:GetObject` is needed for suites in S3 and for rules that compare with what a package has registered, "
    "`s3:PutObject` for `evidence` in the catalog; the policy has none where the catalog has none. Without "
    "`s3:ListBucket`, S3 answers 403 instead of 404 for an object that is not there, and Sluice tells it so. Objects "
    "under a KMS key of your own need `kms:Decrypt` and, to be written, `kms:GenerateDataKey` on that key."
)
_NAMES = (
    "Any config may be read and returned to, as what prod served before the first release was not made by Sluice. Only "
    "names that begin with the group's are made or deleted. A name with capital letters stands in lower case too, as "
    "SageMaker's ARNs are. IAM takes at most 6,144 characters in a managed policy and 10,240 in those of a role: a "
    "catalog of many models needs roles of their own, or a pattern in place of its endpoints."
)


def iam() -> str:
    """Render the page."""
    entries = tuple(read_catalog(CATALOG).values())
    placeholders = ((code(name), what) for name, what in PLACEHOLDERS.items())
    return page(
        "IAM",
        _INTRODUCTION,
        table(("Command", "What it prints"), ((code(command), what) for command, what in _COMMANDS)),
        table(("Placeholder", "What to put there"), placeholders),
        "## The bot",
        "The bot never calls AWS, unless one of its secrets is [named by an ARN](settings.md). Without any its policy, "
        "where it has to have one, denies everything, and says so.",
        _permissions(SECRETS),
        "## The worker: one role or two",
        _ONE_OR_TWO,
        _permissions(ASSUMING),
        _SESSIONS,
        "## worker-staging: all but what changes prod",
        _permissions(STAGING),
        _OBJECTS,
        "## worker-prod: what changes prod",
        _permissions(PROD),
        _NAMES,
        "## The execution role",
        "SageMaker runs the model with it, and trusts it to nobody else. The catalog names it; Sluice never is it.",
        _permissions(EXECUTION),
        "## The policies of the sandbox's catalog",
        "As `sluice iam` prints them.",
        *(part for name in ("worker-staging", "worker-prod") for part in (f"### {name}", _json(name, entries))),
        "### Who may assume worker-prod",
        _fenced(ROLES["worker-prod"].trust),
    )


def _permissions(permissions: Sequence[Permission]) -> str:
    rows = ((code(each.action), each.scope.value, each.why) for each in permissions)
    return table(("Action", "On", "Why"), rows)


def _json(name: str, entries: Sequence[ModelEntry]) -> str:
    return _fenced(ROLES[name].permissions(entries))


def _fenced(policy: Policy | None) -> str:
    return f"```json\n{json.dumps(policy, indent=2)}\n```"
