"""`sluice policy test FILE`: examples of who may decide what, held against the catalog, so that policy is reviewed."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from bot.catalog.forms import ChannelId, Span, UserGroupId, UserId, seconds_of
from bot.catalog.gate import RiskName
from bot.catalog.reading import read_catalog
from bot.settings import Misconfigured
from services.release import events as e
from services.release.catalog import Catalog, Membership, ModelEntry
from services.release.deciding import Allowed, Circumstances, approval, breakable, cancellation, rejection, rerun
from services.release.model import (
    CheckResult,
    Evidence,
    Freeze,
    Gate,
    Kind,
    Lock,
    ModelPackage,
    Phase,
    Release,
    Serving,
    Staleness,
    Verdict,
)
from services.release.naming import role_name
from services.release.policy import Denied, Groups, Permitted, may_hold, may_request, may_roll_back
from services.release.rules import RULES
from services.release.terms import Vote

_MONDAY_MORNING = datetime(2026, 1, 5, 10, tzinfo=UTC)
_NONCE = "nonce"
_DIGEST = "digest"
_RELEASE_ID = "r00000000"
_LIVE = Serving(config="live", image="image", schema=("takes text/csv", "answers text/csv"))

OUTCOMES: Mapping[type[e.Event], str] = {
    e.VoteCast: "voted",
    e.Approved: "approved",
    e.Rejected: "rejected",
    e.Cancelled: "cancelled",
    e.RerunRequested: "run again",
    e.GlassBroken: "broke glass",
}
"""What happens -> how an example says so; what makes no event is `allowed`."""


def _known(expected: str) -> str:
    """Refuse a reason code that no refusal has: such an example would fail for a reason that it hides."""
    code = expected.removeprefix("refused: ")
    if code != expected and code not in RULES:
        message = f"there is no reason code {code}; they are {', '.join(sorted(RULES))}"
        raise ValueError(message)
    return expected


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Example(_Strict):
    """One example: a person does something about a release, and what comes of it."""

    what: str = Field(default="", description="The example in words.")
    model: str = Field(default="", description="The model; needed where the catalog has several.")
    does: Literal["deploy", "approve", "reject", "cancel", "run again", "break glass", "roll back", "freeze"] = Field(
        default="approve", description="What the person does."
    )
    by: UserId = Field(description="Who does it.")
    is_a: Literal["member", "bot", "guest", "deactivated", "stranger", "unknown"] = Field(
        default="member", description="What the person is to the workspace."
    )
    channel: ChannelId | None = Field(default=None, description="The channel in which a release is asked for.")
    requested_by: UserId = Field(default="U0", description="Who asked for the release.")
    votes: list[UserId] = Field(default=[], description="Who has voted to approve before.")
    at: AwareDatetime = Field(default=_MONDAY_MORNING, description="When; a Monday morning in January if not given.")
    after: Literal["passed", "smoke_failed", "smoke_undecided", "recheck_failed", "staging_moved"] = Field(
        default="passed", description="How staging's tests ended, for a break-glass: or why the evidence is stale."
    )
    waited: Span | None = Field(default=None, description="How long the gate has been open by then.")
    shows: list[RiskName] = Field(default=[], description="What of `gate.risk` the release shows.")
    fills_in: bool = Field(default=True, description="Whether a reason is given and the checklist ticked, where asked.")
    locked: bool = Field(default=False, description="Whether prod of the model is locked.")
    frozen: bool = Field(default=False, description="Whether promotions are frozen.")
    expect: Annotated[
        str,
        Field(pattern=r"^(voted|approved|rejected|cancelled|run again|broke glass|allowed|refused: [a-z_]+)$"),
        AfterValidator(_known),
    ] = Field(description="What comes of it: an outcome, or `refused: ` and a reason code.")


class Examples(_Strict):
    """A file of examples."""

    catalog: str = Field(description="The catalog, relative to this file.")
    groups: dict[UserGroupId, list[UserId] | None] = Field(
        default={}, description="Members of each user group; null for one that cannot be read."
    )
    examples: list[Example] = Field(min_length=1, description="The examples.")


@dataclass(frozen=True, slots=True)
class Judged:
    """An example with its line in the file (from 1), what came of it, and the rule that it rests on."""

    example: Example
    line: int
    outcome: str
    rule: str

    @property
    def holds(self) -> bool:
        """Say whether it is as expected."""
        return self.outcome == self.example.expect


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `test FILE`."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    test = actions.add_parser("test", help="hold examples of who may do what against the catalog")
    test.add_argument("file", metavar="FILE", type=Path, help="a YAML file of examples")


def policy(options: argparse.Namespace) -> int:
    """Hold the examples against the catalog; 0 is success, 1 that one of them is not as expected.

    Raises:
        Misconfigured: the file, or the catalog that it names, cannot be used.
    """
    path: Path = options.file
    judged = judge(path)
    for each in judged:
        if not each.holds:
            said = f"{each.example.what}: " if each.example.what else ""
            wanted, found = each.example.expect, each.outcome
            print(f"{path}:{each.line}: {said}expected {wanted}, is {found} ({each.rule})", file=sys.stderr)
    wrong = sum(not each.holds for each in judged)
    print(f"{path}: {len(judged)} examples, {wrong} not as expected")
    return 1 if wrong else 0


def judge(path: Path) -> Sequence[Judged]:
    """Read a file of examples and say what comes of each.

    Raises:
        Misconfigured: the file, or the catalog that it names, cannot be used.
    """
    read, lines = _read(path)
    catalog = read_catalog(path.parent / read.catalog)
    groups = {group: frozenset(users) if users is not None else None for group, users in read.groups.items()}
    judged = []
    for example, line in zip(read.examples, lines, strict=True):
        entry = _entry(catalog, example, f"{path}:{line}")
        found = _outcome(example, entry, groups)
        outcome = f"refused: {found.code}" if isinstance(found, Denied) else _word(found)
        judged.append(Judged(example, line, outcome, found.rule))
    return judged


def _word(found: Allowed | Permitted) -> str:
    return OUTCOMES[type(found.event)] if isinstance(found, Allowed) else "allowed"


def _outcome(example: Example, entry: ModelEntry, groups: Groups) -> Allowed | Permitted | Denied:
    release, by = _release(example, entry, groups), example.by
    lock = Lock(entry.name, "U0", "", example.at) if example.locked else None
    freezes = (Freeze(entry.name, "U0", "", example.at),) if example.frozen else ()
    membership = None if example.is_a == "unknown" else Membership(example.is_a)
    around = Circumstances(entry, groups, example.at, lock, freezes, membership)
    terms = entry.deployment.terms
    yes = e.VoteCast(by, "-", ticked=terms.checklist) if example.fills_in else e.VoteCast(by)
    judges: Mapping[str, Callable[[], Allowed | Permitted | Denied]] = {
        "approve": lambda: approval(release, _NONCE, yes, around),
        "reject": lambda: rejection(release, _NONCE, by, "", around),
        "cancel": lambda: cancellation(release, by, "", around),
        "break glass": lambda: breakable(_found(release, example), by, around),
        "run again": lambda: rerun(_stale(release, example.at), _NONCE, by, around),
        "roll back": lambda: may_roll_back(entry, by, groups, membership),
        "freeze": lambda: may_hold(entry, by, groups, membership),
        "deploy": lambda: may_request(entry, by, example.channel or "", membership),
    }
    return judges[example.does]()


def _release(example: Example, entry: ModelEntry, groups: Groups) -> Release:
    """Return a release at its gate, as the example has it."""
    opened = example.at - timedelta(seconds=seconds_of(example.waited) if example.waited else 0)
    ends = opened + timedelta(seconds=entry.deployment.gate_lifetime_seconds)
    return Release(
        id=_RELEASE_ID,
        kind=Kind.DEPLOY,
        model=entry.name,
        wanted="1",
        deployment=entry.deployment,
        requested_by=example.requested_by,
        requested_at=opened,
        phase=Phase.AWAITING_APPROVAL,
        phase_since=opened,
        package=ModelPackage("", entry.deployment.package_group, 1),
        evidence=_evidence(example, entry),
        gate=Gate(_NONCE, opened, ends, "", None if "first_release" in example.shows else _LIVE.config, _DIGEST),
        votes=tuple(Vote(voter, opened, _DIGEST, groups=_required(entry, voter, groups)) for voter in example.votes),
    )


def _evidence(example: Example, entry: ModelEntry) -> Evidence:
    """Return what a suite saw of a candidate that differs from prod in just what the example shows."""
    deployment = entry.deployment
    live = replace(_LIVE, instance_type=deployment.instance_type, role=role_name(deployment.execution_role_arn))
    warned = CheckResult("", Verdict.FAILED, "", "", blocking=False)
    return Evidence(
        suite="",
        suite_digest="",
        endpoint="",
        config="",
        verdict=Verdict.PASSED,
        checks=(warned,) if "warnings" in example.shows else (),
        requests_sent=0,
        latency_ms={},
        sample=(),
        started_at=example.at,
        seconds=0.0,
        candidate=replace(
            live,
            image="other" if "image" in example.shows else live.image,
            schema=("takes another",) if "schema" in example.shows else live.schema,
            environment=(("NEW", ""),) if "environment" in example.shows else (),
        ),
        prod=replace(
            live,
            instance_type="other" if "instance_type" in example.shows else live.instance_type,
            role="other" if "role" in example.shows else live.role,
        ),
    )


def _required(entry: ModelEntry, voter: str, groups: Groups) -> tuple[str, ...]:
    wanted = entry.deployment.terms.groups_required
    return tuple(group for group in wanted if voter in (groups.get(group) or ()))


def _stale(release: Release, at: datetime, code: str = "staging_moved") -> Release:
    return replace(release, phase=Phase.EVIDENCE_STALE, stale=Staleness(code, "", at))


def _found(release: Release, example: Example) -> Release:
    """Return the release as staging's tests left it."""
    if example.after in {"smoke_failed", "smoke_undecided"} and release.gate is not None:
        until = release.gate.expires_at
        return replace(release, phase=Phase(example.after), gate=None, cleanup_due=until)
    return release if example.after == "passed" else _stale(release, example.at, example.after)


