"""An update, process by process, while releases are under way and people type: nobody has to ask twice."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from e2e.worlds import StartWorld, told_by
from fakes.story import ANA, DIEGO, Story

from sandbox.slack.wire import Json
from sandbox.world import World

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

MODELS = ("first", "second", "third")
REPEATED = {"EndpointSeen", "StepErrored", "Recovered"}
"""What a log may hold more than once: what was seen."""


@contextmanager
def typing(world: World) -> Iterator[list[Json]]:
    """Have somebody type one command after the other; the answers are complete when the block has ended."""
    answers: list[Json] = []
    enough = threading.Event()

    def type_on() -> None:
        while not enough.wait(0.01):
            answers.append(world.people.slash(DIEGO, "C0RELEASES", "/release"))

    with ThreadPoolExecutor() as people:
        typing = people.submit(type_on)
        try:
            yield answers
        finally:
            enough.set()
        typing.result()


def replaced(world: World, command: str, old: str, new: str) -> None:
    """Start the new process, then stop the old one, which has to end in order."""
    world.start(command, new)
    assert world.process(old).stop() == 0, world.log_of(old)


def test_bots_and_workers_are_replaced_under_load(new_world: StartWorld) -> None:
    world = new_world({name: {} for name in MODELS}, scale_seconds=1.5)
    with told_by(world) as stories:
        told: list[Story] = [stories(name) for name in MODELS]
        with typing(world) as answers:
            releases = [story.deploy(user=ANA) for story in told]
            replaced(world, "bot", "bot", "bot-2")
            replaced(world, "worker", "worker-1", "worker-2")
            for story, release in zip(told, releases, strict=True):
                assert "counts" in story.approve(release)
            replaced(world, "worker", "worker-2", "worker-3")
            for story, release in zip(told, releases, strict=True):
                story.until_phase(release, "released")
                story.until_told(release, "is released to prod")
        assert [answer for answer in answers if not answer["ok"]] == [], f"of {len(answers)} commands"
        assert len(answers) > 20
        for story, release in zip(told, releases, strict=True):
            log = [name for name in story.log(release) if name not in REPEATED]
            assert len(log) == len(set(log)), log
            assert story.serving() == f"titanic-survival-v2-{release}-prod"
