"""Writes the reference pages from the code: `python docs/generate.py`; `--check` says which are stale, and fails.

What the code cannot say in words stands in words.yaml; a name that one of the two has and the other lacks is an error.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from attacks import attacks
from audit_log import act_field_names, audit_log
from evidence_record import evidence_record, field_names
from iam_policies import iam
from markdown_pages import code, page, table
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from slack_faults import slack_faults
from suite_language import smoke_suites

from bot.catalog.entry import CatalogSpec, ModelSpec
from bot.catalog.forms import S3_PLACE
from bot.catalog.seed import SeedSpec
from bot.settings import SECRETS, SEED_VARIABLES, Settings
from handlers.grammar import COMMANDS
from handlers.views.phases import SIGNS
from handlers.views.usage import FORMS
from services.release import events as e
from services.release.lifecycle import MOVES, TERMINAL
from services.release.model import Phase
from services.release.rules import RULES
from services.smoke.metrics import METRICS

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent


class Words(BaseModel, extra="forbid", frozen=True):
    """What words.yaml holds; each section maps a name of the code to a sentence."""

    terms: dict[str, str]
    phases: dict[str, str]
    commands: dict[str, str]
    variables: dict[str, str]
    reasons: dict[Literal["to a person", "of a release", "of stale evidence"], dict[str, str]]
    measurements: dict[str, str]
    record: dict[str, str]
    audit: dict[str, str]


def read_words() -> Words:
    """Read words.yaml and hold it against the code.

    Raises:
        SystemExit: it has too few or too many names.
    """
    words = Words.model_validate(yaml.safe_load((DOCS / "words.yaml").read_text(encoding="utf-8")))
    wanted: list[tuple[str, Iterable[str], Iterable[str]]] = [
        ("phases", words.phases, (phase.value for phase in Phase)),
        ("commands", words.commands, COMMANDS),
        ("variables", words.variables, SEED_VARIABLES),
        ("measurements", words.measurements, (name for name, metric in METRICS.items() if not metric.of)),
        ("record", words.record, field_names()),
        ("audit", words.audit, act_field_names()),
    ]
    for section, have, need in wanted:
        if odd := set(have) ^ set(need):
            sys.exit(f"docs/words.yaml and the code disagree about {section}: {', '.join(sorted(odd))}")
    return words


# --- Pages -------------------------------------------------------------------------------------------------------


def commands(words: Words) -> str:
    """Render the slash commands: the manifest's description, the forms that `help` shows, who may."""
    manifest = yaml.safe_load((ROOT / "manifest.yaml").read_text(encoding="utf-8"))
    described = {each["command"]: each["description"] for each in manifest["features"]["slash_commands"]}
    parts = [
        (
            "`help` after any command shows its forms in Slack. A mistake is answered privately with the right form. "
            "Typographic quotes and dashes are understood. Only the person who typed a command sees its answer; "
            "a release's card and thread, and what was frozen or thawed, are for the whole channel."
        ),
    ]
    for command in COMMANDS:
        parts += [
            f"## {command}",
            f"{described[command]}.",
            table(("Form", "What it does"), ((code(form), what) for form, what in FORMS[command])),
            f"Who may: {words.commands[command]}",
        ]
    return page("Slash commands", *parts)


def settings(words: Words) -> str:
    """Render the environment variables."""
    rows = ((code(name.upper()), _default(field), field.description or "") for name, field in _fields(Settings))
    seed = (
        (code(name), _default(SeedSpec.model_fields[name.lower()]), words.variables[name]) for name in SEED_VARIABLES
    )
    return page(
        "Settings",
        "Both processes read them from the environment, and refuse to start with a list of everything that is wrong. "
        "`sluice check` reads all of it and starts nothing.",
        table(("Variable", "Default", "What it is"), rows),
        "A secret, which is any of " + ", ".join(code(name.upper()) for name in SECRETS) + ", may be named "
        "instead of given: `file:/run/secrets/slack-bot-token` for a file, as Docker and Kubernetes mount secrets, or "
        "the ARN of a secret in AWS Secrets Manager, with `#KEY` where it is a JSON object: "
        "`arn:aws:secretsmanager:eu-west-1:123456789012:secret:sluice-AbCdEf#slack_bot_token`. It is read when the "
        "process starts; after a rotation start the processes anew, one after the other. Whoever starts a process with "
        "an ARN needs `secretsmanager:GetSecretValue` on it, the bot too, which has no other need of AWS, and "
        "`kms:Decrypt` where the secret is under a key of your own.",
        "boto3 reads its own variables too: credentials, and `AWS_ENDPOINT_URL` for another SageMaker than Amazon's.",
        "## One model without a catalog",
        "When `SLUICE_CATALOG` is not set, these describe the one model. Its name, as typed after `/deploy`, is the "
        "model package group's in lower case. Use a [catalog](catalog.md) for anything more: several models, "
        "operators, a smoke suite of your own, a lifetime of the gate.",
        table(("Variable", "Default", "What it is"), seed),
    )


