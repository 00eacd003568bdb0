"""Which of the two roles an order needs: whatever prod rests on is changed by prod's."""

import pytest
from fakes import builders as b
from fakes.driver import PROD, STAGING

from services.release.model import Stage
from services.steps.plan import (
    ApprovePackage,
    CreateConfig,
    CreateEndpoint,
    CreateModel,
    DeleteConfig,
    DeleteEndpoint,
    DeleteModel,
    Order,
    TagEndpoint,
    UpdateEndpoint,
    stage_changed,
)

MADE = "g-v7-r0000000a"


@pytest.mark.parametrize(
    ("order", "stage"),
    [
        (ApprovePackage(b.ARN, "for staging"), Stage.STAGING),
        (CreateModel(MADE, b.ARN, "role"), Stage.STAGING),
        (CreateConfig(f"{MADE}-staging", MADE, "ml.m5.large", 1), Stage.STAGING),
        (CreateConfig(f"{MADE}-prod", MADE, "ml.m5.large", 1), Stage.PROD),
        (CreateEndpoint(STAGING, f"{MADE}-staging"), Stage.STAGING),
        (CreateEndpoint(PROD, f"{MADE}-prod"), Stage.PROD),
        (UpdateEndpoint(STAGING, f"{MADE}-prod"), Stage.STAGING),
        (UpdateEndpoint(PROD, f"{MADE}-staging"), Stage.PROD),
        (TagEndpoint(PROD, "arn", {}), Stage.PROD),
        (DeleteEndpoint(STAGING), Stage.STAGING),
        (DeleteEndpoint(PROD), Stage.PROD),
        (DeleteConfig(f"{MADE}-staging"), Stage.STAGING),
        (DeleteConfig(f"{MADE}-prod"), Stage.PROD),
        (DeleteModel(MADE), Stage.PROD),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, Stage) else value.value,
)
def test_what_prod_rests_on_is_prods(order: Order, stage: Stage) -> None:
    assert stage_changed(order, b.DEPLOYMENT) is stage
