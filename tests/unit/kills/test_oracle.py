"""The judge of the kills: it finds nothing where nothing is wrong, and each wrong for what it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from fakes.builders import after
from unit.kills.aftermath import honest_scene

from benchmarks.kills.oracle import ALLOWANCES, KINDS_OF_TROUBLE, judged
from benchmarks.kills.people import BRUNO, CARLA, DIEGO
from benchmarks.kills.scene import Change, Scene, Serving
from benchmarks.kills.tried import FORM, Tried
from services.release import events as e
from services.release.model import Kind, Outcome, Phase, Release
from services.release.model import Serving as Served

APPROVED, REJECTED, UPDATED, ROLLED_BACK, CANCELLED, BROKEN, EXPIRED, STOPPED = range(8)
"""The releases of the honest scene, in order."""
PROD = "killed-prod"
Plant = Callable[[Scene], Scene]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return honest_scene(tmp_path_factory.mktemp("kills"))


def release(number: int, **changes: Any) -> Plant:
    """Change a release's document."""
    return lambda scene: replace(scene, releases=swapped(scene.releases, number, **changes))


def swapped(releases: Sequence[Release], number: int, **changes: Any) -> list[Release]:
    return [replace(each, **changes) if at == number else each for at, each in enumerate(releases)]


def without(number: int) -> Plant:
    """Lose a release's document."""
    return lambda scene: replace(scene, releases=[*scene.releases[:number], *scene.releases[number + 1 :]])


def of(mapping: str, number: int, change: Callable[[Any], Any]) -> Plant:
    """Change what a release has in one of the scene's mappings."""

    def plant(scene: Scene) -> Scene:
        held, key = getattr(scene, mapping), scene.releases[number].id
        changed: dict[str, Any] = {mapping: {**held, key: change(held[key])}}
        return replace(scene, **changed)

    return plant


def change(edit: Callable[[list[Change]], Sequence[Change]]) -> Plant:
    """Edit what AWS's journal says of prod."""

    def plant(scene: Scene) -> Scene:
        others = [each for each in scene.changes if each.endpoint != PROD]
        return replace(scene, changes=[*others, *edit([each for each in scene.changes if each.endpoint == PROD])])

    return plant


def serving(status: str | None, number: int = UPDATED) -> Plant:
    """Have prod serve what a release brought, or be gone."""

    def plant(scene: Scene) -> Scene:
        pointer = scene.releases[number].pointer
        assert pointer is not None
        return replace(scene, serving={PROD: Serving(status, pointer.new_config)} if status else {})

    return plant


def history(config: str | None) -> Plant:
    """Have the stored history of prod lead elsewhere, or not hold a release at all."""

    def plant(scene: Scene) -> Scene:
        kept = {key: config or before for key, before in scene.history[PROD].items()}
        kept = kept if config else dict(list(kept.items())[1:])
        return replace(scene, history={PROD: kept})

    return plant


def pointer(number: int, previous: int) -> Plant:
    """Have a release's pointer, and the history, lead back to what another release brought."""

    def plant(scene: Scene) -> Scene:
        mine, other = scene.releases[number].pointer, scene.releases[previous].pointer
        assert mine is not None
        assert other is not None
        wrong = replace(mine, previous_config=other.new_config)
        kept = {**scene.history[PROD], scene.releases[number].id: other.new_config}
        return replace(scene, releases=swapped(scene.releases, number, pointer=wrong), history={PROD: kept})

    return plant


def act(what: str, number: int | None, /, **changes: Any) -> Plant:
    """Change what somebody tried, the first of its kind; that it was about a release matters where one is named."""

    def plant(scene: Scene) -> Scene:
        about = None if number is None else scene.releases[number].id
        place = next(at for at, each in enumerate(scene.tried) if each.what == what and about in {None, each.release})
        return replace(
            scene,
            tried=[replace(each, **changes) if at == place else each for at, each in enumerate(scene.tried)],
        )

    return plant


def tried(by: str, what: str, number: int, said: str) -> Plant:
    """Have somebody else try something, too."""
    return lambda scene: replace(
        scene, tried=[*scene.tried, Tried(0.0, by, what, scene.releases[number].id, ok=True, error="", said=(said,))]
    )


def unsaid(where: Callable[[Scene, dict[str, Any]], bool]) -> Plant:
    """Take the first such message out of the channel."""

    def plant(scene: Scene) -> Scene:
        gone = next(message for message in scene.messages if where(scene, message))
        return replace(scene, messages=[message for message in scene.messages if message is not gone])

    return plant


def is_reply(scene: Scene, message: dict[str, Any]) -> bool:
    return bool(message["thread_ts"]) and message["thread_ts"] != message["ts"]


