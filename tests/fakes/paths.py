"""The ways that a release can go, each from its beginning to where nothing is left to do."""

from collections.abc import Callable
from dataclasses import replace

from fakes.aws import Fate
from fakes.builders import APPROVER, DEPLOYMENT, OPERATOR
from fakes.clock import START
from fakes.driver import MODEL, PROD, STAGING
from fakes.playing import Act, Path, Playing, Setting, impatient, live, live_over_another, nothing
from services.ports import Away, Barred, PortError, SaidNo, Unavailable
from services.release import events as e
from services.release.model import Freeze, Phase, Stage, Verdict
from services.release.naming import config_name
from services.release.terms import BreakGlass, GateTerms, Reminding
from services.releases import Asker, Decided

FREEZE = Freeze("all", OPERATOR, "the holidays", START)


def at_once(do: Callable[[Playing], object]) -> Act:
    """Let something be done as soon as the act before it was."""
    return Act(lambda _: True, do)


def at(phase: Phase, do: Callable[[Playing], object]) -> Act:
    """Let something be done when the release has come to `phase` and every worker waits."""
    return Act(lambda on: on.phase is phase and not on.driver.busy(), do)


def during(phase: Phase, do: Callable[[Playing], object]) -> Act:
    """Let something be done while the release is in `phase`."""
    return Act(lambda on: on.phase is phase, do)


def ask(version: int) -> Act:
    """Let somebody ask for a version."""

    def do(on: Playing) -> None:
        on.release_id = on.world.request(version)

    return at_once(do)


def fate(endpoint: str, fate: Fate) -> Act:
    """Decide how the next change of an endpoint ends."""
    return at_once(lambda on: on.world.aws.next_change(endpoint, fate))


def wrong_answers(endpoint: str) -> Callable[[Playing], object]:
    """Return what makes an endpoint give wrong answers."""
    return lambda on: on.world.tester.verdicts.update({endpoint: Verdict.FAILED})


def no_answers(on: Playing) -> None:
    """Let the suite not be able to ask staging."""
    on.world.tester.verdicts[STAGING] = Verdict.ERRORED


def registry_refuses(on: Playing) -> None:
    """Let the registry take no word on the gate."""
    on.world.aws.fail_next("mark", SaidNo("AccessDenied"), times=99)


def in_slices(on: Playing) -> None:
    """Let a suite take two calls, between which a worker may do something else, or die."""
    on.world.tester.slices = 1


def moved_while_tested(endpoint: str) -> Callable[[Playing], object]:
    """Return what has somebody bring an endpoint to another config at the end of its suite."""

    def do(on: Playing) -> None:
        _make_config_by_hand(on)
        on.world.tester.meanwhile[endpoint] = ("update_endpoint", (endpoint, BY_HAND))

    return do


def with_a_picture(on: Playing) -> None:
    """Let the evidence be kept, and be drawn; Slack has the picture ready at the second look."""
    on.world.tester.record = "r.1"
    on.world.announcer.not_ready = 1


def without_a_picture(on: Playing) -> None:
    """Let the evidence be kept, and Slack never have its picture ready."""
    on.world.tester.record = "r.1"
    on.world.announcer.not_ready = 99


def no_card(on: Playing) -> None:
    """Let Slack not have the card."""
    on.world.announcer.fail_next(9, "post_card", SaidNo("not_in_channel"))


def slack_fails(method: str, error: PortError) -> Act:
    """Let the next call of a method of Slack fail."""
    return at_once(lambda on: on.world.announcer.fail_next(1, method, error))


def away(method: str = "endpoint", times: int = 1) -> Callable[[Playing], object]:
    """Return what makes the next calls of a method of AWS time out."""
    return lambda on: on.world.aws.fail_next(method, Unavailable("timed out"), times)


def failing_after(endpoint: str, method: str, error: PortError) -> Act:
    """Let AWS fail at the next call of a method when the suite of an endpoint has just ended; a refusal is repeated."""
    failure = ("fail_next", (method, error, 5 if isinstance(error, SaidNo) else 1))
    return at_once(lambda on: on.world.tester.meanwhile.update({endpoint: failure}))


def voted(user: str) -> Callable[[Playing], object]:
    """Return a click of a person on Approve."""

    def do(on: Playing) -> None:
        nonce = on.world.nonce(on.release_id)
        assert isinstance(on.world.releases.approve(on.release_id, nonce, Asker(user)), Decided)

    return do


def frozen_at_once(on: Playing) -> None:
    """Approve, and freeze prod before a worker has begun."""
    on.world.approve(on.release_id)
    on.world.store.freeze(Freeze(MODEL, OPERATOR, "an incident", on.world.clock.now()))


def ask_for_a_newer_one(on: Playing) -> None:
    """Ask for version 8."""
    on.world.aws.add_package(DEPLOYMENT.package_group, 8)
    on.world.store.keep_note(f"versions:{MODEL}", "8 7 6 5", 3600)
    on.world.request(8)