def _entry(catalog: Catalog, example: Example, where: str) -> ModelEntry:
    name = example.model or (next(iter(catalog)) if len(catalog) == 1 else "")
    if name not in catalog:
        raise Misconfigured([f"{where}: model {name or '(none)'} is not in the catalog: {', '.join(sorted(catalog))}"])
    return catalog[name]


def _read(path: Path) -> tuple[Examples, list[int]]:
    """Return the examples, and the line on which each begins."""
    lines: list[int] = []
    try:
        text = path.read_text(encoding="utf-8")
        lines = _lines(yaml.compose(text, Loader=yaml.SafeLoader))
        return Examples.model_validate(yaml.safe_load(text)), lines
    except OSError as error:
        raise Misconfigured([f"{path} cannot be read ({error.strerror})"]) from None
    except yaml.YAMLError as error:
        raise Misconfigured([f"{path}: not YAML: {error}"]) from None
    except ValidationError as error:
        raise Misconfigured([_sentence(path, lines, item["loc"], item["msg"]) for item in error.errors()]) from None


def _sentence(path: Path, lines: list[int], loc: tuple[int | str, ...], message: str) -> str:
    """Return what is wrong with the file; of an example, with its line."""
    match loc:
        case ("examples", int(number), *inner) if number < len(lines):
            return f"{path}:{lines[number]}: {'.'.join(map(str, inner)) or 'the example'}: {message}"
        case _:
            return f"{path}: {'.'.join(map(str, loc)) or 'the file'}: {message}"


def _lines(root: yaml.Node | None) -> list[int]:
    members = root.value if isinstance(root, yaml.MappingNode) else []
    found = next((node for key, node in members if key.value == "examples"), None)
    return [node.start_mark.line + 1 for node in found.value] if isinstance(found, yaml.SequenceNode) else []