def is_card(scene: Scene, message: dict[str, Any]) -> bool:
    return f"{message['channel']}:{message['ts']}" == scene.told[scene.releases[APPROVED].id].place


def left(name: str) -> Plant:
    """Leave a config or a model behind."""
    return lambda scene: replace(scene, resources=[*scene.resources, name])


def chained(edit: Callable[[Any], Any]) -> Plant:
    return of("trails", APPROVED, edit)


PLANTS: Mapping[str, Mapping[str, Plant]] = MappingProxyType(
    {
        "lost releases": {
            "its document is gone": without(EXPIRED),
            "it waits in the due index": lambda scene: replace(scene, due=[f"release:{scene.releases[0].id}"]),
            "it was not cleaned up after": release(REJECTED, cleaned_up=False),
            "it has not ended": release(UPDATED, phase=Phase.VERIFYING_PROD),
        },
        "wrong ends": {
            "rejected and released": release(REJECTED, phase=Phase.RELEASED),
            "approved and not released": release(UPDATED, phase=Phase.PROD_UNHEALTHY),
            "approved and refused with no rollback about": release(APPROVED, phase=Phase.PROMOTION_REFUSED),
            "a rollback that was refused": release(ROLLED_BACK, phase=Phase.PROMOTION_REFUSED),
            "a good version that its suite stopped": release(STOPPED, wanted="2"),
            "a bad version that was found well": release(BROKEN, wanted="3"),
            "released by nobody": release(STOPPED, phase=Phase.RELEASED),
            "decided twice": of(
                "logs",
                REJECTED,
                lambda log: [*log, *(each for each in log if isinstance(each.event, e.Rejected))],
            ),
            "decided in the document alone": of(
                "logs", CANCELLED, lambda log: [each for each in log if not isinstance(each.event, e.Cancelled)]
            ),
        },
        "double promotions": {
            "the same update twice": change(lambda made: [*made[:2], made[1], *made[2:]]),
            "an update that nobody decided": change(lambda made: [*made, Change("UpdateEndpoint", PROD, "other")]),
        },
        "lost promotions": {
            "an update that AWS never saw": change(lambda made: made[:-1]),
            "two updates in the wrong order": change(lambda made: [made[0], *reversed(made[1:])]),
            "prod serves another config": serving("InService"),
            "prod is still updating": serving("Updating", BROKEN),
            "prod is gone": serving(None),
        },
        "wrong pointers": {
            "it leads back too far": pointer(BROKEN, UPDATED),
            "the stored history says otherwise": history("titanic-survival-v9-r00000099-prod"),
            "the stored history has lost it": history(None),
        },
        "unanswered clicks": {
            "a command that was acknowledged, and no more": act("deploy", None, said=()),
            "a click that was acknowledged, and opened nothing": act("reject", REJECTED, said=()),
        },
        "clicks that lie": {
            "another one was told that it counts": tried(CARLA, "approve", UPDATED, "Your approval counts."),
            "told that it is rejected, and it was approved": tried(CARLA, "reject form", UPDATED, "is rejected"),
            "told that it counts, and the release is gone": tried(BRUNO, "approve", EXPIRED, "counts"),
            "told that the glass is broken, and it is not": tried(DIEGO, "break glass form", EXPIRED, "is broken"),
            "whoever decided was told that it was too late": act("approve", APPROVED, said=("too late",)),
            "whoever broke the glass was not told": act("break glass form", BROKEN, said=("no",)),
            "whoever decided never clicked": act("cancel", CANCELLED, what="deploy"),
        },
        "lost announcements": {
            "a reply is not in the thread": unsaid(is_reply),
            "the card is not in the channel": unsaid(is_card),
            "fewer facts told than there are": of("told", UPDATED, lambda told: replace(told, entries=3)),
            "no card was posted": of("told", UPDATED, lambda told: replace(told, place="")),
            "a fact that was never announced": of(
                "trails", UPDATED, lambda trail: replace(trail, acts=tuple(without_gate(trail.acts)))
            ),
        },
        "orphans": {
            "a config": left("titanic-survival-v2-r00000002-prod"),
            "a config of nobody": left("titanic-survival-v2-r00000099-staging"),
            "a model": left("titanic-survival-v2-r00000002"),
        },
        "broken records": {
            "a line is changed": chained(lambda t: replace(t, lines=(*t.lines[:3], f"{t.lines[3]} ", *t.lines[4:]))),
            "a line is gone": chained(lambda t: replace(t, lines=t.lines[:-1])),
            "a fact is changed": chained(lambda t: replace(t, facts=(*t.facts[:-1], t.facts[-1] + " "))),
        },
        "mistakes in the logs": {
            "a process owns up": lambda scene: replace(scene, mistakes=["worker-1.log: a mistake of ours"]),
        },
        "stuck": {"somebody waits": lambda scene: replace(scene, stuck=["r00000001 at its gate"])},
    }
)


