"""A worker that dies while it brings the evidence to Slack: the picture is never lost, and brought twice at most."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from fakes import builders
from fakes.crash import CrashSchedule, Moment
from fakes.driver import STAGING, Driver, World
from fakes.judging import problems
from fakes.paths import ASK, at_once, wrong_answers
from fakes.playing import Path, Playing, play

from services.ports import SaidNo
from services.release import events as e
from services.release.model import Phase

pytestmark = pytest.mark.crash
TELLING = ("RecordingAnnouncer.", "MemoryStore.mark_told")
PARTS = 3


def slow_slack(world: World, _driver: Driver) -> str:
    """Begin with a Slack that has pictures ready at the second try, and reports of several messages."""
    world.announcer.not_ready = 1
    world.announcer.parts_of_verdicts = PARTS
    return ""


def no_files(world: World, driver: Driver) -> str:
    """Begin with a Slack that takes no files."""
    world.announcer.fail_next(99, "bring_picture", SaidNo("no scope"))
    return slow_slack(world, driver)


PATH = Path(Phase.SMOKE_FAILED, slow_slack, (at_once(wrong_answers(STAGING)), ASK))
WITHOUT_FILES = Path(Phase.EXPIRED, no_files, (ASK,))


@pytest.fixture(autouse=True)
def _recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fakes.driver.evidence", lambda *seen: replace(builders.evidence(*seen), record="r.1"))


@pytest.mark.parametrize("moment", Moment)
def test_a_crash_loses_no_picture_and_no_message(moment: Moment) -> None:
    assert not found_wrong(PATH, moment, lacking)


@pytest.mark.parametrize("moment", Moment)
def test_a_crash_leaves_no_card_that_waits_for_a_picture_which_will_not_come(moment: Moment) -> None:
    assert not found_wrong(WITHOUT_FILES, moment, waiting)


def found_wrong(path: Path, moment: Moment, lacking: Callable[[Playing], list[str]]) -> dict[str, list[str]]:
    """Let the worker die at each call that tells; return what is wrong after which of them."""
    counting = CrashSchedule()
    clean = play(path, counting)
    assert lacking(clean) == []
    found = {}
    for number, name in enumerate(counting.calls, start=1):
        if not name.startswith(TELLING):
            continue
        schedule = CrashSchedule(number, moment)
        crashed = play(path, schedule)
        assert schedule.dead
        if wrong := problems(path, clean, crashed) + lacking(crashed):
            found[f"{moment.value} call {number}, {name}"] = wrong
    return found


def waiting(played: Playing) -> list[str]:
    """Return why those who decide would wait for a picture that does not come."""
    cards = played.world.announcer.cards_of(played.release_id)
    drawn = [pair for card in cards for pair in zip(card.drawn, card.pictures, strict=True)]
    at_gate = [picture for release, picture in drawn if release.phase is Phase.AWAITING_APPROVAL]
    said = at_gate[-1] is not None and at_gate[-1].problem
    return [] if said else ["the card at the gate does not say that there is no picture"]


def lacking(played: Playing) -> list[str]:
    """Return what people lack of the evidence, or have too often."""
    world, release_id = played.world, played.release_id
    announcer, cards = world.announcer, world.announcer.cards_of(release_id)
    picture = world.store.told(release_id).picture
    verdicts = [entry.seq for entry in world.log(release_id) if isinstance(entry.event, e.SmokeFailed)]
    said = [part for card in cards for seq, part in card.parts if seq in verdicts]
    checks = {
        "the picture is not shown": picture is not None and picture.shown,
        "the last card lacks it": cards[-1].pictures[-1] is not None and cards[-1].pictures[-1].place != "",
        "it was brought too often": 1 <= len(announcer.pictures) <= 2,
        f"messages are missing: {said}": set(said) == set(range(PARTS)),
        f"messages were said again from the first: {said}": len(said) <= PARTS + 1 and said == sorted(said),
    }
    return [problem for problem, fine in checks.items() if not fine]
