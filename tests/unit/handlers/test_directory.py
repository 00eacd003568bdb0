"""What a Slack user is to the workspace, as Slack says it, and what that lets them do."""

import threading
from dataclasses import replace

import pytest
from fakes import builders as b
from fakes.driver import MODEL, Driver, World
from slack_sdk import WebClient
from slack_sdk.web import SlackResponse
from typing_extensions import override
from unit.handlers.local_slack import local_slack

from handlers.directory import SlackDirectory, membership_of
from sandbox.slack.directory import User
from services.release.catalog import Membership, People
from services.release.model import Phase
from services.release.policy import Denied
from services.releases import Asker, Decided, Started

PEOPLE = {
    "U0LEFT": User("U0LEFT", "left", "Left", deleted=True),
    "U0ROBOT": User("U0ROBOT", "robot", "Robot", is_bot=True),
    "U0PARTNER": User("U0PARTNER", "erika", "Erika", is_stranger=True, team="T0PARTNER"),
}


def test_slack_tells_what_somebody_is() -> None:
    with local_slack() as slack:
        slack.emulator.workspace.users.update(PEOPLE)
        seconds = [0.0]
        directory = SlackDirectory(slack.client(), lambda: seconds[0])
        found = {user: directory.membership(user) for user in ("U0ANA", "U0GUEST", *PEOPLE, "U0NOBODY")}
        slack.emulator.workspace.users.clear()
        remembered = directory.membership("U0GUEST")
        seconds[0] = 61.0
        forgotten = directory.membership("U0GUEST")
    assert found == {
        "U0ANA": Membership.MEMBER,
        "U0GUEST": Membership.GUEST,
        "U0LEFT": Membership.DEACTIVATED,
        "U0ROBOT": Membership.BOT,
        "U0PARTNER": Membership.STRANGER,
        "U0NOBODY": None,
    }
    assert remembered is Membership.GUEST
    assert forgotten is None


class SlowSlack(WebClient):
    """A Slack that answers three questions about groups when all of them are asked, and none otherwise."""

    def __init__(self, *, answers: bool = True) -> None:
        super().__init__()
        self.asked = list[str]()
        self._all = threading.Barrier(3, timeout=5)
        self._answers = answers

    @override
    def usergroups_users_list(self, *, usergroup: str, **_rest: object) -> SlackResponse:
        self.asked.append(usergroup)
        self._all.wait()
        if not self._answers:
            raise TimeoutError
        return SlackResponse(
            client=self, http_verb="", api_url="", req_args={}, data={"users": ["U1"]}, headers={}, status_code=200
        )


def test_groups_are_asked_for_at_once_and_a_lost_connection_is_not_tried_again() -> None:
    """A click waits for them: Slack gives it three seconds, and each question may take one."""
    slack, groups = SlowSlack(), frozenset({"S1", "S2", "S3"})
    assert SlackDirectory(slack).members(People(groups=groups)) == dict.fromkeys(groups, frozenset({"U1"}))
    assert slack.retry_handlers == []


def test_what_slack_does_not_tell_is_not_asked_for_twice_in_one_click() -> None:
    slack, groups, seconds = SlowSlack(answers=False), frozenset({"S1", "S2", "S3"}), [0.0]
    directory = SlackDirectory(slack, lambda: seconds[0])
    for at, asked in ((0.0, 3), (1.0, 3), (3.0, 6)):
        seconds[0] = at
        assert directory.members(People(groups=groups)) == dict.fromkeys(groups)
        assert len(slack.asked) == asked


@pytest.mark.parametrize(
    ("user", "enterprise", "membership"),
    [
        ({"team_id": "T1"}, "", Membership.MEMBER),
        ({"team_id": "T2"}, "", Membership.STRANGER),
        ({"team_id": "T2", "enterprise_user": {"enterprise_id": "E1"}}, "E1", Membership.MEMBER),
        ({"team_id": "T2", "enterprise_user": {"enterprise_id": "E2"}}, "E1", Membership.STRANGER),
        ({"team_id": "T2", "enterprise_user": {"enterprise_id": ""}}, "", Membership.STRANGER),
        ({"team_id": "T1", "is_stranger": True}, "", Membership.STRANGER),
        ({"team_id": "T1", "is_ultra_restricted": True}, "", Membership.GUEST),
        ({"team_id": "T1", "is_workflow_bot": True}, "", Membership.BOT),
        ({"team_id": "T1", "deleted": True, "is_bot": True}, "", Membership.DEACTIVATED),
        ({}, "", Membership.STRANGER),
    ],
)
def test_a_user_object_is_judged_from_our_workspace(
    user: dict[str, object], enterprise: str, membership: Membership
) -> None:
    assert membership_of(user, "T1", enterprise) is membership


TEAM = replace(b.ENTRY, approvers=People(groups=frozenset({"STEAM"})), operators=People())


def clicked(membership: Membership | None, *, listed: bool = False) -> str:
    """Return what comes of a click on Approve by somebody of the approvers' group."""
    users = frozenset({b.APPROVER}) if listed else frozenset[str]()
    world = World(entry=replace(TEAM, approvers=People(users, TEAM.approvers.groups)))
    world.directory.groups["STEAM"] = frozenset({b.APPROVER})
    world.directory.people[b.APPROVER] = membership
    release_id = world.request()
    Driver(world).run_until(release_id, Phase.AWAITING_APPROVAL)
    answer = world.releases.approve(release_id, world.nonce(release_id), Asker(b.APPROVER))
    return answer.code if isinstance(answer, Denied) else type(answer).__name__


@pytest.mark.parametrize("membership", [*Membership, None])
def test_only_members_are_let_in_by_a_group(membership: Membership | None) -> None:
    expected = {Membership.MEMBER: "Decided", None: "identity_unreadable"}.get(membership, "bot_or_guest")
    assert clicked(membership) == expected
    assert clicked(membership, listed=True) == "Decided"


def test_a_guest_neither_deploys_nor_freezes_and_a_listed_one_does(memory: World) -> None:
    memory.directory.people["U0GUEST"] = Membership.GUEST
    memory.directory.groups["STEAM"] = frozenset({"U0GUEST"})
    memory.catalog[MODEL] = TEAM
    guest = Asker("U0GUEST")
    assert memory.releases.request(MODEL, "7", guest) == Denied("bot_or_guest", reason="guest")
    assert memory.releases.freeze(MODEL, guest, "why not", None) == Denied("bot_or_guest", reason="guest")
    memory.catalog[MODEL] = replace(TEAM, approvers=People(frozenset({"U0GUEST"})))
    assert isinstance(memory.releases.request(MODEL, "7", guest), Started)


def test_a_deploy_goes_on_while_slack_does_not_tell_who_asks(memory: World) -> None:
    memory.directory.people[b.REQUESTER] = None
    started = memory.releases.request(MODEL, "7", Asker(b.REQUESTER))
    assert isinstance(started, Started)
    assert isinstance(memory.releases.cancel(started.release.id, Asker(b.OPERATOR)), Decided)
