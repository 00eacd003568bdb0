"""One browser for all tests of the page; a local Slack per test, as a process, with the release app connected to it."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser.cdp import Browser, find_chromium

from sandbox.slack.client import SlackPeople

MANIFEST = Path(__file__).parents[2] / "manifest.yaml"
APP = Path(__file__).with_name("release_app.py")


WATCH = """window.problems = [];
for (const kind of ["error", "unhandledrejection"]) {
  addEventListener(kind, (event) => window.problems.push(String(event.message ?? event.reason)));
}"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = find_chromium()
    if executable is None:
        pytest.skip("no Chromium is installed (Debian: apt-get install chromium)")
    with Browser(executable) as started:
        yield started


@contextlib.contextmanager
def _process(*arguments: str, **extra: str) -> Iterator["subprocess.Popen[str]"]:
    env = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()} | extra
    with subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True, env=env) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def slack() -> Iterator[SlackPeople]:
    with _process("-m", "sandbox.slack", "--manifest", str(MANIFEST), "--ack-seconds", "1") as server:
        assert server.stdout is not None
        yield SlackPeople(json.loads(server.stdout.readline())["url"])


@pytest.fixture
def app(slack: SlackPeople) -> Iterator[None]:
    with _process(str(APP), SLACK_API_URL=f"{slack.url}/api/"):
        slack.wait_online(20)
        yield


@pytest.fixture
def visit(browser: Browser, slack: SlackPeople) -> Callable[[str, str], Browser]:
    """Open the page as a person; what goes wrong in the page's scripts is collected in ``window.problems``."""

    def go(user: str = "U0ANA", path: str = "/") -> Browser:
        browser.call("Page.enable")
        known = browser.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        browser.open(f"{slack.url}{path}{'&' if '?' in path else '?'}as={user}")
        browser.call("Page.removeScriptToEvaluateOnNewDocument", identifier=known["identifier"])
        browser.wait("document.querySelector('#composer') !== null")
        return browser

    return go