def move_staging_by_hand(on: Playing) -> None:
    """Bring staging to a config that nobody tested."""
    _make_config_by_hand(on)
    on.world.aws.update_endpoint(STAGING, BY_HAND)


def _make_config_by_hand(on: Playing) -> None:
    model = config_name(on.world.release(on.before), Stage.PROD).removesuffix("-prod")
    on.world.aws.create_config(BY_HAND, model, "ml.m5.large", 1)


def delete_the_way_back(on: Playing) -> None:
    """Delete by hand what a rollback would return to."""
    pointer = on.world.release(on.before).pointer
    assert pointer is not None
    assert pointer.previous_config is not None
    on.world.aws.delete_config(pointer.previous_config)


def undo(on: Playing) -> None:
    """Roll back what is live."""
    on.release_id = on.world.roll_back(on.before)


def cancel(on: Playing) -> None:
    """Call the release off."""
    on.world.cancel(on.release_id)


def approve(on: Playing) -> None:
    """Approve the release."""
    on.world.approve(on.release_id)


def break_glass(on: Playing) -> None:
    """Promote the release past its gate, or past the verdict of its suite."""
    on.world.break_glass(on.release_id)


def cut_short(setting: Setting, *acts: Act) -> Path:
    """Return a path on which the release is called off."""
    return Path(Phase.CANCELLED, setting, acts)


BY_HAND = "made-by-hand"
ASK = ask(7)
APPROVED = (ASK, at(Phase.AWAITING_APPROVAL, approve))
MOVED = (ASK, at(Phase.AWAITING_APPROVAL, move_staging_by_hand))
REJECTED = (ASK, at(Phase.AWAITING_APPROVAL, lambda on: on.world.reject(on.release_id)))
RUN_AGAIN = at(Phase.EVIDENCE_STALE, lambda on: on.world.run_again(on.release_id))
UNDO = at_once(undo)
SLICES = at_once(in_slices)
REMINDED = Act(lambda on: on.world.release(on.release_id).reminded is not None, voted(OPERATOR))
TIMEOUT = Unavailable("timed out")
STAGED = Act(lambda on: on.world.release(on.release_id).staging is not None, away())
PRODDED = Act(lambda on: on.world.release(on.release_id).prod is not None, away())
_GLASS = GateTerms(break_glass=BreakGlass())
_AROUND_ITS_OPENING = (Phase.OPENING_GATE, Phase.AWAITING_APPROVAL)
_PAIR = GateTerms(quorum=2, reminding=Reminding(first_seconds=4 * 3600))

