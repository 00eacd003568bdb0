"""Requests that Slack did not send, and buttons that are not as they were made."""

import secrets
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from e2e.attacks.gates import Gates, answer_to, click_of, value_of
from e2e.attacks.signing import form_of, post, signed
from fakes.attacks import Watch
from fakes.story import ANA, BRUNO, CHANNEL, DIEGO

from sandbox.slack.directory import SIGNING_SECRET, TEAM_ID

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

GATED = ("gate", "other")
OLD_SECONDS = 301  # Slack's limit for the age of a request is five minutes


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(
            lambda body: signed("of-somebody-else", body),
            id="forged",
            marks=pytest.mark.attack("An approval signed with another secret", seen="HTTP 401"),
        ),
        pytest.param(
            lambda _: {}, id="unsigned", marks=pytest.mark.attack("An approval without a signature", seen="HTTP 401")
        ),
        pytest.param(
            lambda body: signed(SIGNING_SECRET, body.replace(BRUNO, DIEGO)),
            id="exchanged",
            marks=pytest.mark.attack("A signed click of one person, sent as that of another", seen="HTTP 401"),
        ),
        pytest.param(
            lambda body: signed(SIGNING_SECRET, body, OLD_SECONDS),
            id="old",
            marks=pytest.mark.attack("A signed approval, 301 seconds old", seen="HTTP 401"),
        ),
    ],
)
def test_a_request_that_slack_did_not_send(gates: Gates, watch: Watch, forge: Callable[[str], dict[str, str]]) -> None:
    story, release, _ = gates("gate")
    body = form_of(click_of(story, BRUNO, "gate_approve", value_of(story, release)))
    with watch.over(story, release):
        watch.hears(f"HTTP {post(story.world, body, forge(body)).status}")
    assert story.document(release)["phase"] == "awaiting_approval"


@pytest.mark.parametrize(
    ("action", "change"),
    [
        pytest.param(
            "gate_approve",
            lambda value, other: f"{other}:{value.partition(':')[2]}",
            id="release",
            marks=pytest.mark.attack(
                "The button's value names another release",
                seen="This button belongs to an earlier card.",
                code="stale_button",
                record="approve: stale_button",
            ),
        ),
        pytest.param(
            "gate_approve",
            lambda value, _: f"{value[:-1]}{'A' if value[-1] != 'A' else 'B'}",
            id="nonce",
            marks=pytest.mark.attack(
                "The button's value has another nonce",
                seen="This button belongs to an earlier card.",
                code="stale_button",
                record="approve: stale_button",
            ),
        ),
        pytest.param(
            "gate_force",
            lambda value, _: value,
            id="action",
            marks=pytest.mark.attack(
                "The button carries an action that Sluice does not know",
                seen="This belongs to an older message that Sluice no longer acts on.",
            ),
        ),
        pytest.param(
            "gate_approve",
            lambda *_: '"; FLUSHALL; {"release": "*"}',
            id="rubbish",
            marks=pytest.mark.attack(
                "The button's value is rubbish",
                seen="There is no such release.",
                code="unknown_release",
                record="approve: unknown_release",
            ),
        ),
        pytest.param(
            "gate_approve",
            lambda value, _: value + "A" * 500_000,
            id="huge",
            marks=pytest.mark.attack(
                "The button's value is half a megabyte long",
                seen="There is no such release.",
                code="unknown_release",
                record="approve: unknown_release",
            ),
        ),
    ],
)
def test_a_button_that_was_tampered_with(
    gates: Gates, watch: Watch, action: str, change: Callable[[str, str], str]
) -> None:
    (story, release, _), (_, other, _) = gates("gate"), gates("other")
    about = other if change("r:n", other).startswith(other) else release
    payload = click_of(story, BRUNO, action, change(value_of(story, release), other))
    body = form_of(payload)
    with watch.over(story, about):
        watch.hears(answer_to(story, BRUNO, lambda: post(story.world, body, signed(SIGNING_SECRET, body))))
    assert story.document(about)["phase"] == "awaiting_approval"


# --- Requests that Slack did send, once ----------------------------------------------------------------------------


@pytest.mark.attack(
    "A signed command that was kept, and is sent again while its signature still holds",
    seen="This request arrived before, and each acts once only.",
    code="arrived_before",
    record="arrive: arrived_before",
)
def test_a_command_that_is_sent_again(gates: Gates, watch: Watch) -> None:
    story, release, _ = gates("gate")
    asked = {"command": "/freeze", "text": "gate for 2h because of Friday", "user_id": DIEGO, "channel_id": CHANNEL}
    body = urlencode({**asked, "team_id": TEAM_ID, "trigger_id": secrets.token_hex(8)})
    headers = signed(SIGNING_SECRET, body)
    assert "are frozen" in post(story.world, body, headers).text
    assert "Lifted the freeze" in story.slash(DIEGO, "/thaw gate")
    with watch.over(story, release):
        watch.hears(post(story.world, body, headers).text)
    assert "Nothing is locked or frozen" in story.slash(ANA, "/freeze")


@pytest.mark.attack(
    "A signed click that was kept, and is sent again while its signature still holds",
    seen="HTTP 200",
    code="arrived_before",
    record="arrive: arrived_before",
)
def test_a_click_that_is_sent_again(gates: Gates, watch: Watch) -> None:
    story, release, _ = gates("gate")
    body = form_of(click_of(story, DIEGO, "gate_approve", value_of(story, release)))
    headers = signed(SIGNING_SECRET, body)
    assert "not among" in answer_to(story, DIEGO, lambda: post(story.world, body, headers))
    with watch.over(story, release):
        watch.hears(f"HTTP {post(story.world, body, headers).status}")
