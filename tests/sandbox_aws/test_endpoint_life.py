"""The endpoint's state machine by itself: a fake fleet, a manual clock, no processes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.aws.clock import Pace
from sandbox.aws.endpoints import Deployment, Endpoint, Health, Status, Surroundings
from sandbox.aws.variants import Image, Variant
from sandbox.aws.wire import AwsError

if TYPE_CHECKING:
    from collections.abc import Sequence

START = datetime(2026, 11, 23, tzinfo=UTC)
PACE = Pace(10.0)


@dataclass
class FakeFleet:
    state: Health = Health.READY
    reason: str = ""
    stopped: bool = False

    def health(self) -> Health:
        return self.state

    def failure(self) -> str:
        return self.reason

    def stop(self) -> None:
        self.stopped = True


@dataclass
class FakeAlarms:
    names: list[str] = field(default_factory=list)

    def ringing(self, names: Sequence[str]) -> list[str]:
        return [name for name in names if name in self.names]


@dataclass
class ManualClock:
    seconds: float = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)


@dataclass
class Life:
    """An endpoint with everything around it."""

    clock: ManualClock = field(default_factory=ManualClock)
    alarms: FakeAlarms = field(default_factory=FakeAlarms)
    first: FakeFleet = field(default_factory=FakeFleet)

    def __post_init__(self) -> None:
        around = Surroundings(self.clock, PACE, self.alarms)
        self.endpoint = Endpoint("e", "arn:e", deployment("c1", self.first), around)

    def after(self, seconds: float) -> Endpoint:
        self.clock.seconds += seconds
        self.endpoint.settle()
        return self.endpoint


def deployment(config: str, fleet: FakeFleet, faults: frozenset[str] = frozenset(), bake: int = 0) -> Deployment:
    variant = Variant("AllTraffic", 1.0, 1, Image("repo:1", "sha256:0", START))
    policy = {"BlueGreenUpdatePolicy": {"TerminationWaitInSeconds": bake}} if bake else None
    return Deployment(config, [variant], fleet, faults=faults, policy=policy)


@pytest.fixture
def life() -> Life:
    return Life()


@pytest.fixture
def serving(life: Life) -> Life:
    assert life.after(10).status is Status.IN_SERVICE
    return life


def test_time_alone_does_not_put_it_in_service(life: Life) -> None:
    life.first.state = Health.STARTING
    assert life.after(11).status is Status.CREATING
    life.first.state = Health.READY
    assert life.after(0).status is Status.IN_SERVICE


def test_health_alone_does_not_put_it_in_service(life: Life) -> None:
    assert life.after(9.9).status is Status.CREATING


def test_a_container_that_dies_fails_the_creation_at_once(life: Life) -> None:
    life.first.state = Health.DEAD
    endpoint = life.after(0)
    assert (endpoint.status, endpoint.serving()) == (Status.FAILED, None)
    assert "did not pass the ping health check" in endpoint.failure_reason


def test_a_container_that_says_why_is_quoted(life: Life) -> None:
    life.first.state, life.first.reason = Health.DEAD, "Failed to extract"
    assert life.after(0).failure_reason == "Failed to extract"


def test_a_container_that_hangs_fails_when_the_ping_limit_is_over(life: Life) -> None:
    life.first.state = Health.STARTING
    assert life.after(PACE.ping_limit).status is Status.CREATING
    assert life.after(0.1).status is Status.FAILED


def test_a_good_update_swaps_fleets_and_stops_the_old(serving: Life) -> None:
    new = FakeFleet()
    serving.endpoint.update(deployment("c2", new))
    assert serving.after(9.9).live.config_name == "c1"
    endpoint = serving.after(0.1)
    assert (endpoint.status, endpoint.live.config_name) == (Status.IN_SERVICE, "c2")
    assert (serving.first.stopped, new.stopped) == (True, False)


def test_a_bad_update_stops_the_new_fleet_and_keeps_the_old(serving: Life) -> None:
    new = FakeFleet(Health.DEAD)
    serving.endpoint.update(deployment("c2", new))
    endpoint = serving.after(0)
    assert (endpoint.status, endpoint.live.config_name) == (Status.IN_SERVICE, "c1")
    assert endpoint.failure_reason
    assert (serving.first.stopped, new.stopped) == (False, True)


def test_the_bake_serves_the_new_fleet_and_lasts_no_longer_than_the_scale(serving: Life) -> None:
    serving.endpoint.update(deployment("c2", FakeFleet(), bake=300))
    assert serving.after(9.9).serving() is serving.endpoint.live
    assert serving.after(0.1).serving() is serving.endpoint.pending
    assert serving.after(9.8).status is Status.UPDATING
    assert serving.after(0.2).live.config_name == "c2"


def test_a_failed_rollback_is_told_apart(serving: Life) -> None:
    serving.endpoint.update(deployment("c2", FakeFleet(), frozenset({"rollback_fails"})))
    assert serving.after(6).status is Status.UPDATE_ROLLBACK_FAILED


def test_deletion_stops_the_fleet_at_once_and_the_endpoint_later(serving: Life) -> None:
    serving.endpoint.delete()
    assert serving.first.stopped
    assert not serving.after(9.9).gone
    assert serving.after(0.1).gone


MOVES = st.sampled_from(["update", "bad", "delete", "wait", "long"])


def act(life: Life, move: str) -> None:
    match move:
        case "update":
            life.endpoint.update(deployment("new", FakeFleet()))
        case "bad":
            life.endpoint.update(deployment("bad", FakeFleet(Health.DEAD)))
        case "delete":
            life.endpoint.delete()
        case _:
            life.after(3 if move == "wait" else 30)


@settings(max_examples=200)
@given(st.lists(MOVES, max_size=20))
def test_whatever_is_asked_a_bad_config_never_serves_and_one_transition_runs_at_a_time(moves: list[str]) -> None:
    life = Life()
    for move in moves:
        before = life.endpoint.status
        try:
            act(life, move)
        except AwsError as error:
            assert before in {Status.CREATING, Status.UPDATING, Status.DELETING}
            assert "in-progress" in error.message  # noqa: PT017 - the refusal is one of two ends
        life.endpoint.settle()
        serving = life.endpoint.serving()
        assert serving is None or serving.config_name != "bad"
        assert (life.endpoint.status is Status.UPDATING) == (life.endpoint.pending is not None)
