"""What the registry is to say of a gate, for every way that a release can go."""

import re
from dataclasses import replace

import pytest

from handlers.views.samples import NASTY, STORIES, played, releases_by_phase
from services.release.mirror import DESCRIPTION_LIMIT, marks
from services.release.model import Release

NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
RELEASES = releases_by_phase()


def said(release: Release) -> list[tuple[str, str, str]]:
    return [
        ((mark.release_id == release.id and "own") or mark.release_id, mark.stage, mark.status)
        for mark in marks(release)
    ]


@pytest.mark.parametrize(
    ("story", "wanted"),
    [
        ("awaiting_approval", []),
        ("smoke_failed", []),
        ("rejected", [("own", "Staging", "Rejected")]),
        ("expired", [("own", "Staging", "Expired")]),
        ("promoting", [("own", "Production", "Approved")]),
        ("released", [("own", "Production", "Live"), ("r0ldrelea", "Production", "Replaced")]),
        ("released_first", [("own", "Production", "Live")]),
        ("prod_unhealthy", [("own", "Production", "Unhealthy"), ("r0ldrelea", "Production", "Replaced")]),
        ("promotion_refused", [("own", "Production", "NotDeployed")]),
        ("rolling_back", []),
    ],
)
def test_what_is_said(story: str, wanted: list[tuple[str, str, str]]) -> None:
    assert said(RELEASES[story]) == wanted


def test_a_rollback_speaks_of_both_packages() -> None:
    back = RELEASES["rolled_back"]
    (live, gone) = marks(back)
    assert back.pointer is not None
    assert (live.stage, live.status, gone.stage, gone.status) == ("Production", "Live", "Production", "RolledBack")
    assert live.release_id != gone.release_id
    assert f"Rolled back by {back.requested_by} at " in live.description


def test_a_version_that_prod_serves_already_is_not_told_as_rejected() -> None:
    release = RELEASES["rejected"]
    assert release.gate is not None
    serving = replace(release, gate=replace(release.gate, prod_config="titanic-survival-v7-r0ldrelea-prod"))
    assert marks(serving) == ()


def test_who_decided_and_what_is_in_one_line() -> None:
    release = RELEASES["released"]
    assert release.gate is not None
    (mark, _) = marks(release)
    for part in (release.id, "approved by U0BOB at 20", f"sha256:{release.gate.digest}", release.requested_by):
        assert part in mark.description


@pytest.mark.parametrize("release", [played(*story)[0] for story in STORIES.values()], ids=STORIES)
def test_every_word_fits_the_service_model(release: Release) -> None:
    gate = release.gate and replace(release.gate, digest="d" * 64)
    decision = release.decision and replace(release.decision, reason=f"{NASTY}\n" * 200)
    for mark in marks(replace(release, gate=gate, decision=decision, reason=f"{NASTY}\n" * 200)):
        assert NAME.fullmatch(mark.stage)
        assert NAME.fullmatch(mark.status)
        assert "\n" not in mark.description
        assert len(mark.description) <= DESCRIPTION_LIMIT