def without_gate(acts: Sequence[Any]) -> list[Any]:
    """Return the acts but for the announcements of one fact, the newest of the thread."""
    newest = max(each.fact for each in acts if getattr(each, "where", "") == "thread")
    return [each for each in acts if getattr(each, "fact", None) != newest]


def test_nothing_is_wrong_in_the_honest_scene(honest: Scene) -> None:
    found = judged(honest)
    assert dict(found.wrong) == {}
    assert [each.phase.value for each in honest.releases] == [
        *("released", "rejected", "released", "rolled_back", "cancelled", "released", "expired", "smoke_failed")
    ]
    assert (found.counts["promotions and rollbacks"], found.counts["pointers"]) == (4, 4)
    assert found.counts["broke the glass"] == 1
    assert found.counts["orders"] > found.counts["orders without an answer"] == 0
    assert found.counts["announcements"] > len(honest.releases)
    assert found.counts["repeated announcements"] == found.counts["took effect though shown as failed"] == 0
    assert {each.what for each in honest.tried if each.said == (FORM,)} == {"reject", "roll back", "break glass"}


def test_every_kind_of_trouble_is_planted() -> None:
    assert tuple(PLANTS) == KINDS_OF_TROUBLE


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, plants in PLANTS.items() for name in plants], ids=lambda name: name
)
def test_what_is_wrong_is_found_as_what_it_is(honest: Scene, kind: str, name: str) -> None:
    found = judged(PLANTS[kind][name](honest))
    assert list(found.wrong) == [kind], dict(found.wrong)


def test_what_was_said_twice_is_a_repeat_and_no_wrong(honest: Scene) -> None:
    reply = next(message for message in honest.messages if is_reply(honest, message))
    card = next(message for message in honest.messages if is_card(honest, message))
    again = [{**message, "ts": f"9{message['ts']}"} for message in (reply, card)]
    found = judged(replace(honest, messages=[*honest.messages, *again]))
    assert dict(found.wrong) == {}
    assert found.counts["repeated announcements"] == len(again)


def test_a_click_that_slack_showed_as_failed_may_have_decided(honest: Scene) -> None:
    found = judged(act("approve", APPROVED, ok=False, error="operation_timeout", said=())(honest))
    assert dict(found.wrong) == {}
    assert (found.counts["shown as failed"], found.counts["took effect though shown as failed"]) == (1, 1)


def overtaken(scene: Scene) -> Scene:
    """Refuse a promotion while a rollback is on."""
    asked_at = scene.releases[ROLLED_BACK].requested_at
    refused = release(CANCELLED, phase=Phase.PROMOTION_REFUSED, requested_at=asked_at)(scene)
    return replace(refused, releases=swapped(refused.releases, ROLLED_BACK, phase_since=asked_at))


def beside_a_bad_one(scene: Scene) -> Scene:
    """Stop a good version while the bad one is on prod."""
    evidence = scene.releases[STOPPED].evidence
    assert evidence is not None
    bad = replace(evidence, prod=Served("titanic-survival-v3-r00000001-prod"))
    return release(STOPPED, wanted="2", evidence=bad)(scene)


ALLOWED: Mapping[str, Plant] = MappingProxyType(
    {
        "stopped by a suite that ran out of time": release(
            STOPPED, wanted="2", outcome=Outcome("smoke_failed", "no answer before the 60 s of this run were up")
        ),
        "rollbacks that came late": release(
            ROLLED_BACK, phase=Phase.PROMOTION_REFUSED, outcome=Outcome("prod_changed", "Prod serves something else.")
        ),
        "promotions that a rollback overtook": overtaken,
        "stopped for answering otherwise than a bad version that was let through": beside_a_bad_one,
    }
)


@pytest.mark.parametrize("name", ALLOWANCES)
def test_what_is_allowed_is_counted(honest: Scene, name: str) -> None:
    assert judged(honest).counts[name] == 0
    found = judged(ALLOWED[name](honest))
    assert dict(found.wrong) == {}
    assert found.counts[name] == 1


def test_a_rollback_elsewhere_or_long_ago_overtakes_nothing(honest: Scene) -> None:
    scene = release(UPDATED, phase=Phase.PROMOTION_REFUSED, phase_since=after(0))(honest)
    assert scene.releases[ROLLED_BACK].kind is Kind.ROLLBACK
    assert list(judged(scene).wrong) == ["wrong ends"]
