"""Clicks and commands of people who may not, or of whom it cannot be told."""

import pytest
from e2e.attacks.gates import Gates, approve_elsewhere
from fakes.attacks import Watch
from fakes.story import ANA, BRUNO, CARLA, DIEGO, GUEST

from services.adapters.redis_store import RedisStore
from services.adapters.system_clock import SystemClock

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

GATED = ("gate",)


@pytest.mark.parametrize(
    "user",
    [
        pytest.param(
            DIEGO,
            id="stranger",
            marks=pytest.mark.attack(
                "A click by a colleague whom the catalog does not name",
                seen="You are not among the people who may do this.",
                code="not_an_approver",
                record="approve: not_an_approver",
            ),
        ),
        pytest.param(
            ANA,
            id="requester",
            marks=pytest.mark.attack(
                "A click by the person who asked for the release",
                seen="You asked for this release, so somebody else has to decide.",
                code="self_approval",
                record="approve: self_approval",
            ),
        ),
    ],
)
def test_a_click_by_who_may_not_decide(gates: Gates, watch: Watch, user: str) -> None:
    story, release, card = gates("gate")
    with watch.over(story, release):
        watch.hears(story.click(user, card, "Approve"))


@pytest.mark.parametrize(
    "trait",
    [
        pytest.param(
            "is_bot",
            marks=pytest.mark.attack(
                "A click by a bot, although the approvers' group has it",
                seen="Bots may not do this",
                code="bot_or_guest",
                record="approve: bot_or_guest",
            ),
        ),
        pytest.param(
            "is_restricted",
            marks=pytest.mark.attack(
                "A click by a guest, although the approvers' group has them",
                seen="Guests may not do this",
                code="bot_or_guest",
                record="approve: bot_or_guest",
            ),
        ),
        pytest.param(
            "deleted",
            marks=pytest.mark.attack(
                "A click by a person who was deactivated, although the approvers' group has them",
                seen="Deactivated people may not do this",
                code="bot_or_guest",
                record="approve: bot_or_guest",
            ),
        ),
        pytest.param(
            "is_stranger",
            marks=pytest.mark.attack(
                "A click by a person of another workspace, although the approvers' group has them",
                seen="People of other workspaces may not do this",
                code="bot_or_guest",
                record="approve: bot_or_guest",
            ),
        ),
    ],
)
def test_a_click_by_an_approver_who_is_no_full_member(
    gates: Gates, watch: Watch, store: RedisStore, trait: str
) -> None:
    story, release, _ = gates("gate")
    story.people.change(CARLA, **{trait: True})
    with watch.over(story, release):
        watch.hears(approve_elsewhere(story, store, CARLA, release, SystemClock()))
    story.people.change(CARLA, **{trait: False})


@pytest.mark.attack(
    "Slack does not tell who is in the approvers' group",
    seen="Slack does not tell who is in the user group now, so nobody can be let through.",
    code="group_unreadable",
    record="approve: group_unreadable",
)
def test_a_click_while_the_group_cannot_be_read(gates: Gates, watch: Watch, store: RedisStore) -> None:
    story, release, _ = gates("gate")
    story.people.fault(method="usergroups.users.list", error="fatal_error", times=50)
    with watch.over(story, release):
        watch.hears(approve_elsewhere(story, store, BRUNO, release, SystemClock()))
    story.people.fault(clear=True)


@pytest.mark.attack(
    "A guest calls a release off",
    seen="You are not among the people who may do this.",
    code="not_an_approver",
    record="cancel: not_an_approver",
)
def test_a_release_that_a_guest_calls_off(gates: Gates, watch: Watch) -> None:
    story, release, _ = gates("gate")
    with watch.over(story, release):
        watch.hears(story.slash(GUEST, f"/release cancel {release}"))


@pytest.mark.attack(
    "Somebody without the right freezes promotions, or lifts a freeze",
    seen="You are not among the people who may do this.",
    code="not_an_approver",
    record="freeze: not_an_approver; thaw: not_an_approver",
)
def test_a_freeze_by_who_may_not(gates: Gates, watch: Watch) -> None:
    story, release, _ = gates("gate")
    with watch.over(story, release):
        watch.hears(story.slash(ANA, "/freeze gate for 2h because I say so"))
        assert "not among" in story.slash(ANA, "/thaw gate")
    assert "Nothing is locked or frozen" in story.slash(ANA, "/freeze")
