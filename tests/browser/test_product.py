"""A new user's first minutes, in a real browser, with the whole product behind the page."""

import json
from collections.abc import Callable, Iterator

import pytest
from browser.cdp import Browser

from sandbox.world import Recipe, World

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.slow]
PATIENCE = 45.0


@pytest.fixture
def world() -> Iterator[World]:
    with World(Recipe(scale_seconds=0.3, poll_seconds=0.1, sdk="boto3")) as running:
        yield running


@pytest.fixture
def visit(browser: Browser, world: World) -> Callable[[str], Browser]:
    def go(user: str) -> Browser:
        browser.open(f"{world.slack_url}/?as={user}&channel=C0RELEASES")
        browser.wait("document.querySelector('#composer') !== null")
        return browser

    return go


def command(page: Browser, text: str) -> None:
    page.focus("#composer")
    page.type(text)
    page.press("Enter")


def push(page: Browser, within: str, label: str) -> None:
    """Wait for the last button under `within` that begins with `label`, and press Enter on it."""
    button = (
        f"[...document.querySelectorAll('{within} button')]"
        f".filter((node) => node.textContent.startsWith({json.dumps(label)}) && !node.disabled).at(-1)"
    )
    page.wait(f"Boolean({button})", PATIENCE)
    page.evaluate(f"{button}.focus()")
    page.press("Enter")


def test_deploy_approve_as_another_person_and_roll_back(visit: Callable[[str], Browser]) -> None:
    for version in ("1", "2"):
        command(visit("U0ANA"), f"/deploy titanic-survival {version}")
        page = visit("U0BRUNO")
        push(page, ".channel .message", "Approve")
        page.wait("document.querySelector('dialog.confirm') !== null")
        push(page, "dialog.confirm", "Release")
        page.wait_text(
            ".channel .message",
            f"To bring v{int(version) - 1} back" if version == "2" else "roll back to yet",
            PATIENCE,
        )
    page = visit("U0DIEGO")
    command(page, "/rollback titanic-survival")
    push(page, ".channel .message.ephemeral", "Roll back to v1")
    page.wait("document.querySelector('dialog.modal[open]') !== null")
    page.focus("dialog.modal textarea, dialog.modal input")
    page.type("Scores look too low")
    push(page, "dialog.modal", "Roll back")
    page.wait_text("dialog.modal", "started")
    page.press("Escape")
    page.wait_text(".channel .message", "is rolled back", PATIENCE)
    command(page, "/endpoints titanic-survival")
    page.wait_text(".channel .message.ephemeral", "What is live where", PATIENCE)
    page.wait_text(".channel .message.ephemeral", "locked by", PATIENCE)
