"""Cleaning up deletes what nothing refers to any more, and nothing else, whatever refers to what."""

from dataclasses import dataclass, field, replace

import pytest
from fakes import builders as b
from fakes import driver
from hypothesis import given
from hypothesis import strategies as st

from services.ports import EndpointDescription
from services.release import events as e
from services.release.model import Cleanup, Phase, Release, Stage, UpdateIntent
from services.release.naming import config_name, model_name, model_of
from services.steps.clean_up import CleanupSight, look, plan, refused
from services.steps.plan import DeleteConfig, DeleteEndpoint, DeleteModel, Do, Record, Wait

NAME = b.DEPLOYMENT.staging_endpoint
OUR_STAGING, OUR_PROD = (config_name(b.checked(), stage) for stage in Stage)
OUR_MODEL, OLD_MODEL = model_name(b.checked()), model_of(b.OLD_STAGING)
FOREIGN = "made-by-hand"
CONFIGS = [OUR_STAGING, OUR_PROD, b.OLD_STAGING, b.OLD_CONFIG, FOREIGN]
EVERYTHING = frozenset({*CONFIGS, OUR_MODEL, OLD_MODEL})
RELEASED = replace(b.promoting(), phase=Phase.RELEASED, cleanup_due=b.NOON)
REJECTED = replace(b.awaiting(), phase=Phase.REJECTED, cleanup_due=b.NOON)


def with_cleanup(release: Release, cleanup: Cleanup) -> Release:
    return replace(release, deployment=replace(release.deployment, staging_cleanup=cleanup))


@dataclass
class World:
    """What exists and what refers to what; deleting is believed at once."""

    staging: EndpointDescription | None
    referenced: frozenset[str]
    existing: frozenset[str]
    staging_wanted: bool = False
    foreign_model: str = "made-by-hand-too"
    deleted: list[str] = field(default_factory=list)

    def sight(self) -> CleanupSight:
        return CleanupSight(self.staging, self.kept(), self.kept_models(), self.existing, self.staging_wanted)

    def kept_models(self) -> frozenset[str]:
        return frozenset(self.foreign_model if name == FOREIGN else model_of(name) for name in self.kept())

    def kept(self) -> frozenset[str]:
        serving = {self.staging.config, self.staging.pending_config} if self.staging is not None else set()
        return self.referenced | frozenset(name for name in serving if name is not None)

    def clean(self, release: Release) -> e.CleanedUp | Wait:
        """Follow the step to its end, checking at each order that nothing refers to what it deletes."""
        for _ in range(len(EVERYTHING) + 2):
            planned = plan(release, self.sight(), b.NOON)
            if isinstance(planned, Wait):
                return planned
            if isinstance(planned, Record):
                assert isinstance(planned.event, e.CleanedUp)
                return planned.event
            self.follow(planned)
        raise AssertionError(f"never done: {self.deleted}")

    def follow(self, planned: Do) -> None:
        order = planned.order
        assert isinstance(order, DeleteEndpoint | DeleteConfig | DeleteModel)
        self.deleted.append(order.name)
        match order:
            case DeleteEndpoint():
                assert not self.staging_wanted
                assert self.staging is not None
                assert self.staging.status not in {"Creating", "Updating"}
                self.staging = None
            case DeleteConfig(name=name):
                assert name not in self.kept()
                self.existing -= {name}
            case DeleteModel(name=name):
                assert name not in self.kept_models()
                self.existing -= {name}


ENDPOINTS = st.none() | st.builds(
    b.staging,
    st.sampled_from(CONFIGS),
    st.sampled_from(["InService", "Updating", "Creating", "Failed", "UpdateRollbackFailed"]),
    pending=st.none() | st.sampled_from(CONFIGS),
)
WORLDS = st.builds(
    World,
    ENDPOINTS,
    st.frozensets(st.sampled_from(CONFIGS)),
    st.frozensets(st.sampled_from(sorted(EVERYTHING))),
    st.booleans(),
    st.sampled_from(["made-by-hand-too", OUR_MODEL, OLD_MODEL]),
)
INTENTS = st.none() | st.builds(UpdateIntent, st.none() | st.sampled_from(CONFIGS), st.just(b.NOON))


@given(WORLDS, INTENTS, st.sampled_from([RELEASED, REJECTED, b.rolling_back()]), st.sampled_from(Cleanup))
def test_what_is_referred_to_is_never_deleted(
    world: World, intent: UpdateIntent | None, release: Release, cleanup: Cleanup
) -> None:
    kept_before, foreign_before = world.kept() & world.existing, {FOREIGN} & world.existing
    staging_before = world.staging
    world.clean(replace(with_cleanup(release, cleanup), staging_intent=intent))
    freed = {staging_before.config, staging_before.pending_config} if staging_before and not world.staging else set()
    assert kept_before - freed <= world.existing
    assert foreign_before <= world.existing
    assert len(world.deleted) == len(set(world.deleted))


@given(WORLDS, INTENTS)
def test_a_second_cleaning_finds_nothing_to_do(world: World, intent: UpdateIntent | None) -> None:
    release = replace(REJECTED, staging_intent=intent)
    if isinstance(world.clean(release), Wait):
        return
    before = list(world.deleted)
    world.clean(release)
    assert world.deleted == before


@given(WORLDS)
def test_a_rollback_leaves_nothing_and_deletes_nothing(world: World) -> None:
    rolled = replace(b.rolling_back(), phase=Phase.ROLLED_BACK, cleanup_due=b.NOON)
    assert world.clean(rolled) == e.CleanedUp(())
    assert world.deleted == []