def catalog(_words: Words) -> str:
    """Render the keys of the catalog file, and the sandbox's catalog as the example."""
    example = (ROOT / "sandbox" / "catalog" / "catalog.yaml").read_text(encoding="utf-8").strip()
    return page(
        "The catalog",
        "A YAML file, named by `SLUICE_CATALOG`, with one entry per model under `models`. The name of an entry is what "
        "people type after `/deploy`: lower-case letters, digits and hyphens. A key that is not listed here is "
        "refused, and so is an endpoint that two entries share.",
        "A release copies its entry when it is asked for, so a later edit never changes a release that is under way. "
        "Who may decide is looked up in the catalog at each click. Restart the processes after an edit.",
        table(("Key", "Form", "Default", "What it is"), _catalog_rows(ModelSpec, "")),
        f"Beside `models`, the file may have `people`. {CatalogSpec.model_fields['people'].description}",
        "A span is a whole number and `s`, `m`, `h` or `d`: `90s`, `30m`, `4h`, `7d`.",
        "## Example",
        f"The sandbox's own catalog:\n\n```yaml\n{example}\n```",
    )


def phases(words: Words) -> str:
    """Render the state machine: a diagram and the table it is drawn from."""
    under_way = (_phase_row(phase, words) for phase in Phase if phase not in TERMINAL)
    ended = (_phase_row(phase, words) for phase in Phase if phase in TERMINAL)
    moves = (
        (code(phase.value), code(event.__name__), code(target.value) if target is not phase else "stays")
        for (phase, event), target in MOVES.items()
        if event not in _SHARED
    )
    return page(
        "Phases",
        "Where a release stands. The table of moves in `services/release/lifecycle.py` is the whole state machine: an "
        "event that it does not list for a phase cannot happen there.",
        f"```mermaid\n{_diagram()}\n```",
        "Not drawn: `GaveUp` leads from every phase under way to `errored`; `StepErrored`, `Recovered` and "
        "`RegistryNotMarked` leave a release where it is. `CleanedUp` and `Rebuilt` may follow every outcome and "
        "change no phase.",
        "## Under way",
        table(("Phase", "On the card", "What happens"), under_way),
        "## Outcomes",
        table(("Phase", "On the card", "What it means"), ended),
        "## Moves",
        table(("In phase", "When", "Becomes"), moves),
    )


def events(_words: Words) -> str:
    """Render the events: what each means, what it holds, where it may happen."""
    parts = [
        (
            "What can be written in a release's log. An event is a fact: it is stored together with the new state of "
            "the release, in one step, and told to people afterwards."
        ),
    ]
    for event in get_args(e.Event):
        held = ", ".join(code(field.name) for field in fields(event)) or "nothing"
        where = [phase for (phase, kind) in MOVES if kind is event]
        everywhere = len(where) == len(Phase)
        named = "every phase" if everywhere else ", ".join(code(phase.value) for phase in where)
        if not everywhere and set(where) == TERMINAL:
            named = "every outcome"
        parts.append(f"## {event.__name__}\n\n{_sentence(event)}\n\nHolds {held}. Happens in {named}.")
    return page("Events", *parts)


def reason_codes(words: Words) -> str:
    """Render the reason codes."""
    answers, outcomes = words.reasons["to a person"], words.reasons["of a release"]
    return page(
        "Reason codes",
        "Stable words for machines; people get a sentence. They do not change their meaning between versions.",
        "## In an answer to a person",
        "Why a command or a click was not carried out. Nothing was changed. The answer names the rule that it rests "
        "on: a key of the [catalog](catalog.md), with its value where that matters, or one of the "
        "[invariants](../explanation/invariants.md), which no catalog can change.",
        table(
            ("Code", "Meaning", "Rests on"), ((code(name), text, RULES.get(name, "")) for name, text in answers.items())
        ),
        "## In the outcome of a release",
        "Kept in the release's document with a sentence of detail, which the card shows as *Why*.",
        table(("Code", "Outcome and meaning"), ((code(name), text) for name, text in outcomes.items())),
        "## Of stale evidence",
        "Why the evidence that a gate rests on no longer holds; the release's document keeps it with a sentence. See "
        "[when evidence is stale](../how-to/when-evidence-is-stale.md).",
        table(("Code", "Meaning"), ((code(name), text) for name, text in words.reasons["of stale evidence"].items())),
    )


