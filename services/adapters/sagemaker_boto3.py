"""AWS over boto3: the ports of any region, for a worker without the SageMaker SDK."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from threading import Lock
from typing import Any

import boto3
from botocore.config import Config

from services.adapters.acting import acting, attend
from services.adapters.assumed_role import AssumedRole
from services.adapters.aws_errors import port_errors
from services.adapters.hosting_boto3 import Boto3Hosting
from services.adapters.invoker_boto3 import ONCE, Boto3Invoker
from services.adapters.objects_boto3 import Boto3Objects
from services.adapters.registry_boto3 import Boto3Registry
from services.ports import Aws, Behalf
from services.release.audit import AwsCall
from services.release.model import Deployment, Stage

PATIENT = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 3, "mode": "standard"})
"""Control plane: a tick waits for the answer, and whoever ticks again later is more patient than a retry."""


class AwsRegions:
    """The Regions port: one boto3.Session and one set of clients a region and role, made when first asked for.

    Where AWS is comes from boto3's own settings: the profile, AWS_ENDPOINT_URL, the instance's role.
    """

    def __init__(self, profile: str | None) -> None:
        self._profile = profile
        self._lock = Lock()
        self._known: dict[tuple[str, str], Aws] = {}

    def of(self, deployment: Deployment, stage: Stage = Stage.STAGING) -> Aws:
        """Return the ports of the deployment's region, of the role that the catalog names for `stage`.

        Raises:
            SaidNo: there is no such AWS profile or region.
        """
        roles = deployment.roles
        return self.in_region(deployment.region, roles.prod if stage is Stage.PROD else roles.staging)

    def in_region(self, region: str, role_arn: str = "") -> Aws:
        """Return the ports of a region, of a role or, without one, of whatever credentials boto3 finds.

        Raises:
            SaidNo: there is no such AWS profile or region.
        """
        # Making a session or a client is not thread-safe; using the client is (boto3 guide, "Multithreading").
        with self._lock, port_errors():
            if (region, role_arn) not in self._known:
                self._known[region, role_arn] = self._connect(self._session(region, role_arn))
            return self._known[region, role_arn]

    def acting(self, behalf: Behalf) -> AbstractContextManager[Sequence[AwsCall]]:
        """Have the calls of this thread say for whom they are made; yield those that change something."""
        return acting(behalf)

    def _session(self, region: str, role_arn: str) -> Any:
        session = boto3.Session(profile_name=self._profile, region_name=region)
        attend(session)
        if not role_arn:
            return session
        role = AssumedRole(session.client("sts", config=PATIENT), role_arn)
        assumed = boto3.Session(profile_name=self._profile, region_name=region, botocore_session=role.core())
        attend(assumed, role_arn.rpartition("/")[2])
        role.attend(assumed)
        return assumed

    def _connect(self, session: Any) -> Aws:
        client = session.client("sagemaker", config=PATIENT)
        runtime = session.client("sagemaker-runtime", config=ONCE)
        objects = Boto3Objects(session.client("s3", config=PATIENT))
        return Aws(Boto3Registry(client), Boto3Hosting(client), Boto3Invoker(runtime), objects)
