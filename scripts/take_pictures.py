"""Take the documentation's pictures anew: `python scripts/take_pictures.py`; needs Debian's chromium.

It plays releases in the sandbox and photographs the local Slack's page, so that the pictures are what the code does.
"""

import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import boto3  # noqa: E402 - the paths come first
from browser.cdp import Browser, find_chromium  # noqa: E402 - the paths come first
from e2e.worlds import TITANIC, told_by, write_catalog  # noqa: E402 - the paths come first

from sandbox.aws.seed import CREDENTIALS, REGION, Version, register  # noqa: E402 - the paths come first
from sandbox.finding import CHANNEL, button_of, card_of, picture_of  # noqa: E402 - the paths come first
from sandbox.slack.wire import Json  # noqa: E402 - the paths come first
from sandbox.world import Recipe, World  # noqa: E402 - the paths come first

GLASS = {
    "titanic-survival": {**TITANIC, "gate": {"break_glass": {"users": ["U0DIEGO"], "escalate_to": ["S0MLAPPROVERS"]}}}
}
PICTURES = ROOT / "docs" / "pictures"
ANA, BRUNO, DIEGO = "U0ANA", "U0BRUNO", "U0DIEGO"
_PATIENCE = 60.0
_REPORT = (1040, 1720)
_PAGE = (1180, 1310)
_END = "[...document.querySelectorAll('.channel .message')].at(-1).scrollIntoView({ block: 'end' })"


class Studio:
    """A world, its people and a browser."""

    def __init__(self, world: World, browser: Browser) -> None:
        """Take pictures of `world` with `browser`."""
        self._world = world
        self._people = world.people
        self._browser = browser

    def take(self) -> None:
        """Play and photograph: gates, released, failed, rollback and endpoints."""
        self._release("1")
        self._warned()
        self._people.slash(ANA, CHANNEL, "/deploy titanic-survival 2")
        self._until(
            lambda state: card_of(state, "2") is not None and _told(state, "is *Updating*", card_of(state, "2"))
        )
        self._picture("deploying", ANA, self._card("2"))
        self._gate("2")
        self._picture("gate-card", BRUNO, self._illustrated("2"))
        self._try_alone("2")
        self._approve("2")
        self._until(lambda state: "verified" in str((card_of(state, "2") or {}).get("blocks")))
        self._picture("released", ANA, self._card("2"))
        self._report()
        self._people.slash(ANA, CHANNEL, "/deploy titanic-survival 3")
        self._until(lambda state: _told(state, "Smoke tests on staging failed"))
        self._picture("smoke-failed", ANA, self._illustrated("3"))
        self._thread("evidence-thread", ANA, self._card("3"))
        self._people.slash(DIEGO, CHANNEL, "/rollback titanic-survival")
        self._until(lambda state: _told(state, "Roll prod of"), DIEGO)
        self._people.slash(DIEGO, CHANNEL, "/endpoints")
        self._until(lambda state: _told(state, "What is live"), DIEGO)
        self._picture("rollback-and-endpoints", DIEGO, None)
        self._stale_evidence()

    def take_glass(self) -> None:
        """Play and photograph a break-glass: the form, what the channel sees, and the card at the end."""
        with told_by(self._world) as stories:
            story = stories("titanic-survival")
            story.release(2)
            release = story.deploy(3)
            story.until_phase(release, "smoke_failed")
            story.slash(DIEGO, "/freeze titanic-survival because the quarter ends")
            story.slash(DIEGO, f"/release break-glass {release}")
            form = self._people.wait_for(DIEGO, lambda state: state["modals"][-1] if state["modals"] else None)
            for dark in (False, True):
                self._open(DIEGO, dark=dark)
                self._browser.wait("document.querySelector('.modal, dialog, [role=dialog]') !== null")
                self._shoot("break-glass-form", dark=dark)
            why = "INC-412: v2 answers 500 to every third request. v3 is wrong more often, and it answers."
            fields = {"reason": {"reason": why}, "typed": {"typed": "titanic-survival"}}
            self._people.submit(DIEGO, form["id"], fields)
            story.close_notices(DIEGO)
            story.until_phase(release, "prod_unhealthy")
            self._until(lambda state: picture_of(card_of(state, "3") or {"blocks": None}) is not None)
            self._picture("break-glass-card", BRUNO, self._card("3"))

    def _report(self) -> None:
        """Photograph the report of the newest release that has ended, as a page of its own."""
        found = self._people.wait_for(ANA, lambda state: _reports(state) or None, _PATIENCE)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        page = self._world.folder / "report.html"
        with opener.open(found[-1], timeout=_PATIENCE) as answer:
            page.write_bytes(answer.read())
        for dark in (False, True):
            self._browser.open(page.as_uri(), dark=dark)
            self._browser.resize(*_REPORT)
            self._shoot("report", dark=dark)
        self._browser.resize(*_PAGE)

    def _stale_evidence(self) -> None:
        """Move staging under an open gate, as a person at a terminal would."""
        with told_by(self._world) as stories:
            story = stories("titanic-survival")
            version, _ = story.aws.register(like=2)
            release, _ = story.to_gate(version)
            story.aws.bring_by_hand(story.staging, "titanic-survival-load-test")
            story.look_at_staging(release)
            story.until_told(release, "The evidence is stale")
            self._picture("evidence-stale", BRUNO, story.card(release))

    def _release(self, version: str) -> None:
        self._people.slash(ANA, CHANNEL, f"/deploy titanic-survival {version}")
        self._gate(version)
        self._approve(version)

    def _warned(self) -> None:
        """Photograph the gate of a version that passes with warnings, and call that release off."""
        s3, sagemaker = (
            boto3.client(name, endpoint_url=self._world.aws_url, region_name=REGION, **CREDENTIALS)
            for name in ("s3", "sagemaker")
        )
        overfit = Version(
            "Deeper and longer: 400 trees of depth 8", "candidates/overfit", "5b0e77c", "titanic-train-0006"
        )
        version = register(s3, sagemaker, overfit).rpartition("/")[2]
        self._people.slash(ANA, CHANNEL, f"/deploy titanic-survival {version}")
        self._gate(version)
        card = self._illustrated(version)
        self._picture("gate-card-warning", BRUNO, card)
        release_id = card["text"].rpartition("(")[2].rstrip(")")
        self._people.slash(ANA, CHANNEL, f"/release cancel {release_id}")
        self._until(lambda state: "Cancelled" in (card_of(state, version) or card)["text"])

    def _gate(self, version: str) -> None:
        def offered(state: Json) -> bool:
            card = card_of(state, version)
            return card is not None and button_of(card, "Approve") is not None and _told(state, "Ready for a decision")

        self._until(offered)

    def _approve(self, version: str) -> None:
        card = self._card(version)
        button = button_of(card, "Approve")
        if button is None:
            raise RuntimeError(f"the card of version {version} has no Approve")
        self._people.click(BRUNO, card, button["action_id"])
        self._until(
            lambda state: f"v{version}" in (card_of(state, version) or card)["text"] and _released(state, version)
        )

    def _try_alone(self, version: str) -> None:
        """Have the requester click Approve, which is refused and stays on record."""
        card = self._card(version)
        button = button_of(card, "Approve")
        if button is not None:
            self._people.click(ANA, card, button["action_id"])

    def _card(self, version: str) -> Json:
        card = card_of(self._people.state(ANA), version)
        if card is None:
            raise RuntimeError(f"there is no card of version {version}")
        return card

    def _illustrated(self, version: str) -> Json:
        """Return the card of a version once it shows its picture."""
        self._until(lambda state: picture_of(card_of(state, version) or {"blocks": None}) is not None)
        return self._card(version)

    def _until(self, holds: Callable[[Json], bool], user: str = ANA) -> None:
        self._people.wait_for(user, lambda state: holds(state) or None, _PATIENCE)

    def _picture(self, name: str, user: str, card: Json | None) -> None:
        """Photograph the page, with the card at the top where there is one, in light and in dark."""
        seen = f"document.querySelector('[data-ts=\"{card['ts']}\"]').scrollIntoView()" if card is not None else _END
        for dark in (False, True):
            self._open(user, dark=dark)
            self._browser.evaluate(seen)
            self._shoot(name, dark=dark)

    def _thread(self, name: str, user: str, card: Json) -> None:
        """Photograph the page with the card's thread open at its end."""
        self._until(lambda state: any(each["files"] for each in state["messages"][CHANNEL]))
        for dark in (False, True):
            self._open(user, dark=dark)
            self._browser.evaluate(f"document.querySelector('[data-ts=\"{card['ts']}\"] .thread-line').click()")
            self._browser.wait("document.querySelectorAll('.thread .file').length > 0")
            self._load()
            self._browser.evaluate(f"document.querySelector('.channel [data-ts=\"{card['ts']}\"]').scrollIntoView()")
            self._browser.evaluate("[...document.querySelectorAll('.thread .message')].at(-1).scrollIntoView()")
            self._shoot(name, dark=dark)

    def _open(self, user: str, *, dark: bool) -> None:
        self._browser.open(f"{self._world.slack_url}/?as={user}&channel={CHANNEL}", dark=dark)
        self._browser.wait("document.querySelectorAll('[data-ts]').length > 0")
        self._load()

    def _load(self) -> None:
        """Have every image loaded: one that comes later moves what is below it."""
        self._browser.evaluate("document.querySelectorAll('img').forEach((image) => { image.loading = 'eager' })")
        self._browser.wait("[...document.images].every((image) => image.complete)")

    def _shoot(self, name: str, *, dark: bool) -> None:
        self._browser.screenshot(PICTURES / f"{name}-{'dark' if dark else 'light'}.png", dark=dark)


