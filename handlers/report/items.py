"""The five pieces of evidence that the serving contract requires of a release (seed/04, "Evidencia requerida")."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from handlers.views.evidence import obstacles
from handlers.views.glass import past_in_words
from handlers.views.text import count, version_name
from services.release import events as e
from services.release.audit import Attempted
from services.release.events import LogEntry
from services.release.model import Decision, DecisionKind, Kind, Release, Verdict
from services.release.showing import earlier_runs
from services.release.terms import Vote
from services.release.votes import counting

_E = TypeVar("_E", bound=e.Event)


@dataclass(frozen=True, slots=True)
class Item:
    """One required piece: whether it is there, None where this release needs none, and what there is, in lines."""

    title: str
    met: bool | None
    lines: tuple[str, ...]


def required_items(release: Release, log: Sequence[LogEntry]) -> tuple[Item, ...]:
    """Return the five pieces, in the contract's order."""
    return (
        _package(release, log),
        _endpoints(release, log),
        _smoke(release, log),
        _gate(release),
        _way_back(release, log),
    )


def at(when: datetime | None) -> str:
    """Return a time in words, in UTC to the second."""
    return f"{when:%Y-%m-%d %H:%M:%S} UTC" if when is not None else "unknown"


def _last(log: Sequence[LogEntry], kind: type[_E]) -> tuple[LogEntry, _E] | None:
    found = ((entry, entry.event) for entry in reversed(log) if isinstance(entry.event, kind))
    return next(found, None)


def _package(release: Release, log: Sequence[LogEntry]) -> Item:
    title = "Model package, approved in the registry"
    if release.kind is Kind.ROLLBACK:
        return Item(title, None, (f"A rollback deploys no package: prod goes back to {release.target_config}.",))
    approved = _last(log, e.PackageApproved)
    if approved is None:
        refused = release.outcome.detail if release.outcome is not None else "It was not checked yet."
        return Item(title, False, (refused,))
    entry, event = approved
    how = "was Approved already" if event.already else "was set to Approved by this release"
    return Item(title, True, (f"ModelPackageArn {event.package.arn}", f"It {how}: {at(entry.at)}"))


def _endpoints(release: Release, log: Sequence[LogEntry]) -> Item:
    staging, prod = _last(log, e.StagingLive), _last(log, e.ProdLive)
    wanted = [prod] if release.kind is Kind.ROLLBACK else [staging, prod]
    lines = []
    for stage, name, found in (
        ("staging", release.deployment.staging_endpoint, staging),
        ("prod", release.deployment.prod_endpoint, prod),
    ):
        live = (
            f"InService on {found[1].config}: {at(found[0].at)}" if found is not None else "not changed by this release"
        )
        lines.append(f"{stage}: {_endpoint_arn(release, name)}, {live}")
    return Item("Endpoints in service, staging and prod", all(wanted), tuple(lines))


def _endpoint_arn(release: Release, name: str) -> str:
    """Return the endpoint's ARN, which has region and account of the package; SageMaker writes it in lower case."""
    if release.package is None:
        return name
    return f"{release.package.arn.partition(':model-package/')[0]}:endpoint/{name.lower()}"


def _smoke(release: Release, log: Sequence[LogEntry]) -> Item:
    title = "Smoke test of staging"
    seen, earlier = release.evidence, earlier_runs(release, log)
    if seen is None and earlier:
        before = f"It is tested again; the run that began {at(earlier[-1].started_at)} counts no more."
        return Item(title, False, (before, f"That one {earlier[-1].verdict.value}."))
    if seen is None:
        return Item(title, None if release.kind is Kind.ROLLBACK else False, ("No suite ran on staging.",))
    passed = sum(check.verdict is Verdict.PASSED for check in seen.checks)
    lines = [
        f"{seen.verdict.value}: {passed} of {count(len(seen.checks), 'check')} passed, suite {seen.suite}",
        f"{seen.config} on {seen.endpoint}, {at(seen.started_at)}, {count(seen.requests_sent, 'request')}",
        *(f"{check.name}: saw {check.seen}, wanted {check.rule}" for check in obstacles(seen)[:5]),
    ]
    return Item(title, seen.verdict is Verdict.PASSED, tuple(lines))


def _gate(release: Release) -> Item:
    title = "A person's decision before prod was changed"
    if release.kind is Kind.ROLLBACK:
        asked = f"A rollback waits for no gate. {release.requested_by} asked for it: {at(release.requested_at)}"
        return Item(title, None, (asked, release.reason) if release.reason else (asked,))
    if release.decision is None:
        return Item(title, False, ("Nobody has decided.",))
    return Item(title, release.decision.kind is DecisionKind.APPROVED, tuple(_decided(release, release.decision)))


def _decided(release: Release, decision: Decision) -> Iterator[str]:
    yield f"{decision.kind.value} by {person(decision)}: {at(decision.at)}"
    if decision.past:
        yield f"It went past the gate, although {past_in_words(decision.past)}."
    if decision.reason:
        yield f"Reason: {decision.reason}"
    yield from (f"Yes of {person(vote)}: {at(vote.at)}{_words_of(vote)}" for vote in counting(release))
    if release.gate is not None:
        yield f"Bound to digest {release.gate.digest}"


def person(who: Decision | Vote | Attempted) -> str:
    """Return a Slack user id with the id that the catalog gave the person elsewhere."""
    return f"{who.by} ({who.known_as})" if who.known_as else who.by


def _words_of(vote: Vote) -> str:
    """Return for which groups a person voted, what they said and what they ticked."""
    said = [f"for {', '.join(vote.groups)}"] if vote.groups else []
    said += [vote.reason] if vote.reason else []
    said += [f"✓ {ticked}" for ticked in vote.ticked]
    return f"; {'; '.join(said)}" if said else ""


def _way_back(release: Release, log: Sequence[LogEntry]) -> Item:
    title = "Rollback record, and clean-up of what is not prod"
    pointer, cleaned = release.pointer, _last(log, e.CleanedUp)
    lines = list(_cleaned(cleaned))
    if pointer is None:
        return Item(title, None, ("Prod was not changed, so there is nothing to go back from.", *lines))
    before = f"{pointer.previous_config} ({version_name(pointer.previous_version)})"
    kept = before if pointer.previous_config is not None else "none: it was the first release to prod"
    saved = f"Config before: {kept}, saved {at(pointer.saved_at)}, before prod was changed to {pointer.new_config}"
    return Item(title, cleaned is not None, (saved, *lines))


def _cleaned(found: tuple[LogEntry, e.CleanedUp] | None) -> Iterator[str]:
    if found is None:
        yield "Not cleaned up yet."
        return
    entry, event = found
    what = ", ".join(event.deleted) if event.deleted else "nothing, as all was still in use or is kept on purpose"
    yield f"Deleted: {what}; {at(entry.at)}"
