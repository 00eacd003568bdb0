"""What is printed, kept, posted and exported holds no secret, whatever went wrong; and no scope of Slack's is idle."""

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from e2e.test_http_mode import signed
from e2e.worlds import StartWorld, told_by
from fakes.polling import PATIENCE_SECONDS, until
from fakes.story import ANA, BRUNO, CARLA, DIEGO, Stories, Story
from redis import Redis

from bot.cli import main
from sandbox.slack.directory import BOT_TOKEN, SIGNING_SECRET, VERIFICATION_TOKEN
from sandbox.world import ROOT, World

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

STORE_PASSWORD = "a-password-of-the-store"
AWS_SECRET = "a-secret-access-key-of-aws"
CAPABILITY = "a-capability"
"""The end of a response_url: of what cannot be read, an error may show the end only."""
ANSWERABLE_SECONDS = 1800
ZLIB = b"\x78\x9c"
MANIFEST = yaml.safe_load((ROOT / "manifest.yaml").read_text(encoding="utf-8"))
SECRETS = (STORE_PASSWORD, AWS_SECRET, BOT_TOKEN, SIGNING_SECRET, VERIFICATION_TOKEN, CAPABILITY)


@dataclass(frozen=True)
class Given:
    """What runs `sluice` in this process."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Given:
    return Given(monkeypatch, capsys)


def test_no_secret_leaves_by_a_side_door(new_world: StartWorld, asked: Given) -> None:
    world = new_world({"told": {}, "failing": {}}, http=True, bots=0, workers=0)
    _lock_the_store(world)
    given = {"REDIS_URL": world.redis_url, "AWS_SECRET_ACCESS_KEY": AWS_SECRET}
    for command in ("bot", "worker"):
        world.launch(command, command, SLUICE_LOG_LEVEL="debug", SLUICE_LOG_FORMAT="json", **given)
    world.people.wait_online(PATIENCE_SECONDS)
    with told_by(world) as stories:
        release = _play(world, stories)
        passing = _capabilities(world)
        assert len(passing) > 10
        kept = _everything_kept(world)
        exported = _exported(world, release, asked)
        posted = "".join(json.dumps(_people_see(world, user)) for user in (ANA, BRUNO, CARLA, DIEGO))
        scopes = MANIFEST["oauth_config"]["scopes"]
        # Messages are looked for only when it is not known any more whether or where they stand.
        used = _scopes_used(world) - set(scopes["bot_optional"])
        assert used == set(scopes["bot"]), "each is needed, and no other"
        _break_the_store(world, stories("told"), asked)
    logged = "".join(world.process(name).log.read_text(encoding="utf-8") for name in ("bot", "worker"))
    assert "Traceback" in logged, "a listener failed, and its traceback is among what is looked at"
    assert release in logged
    for where, text in {"logged": logged, "kept": kept, "exported": exported, "posted": posted}.items():
        assert [secret for secret in (*SECRETS, *passing) if secret in text] == [], where


def _lock_the_store(world: World) -> None:
    """Give the store a password, which is then part of its address."""
    with Redis.from_url(world.redis_url) as store:
        store.config_set("requirepass", STORE_PASSWORD)
    world.redis_url = world.redis_url.replace("redis://", f"redis://:{STORE_PASSWORD}@")


def _play(world: World, stories: Stories) -> str:
    """Have a release rejected and one done and undone, and as much as possible go wrong; return the released one."""
    told = stories("told")
    assert "no version" in told.slash(ANA, "/deploy told seven")
    refused, card = told.to_gate(1)
    assert told.click(BRUNO, card, "Reject") == ""
    assert told.submit(BRUNO, "not this one")["ok"]
    told.until_phase(refused, "rejected")
    told.close_notices(BRUNO)
    world.people.fault(method="chat.update", error="invalid_auth", times=1)
    world.people.fault(method="chat.postMessage", error="internal_error", times=1)
    world.people.fault(method="users.info", error="token_revoked", times=1)
    release, _ = told.to_gate(2)
    assert "counts" in told.approve(release)
    told.until_phase(release, "released")
    told.until_told(release, "is released to prod")
    told.slash(ANA, "/endpoints")
    failing = stories("failing")
    failing.until_phase(failing.deploy(99), "package_refused")
    _send_what_no_listener_can_read(world)
    return release


def _send_what_no_listener_can_read(world: World) -> None:
    """A command without a sender, rightly signed: what the listener raises goes into the log with its traceback."""
    fields = {"command": "/deploy", "text": "told 2", "trigger_id": "1.2.unreadable"}
    more = {"team_id": "T0SANDBOX", "response_url": f"https://hooks.slack.test/commands/{CAPABILITY}"}
    status, said = signed(world, {"token": VERIFICATION_TOKEN, **fields, **more})
    assert (status, "Something went wrong" in said) == (200, True)


def _capabilities(world: World) -> set[str]:
    """Return every response_url's path and every trigger id that passed from Slack to the bot."""
    crossings = world.people.state(ANA)["inspector"]
    bodies = [each["body"] for each in crossings if each["direction"] == "to_app" and isinstance(each["body"], dict)]
    urls = {urlsplit(body["response_url"]).path for body in bodies if "response_url" in body}
    return urls | {body["trigger_id"] for body in bodies if "trigger_id" in body}


