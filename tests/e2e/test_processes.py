"""Starting, saying how one is, being stopped in order, and being killed at the worst moment."""

import hashlib
import json
import urllib.error
import urllib.request
import zlib
from pathlib import Path

import pytest
from e2e.worlds import StartWorld, run_sluice, told_by, write_catalog
from fakes.polling import PATIENCE_SECONDS, until
from fakes.story import CARLA, Stories, Story, action_of
from redis import Redis

from sandbox.slack.wire import Json
from sandbox.world import Process, World

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

WRONG = {
    "SLACK_APP_TOKEN": None,
    "SLACK_SIGNING_SECRET": None,
    "SLACK_API_URL": "http://127.0.0.1:9/",
    "SLUICE_POLL_SECONDS": "0",
    "SLUICE_LOG_FORMAT": "poetry",
}
UNUSABLE = """
models:
  wrong:
    package_group: titanic-survival
    execution_role_arn: a-role
    staging_endpoint: one_name
    prod_endpoint: wrong-prod
    channel: releases
    colour: red
"""


def test_the_configuration_is_checked_as_a_whole(world: World) -> None:
    done = run_sluice(world, "check")
    assert done.returncode == 0, done.stderr
    assert "happy: happy-staging -> happy-prod, smoke suite: titanic-survival" in done.stdout
    assert "nobodys: no approvers, so nobody can approve its releases" in done.stdout


@pytest.mark.parametrize("command", ["check", "bot", "worker"])
def test_a_wrong_environment_is_refused_with_all_that_is_wrong(world: World, command: str) -> None:
    done = run_sluice(world, command, **WRONG)
    assert done.returncode == 2
    for name in ("SLACK_API_URL", "SLUICE_POLL_SECONDS", "SLUICE_LOG_FORMAT"):
        assert f"- {name}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["check", "bot", "worker"])
def test_a_wrong_catalog_is_refused_with_all_that_is_wrong(world: World, tmp_path: Path, command: str) -> None:
    catalog = tmp_path / "catalog.yaml"
    catalog.write_text(UNUSABLE, encoding="utf-8")
    done = run_sluice(world, command, SLUICE_CATALOG=str(catalog))
    assert done.returncode == 2
    for key in ("execution_role_arn", "staging_endpoint", "channel", "colour"):
        assert f"models.wrong.{key}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"REDIS_URL": "redis://127.0.0.1:9/0"}, "REDIS_URL"),
        ({"SLUICE_CATALOG": "no-such-file.yaml"}, "no-such-file.yaml cannot be read"),
        ({"SLACK_APP_TOKEN": None, "SLACK_SIGNING_SECRET": None}, "set SLACK_APP_TOKEN"),
        ({"SLUICE_CATALOG": None}, "MODEL_PACKAGE_ARN"),
    ],
)
def test_what_cannot_be_reached_or_is_missing_is_named(world: World, wrong: dict[str, str | None], told: str) -> None:
    done = run_sluice(world, "check", **wrong)
    assert done.returncode == 2
    assert told.lower() in done.stderr.lower()


def test_a_suite_that_cannot_be_read_stops_the_worker_not_later_a_release(world: World, tmp_path: Path) -> None:
    catalog = write_catalog(tmp_path, {"wrong": {"suite": "absent.yaml"}})
    done = run_sluice(world, "worker", SLUICE_CATALOG=str(catalog))
    assert done.returncode == 2
    assert "models.wrong.suite" in done.stderr


def test_several_workers_share_the_work_and_do_nothing_twice(stories: Stories) -> None:
    """What each release's log holds is what happened to it: every step once, whoever took it."""
    told = [stories(f"at-once-{number}") for number in (1, 2, 3)]
    releases = [story.deploy(1 + number % 2) for number, story in enumerate(told)]
    for story, release in zip(told, releases, strict=True):
        assert "counts" in story.approve(release)
    for story, release in zip(told, releases, strict=True):
        story.until_phase(release, "released")
        log = story.log(release)
        once = [name for name in log if name not in {"EndpointSeen", "StepErrored", "Recovered"}]
        assert len(once) == len(set(once)), log
        assert story.serving() == f"titanic-survival-v{_version(story, release)}-{release}-prod"
    until(lambda: told[0].aws.endpoint(told[0].staging) is None, "staging deleted after its time to live")
    assert told[0].serving() == f"titanic-survival-v1-{releases[0]}-prod"


def test_what_slack_refuses_for_a_while_is_told_all_the_same(stories: Stories) -> None:
    story = stories("hiccups")
    release = story.deploy()
    story.people.fault(method="chat.postMessage", retry_after=1, times=2)
    story.people.fault(method="chat.update", error="internal_error", times=1)
    story.people.fault(disconnect="refresh_requested")
    assert "counts" in story.approve(release)
    story.people.fault(drop="close")
    story.until_phase(release, "released")
    story.until_told(release, "Ready for a decision")
    story.until_told(release, "is released to prod")
    story.people.wait_online(PATIENCE_SECONDS)
    assert release in story.slash(CARLA, "/release")