def _told(state: Json, text: str, card: Json | None = None) -> bool:
    """Say whether a message has the text; with a card, one of its thread."""
    within = [each for each in state["messages"].get(CHANNEL, []) if card is None or each["thread_ts"] == card["ts"]]
    return any(text in message["text"] for message in within)


def _reports(state: Json) -> list[str]:
    """Return the addresses of the report pages in the channel, the newest last."""
    files = [file for message in state["messages"].get(CHANNEL, []) for file in message["files"]]
    return [file["url_private"] for file in files if file["name"].startswith("release-") and file["filetype"] == "html"]


def _released(state: Json, version: str) -> bool:
    card = card_of(state, version)
    return card is not None and "Released" in card["text"]


def main() -> int:
    """Take every picture; 1 where there is no browser."""
    chromium = find_chromium()
    if chromium is None:
        print("install chromium first (Debian: apt install chromium)", file=sys.stderr)
        return 1
    PICTURES.mkdir(exist_ok=True)
    with World(Recipe(scale_seconds=3.0, poll_seconds=0.25)) as world, Browser(chromium, *_PAGE) as browser:
        Studio(world, browser).take()
    with TemporaryDirectory() as folder:
        recipe = Recipe(scale_seconds=3.0, poll_seconds=0.25, catalog=write_catalog(Path(folder), GLASS))
        with World(recipe) as world, Browser(chromium, *_PAGE) as browser:
            Studio(world, browser).take_glass()
    return 0


if __name__ == "__main__":
    sys.exit(main())
