"""Freezing and thawing: what holds promotions back, who may, and what is logged of it."""

from dataclasses import replace
from datetime import timedelta

from fakes import builders as b
from fakes.driver import MODEL, Driver, World
from structlog.testing import capture_logs

from services.nagging import nag
from services.ports import SaidNo
from services.release.catalog import People
from services.release.model import Freeze, Holds, Phase
from services.release.policy import Denied
from services.releases import Asker, Thawed, UnknownModel

APPROVER, OPERATOR, STRANGER = Asker(b.APPROVER), Asker(b.OPERATOR), Asker(b.STRANGER)


def released(memory: World, driver: Driver, version: int) -> str:
    release_id = memory.request(version)
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    memory.approve(release_id)
    driver.settle()
    return release_id


def refused(answer: object) -> bool:
    return isinstance(answer, Denied) and answer.code == "not_an_approver"


def test_freezing_and_thawing_a_model(memory: World) -> None:
    until = b.NOON + timedelta(hours=2)
    frozen = memory.releases.freeze(MODEL, OPERATOR, "quarter end", until)
    assert frozen == Freeze(MODEL, b.OPERATOR, "quarter end", b.NOON, until)
    assert memory.releases.holds() == Holds((), (frozen,))
    assert memory.releases.thaw(MODEL, OPERATOR) == Thawed(None, frozen)
    assert memory.releases.thaw(MODEL, OPERATOR) == Thawed(None, None)


def test_thawing_a_model_lifts_the_lock_that_a_rollback_left(memory: World, driver: Driver) -> None:
    released(memory, driver, 6)
    memory.roll_back(released(memory, driver, 7))
    driver.settle()
    lock = memory.store.lock_of(MODEL)
    assert lock is not None
    assert memory.releases.holds() == Holds((lock,), ())
    assert memory.releases.thaw("all", OPERATOR) == Thawed(None, None, Holds((lock,), ()))
    assert memory.releases.thaw(MODEL, OPERATOR) == Thawed(lock, None)
    assert memory.store.lock_of(MODEL) is None


def test_a_freeze_that_is_over_holds_nothing_and_is_not_lifted(memory: World) -> None:
    frozen = memory.releases.freeze(MODEL, OPERATOR, "quarter end", b.NOON + timedelta(hours=2))
    assert isinstance(frozen, Freeze)
    memory.clock.advance(2 * 3600 - 1)
    assert memory.releases.holds() == Holds((), (frozen,)), "the last second counts"
    memory.clock.advance(1)
    assert memory.releases.holds() == Holds()
    assert memory.releases.thaw(MODEL, OPERATOR) == Thawed(None, None)


def test_thawing_a_model_says_that_the_freeze_of_all_still_holds(memory: World) -> None:
    everything, one = b.freeze("all"), b.freeze(MODEL)
    memory.store.freeze(everything)
    memory.store.freeze(one)
    assert memory.releases.thaw(MODEL, OPERATOR) == Thawed(None, one, Holds((), (everything,)))
    assert memory.releases.thaw(MODEL, OPERATOR) == Thawed(None, None, Holds((), (everything,)))
    assert memory.releases.thaw("all", OPERATOR) == Thawed(None, everything)


def test_who_froze_and_thawed_and_why_is_logged_and_a_refusal_is_not(memory: World) -> None:
    with capture_logs() as lines:
        memory.releases.freeze(MODEL, STRANGER, "mine", None)
        memory.releases.freeze(MODEL, OPERATOR, "quarter end", None)
        memory.releases.thaw(MODEL, OPERATOR)
        memory.releases.thaw(MODEL, OPERATOR)
    told = [(line["event"], line["scope"], line["by"], line["reason"]) for line in lines]
    assert told == [
        ("frozen", MODEL, b.OPERATOR, "quarter end"),
        ("thawed", MODEL, b.OPERATOR, "quarter end"),
    ]


def test_holding_is_for_operators_of_every_model_meant(memory: World) -> None:
    other = replace(b.ENTRY, name="iceberg", operators=People(users=frozenset({b.APPROVER})))
    memory.catalog["iceberg"] = other
    assert isinstance(memory.releases.freeze(MODEL, OPERATOR, "", None), Freeze)
    assert refused(memory.releases.freeze("all", OPERATOR, "", None))
    assert refused(memory.releases.thaw("iceberg", OPERATOR))
    assert isinstance(memory.releases.freeze("all", APPROVER, "", None), Freeze)
    assert isinstance(memory.releases.freeze("titanik", APPROVER, "", None), UnknownModel)
    assert [freeze.scope for freeze in memory.releases.holds().freezes] == ["all", MODEL]


def test_what_has_stood_for_a_week_is_asked_about_once_a_week(memory: World) -> None:
    held = [memory.releases.freeze(scope, APPROVER, "quarter end", None) for scope in (MODEL, "all")]
    ports = memory.ports()
    memory.clock.advance(7 * 24 * 3600 - 1)
    nag(memory.catalog, ports)
    assert memory.announcer.nagged == []
    memory.clock.advance(1)
    for _ in range(3):
        nag(memory.catalog, ports)
    assert memory.announcer.nagged == [("CRELEASES", each) for each in held]
    memory.clock.advance(7 * 24 * 3600)
    nag(memory.catalog, ports)
    assert len(memory.announcer.nagged) == 4


def test_nobody_is_asked_about_what_is_over_and_a_closed_channel_stops_nothing(memory: World) -> None:
    memory.store.freeze(b.freeze(MODEL, until=b.after(60)))
    memory.store.freeze(b.freeze("all"))
    memory.clock.advance(8 * 24 * 3600)
    memory.announcer.fail_next(1, "nag", SaidNo("not_in_channel"))
    nag(memory.catalog, memory.ports())
    nag(memory.catalog, memory.ports())
    assert memory.announcer.calls.count("nag") == 1
