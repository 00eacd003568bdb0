"""What a person can do about what AWS says; the words are AWS's own, from public reports."""

from dataclasses import replace

import pytest
from fakes import builders as b

from services.release.advice import KNOWN, advice_on

PLACE = replace(b.DEPLOYMENT, region="eu-central-1", instance_type="ml.g5.xlarge")
SAID = {
    "quota": "ResourceLimitExceeded: The account-level service limit 'ml.g5.xlarge for endpoint usage' is 0 Instances",
    "capacity": "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error.",
    "clock": "InvalidSignatureException: Signature expired: 20261123T1200Z is now earlier than 20261123T1203Z",
    "expired": "ExpiredTokenException: The security token included in the request is expired",
    "credentials": "UnrecognizedClientException: The security token included in the request is invalid.",
    "throttled": "ThrottlingException: Rate exceeded",
    "execution role": 'ValidationException: The execution role ARN "arn:aws:iam::1:role/x" is invalid. Please ensure',
    "denied": "AccessDeniedException: User: u is not authorized to perform: sagemaker:CreateModel on resource: r",
    "config gone": 'ValidationException: Could not find endpoint configuration "arn:endpoint-config/x".',
    "ping": "The primary container for production variant AllTraffic did not pass the ping health check.",
    "artifact": 'ValidationException: Could not access model data at "s3://bucket/model.tar.gz".',
    "image": "The repository of your image 1.dkr.ecr.e.amazonaws.com/x does not exist.",
    "rollback failed": "The endpoint is UpdateRollbackFailed. It did not pass the ping health check.",
    "trouble at AWS": "InternalFailure: ",
    "no answer": 'Could not connect to the endpoint URL: "https://api.sagemaker.eu-central-1.amazonaws.com/"',
}


def test_every_advice_has_its_example() -> None:
    assert set(SAID) == {advice.name for advice in KNOWN}


@pytest.mark.parametrize("name", SAID)
def test_what_aws_says_is_answered(name: str) -> None:
    advice = advice_on(SAID[name], PLACE, "titanic-prod")
    meant = next(each for each in KNOWN if each.name == name)
    assert (
        advice[:12]
        == meant.says.format(quota="q", region=PLACE.region, instance_type=PLACE.instance_type, role="r", endpoint="e")[
            :12
        ]
    )
    assert "{" not in advice


def test_it_knows_the_place() -> None:
    quota = advice_on(SAID["quota"], PLACE, "titanic-prod")
    assert "“ml.g5.xlarge for endpoint usage”" in quota
    assert "https://eu-central-1.console.aws.amazon.com/servicequotas/home/services/sagemaker/quotas" in quota
    assert "Endpoints$252Ftitanic-staging" in advice_on(SAID["ping"], PLACE, "titanic-staging")
    assert "no ml.g5.xlarge left in eu-central-1" in advice_on(SAID["capacity"], PLACE, "titanic-prod")


def test_braces_of_awss_own_stay_out_of_it() -> None:
    assert "{quota}" not in advice_on("ResourceLimitExceeded: {quota} {0} '{x}'", PLACE, "titanic-prod")


def test_what_is_not_known_gets_no_advice() -> None:
    assert advice_on("Alarm titanic-5xx went off during the bake", PLACE, "titanic-prod") == ""