def _everything_kept(world: World) -> str:
    """Return all keys and values of the store as one text."""
    with Redis.from_url(world.redis_url) as client:
        store: Any = client  # its types mix the sync client with the async one
        keys = list(store.scan_iter(count=1000))
        answerable = [key for key in keys if key.startswith(b"sluice:note:request:")]
        assert answerable, "where to answer is kept, by itself"
        assert all(0 < store.ttl(key) <= ANSWERABLE_SECONDS for key in answerable)
        return "\n".join(
            _readable(part) for key in keys for part in [key, *_values(store, key)] if key not in answerable
        )


def _values(store: Any, key: bytes) -> Iterable[bytes]:
    match store.type(key):
        case b"string":
            return [store.get(key) or b""]
        case b"hash":
            return [part for pair in store.hgetall(key).items() for part in pair]
        case b"list":
            return list(store.lrange(key, 0, -1))
        case b"set":
            return list(store.smembers(key))
        case _:
            return list(store.zrange(key, 0, -1))


def _readable(value: bytes) -> str:
    """Return a value as text; records are compressed."""
    data = zlib.decompress(value) if value[:2] == ZLIB else value
    return data.decode("utf-8", "replace")


def _exported(world: World, release: str, given: Given) -> str:
    """Return what auditors get: the export and the reports."""
    given.monkeypatch.setenv("REDIS_URL", world.redis_url)
    given.capsys.readouterr()
    for words in (
        ["export"],
        ["export", "--format", "csv"],
        ["report", release],
        ["report", release, "--format", "json"],
    ):
        assert main(["audit", *words]) == 0
    return given.capsys.readouterr().out


def _people_see(world: World, user: str) -> object:
    """Return what a person sees. A form's metadata goes to Slack and back, and nobody is shown it."""
    state = world.people.state(user)
    views = [view["view"] for view in state["modals"]]
    for view in views:
        view["private_metadata"] = ""
    return [state["messages"], views, state["home"]]


def _scopes_used(world: World) -> set[str]:
    """Return the scopes without which Slack would have refused something of what was done."""
    return set(world.people.state(ANA)["app"]["scopes_used"])


def _break_the_store(world: World, story: Story, given: Given) -> None:
    """Have bot and worker talk with a store that is not there, and with one that does not let them in."""
    for wrong in (
        f"redis://:{STORE_PASSWORD}x@127.0.0.1:{world.valkey.port}/0",
        f"redis://:{STORE_PASSWORD}/x@127.0.0.1:1/0",
    ):
        given.monkeypatch.setenv("REDIS_URL", wrong)
        assert main(["audit", "verify"]) == 2
        said = given.capsys.readouterr()
        assert "REDIS_URL" in said.err
        assert STORE_PASSWORD not in said.err + said.out
    world.valkey.kill()
    until(lambda: "cannot reach its store" in story.slash(ANA, "/release"), "an answer without a store")
    for name in ("bot", "worker"):
        world.process(name).kill()  # in order, they would wait for the store
