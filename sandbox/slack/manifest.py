"""What the app's manifest.yaml declares: commands, scopes, events, features."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from sandbox.slack.wire import Json


@dataclass(frozen=True, slots=True)
class Command:
    """One declared slash command; ``should_escape`` turns names into ``<@U…|name>`` before delivery."""

    command: str
    description: str = ""
    usage_hint: str = ""
    should_escape: bool = False


@dataclass(frozen=True, slots=True)
class Manifest:
    """The parts of an app manifest that change how Slack treats the app."""

    app_name: str
    bot_name: str
    commands: dict[str, Command]
    scopes: frozenset[str]
    events: frozenset[str]
    interactivity: bool
    home_tab: bool
    messages_tab: bool


def read_manifest(path: Path) -> Manifest:
    """Read a YAML (or JSON) manifest; raises OSError or yaml.YAMLError when it cannot be read."""
    return manifest_of(yaml.safe_load(path.read_text(encoding="utf-8")) or {})


def manifest_of(raw: Json) -> Manifest:
    """Build a Manifest from the decoded document (schema: slackapi/manifest-schema 1.0.0).

    Optional scopes (docs.slack.dev/changelog/2026/03/16/optional-scopes) count as granted.
    """
    features: Json = raw.get("features", {})
    settings: Json = raw.get("settings", {})
    tabs: Json = features.get("app_home", {})
    scopes: Json = raw.get("oauth_config", {}).get("scopes", {})
    name: str = raw.get("display_information", {}).get("name", "App")
    return Manifest(
        app_name=name,
        bot_name=features.get("bot_user", {}).get("display_name", name),
        commands={entry["command"]: _command(entry) for entry in features.get("slash_commands", [])},
        scopes=frozenset([*scopes.get("bot", []), *scopes.get("bot_optional", [])]),
        events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", [])),
        interactivity=bool(settings.get("interactivity", {}).get("is_enabled", False)),
        home_tab=bool(tabs.get("home_tab_enabled", False)),
        messages_tab=bool(tabs.get("messages_tab_enabled", True)),
    )


def _command(entry: Json) -> Command:
    return Command(
        command=entry["command"],
        description=entry.get("description", ""),
        usage_hint=entry.get("usage_hint", ""),
        should_escape=bool(entry.get("should_escape", False)),
    )