def test_a_release_over_another_deletes_what_it_replaced() -> None:
    world = World(b.staging(), frozenset({OUR_PROD}), EVERYTHING)
    assert world.clean(RELEASED) == e.CleanedUp((b.OLD_STAGING, OLD_MODEL))


def test_a_release_that_ran_again_deletes_what_each_run_replaced() -> None:
    second = "titanic-survival-v5-r00000008-staging"
    release = replace(RELEASED, replaced=(b.OLD_STAGING, FOREIGN), staging_intent=UpdateIntent(second, b.NOON))
    world = World(b.staging(), frozenset({OUR_PROD}), EVERYTHING | {second})
    assert world.clean(release) == e.CleanedUp((b.OLD_STAGING, second, OLD_MODEL, model_of(second)))
    assert FOREIGN in world.existing


def test_the_model_behind_the_rollback_target_is_kept() -> None:
    world = World(b.staging(), frozenset({OUR_PROD, b.OLD_CONFIG}), EVERYTHING)
    assert world.clean(RELEASED) == e.CleanedUp((b.OLD_STAGING,))
    assert OLD_MODEL in world.existing


@pytest.mark.parametrize("cleanup", [Cleanup.AFTER_DECISION, Cleanup.AFTER_TTL])
def test_staging_goes_where_the_catalog_says_so(cleanup: Cleanup) -> None:
    world = World(b.staging(), frozenset({b.OLD_CONFIG}), EVERYTHING)
    world.clean(with_cleanup(REJECTED, cleanup))
    assert world.deleted == [NAME, OUR_STAGING, OUR_PROD, b.OLD_STAGING, OUR_MODEL]


def test_staging_stays_where_the_catalog_says_so() -> None:
    world = World(b.staging(), frozenset(), frozenset({OUR_STAGING, OUR_MODEL}))
    assert world.clean(REJECTED) == e.CleanedUp((b.OLD_STAGING, OLD_MODEL))
    assert world.deleted == []


def test_a_failed_staging_of_ours_goes_in_any_case() -> None:
    world = World(b.staging(status="Failed"), frozenset(), frozenset({OUR_STAGING, OUR_MODEL}))
    world.clean(REJECTED)
    assert world.deleted == [NAME, OUR_STAGING, OUR_MODEL]


@pytest.mark.parametrize("wanted", [True, False])
def test_staging_of_someone_else_stays(*, wanted: bool) -> None:
    endpoint = b.staging() if wanted else b.staging(FOREIGN)
    world = World(endpoint, frozenset(), frozenset(), staging_wanted=wanted)
    world.clean(with_cleanup(REJECTED, Cleanup.AFTER_DECISION))
    assert world.staging == endpoint


def test_a_config_that_sluice_did_not_name_is_not_its_to_delete() -> None:
    replaced_foreign = replace(REJECTED, staging_intent=UpdateIntent(FOREIGN, b.NOON))
    world = World(b.staging(), frozenset(), EVERYTHING)
    world.clean(replaced_foreign)
    assert {FOREIGN, b.OLD_STAGING, OLD_MODEL} <= world.existing


def test_staging_is_not_deleted_while_it_changes() -> None:
    world = World(b.staging(status="Updating"), frozenset(), frozenset())
    assert world.clean(with_cleanup(REJECTED, Cleanup.AFTER_DECISION)) == Wait()


@pytest.mark.parametrize(
    "changing",
    [
        b.staging(b.OLD_STAGING, "Updating", pending=OUR_STAGING),
        b.staging(OUR_STAGING, "Updating", pending="titanic-survival-v8-r00000001-staging"),
        b.staging(OUR_STAGING, "Deleting"),
    ],
)
def test_what_staging_is_leaving_is_deleted_once_it_has_even_if_another_release_waits(
    changing: EndpointDescription,
) -> None:
    """The next release knows what staging served when it came, not what staging left on the way there."""
    world = World(changing, frozenset(), frozenset({OUR_STAGING, b.OLD_STAGING}), staging_wanted=True)
    assert world.clean(with_cleanup(REJECTED, Cleanup.AFTER_DECISION)) == Wait()
    assert world.deleted == []
    world.staging = b.staging(FOREIGN)
    world.clean(with_cleanup(REJECTED, Cleanup.AFTER_DECISION))
    assert world.existing == frozenset()


def test_nobody_waits_for_a_change_of_staging_that_is_not_about_them() -> None:
    world = World(b.staging(FOREIGN, "Updating"), frozenset(), frozenset({OUR_STAGING}), staging_wanted=True)
    world.clean(REJECTED)
    assert world.deleted == [OUR_STAGING]


def test_it_waits_until_it_is_due() -> None:
    later = replace(REJECTED, cleanup_due=b.after(10))
    assert plan(later, World(b.staging(), frozenset(), frozenset()).sight(), b.NOON) == Wait(600)


def test_awss_refusal_is_given_up() -> None:
    assert refused(RELEASED, "denied") == e.GaveUp("denied")


def test_the_model_that_somebody_put_prod_on_by_hand_is_kept() -> None:
    world = driver.World()
    release_id = world.request(7)
    driver.Driver(world).run_until(release_id, Phase.AWAITING_APPROVAL)
    release = world.release(release_id)
    world.aws.delete_endpoint(driver.STAGING)
    world.clock.advance(world.aws.seconds)
    world.aws.create_config(FOREIGN, model_name(release), "ml.m5.large", 1)
    world.aws.create_endpoint(driver.PROD, FOREIGN)
    assert look(release, world.ports()).kept_models == {model_name(release)}
