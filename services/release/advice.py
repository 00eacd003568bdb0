"""What a person can do about an error of AWS: a sentence for the thread, found by the words that AWS uses.

The words are from public reports of each error (aws/sagemaker-python-sdk, terraform-provider-aws, AWS's own guides).
"""

import re
from dataclasses import dataclass

from services.release.model import Deployment


@dataclass(frozen=True, slots=True)
class Advice:
    """A sentence, and the words of AWS that it answers; `{…}` is filled in with what is known of the model."""

    name: str
    words: re.Pattern[str]
    says: str


def _advice(name: str, words: str, *says: str) -> Advice:
    return Advice(name, re.compile(words, re.IGNORECASE), " ".join(says))


KNOWN = (
    _advice(
        "rollback failed",
        r"UpdateRollbackFailed",
        "Neither the update nor the way back worked; what serves now may be a part of each. Look at it at",
        "https://{region}.console.aws.amazon.com/sagemaker/home?region={region}#/endpoints/{endpoint} and try",
        "/rollback. If AWS takes no change of it, only AWS's support can mend it, or deleting it and deploying afresh.",
    ),
    _advice(
        "quota",
        r"ResourceLimitExceeded|account-level service limit",
        "This account may not run so many instances. Ask for a higher quota of “{quota}” at",
        "https://{region}.console.aws.amazon.com/servicequotas/home/services/sagemaker/quotas and deploy again once it",
        "is granted, or take another instance_type in the catalog.",
    ),
    _advice(
        "capacity",
        r"InsufficientInstanceCapacity|insufficient capacity",
        "AWS has no {instance_type} left in {region} just now; nothing is wrong with the model. Deploy again later, or",
        "with another instance_type in the catalog.",
    ),
    _advice(
        "clock",
        r"Signature expired|Signature not yet current|RequestTimeTooSkewed|RequestExpired|RequestInTheFuture",
        "AWS refuses a call whose time is more than five minutes off: the clock of the worker's machine is wrong. Set",
        "it (chronyd or systemd-timesyncd); Sluice goes on by itself.",
    ),
    _advice(
        "expired",
        r"ExpiredToken|token included in the request is expired|SSO session .{0,80} expired|token has expired",
        "The worker's AWS credentials have expired. A role renews them by itself; for others log in again or set new",
        "ones, and start the worker anew if it was given them in variables.",
    ),
    _advice(
        "credentials",
        r"InvalidClientTokenId|UnrecognizedClient|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignature"
        r"|Unable to locate credentials|IncompleteSignature|MissingAuthenticationToken",
        "AWS does not know the worker's credentials: look at its role, profile or variables, and start it anew. What",
        "AWS serves is not touched by this.",
    ),
    _advice(
        "throttled",
        r"Throttl|Rate exceeded|TooManyRequests|RequestLimitExceeded|SlowDown",
        "AWS slows this account down, as too much calls it at once. Sluice waits longer each time; nothing is lost.",
        "If it lasts, something else in the account calls too often.",
    ),
    _advice(
        "execution role",
        r"execution role ARN .{0,300} is invalid",
        "SageMaker cannot use the model's execution role {role}: it has to exist and to trust sagemaker.amazonaws.com;",
        "`sluice iam --role execution --trust` prints how.",
    ),
    _advice(
        "denied",
        r"AccessDenied|not authorized to perform|UnauthorizedOperation",
        "The worker's role may not do this: `sluice iam` prints the policies that it needs, and the words above say",
        "which action on what is missing. Try again once it is mended.",
    ),
    _advice(
        "config gone",
        r"Could not find endpoint configuration",
        "Somebody deleted an EndpointConfig that is still needed: AWS changes no endpoint without the config that it",
        "serves. Make one of that name again, with the same model, or delete the endpoint and deploy afresh:",
        "https://{region}.console.aws.amazon.com/sagemaker/home?region={region}#/endpointConfig",
    ),
    _advice(
        "ping",
        r"did not pass the ping health check",
        "The container started and never said that it is healthy. Its log says why:",
        "https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#logsV2:log-groups/log-group/"
        "$252Faws$252Fsagemaker$252FEndpoints$252F{endpoint}",
    ),
    _advice(
        "artifact",
        r"model data|model artifact|Failed to download",
        "SageMaker could not fetch the model's artifact: see that it is still in S3, and that the execution role",
        "{role} may read it.",
    ),
    _advice(
        "image",
        r"image .{0,300}(not exist|not found|pull|denied)|ecr:",
        "SageMaker could not fetch the model's image: see that it is still in ECR, and that the execution role {role}",
        "may pull it.",
    ),
    _advice(
        "trouble at AWS",
        r"InternalFailure|InternalServer|InternalError|ServiceUnavailable|Request to service failed|InternalDependency",
        "AWS has trouble of its own: https://health.aws.amazon.com/health/status. Nothing is lost; try again later if",
        "Sluice has given up.",
    ),
    _advice(
        "no answer",
        r"Could not connect|timed? ?out on|timeout on|Connection was closed|Failed to connect",
        "The worker gets no answer from AWS: look at its network and proxy, and at",
        "https://health.aws.amazon.com/health/status. What AWS serves is not touched by this.",
    ),
)
"""In the order of telling: the first that fits is told."""


def advice_on(detail: str, place: Deployment, endpoint: str) -> str:
    """Return what a person can do about an error, empty where nothing is known that would help.

    Args:
        detail: what AWS said, or what Sluice says that AWS said.
        place: where the model runs.
        endpoint: the one that it is about.
    """
    for advice in KNOWN:
        if advice.words.search(detail):
            return advice.says.format(
                quota=_quota_in(detail) or f"{place.instance_type} for endpoint usage",
                region=place.region,
                instance_type=place.instance_type,
                role=place.execution_role_arn.rpartition("/")[2],
                endpoint=endpoint,
            )
    return ""


def _quota_in(detail: str) -> str:
    found = re.search(r"service limit '([^']{1,80})'", detail)
    return found.group(1) if found is not None else ""
