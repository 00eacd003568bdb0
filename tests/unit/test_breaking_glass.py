"""Break-glass from the command to prod and back, with a worker; the world is in memory."""

from dataclasses import replace

from fakes import builders as b
from fakes.announcer import RecordingAnnouncer
from fakes.driver import MODEL, PROD, STAGING, Driver, World

from services.commits import apply
from services.release import events as e
from services.release.audit import Attempted
from services.release.catalog import People
from services.release.deciding import GlassForm
from services.release.model import Cleanup, Phase, Serving, Verdict
from services.release.policy import Denied
from services.release.terms import BreakGlass, GateTerms
from services.releases import Asker, Decided

BREAKER, STRANGER = Asker(b.OPERATOR), Asker(b.STRANGER)
ENTRY = replace(b.ENTRY, break_glass=People(frozenset({BREAKER.user})))


def a_world(terms: GateTerms | None = None, cleanup: Cleanup = Cleanup.KEEP) -> tuple[World, Driver]:
    """Return a world with version 6 on prod, whose next versions fail their tests on staging."""
    glass = replace(terms or GateTerms(), break_glass=BreakGlass(("SONCALL",)))
    world = World(replace(b.DEPLOYMENT, terms=glass, staging_cleanup=cleanup), ENTRY)
    driver = Driver(world)
    first = world.request(6)
    driver.run_until(first, Phase.AWAITING_APPROVAL)
    world.approve(first)
    driver.run_until(first, Phase.RELEASED)
    prod = world.prod()
    assert prod is not None
    world.tester.prod = Serving(prod.config)
    world.tester.verdicts[STAGING] = Verdict.FAILED
    return world, driver


def failed(world: World, driver: Driver) -> str:
    release_id = world.request(7)
    driver.run_until(release_id, Phase.SMOKE_FAILED)
    return release_id


def serving(world: World) -> str:
    prod = world.prod()
    assert prod is not None
    return prod.config


def test_a_failed_candidate_goes_to_prod_is_tested_there_and_comes_back() -> None:
    world, driver = a_world(cleanup=Cleanup.AFTER_DECISION)
    before = serving(world)
    release_id = failed(world, driver)
    world.tester.verdicts[PROD] = Verdict.FAILED
    world.break_glass(release_id)
    driver.run_until(release_id, Phase.PROD_UNHEALTHY)
    release = world.release(release_id)
    assert release.broke_glass
    assert release.pointer is not None
    assert (release.pointer.previous_config, release.pointer.new_config) == (before, serving(world))
    undo = world.roll_back(release_id)
    world.tester.verdicts.clear()
    driver.settle()
    assert world.release(undo).phase is Phase.ROLLED_BACK
    assert serving(world) == before
    assert world.release(release_id).broke_glass


def test_neither_a_quorum_nor_windows_nor_holds_stop_it() -> None:
    world, driver = a_world()
    world.tester.verdicts.clear()
    world.catalog[MODEL] = replace(
        world.catalog[MODEL],
        deployment=replace(
            world.catalog[MODEL].deployment,
            terms=GateTerms(quorum=5, windows=("sun 00:00-00:01 UTC",), break_glass=BreakGlass()),
        ),
    )
    release_id = world.request(7)
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    world.releases.freeze("titanic", BREAKER, "quarter end", None)
    world.break_glass(release_id)
    driver.settle()
    release = world.release(release_id)
    assert release.phase is Phase.RELEASED
    assert release.decision is not None
    assert release.decision.past == ("quorum_incomplete", "outside_window", "frozen")


def test_a_freeze_placed_after_it_stops_it() -> None:
    world, driver = a_world()
    release_id = failed(world, driver)
    world.break_glass(release_id)
    world.clock.advance(1)
    world.releases.freeze("titanic", BREAKER, "wait, not that one", None)
    driver.settle()
    release = world.release(release_id)
    assert (release.phase, release.outcome and release.outcome.code) == (Phase.PROMOTION_REFUSED, "frozen")


def test_a_rollback_that_came_between_holds_it_even_where_an_older_lock_was_gone_past() -> None:
    world, driver = a_world()
    world.tester.verdicts.clear()
    second = world.request(7)
    driver.run_until(second, Phase.AWAITING_APPROVAL)
    world.approve(second)
    driver.run_until(second, Phase.RELEASED)
    world.roll_back(second)
    driver.settle()
    before = serving(world)
    world.tester.prod = Serving(before)
    world.tester.verdicts[STAGING] = Verdict.FAILED
    release_id = failed(world, driver)
    world.store.lease(f"endpoint:{PROD}", "another worker", 3600)
    world.break_glass(release_id)
    while world.release(release_id).pointer is None:
        driver.round()
    undo = world.roll_back(release_id)
    driver.run_until(undo, Phase.ROLLED_BACK)
    world.store.release_lease(f"endpoint:{PROD}", "another worker")
    driver.settle()
    release = world.release(release_id)
    assert (release.phase, release.outcome and release.outcome.code) == (Phase.PROMOTION_REFUSED, "locked")
    assert serving(world) == before


