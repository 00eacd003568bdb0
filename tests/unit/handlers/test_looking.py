"""Commands that look: who did is on record, and the report of a release is left to the worker."""

from unit.handlers.world import ANA, DIEGO, MODEL, World

from services.ports import Told
from services.release.audit import Looked, faults, looks


def test_who_looks_at_what_is_on_record(world: World) -> None:
    release = world.stored("awaiting_approval")
    for line in ("/release", f"/release {release.id}", "/freeze", "/endpoints", f"/rollback {MODEL}"):
        world.slash(line, DIEGO)
    world.slash("/release evidence r00000000")
    trail = world.store.trail(looks(world.releases.now()))
    assert faults(trail) == ()
    assert [(act.by, act.what, act.about) for act in trail.acts if isinstance(act, Looked)] == [
        (DIEGO, "releases", ""),
        (DIEGO, "release", release.id),
        (DIEGO, "holds", ""),
        (DIEGO, "endpoints", ""),
        (DIEGO, "rollback", MODEL),
        (ANA, "evidence", "r00000000"),
    ]


def test_the_report_is_brought_by_the_worker_once_there_is_a_card(world: World) -> None:
    release = world.stored("awaiting_approval")
    world.store.mark_told(release.id, Told())
    assert "comes to no thread" in world.slash(f"/release evidence {release.id}")
    assert world.store.inquiry("nonce-2") is None
    world.store.mark_told(release.id, Told(place="C0RELEASES:1.1", link="https://slack.example/1"))
    assert "you get a link here" in world.slash(f"/release evidence {release.id}", DIEGO)
    asked = world.store.inquiry("nonce-3")
    assert asked is not None
    assert (asked.topic, asked.release_id, asked.by) == ("evidence", release.id, DIEGO)
