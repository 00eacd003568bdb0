"""Redis is full, hangs, would evict, or comes back from an older copy, under the real processes."""

import shutil
from pathlib import Path

import pytest
from e2e.worlds import StartWorld, run_sluice, told_by
from fakes.polling import PATIENCE_SECONDS, until
from fakes.redis_servers import binary, follow_page, free_port, lossy_wire
from fakes.story import ANA, BRUNO, Story

from sandbox.world import World

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_whatever_redis_does_nothing_is_lost_and_people_are_told(new_world: StartWorld, tmp_path: Path) -> None:
    """One world for all of it; starting a world is what costs."""
    world = new_world({"full": {}, "hung": {}, "slow": {}, "copied": {}})
    with told_by(world) as stories:
        _a_server_that_would_evict_is_refused(world, stories("full"))
        _a_full_one_is_told_as_such(stories("full"))
        _one_that_hangs_is_told_in_time(world, stories("hung"))
        _a_slow_one_is_told_in_time(world, stories("slow"))
        if shutil.which("redis-cli"):
            _an_older_copy_catches_up_with_prod(world, stories("copied"), tmp_path)


def _a_server_that_would_evict_is_refused(world: World, story: Story) -> None:
    story.redis.config_set("maxmemory", "1gb")
    story.redis.config_set("maxmemory-policy", "allkeys-lru")
    for command in ("check", "bot", "worker"):
        refused = run_sluice(world, command)
        assert refused.returncode == 2
        assert "maxmemory-policy is allkeys-lru; it must be noeviction" in refused.stderr
    story.redis.config_set("maxmemory", "0")
    story.redis.config_set("maxmemory-policy", "noeviction")


def _a_full_one_is_told_as_such(story: Story) -> None:
    release, card = story.to_gate()
    before = story.document(release)
    story.redis.config_set("maxmemory", "1")
    assert "Redis is full" in story.click(BRUNO, card, "Approve")
    assert "Redis is full" in story.slash(ANA, f"/deploy {story.model} 1")
    assert story.document(release) == before
    story.redis.config_set("maxmemory", "0")
    assert "counts" in story.approve(release)
    story.until_phase(release, "released")


def _one_that_hangs_is_told_in_time(world: World, story: Story) -> None:
    """The local Slack waits three seconds, as Slack does, and holds it against the app when that was not enough."""
    release, card = story.to_gate()
    world.valkey.pause()
    assert "answers too slowly" in story.slash(ANA, f"/deploy {story.model} 1")
    assert "answers too slowly" in story.click(BRUNO, card, "Approve")
    world.valkey.go_on()
    until(story.redis.ping, "Redis answers again")
    if story.document(release)["phase"] == "awaiting_approval":
        assert "counts" in story.approve(release)
    story.until_phase(release, "released")


def _a_slow_one_is_told_in_time(world: World, story: Story) -> None:
    """No single reply takes long enough to be given up; a click takes many."""
    release, card = story.to_gate()
    direct = world.redis_url
    with lossy_wire(world.valkey.port) as wire:
        world.redis_url = wire.url
        world.process("bot").stop()
        world.start("bot", "bot-2")
        world.people.wait_online(PATIENCE_SECONDS)
        wire.slow_down(0.45)
        assert "answers too slowly" in story.click(BRUNO, card, "Approve")
        wire.slow_down(0)
        assert "counts" in story.approve(release)
        world.process("bot-2").stop()
    world.redis_url = direct
    world.start("bot", "bot-3")
    world.people.wait_online(PATIENCE_SECONDS)


def _an_older_copy_catches_up_with_prod(world: World, story: Story, folder: Path) -> None:
    """A copy of before the approval is brought back after prod was changed; workers and bot run all the while."""
    program = binary("valkey")
    assert program is not None
    story.aws.bring_by_hand(story.prod, "copied-by-hand")
    release, _ = story.to_gate()
    follow_page(folder, "Back up", program, {"REDIS_URL": world.redis_url})
    assert "counts" in story.approve(release)
    story.until_phase(release, "released")
    promoted = story.aws.endpoint(story.prod)
    assert promoted is not None
    _restore(world, folder, program)
    until(story.redis.ping, "Redis answers again")
    assert story.document(release)["phase"] == "awaiting_approval"
    assert "its card is drawn again" in run_sluice(world, "recover", story.model, "--merge", "--apply").stdout
    assert "counts" in story.approve(release)
    story.until_phase(release, "released")
    serving = story.aws.endpoint(story.prod)
    assert serving is not None
    assert serving["LastModifiedTime"] == promoted["LastModifiedTime"], "prod was not changed a second time"
    assert [each["previous_config"] for each in story.pointers()] == ["copied-by-hand"]
    assert story.offer(BRUNO)["text"].count("copied-by-hand")


def _restore(world: World, folder: Path, program: Path) -> None:
    world.valkey.kill()
    follow_page(folder, "Restore", program, {"PORT": str(free_port())})
    data = world.folder / "valkey" / "appendonlydir"
    shutil.rmtree(data)
    shutil.copytree(folder / "restored" / "appendonlydir", data)
    world.valkey.restart()