def test_a_release_whose_cleaning_up_was_given_up_goes_on() -> None:
    """Ended for good it would never be looked at again, and keep its model's place from every other release."""
    world, driver = a_world()
    release_id = failed(world, driver)
    apply(world.store, world.release(release_id), e.GaveUp("AccessDeniedException"), world.clock.now())
    assert world.release(release_id).cleaned_up
    world.break_glass(release_id)
    driver.settle()
    assert world.release(release_id).phase is Phase.RELEASED


def test_prod_that_is_not_as_shown_stops_it() -> None:
    world, driver = a_world()
    release_id = failed(world, driver)
    model = serving(world).removesuffix("-prod")
    world.aws.create_config("by-hand", model, "ml.m5.large", 1)
    world.aws.update_endpoint(PROD, "by-hand")
    world.clock.advance(3600)
    world.break_glass(release_id)
    driver.settle()
    release = world.release(release_id)
    assert (release.phase, release.outcome and release.outcome.code) == (Phase.PROMOTION_REFUSED, "prod_changed")
    assert serving(world) == "by-hand"


def test_who_may_not_is_refused_on_record() -> None:
    world, driver = a_world()
    release_id = failed(world, driver)
    form = world.glass_form(release_id)
    for tried in (
        world.releases.may_break_glass(release_id, STRANGER),
        world.releases.break_glass(release_id, form, STRANGER),
    ):
        assert isinstance(tried, Denied)
        assert tried.code == "not_allowed_to_break_glass"
    acts = [act for act in world.store.trail(release_id).acts if isinstance(act, Attempted)]
    assert [(act.by, act.what, act.code) for act in acts[-2:]] == [
        (STRANGER.user, "break_glass", "not_allowed_to_break_glass"),
    ] * 2
    assert world.release(release_id).decision is None


def test_of_two_forms_one_counts() -> None:
    world, driver = a_world()
    release_id = failed(world, driver)
    form = world.glass_form(release_id)
    assert isinstance(world.releases.break_glass(release_id, form, BREAKER), Decided)
    late = world.releases.break_glass(release_id, form, BREAKER)
    assert isinstance(late, Denied)
    assert late.code == "already_decided"
    assert world.story(release_id).count(e.GlassBroken) == 1


def test_a_form_of_an_unknown_release_is_refused() -> None:
    world, _ = a_world()
    for tried in (
        world.releases.may_break_glass("rnothing0", BREAKER),
        world.releases.break_glass("rnothing0", GlassForm("", "", ""), BREAKER),
    ):
        assert isinstance(tried, Denied)
        assert tried.code == "unknown_release"


def test_another_release_of_the_model_keeps_its_place() -> None:
    world, driver = a_world()
    release_id = failed(world, driver)
    form = world.glass_form(release_id)
    other = world.request(5)
    for tried in (
        world.releases.may_break_glass(release_id, BREAKER),
        world.releases.break_glass(release_id, form, BREAKER),
    ):
        assert isinstance(tried, Denied)
        assert (tried.code, tried.reason) == ("place_taken", other)
    driver.run_until(other, Phase.SMOKE_FAILED)
    world.break_glass(release_id)
    driver.settle()
    ended = world.release(release_id)
    assert (ended.phase, ended.outcome and ended.outcome.code) == (Phase.PROMOTION_REFUSED, "evidence_stale")


def test_without_it_what_a_suite_stopped_is_cleaned_up_and_beyond_reach() -> None:
    world, driver = a_world()
    release_id = failed(world, driver)
    form = world.glass_form(release_id)
    driver.settle()
    assert world.release(release_id).cleaned_up
    late = world.releases.break_glass(release_id, form, BREAKER)
    assert isinstance(late, Denied)
    assert late.code == "expired"


def test_it_is_told_once_like_every_fact() -> None:
    world, driver = a_world()
    release_id = failed(world, driver)
    world.break_glass(release_id)
    driver.settle()
    assert isinstance(world.announcer, RecordingAnnouncer)
    assert world.store.told(release_id).entries == world.release(release_id).log_length
