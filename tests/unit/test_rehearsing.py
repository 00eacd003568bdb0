"""The way back of prod is looked at before it is needed; what broke is told once, and once when it is whole."""

from dataclasses import replace
from typing import Any

import pytest
from fakes.builders import APPROVER, OPERATOR
from fakes.driver import MODEL, Driver, World

from services.inquiries import Inquiries
from services.ports import PortError, RollbackAnswer, SaidNo, Unavailable
from services.rehearsing import Rehearsals
from services.release.model import Phase, Stage
from services.release.naming import config_name, model_name
from services.release.rehearsal import Rehearsal, read_rehearsal
from services.releases import Asker

ARTIFACT = "s3://models/titanic/model.tar.gz"


def released(memory: World, driver: Driver, version: int) -> str:
    release_id = memory.request(version)
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    memory.approve(release_id)
    driver.settle()
    return release_id


@pytest.fixture
def older(memory: World, driver: Driver) -> str:
    """Return the release whose config a rollback goes back to; the artifact of every package lies in S3."""
    for arn, package in memory.aws.packages.items():
        memory.aws.packages[arn] = replace(package, artifacts=(ARTIFACT,))
    memory.aws.objects.stored[ARTIFACT] = b"a model"
    return released(memory, driver, 6)


@pytest.fixture
def newer(memory: World, driver: Driver, older: str) -> str:
    return released(memory, driver, 7)


def rehearse(memory: World) -> Rehearsal | None:
    """Let time pass to the next look, and look as the worker's chore does."""
    memory.clock.advance(3600)
    Inquiries(memory.catalog, memory.ports()).rehearse()
    return Rehearsals(memory.ports()).known(MODEL)


def told(memory: World) -> list[bool]:
    """Return what the channel was told, as whether the way back was broken."""
    return [found.is_broken for _, found in memory.announcer.rehearsals]


def test_a_whole_way_back_is_verified_and_shown_on_its_card(memory: World, older: str, newer: str) -> None:
    found = rehearse(memory)
    assert found is not None
    assert found.is_verified
    assert (found.way.release_id, found.way.target) == (newer, config_name(memory.release(older), Stage.PROD))
    assert (found.way.version, found.verified_at, found.unchecked) == (6, memory.clock.now(), ("image",))
    assert memory.announcer.badges[-1] == (newer, replace(found, drawn=False))
    assert told(memory) == []


@pytest.mark.parametrize("missing", ["config", "model", "package", "artifact"])
def test_what_broke_is_told_once_and_once_when_it_is_whole(memory: World, older: str, newer: str, missing: str) -> None:
    release, rehearsed = memory.release(older), rehearse(memory)
    assert rehearsed is not None
    config, model = config_name(release, Stage.PROD), model_name(release)
    assert release.package is not None
    tables: dict[str, Any] = {
        "config": memory.aws.configs,
        "model": memory.aws.models,
        "package": memory.aws.packages,
        "artifact": memory.aws.objects.stored,
    }
    key = {"config": config, "model": model, "package": release.package.arn, "artifact": ARTIFACT}[missing]
    held = tables[missing]
    taken = held.pop(key)
    for _ in range(2):
        broken = rehearse(memory)
        assert broken is not None
        assert key in broken.problems[0]
        assert broken.verified_at == rehearsed.verified_at
    assert told(memory) == [True]
    held[key] = taken
    assert rehearse(memory) is not None
    assert rehearse(memory) is not None
    assert told(memory) == [True, False]


def test_the_artifact_of_each_container_counts(memory: World, newer: str) -> None:
    second = "s3://models/titanic/explainer.tar.gz"
    for arn, package in memory.aws.packages.items():
        memory.aws.packages[arn] = replace(package, artifacts=(ARTIFACT, second, "s3://models/titanic/weights/"))
    broken = rehearse(memory)
    assert broken is not None
    assert broken.problems == (f"The model's artifact {second} no longer exists.",)
    memory.aws.objects.stored[second] = b"another"
    whole = rehearse(memory)
    assert whole is not None
    assert (whole.is_verified, whole.unchecked) == (True, ("artifact", "image"))


def test_another_variant_than_prods_is_a_problem(memory: World, older: str, newer: str) -> None:
    config = config_name(memory.release(older), Stage.PROD)
    memory.aws.configs[config] = replace(memory.aws.configs[config], variant="blue")
    found = rehearse(memory)
    assert found is not None
    assert "the variant AllTraffic" in found.problems[0]


