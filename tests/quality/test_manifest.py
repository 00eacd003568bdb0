"""manifest.yaml: Slack's own rules, ours, and agreement with what the code listens to and calls.

Slack's rules are those of its published schema (slackapi/manifest-schema 1.0.0); the consistency rules are what the
schema cannot say.
"""

import re
from typing import Any

import pytest
import yaml
from quality.sources import ROOT, sources

from handlers.grammar import COMMANDS

MANIFEST: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yaml").read_text(encoding="utf-8"))
SLASH_COMMANDS: list[dict[str, Any]] = MANIFEST["features"]["slash_commands"]
OPTIONAL: list[str] = MANIFEST["oauth_config"]["scopes"]["bot_optional"]
SCOPES: list[str] = [*MANIFEST["oauth_config"]["scopes"]["bot"], *OPTIONAL]
SETTINGS: dict[str, Any] = MANIFEST["settings"]

SECTIONS = {
    "_metadata": {"major_version", "minor_version"},
    "display_information": {"name", "description", "long_description", "background_color"},
    "features": {"app_home", "bot_user", "shortcuts", "slash_commands", "unfurl_domains"},
    "oauth_config": {"redirect_urls", "scopes"},
    "settings": {
        "allowed_ip_address_ranges",
        "event_subscriptions",
        "interactivity",
        "org_deploy_enabled",
        "socket_mode_enabled",
        "token_rotation_enabled",
    },
}
# docs.slack.dev/reference/methods: the bot scopes that each method asks for.
HISTORY = {"channels:history", "groups:history"}
METHOD_SCOPES: dict[str, set[str]] = {
    "chat.delete": {"chat:write"},
    "chat.getPermalink": set(),
    "chat.postEphemeral": {"chat:write"},
    "chat.postMessage": {"chat:write"},
    "chat.update": {"chat:write"},
    "auth.test": set(),
    "conversations.history": HISTORY,
    "conversations.replies": HISTORY,
    "files.upload.v2": {"files:write"},  # slack_sdk's name for getUploadURLExternal and completeUploadExternal together
    "usergroups.users.list": {"usergroups:read"},
    "users.info": {"users:read"},
    "views.open": set(),
    "views.publish": set(),
    "views.push": set(),
    "views.update": set(),
}


def test_every_section_is_one_that_slack_knows() -> None:
    assert set(MANIFEST) <= set(SECTIONS)
    for section, known in SECTIONS.items():
        assert set(MANIFEST[section]) <= known


def test_texts_are_as_short_as_slack_wants_them() -> None:
    display = MANIFEST["display_information"]
    assert len(display["name"]) <= 35
    assert len(display["description"]) <= 140
    assert 174 <= len(display["long_description"]) <= 4000
    assert re.fullmatch(r"#(?:[0-9a-fA-F]{3}){1,2}", display["background_color"])
    assert re.fullmatch(r"[A-Za-z0-9._ -]{1,80}", MANIFEST["features"]["bot_user"]["display_name"])


@pytest.mark.parametrize("command", SLASH_COMMANDS, ids=lambda command: str(command["command"]))
def test_a_command_is_well_formed(command: dict[str, Any]) -> None:
    assert set(command) <= {"command", "url", "description", "usage_hint", "should_escape"}
    assert re.fullmatch(r"/[a-z0-9_-]{1,31}", command["command"])
    assert 1 <= len(command["description"]) <= 2000
    assert len(command["usage_hint"]) <= 1000


def test_urls_are_there_exactly_when_slack_calls_us() -> None:
    addresses = [command.get("url") for command in SLASH_COMMANDS]
    addresses += [SETTINGS[part].get("request_url") for part in ("event_subscriptions", "interactivity")]
    assert [address is None for address in addresses] == [SETTINGS["socket_mode_enabled"]] * len(addresses)


def test_the_declared_commands_are_those_of_the_grammar() -> None:
    assert [command["command"] for command in SLASH_COMMANDS] == list(dict.fromkeys(COMMANDS))


def test_the_home_tab_is_declared_with_its_event() -> None:
    assert MANIFEST["features"]["app_home"]["home_tab_enabled"]
    assert SETTINGS["event_subscriptions"]["bot_events"] == _listened_events()


def _listened_events() -> list[str]:
    return sorted(
        {event for source in sources("handlers") for event in re.findall(r"app\.event\(\"(\w+)\"\)", source.text)}
    )


def test_buttons_and_modals_are_declared() -> None:
    assert SETTINGS["interactivity"]["is_enabled"]


def test_no_scope_is_missing_and_none_is_superfluous() -> None:
    needed = {scope for method in _called_methods() for scope in METHOD_SCOPES[method]}
    assert {*needed, "commands"} == set(SCOPES)
    assert set(OPTIONAL) == HISTORY, "Sluice does all but find what it may have said without them"
    assert len(SCOPES) == len(set(SCOPES))


def _called_methods() -> set[str]:
    """Return the Web API methods that the product calls, as Slack writes them."""
    families = "|".join(
        sorted({method.split(".")[0] for method in METHOD_SCOPES} | {"conversations", "files", "reactions"})
    )
    called = rf"\.((?:{families})_\w+)[(,]"
    names = {name for source in sources("bot", "handlers", "services") for name in re.findall(called, source.text)}
    return {name.replace("_", ".") for name in names}


def test_each_scope_says_why() -> None:
    text = (ROOT / "manifest.yaml").read_text(encoding="utf-8")
    assert [scope for scope in SCOPES if not re.search(rf"- {scope} # \S", text)] == []
