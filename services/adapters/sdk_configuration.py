"""How the SageMaker SDK is kept quiet. This module does not import the SDK: what it says must be set before."""

from collections.abc import Mapping
from pathlib import Path

CONFIGURATION = Path(__file__).with_name("sluice_sagemaker_config.yaml")


def quiet_sdk() -> Mapping[str, str]:
    """Return the environment variables under which the SDK reads only Sluice's own configuration file.

    Set them before `services.adapters.sagemaker_sdk` is imported. Without them the SDK fills in defaults from
    /etc/xdg/sagemaker and the user's ~/.config/sagemaker, and repeats a throttled call ten times, which takes over a
    minute (sagemaker 3.27); three tries in all are what boto3 does.
    """
    file = str(CONFIGURATION)
    return {
        "SAGEMAKER_ADMIN_CONFIG_OVERRIDE": file,
        "SAGEMAKER_USER_CONFIG_OVERRIDE": file,
        "AWS_MAX_ATTEMPTS": "3",
    }