@pytest.mark.parametrize("error", [Unavailable("Rate exceeded"), SaidNo("AccessDenied")])
@pytest.mark.parametrize("call", ["endpoint", "config", "model", "package"])
def test_what_could_not_be_looked_at_is_not_called_broken(
    memory: World, newer: str, call: str, error: PortError
) -> None:
    whole = rehearse(memory)
    assert whole is not None
    memory.aws.fail_next(call, error)
    unseen = rehearse(memory)
    assert unseen is not None
    assert (unseen.is_verified, unseen.is_broken, unseen.error) == (False, False, str(error))
    assert unseen.verified_at == whole.verified_at
    assert told(memory) == []


def test_a_look_that_saw_nothing_takes_no_problem_away(memory: World, older: str, newer: str) -> None:
    del memory.aws.models[model_name(memory.release(older))]
    rehearse(memory)
    memory.aws.fail_next("config", Unavailable("Rate exceeded"))
    found = rehearse(memory)
    assert found is not None
    assert found.is_broken
    assert told(memory) == [True]


def test_a_first_release_has_no_way_back(memory: World, older: str) -> None:
    assert rehearse(memory) is None
    looks = len(memory.aws.calls)
    assert rehearse(memory) is None
    assert len(memory.aws.calls) > looks, "once an hour, not more"
    Inquiries(memory.catalog, memory.ports()).rehearse()
    assert told(memory) == []


def test_it_is_looked_at_as_often_as_the_catalog_says_and_when_prod_has_changed(
    memory: World, driver: Driver, newer: str
) -> None:
    inquiries = Inquiries(memory.catalog, memory.ports())
    inquiries.rehearse()
    looks = len(memory.aws.calls)
    memory.clock.advance(3599)
    inquiries.rehearse()
    assert len(memory.aws.calls) == looks
    memory.clock.advance(1)
    inquiries.rehearse()
    assert len(memory.aws.calls) > looks
    released(memory, driver, 5)
    inquiries.rehearse()
    found = Rehearsals(memory.ports()).known(MODEL)
    assert found is not None
    assert found.way.version == 7
    assert memory.announcer.badges[-2] == (newer, None), "the older card no longer says what is not so"


def test_the_offer_shows_a_fresh_look_and_stands_whatever_it_found(memory: World, driver: Driver, newer: str) -> None:
    memory.aws.objects.stored.clear()
    memory.releases.looking.ask("rollback", MODEL, Asker(OPERATOR))
    driver.settle()
    answer = memory.announcer.answers[-1][1]
    assert isinstance(answer, RollbackAnswer)
    assert answer.refusal == ""
    assert answer.rehearsal is not None
    assert answer.rehearsal.is_broken
    assert told(memory) == [True]
    rollback = memory.roll_back(newer)
    driver.settle()
    assert memory.release(rollback).phase is Phase.ROLLED_BACK


def test_a_channel_that_is_away_is_told_later_and_holds_no_offer(memory: World, driver: Driver, newer: str) -> None:
    memory.aws.objects.stored.clear()
    memory.announcer.fail_next(1, "tell_rehearsal")
    memory.releases.looking.ask("rollback", MODEL, Asker(APPROVER))
    driver.settle()
    assert isinstance(memory.announcer.answers[-1][1], RollbackAnswer)
    assert told(memory) == []
    rehearse(memory)
    assert told(memory) == [True]


def test_what_is_kept_reads_back(memory: World, newer: str) -> None:
    found = rehearse(memory)
    assert found is not None
    for each in (found, replace(found, verified_at=None, problems=("ä\n",), error="x", told=True)):
        assert read_rehearsal(each.encode()) == each
    assert read_rehearsal(None) is None


@pytest.mark.parametrize("note", ["{}", '{"verified_at": null, "way": {"model": "titanic", "then": 1}}', "[]", "soon"])
def test_a_note_of_another_sluices_form_costs_one_look(memory: World, newer: str, note: str) -> None:
    memory.store.keep_note(f"rehearsal:{MODEL}", note, 60)
    assert Rehearsals(memory.ports()).known(MODEL) is None
    found = rehearse(memory)
    assert found is not None
    assert found.is_verified


def test_nothing_is_changed(memory: World, newer: str) -> None:
    before = len(memory.aws.calls)
    rehearse(memory)
    reading = {"endpoint", "config", "model", "package"}
    assert {call[0] for call in memory.aws.calls[before:]} <= reading
