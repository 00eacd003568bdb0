"""The catalog of one model, from the serving contract's variables."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from bot.catalog.entry import ModelSpec
from bot.catalog.forms import Strict
from bot.catalog.people import PeopleSpec
from bot.settings import Misconfigured
from services.release.catalog import Catalog
from services.release.wanted import ARN_PATTERN


class SeedSpec(Strict):
    """The serving contract's variables, for one model without a catalog file."""

    model_package_arn: Annotated[str, Field(pattern=ARN_PATTERN)]
    sagemaker_pipeline_role_arn: str
    staging_endpoint_name: str = "titanic-survival-staging"
    prod_endpoint_name: str = "titanic-survival-prod"
    instance_type: str = "ml.m5.large"
    initial_instance_count: int = 1
    sluice_channel: str = ""
    sluice_approvers: str = ""


def seed_catalog(variables: Mapping[str, str], region: str) -> Catalog:
    """Return the catalog of the one model that the serving contract's variables describe.

    Raises:
        Misconfigured: a needed variable is missing or wrong.
    """
    try:
        seed = SeedSpec.model_validate({name.lower(): value for name, value in variables.items()})
        group, account = _group_and_account(seed.model_package_arn)
        spec = ModelSpec(
            package_group=group,
            region=region,
            account=account,
            staging_endpoint=seed.staging_endpoint_name,
            prod_endpoint=seed.prod_endpoint_name,
            instance_type=seed.instance_type,
            instance_count=seed.initial_instance_count,
            execution_role_arn=seed.sagemaker_pipeline_role_arn,
            channel=seed.sluice_channel,
            approvers=PeopleSpec(users=[user for user in seed.sluice_approvers.split(",") if user]),
        )
    except ValidationError as error:
        raise Misconfigured(_seed_sentences(error)) from None
    return {group.lower(): spec.entry(group.lower(), Path())}


def _group_and_account(arn: str) -> tuple[str, str]:
    fields = arn.split(":")
    return fields[5].split("/")[1], fields[4]


_VARIABLES = {
    "model_package_arn": "MODEL_PACKAGE_ARN",
    "sagemaker_pipeline_role_arn": "SAGEMAKER_PIPELINE_ROLE_ARN",
    "execution_role_arn": "SAGEMAKER_PIPELINE_ROLE_ARN",
    "staging_endpoint": "STAGING_ENDPOINT_NAME",
    "prod_endpoint": "PROD_ENDPOINT_NAME",
    "instance_type": "INSTANCE_TYPE",
    "instance_count": "INITIAL_INSTANCE_COUNT",
    "initial_instance_count": "INITIAL_INSTANCE_COUNT",
    "channel": "SLUICE_CHANNEL",
    "users": "SLUICE_APPROVERS",
    "region": "AWS_REGION",
}
"""A field of the one model without a catalog file -> the variable that a person has to change."""


def _seed_sentences(error: ValidationError) -> list[str]:
    named = ((_VARIABLES.get(str(item["loc"][0]), str(item["loc"][0])), item["msg"]) for item in error.errors())
    return [f"{name}: {message} (there is no SLUICE_CATALOG)" for name, message in named]