PATHS = {
    "first release": Path(Phase.RELEASED, nothing, APPROVED),
    "update": Path(Phase.RELEASED, live, (SLICES, *APPROVED)),
    "package refused": Path(Phase.PACKAGE_REFUSED, nothing, (ask(99),)),
    "staging failed": Path(Phase.STAGING_FAILED, nothing, (fate(STAGING, Fate.FAILED), ASK)),
    "staging rolled back silently": Path(Phase.SILENTLY_ROLLED_BACK, live, (fate(STAGING, Fate.SILENT_ROLLBACK), ASK)),
    "staging moved before its suite": Path(
        Phase.STAGING_FAILED,
        live,
        (SLICES, ASK, during(Phase.SMOKE_TESTING, move_staging_by_hand)),
        perhaps=(e.SmokePassed,),
    ),
    "staging moved during its suite": Path(
        Phase.STAGING_FAILED, live, (at_once(moved_while_tested(STAGING)), ASK), perhaps=(e.SmokePassed,)
    ),
    "smoke failed": Path(Phase.SMOKE_FAILED, live, (at_once(with_a_picture), at_once(wrong_answers(STAGING)), ASK)),
    "smoke undecided": Path(Phase.SMOKE_UNDECIDED, nothing, (at_once(without_a_picture), at_once(no_answers), ASK)),
    "smoke failed, glass broken": Path(
        Phase.RELEASED, nothing, (at_once(wrong_answers(STAGING)), ASK, at(Phase.SMOKE_FAILED, break_glass)), _GLASS
    ),
    "smoke undecided, glass broken": Path(
        Phase.RELEASED, nothing, (at_once(no_answers), ASK, at(Phase.SMOKE_UNDECIDED, break_glass)), _GLASS
    ),
    "glass broken at the gate": Path(Phase.RELEASED, live, (ASK, at(Phase.AWAITING_APPROVAL, break_glass)), _GLASS),
    "stale, glass broken": Path(
        Phase.RELEASED,
        live,
        (ASK, at(Phase.AWAITING_APPROVAL, wrong_answers(STAGING)), at(Phase.EVIDENCE_STALE, break_glass)),
        _GLASS,
    ),
    "promotion held": Path(Phase.PROMOTION_REFUSED, live, (ASK, at(Phase.AWAITING_APPROVAL, frozen_at_once))),
    "promotion failed": Path(Phase.PROMOTION_FAILED, live, (fate(PROD, Fate.FAILED), *APPROVED)),
    "prod rolled back silently": Path(Phase.SILENTLY_ROLLED_BACK, live, (fate(PROD, Fate.SILENT_ROLLBACK), *APPROVED)),
    "registry refuses": Path(
        Phase.RELEASED, live, (at_once(registry_refuses), *APPROVED), sometime=(e.RegistryNotMarked,)
    ),
    "prod unhealthy": Path(Phase.PROD_UNHEALTHY, live, (at_once(wrong_answers(PROD)), *APPROVED)),
    "prod moved during its suite": Path(Phase.PROMOTION_FAILED, live, (at_once(moved_while_tested(PROD)), *APPROVED)),
    "stale, renewed": Path(Phase.RELEASED, live, (*MOVED, RUN_AGAIN, APPROVED[1])),
    "stale, left": Path(Phase.EXPIRED, live, MOVED),
    "stale, wrong": Path(
        Phase.SMOKE_FAILED, live, (ASK, at(Phase.AWAITING_APPROVAL, wrong_answers(STAGING)), RUN_AGAIN)
    ),
    "stale, superseded": Path(Phase.SUPERSEDED, live, (*MOVED, at(Phase.EVIDENCE_STALE, ask_for_a_newer_one))),
    "voted on": Path(Phase.RELEASED, nothing, (ASK, at(Phase.AWAITING_APPROVAL, voted(APPROVER)), REMINDED), _PAIR),
    "superseded": Path(Phase.SUPERSEDED, live, (ASK, at(Phase.AWAITING_APPROVAL, ask_for_a_newer_one))),
    "rejected": Path(Phase.REJECTED, live, REJECTED),
    "expired": Path(Phase.EXPIRED, live, (ASK,)),
    "cancelled": cut_short(live, ASK, replace(STAGED, do=cancel)),
    "cancelled at once": replace(cut_short(nothing, ASK, at_once(cancel)), perhaps=(e.PackageChecked,)),
    "cancelled during its suite": cut_short(nothing, SLICES, ASK, during(Phase.SMOKE_TESTING, cancel)),
    "cancelled before its gate": Path(
        Phase.CANCELLED,
        nothing,
        (failing_after(STAGING, "endpoint", TIMEOUT), ASK, Act(lambda on: on.phase in _AROUND_ITS_OPENING, cancel)),
        perhaps=(e.GateOpened,),
    ),
    "cancelled at its gate": cut_short(nothing, ASK, at(Phase.AWAITING_APPROVAL, cancel)),
    "cancelled when stale": cut_short(live, *MOVED, at(Phase.EVIDENCE_STALE, cancel)),
    "rolled back": Path(Phase.ROLLED_BACK, live_over_another, (UNDO,)),
    "rollback held by nothing": Path(
        Phase.ROLLED_BACK, live_over_another, (at_once(lambda on: on.world.store.freeze(FREEZE)), UNDO)
    ),
    "rollback without a target": Path(Phase.ROLLBACK_FAILED, live_over_another, (at_once(delete_the_way_back), UNDO)),
    "rollback failed": Path(Phase.ROLLBACK_FAILED, live_over_another, (fate(PROD, Fate.FAILED), UNDO)),
    "rollback taken back": Path(Phase.ROLLBACK_FAILED, live_over_another, (fate(PROD, Fate.SILENT_ROLLBACK), UNDO)),
    "rollback unhealthy": Path(Phase.PROD_UNHEALTHY, live_over_another, (at_once(wrong_answers(PROD)), UNDO)),
    "rollback moved during its suite": Path(
        Phase.ROLLBACK_FAILED, live_over_another, (at_once(moved_while_tested(PROD)), UNDO)
    ),
    "AWS away, deploy": Path(
        Phase.RELEASED,
        live,
        (
            *(SLICES, at_once(away("versions")), failing_after(STAGING, "endpoint", TIMEOUT), ASK),
            *(STAGED, during(Phase.SMOKE_TESTING, away()), APPROVED[1], failing_after(PROD, "delete_config", TIMEOUT)),
            *(PRODDED, during(Phase.VERIFYING_PROD, away())),
        ),
    ),
    "AWS away, rollback": Path(
        Phase.ROLLED_BACK, live_over_another, (SLICES, UNDO, PRODDED, during(Phase.VERIFYING_ROLLBACK, away()))
    ),
    "AWS away for good": Path(Phase.ERRORED, impatient, (ASK, replace(STAGED, do=away(times=5))), counting=True),
    "card barred for a while": Path(
        Phase.REJECTED, live, (slack_fails("post_card", Barred("the channel is archived")), *REJECTED)
    ),
    "Slack away for a while": Path(Phase.REJECTED, live, (slack_fails("tell", Away("rate limited", 30)), *REJECTED)),
    "no card": Path(Phase.ERRORED, live, (at_once(no_card), ASK), perhaps=(e.PackageApproved,)),
    "clean-up refused": Path(
        Phase.SMOKE_FAILED,
        live,
        (at_once(wrong_answers(STAGING)), failing_after(STAGING, "delete_config", SaidNo("not yours")), ASK),
    ),
}
"""Every move of the life of a release is on one of them at least; a test holds them to that."""