def test_whoever_dies_the_release_goes_on(new_world: StartWorld) -> None:
    """One world, its crashes and an orderly end; starting a world is what costs."""
    world = new_world({"gated": {}, "updated": {}, "clicked": {}, "tested": {}}, scale_seconds=1.0, poll_seconds=0.4)
    with told_by(world) as stories:
        assert [_health(world.process(name))["ok"] for name in ("bot", "worker-1")] == [True, True]
        _kill_the_store_while_a_gate_waits(world, stories("gated"))
        _kill_the_worker_while_prod_changes(world, stories("updated"))
        _kill_the_bot_before_the_click(world, stories("clicked"))
        _kill_the_worker_in_the_middle_of_a_suite(world, stories("tested"))
        assert world.process("worker-3").stop() == 0
        assert world.process("bot-2").stop() == 0


def _kill_the_store_while_a_gate_waits(world: World, story: Story) -> None:
    release, _ = story.to_gate()
    world.valkey.kill()
    for name in ("bot", "worker-1"):
        _until_redis(world.process(name), there=False)
    world.valkey.restart()
    for name in ("bot", "worker-1"):
        _until_redis(world.process(name), there=True)
    assert "counts" in story.approve(release)
    story.until_phase(release, "released")


def _kill_the_worker_while_prod_changes(world: World, story: Story) -> None:
    story.aws.bring_by_hand(story.prod, "updated-by-hand")
    release, _ = story.to_gate()
    assert "counts" in story.approve(release, CARLA)
    # Between two looks: what dies while it looks keeps its lease for some seconds, which is for the crash tests.
    until(lambda: story.serving() == "" and not story.redis.exists(f"sluice:lease:release:{release}"), "prod changing")
    world.process("worker-1").kill()
    assert story.document(release)["phase"] == "promoting"
    pointer = story.pointers()
    world.start("worker", "worker-2")
    story.until_phase(release, "released")
    assert story.pointers() == pointer, "what was saved before the update is what stays"
    assert pointer[0]["previous_config"] == "updated-by-hand"
    story.until_told(release, "is released to prod")


def _kill_the_worker_in_the_middle_of_a_suite(world: World, story: Story) -> None:
    version, _ = story.aws.register(CustomerMetadataProperties={"sandbox:fault": "latency_ms:250"})
    release = story.deploy(version)
    notebook = until(lambda: next(story.redis.scan_iter(f"sluice:note:suite:{release}:*"), None), "a notebook")
    world.process("worker-2").kill()
    assert story.document(release)["phase"] == "smoke_testing"
    before = json.loads(str(story.redis.get(notebook)))
    # The dead are missed for some seconds; here their lease is taken away by hand.
    story.redis.delete(f"sluice:lease:release:{release}")
    story.redis.zadd("sluice:due", {f"release:{release}": 0})
    world.start("worker", "worker-3")
    evidence = story.until_phase(release, "awaiting_approval")["evidence"]
    assert evidence["started_at"] == before["started_at"], "the run was gone on with, not begun anew"
    assert evidence["seconds"] > before["spent"]["seconds"]
    seen = {check["name"]: check["seen"] for check in evidence["checks"]}
    assert seen["error.rate"] == "0% of 60"
    record = zlib.decompress(_bytes(world, f"sluice:record:{evidence['record']}"))
    assert hashlib.sha256(record).hexdigest() == evidence["record_digest"]


def _bytes(world: World, key: str) -> bytes:
    with Redis.from_url(world.redis_url) as store:
        data: bytes = store.get(key)
    return data


def _kill_the_bot_before_the_click(world: World, story: Story) -> None:
    release, card = story.to_gate()
    world.process("bot").kill()
    assert not story.people.click(CARLA, card, action_of(card, "Approve"))["ok"], "Slack shows that nobody is there"
    world.start("bot", "bot-2")
    world.people.wait_online(PATIENCE_SECONDS)
    assert "counts" in story.approve(release, CARLA)
    story.until_phase(release, "released")


def _until_redis(process: Process, *, there: bool) -> None:
    until(lambda: _health(process)["redis"] is there, f"{process.name} says that Redis is there: {there}")


def _version(story: Story, release: str) -> int:
    version: int = story.document(release)["package"]["version"]
    return version


def _health(process: Process) -> Json:
    """Return what a process says of itself, well or not."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(process.health_url, timeout=10) as answer:
            said: Json = json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            said = json.load(error)
    return said