def words_page(words: Words) -> str:
    """Render the glossary: the terms, then every phase and event."""
    terms = ((f"**{term}**", text) for term, text in words.terms.items())
    named = ((code(phase.value), words.phases[phase.value]) for phase in Phase)
    facts = ((code(event.__name__), _sentence(event)) for event in get_args(e.Event))
    return page(
        "Words",
        "One word for one thing, in the code, in Slack and in these pages. Phases are present participles or outcomes, "
        "events are in the past tense, orders in the imperative.",
        table(("Word", "Meaning"), terms),
        "## Phases",
        table(("Phase", "Meaning"), named),
        "## Events",
        table(("Event", "Meaning"), facts),
    )


# --- Parts of pages ----------------------------------------------------------------------------------------------

_SHARED = {e.GaveUp, e.StepErrored, e.Recovered, e.RegistryNotMarked, e.Rebuilt, e.CleanedUp}


def _diagram() -> str:
    lines = ["stateDiagram-v2", "    [*] --> checking_package: /deploy", "    [*] --> rolling_back: /rollback"]
    edges: dict[tuple[Phase, Phase], list[str]] = {}
    for (phase, event), target in MOVES.items():
        if event not in _SHARED and target is not phase:
            edges.setdefault((phase, target), []).append(event.__name__)
    lines += [f"    {start.value} --> {end.value}: {', '.join(names)}" for (start, end), names in edges.items()]
    reached = {end for _, end in edges}
    return "\n".join(lines + [f"    {phase.value} --> [*]" for phase in Phase if phase in TERMINAL & reached])


def _phase_row(phase: Phase, words: Words) -> tuple[str, str, str]:
    return code(phase.value), " ".join(SIGNS[phase]), words.phases[phase.value]


def _sentence(event: type[e.Event]) -> str:
    return (event.__doc__ or "").strip().split("\n\n")[0]


def _fields(model: type[BaseModel]) -> Iterable[tuple[str, FieldInfo]]:
    return model.model_fields.items()


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is PydanticUndefined:
        return "needed"
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None or value == "":
        return "not set"
    return code(str(value).lower() if isinstance(value, bool) else str(value))


def _catalog_rows(model: type[BaseModel], prefix: str) -> Iterable[tuple[str, str, str, str]]:
    properties = model.model_json_schema()["properties"]
    for name, field in _fields(model):
        inner, what = field.annotation, field.description or ""
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield code(f"{prefix}{name}"), "", "", what
            yield from _catalog_rows(inner, f"{prefix}{name}.")
        else:
            default = "none" if field.default in ([], {}) else _default(field)
            yield code(f"{prefix}{name}"), _form(properties[name]), default, what


def _form(schema: Mapping[str, Any]) -> str:
    """Say what a value of the catalog looks like, from its JSON schema."""
    schema = next((each for each in schema.get("anyOf", ()) if each["type"] != "null"), schema)
    if "enum" in schema:
        return ", ".join(code(value) for value in schema["enum"])
    if schema["type"] == "object":
        return f"any of {', '.join(map(code, schema['propertyNames']['enum']))}, each with a whole number"
    kind = {"array": "list", "boolean": "true or false", "integer": "whole number", "string": "text"}[schema["type"]]
    pattern = schema.get("pattern") or schema.get("items", {}).get("pattern")
    return f"{kind}, {_pattern_in_words(pattern)}" if pattern else kind


def _pattern_in_words(pattern: str) -> str:
    """Return a pattern as people know it where it has a name, else itself."""
    known: Mapping[str, str] = {
        "^[1-9][0-9]*[smhd]$": "a span",
        "^[0-9]{12}$": "12 digits",
        "^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$": "at most 63 letters, digits and inner hyphens",
        "^[UW][A-Z0-9]+$": "user ids",
        "^S[A-Z0-9]+$": "user group ids",
        r"\S": "lines",
        "^[CG][A-Z0-9]+$": "a channel id",
        S3_PLACE: "`s3://bucket` or `s3://bucket/prefix`",
    }
    return known.get(pattern, code(pattern))


# --- Writing -----------------------------------------------------------------------------------------------------

PAGES: Mapping[str, Callable[[Words], str]] = {
    "reference/commands.md": commands,
    "reference/settings.md": settings,
    "reference/catalog.md": catalog,
    "reference/smoke-suites.md": lambda words: smoke_suites(words.measurements),
    "reference/evidence-record.md": lambda words: evidence_record(words.record),
    "reference/attacks.md": attacks,
    "reference/slack-faults.md": slack_faults,
    "reference/audit-log.md": lambda words: audit_log(words.audit),
    "reference/phases.md": phases,
    "reference/events.md": events,
    "reference/reason-codes.md": reason_codes,
    "reference/iam.md": lambda _words: iam(),
    "explanation/words.md": words_page,
}
"""Page, below docs/ -> what renders it."""


def main() -> int:
    """Write every page, or say which are stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a page is stale")
    check: Any = parser.parse_args().check
    words, stale = read_words(), []
    for name, render in PAGES.items():
        path, text = DOCS / name, render(words)
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not check:
            path.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"docs/{name} {'is stale; run make docs' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
