"""Sentinel fails Redis over while prod changes; bot and workers go on with the new primary."""

from pathlib import Path

import pytest
from e2e.worlds import StartWorld, told_by
from fakes.polling import PATIENCE_SECONDS, until
from fakes.redis_servers import Pair, sentinel, server
from fakes.story import Story
from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from sandbox.world import World

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_a_failover_while_prod_changes_keeps_the_release_and_its_way_back(
    new_world: StartWorld, tmp_path: Path
) -> None:
    world = new_world({"moved": {}}, scale_seconds=2.0)
    replica = server("valkey", settings={"replicaof": f"127.0.0.1 {world.valkey.port}"})
    assert replica is not None
    replica.start(tmp_path / "replica")
    try:
        pair = Pair(world.valkey, replica)
        with sentinel("valkey", tmp_path / "sentinel", world.valkey) as url, told_by(world) as stories:
            _lead_to(world, url)
            _fail_over_while_prod_changes(pair, stories("moved"))
            for name in ("bot-2", "worker-2"):
                assert world.process(name).stop() == 0
    finally:
        replica.stop()


def _lead_to(world: World, url: str) -> None:
    """Have the product reach Redis by its Sentinel."""
    for name in ("bot", "worker-1"):
        world.process(name).stop()
    world.redis_url = url
    world.start("bot", "bot-2")
    world.start("worker", "worker-2")
    world.people.wait_online(PATIENCE_SECONDS)


def _fail_over_while_prod_changes(pair: Pair, story: Story) -> None:
    story.aws.bring_by_hand(story.prod, "moved-by-hand")
    release, _ = story.to_gate()
    assert "counts" in story.approve(release)
    until(lambda: story.serving() == "", "prod changes")
    pair.in_step()
    pair.primary.kill()
    again = Retry(ExponentialBackoff(cap=0.5), 5)  # who promotes a replica closes the connections of its clients
    with Redis.from_url(pair.replica.url, decode_responses=True, retry=again) as promoted:
        story.redis = promoted
        story.until_phase(release, "released")
        assert [each["previous_config"] for each in story.pointers()] == ["moved-by-hand"]
        rollback = story.roll_back("It was only a test")
        story.until_phase(rollback, "rolled_back")
    assert story.serving() == "moved-by-hand"
