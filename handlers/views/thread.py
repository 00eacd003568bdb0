"""A release's log told in its thread: one fact, one message; what is not worth a message is passed over."""

from handlers.views.blocks import Message, message
from handlers.views.evidence import cost_line, problems, verdict_line
from handlers.views.glass import glass_text
from handlers.views.phases import next_step, status_sign
from handlers.views.samples import NASTY, REQUEST, START, STORIES, played, sighting
from handlers.views.text import (
    code,
    count,
    elapsed,
    escape,
    listing,
    mention,
    people,
    prose,
    quote,
    slack_time,
    version_name,
)
from handlers.views.votes import asks_for_more, demand
from services.release import events as e
from services.release.advice import advice_on
from services.release.catalog import People
from services.release.events import LogEntry
from services.release.lifecycle import TERMINAL
from services.release.model import Evidence, Gate, Kind, Release, RollbackPointer, Stage

_FIRST_ERROR_TOLD = 3
_ERRORS_TOLD_EVERY = 10
_NOBODY = People()


def thread_message(release: Release, entry: LogEntry, deciders: People = _NOBODY) -> Message | None:
    """Return what the thread says of an entry, or None for what is not worth a message.

    `release` may have moved on since; what the entry itself holds is told. `deciders` are called when the gate opens.
    """
    text = (
        _decision_text(release, entry.event)
        or _progress_text(release, entry, deciders)
        or _verdict_text(release, entry.event)
        or _advised(release, entry.event, _trouble_text(release, entry.event))
        or _aside_text(release, entry.event)
    )
    return message(text) if text else None


def report_of(event: e.Event) -> tuple[Evidence, Stage] | None:
    """Return the evidence that an event brought, to be reported whole in the thread."""
    match event:
        case e.SmokePassed(evidence=seen) | e.SmokeFailed(evidence=seen) | e.SmokeUndecided(evidence=seen):
            return seen, Stage.STAGING
        case e.ProdVerified(evidence=seen) | e.ProdUnverified(evidence=seen):
            return seen, Stage.PROD
        case _:
            return None


def is_broadcast(release: Release, entry: LogEntry) -> bool:
    """Say whether the channel should see it too: only what finally became of prod, and that its gate was gone past."""
    match entry.event:
        case (
            e.GlassBroken()
            | e.ProdVerified()
            | e.ProdUnverified()
            | e.ProdFailed()
            | e.UpdateRolledBack(stage=Stage.PROD)
        ):
            return True
        case e.PromotionRefused():
            return release.kind is Kind.ROLLBACK
        case _:
            return False


def is_last(release: Release, entry: LogEntry) -> bool:
    """Say whether nothing more can happen to the release after an entry."""
    return release.cleaned_up and entry.seq == release.log_length


def _decision_text(release: Release, event: e.Event) -> str:
    who = mention(release.requested_by)
    match event:
        case e.VoteCast(by=by, reason=reason, ticked=ticked):
            said = f"🗳️ {mention(by)} votes to approve. The card shows who is still missing."
            lines = [said, quote(reason), *_ticked(ticked)]
        case e.Approved(by=by, reason=reason, ticked=ticked):
            said = f"👍 {mention(by)} approved. Prod is looked at once more, then changed."
            lines = [said, quote(reason), *_ticked(ticked)]
        case e.GlassBroken():
            return glass_text(release, event)
        case e.Rejected(by=by, reason=reason):
            lines = [f"🚫 {mention(by)} rejected it, {who}. Prod was not touched.", quote(reason)]
        case e.Cancelled(by=by, reason=reason):
            lines = [f"⚪ {mention(by)} cancelled the release. Prod was not touched.", quote(reason)]
        case e.EvidenceStale(detail=detail):
            stale = f"🟠 *The evidence is stale*, {who}: {_why(detail)}"
            lines = [f"{stale} Approve is off the card; *Run again* on it has staging tested afresh."]
        case e.RerunRequested(by=by):
            lines = [f"🔁 {mention(by)} has it run again. Staging is looked at, then tested afresh."]
        case e.Superseded(by=by, release_id=successor, version=version):
            instead = f"{mention(by)} asked for {version_name(version)} ({code(successor)})"
            lines = [f"↪️ {instead}, so this release makes way, {who}. Prod was not touched."]
        case e.Expired():
            lines = [f"⌛ Nobody decided in time, {who}: the gate is closed and prod was not touched."]
        case _:
            return ""
    return "\n".join(filter(None, lines))


def _ticked(items: tuple[str, ...]) -> list[str]:
    return [f"☑️ {escape(item, 100)}" for item in items]


def _progress_text(release: Release, entry: LogEntry, deciders: People) -> str:
    match entry.event:
        case e.Requested(supersedes=replaced) if replaced:
            return f"↪️ It takes the place of {code(replaced)}, which waited for a decision about an older version."
        case e.PackageApproved(package=package, already=already):
            how = "was already approved" if already else "is now approved"
            return f"✅ Package v{package.version} {how} in the registry: {code(package.arn)}"
        case e.EndpointSeen(stage=stage, sighting=seen):
            return _seen_text(_endpoint(release, stage), stage, entry, seen.message)
        case e.StagingLive(config=config):
            return f"✅ Staging serves {code(config)}{_took(release, entry)}. The smoke tests start now."
        case e.GateOpened(gate=gate):
            asked = f" {people(deciders)}, please decide." if deciders else ""
            takes = f" {demand(release)}." if asks_for_more(release) else ""
            ready = f"🟡 Ready for a decision until {slack_time(gate.expires_at)}: see the card above.{asked}{takes}"
            return f"{ready}{_seen_at_gate(gate)}"
        case e.Reminded(escalated_to=called) if release.decision is None:
            return _reminder_text(release, entry, called, deciders)
        case e.PromotionIntended(pointer=pointer):
            return _pointer_text(release.kind, pointer)
        case e.ProdLive(config=config):
            return f"✅ Prod serves {code(config)}{_took(release, entry)}. The smoke tests run on it now."
        case e.CleanedUp(deleted=deleted):
            return _cleaning_text(deleted)
        case _:
            return ""


def _reminder_text(release: Release, entry: LogEntry, called: tuple[str, ...], deciders: People) -> str:
    gate = release.gate
    if gate is None:
        return ""
    waited = f"for {elapsed(entry.at - gate.opened_at)}; the gate closes {slack_time(gate.expires_at)}"
    asked = f" {people(deciders)}, please decide." if deciders else ""
    groups = people(People(groups=frozenset(called)))
    others = f"\n📣 {groups}, nobody has decided yet: please see to it." if called else ""
    return f"⏰ It still waits for a decision, {waited}.{asked}{others}"


def _verdict_text(release: Release, event: e.Event) -> str:
    match event:
        case e.SmokePassed(evidence=seen):
            return _verdict(seen, Stage.STAGING)
        case e.SmokeFailed(evidence=seen) | e.SmokeUndecided(evidence=seen):
            return _ending(release, _verdict(seen, Stage.STAGING))
        case e.ProdVerified(evidence=seen) | e.ProdUnverified(evidence=seen):
            return _ending(release, f"{_prod_headline(release, event)}\n{_verdict(seen, Stage.PROD)}")
        case _:
            return ""


def _verdict(seen: Evidence, stage: Stage) -> str:
    return "\n".join([verdict_line(seen, stage), cost_line(seen), *problems(seen)])


def _seen_text(endpoint: str, stage: Stage, entry: LogEntry, note: str) -> str:
    """Return the line for a change of status, or for one that lasts; AWS's own message goes with it."""
    if not isinstance(entry.event, e.EndpointSeen):
        return ""
    seen = entry.event.sighting
    sign = status_sign(seen.status)
    lasting = seen.at - seen.since
    status = f"*{escape(seen.status, 40)}*"
    what = f"is still {status} after {elapsed(lasting)}" if lasting.total_seconds() >= 1 else f"is {status}"
    coming = f", on its way to {code(seen.pending_config)}" if seen.pending_config else ""
    text = f"{sign} {stage.value.capitalize()} endpoint {code(endpoint)} {what}{coming}."
    return f"{text}\n{quote(note, 600)}" if note else text


def _took(release: Release, entry: LogEntry) -> str:
    """Return how long it took since a person last asked for it: the approval for prod, else the request."""
    if isinstance(entry.event, e.ProdLive) and release.decision is not None:
        decided = "glass was broken" if release.broke_glass else "approval"
        return f", {elapsed(entry.at - release.decision.at)} after the {decided}"
    if release.rerun is not None and entry.at >= release.rerun.at:
        return f", {elapsed(entry.at - release.rerun.at)} after it was run again"
    return f", {elapsed(entry.at - release.requested_at)} after the request"


def _endpoint(release: Release, stage: Stage) -> str:
    return release.deployment.prod_endpoint if stage is Stage.PROD else release.deployment.staging_endpoint


def _seen_at_gate(gate: Gate) -> str:
    """Return the proof that what was tested is still there: our look, and AWS's own time of the last change."""
    if gate.staging_seen_at is None or gate.staging_modified is None:
        return ""
    seen, unchanged = (slack_time(at, "{time_secs}") for at in (gate.staging_seen_at, gate.staging_modified))
    return f"\nStaging still served the tested config at {seen}; AWS says unchanged since {unchanged}."


def _pointer_text(kind: Kind, pointer: RollbackPointer) -> str:
    config = pointer.previous_config
    if kind is Kind.ROLLBACK:
        return f"⏪ Prod is now changed back to {code(pointer.new_config)} ({version_name(pointer.new_version)})."
    if config is None:
        return "📌 Prod has no endpoint yet: this is its first release, so there is nothing to roll back to."
    return f"📌 Kept as the way back: {code(config)} ({version_name(pointer.previous_version)}). Prod is changed now."


def _prod_headline(release: Release, event: e.Event) -> str:
    if isinstance(event, e.ProdUnverified):
        return f"🚨 *Prod of {escape(release.model)} fails its smoke tests*, {mention(release.requested_by)}"
    if release.kind is Kind.ROLLBACK:
        return f"⏪ *Prod of {escape(release.model)} is rolled back*, {mention(release.requested_by)}"
    how = " by break-glass" if release.broke_glass else ""
    return f"✅ *{escape(release.model)} is released to prod{how}*, {mention(release.requested_by)}"


def _trouble_text(release: Release, event: e.Event) -> str:
    who = mention(release.requested_by)
    match event:
        case e.PackageRefused(detail=detail):
            return _ending(release, f"⛔ The package of {escape(release.model)} was refused: {_why(detail)}")
        case e.StagingFailed(detail=detail):
            return _ending(release, f"❌ Staging could not be brought up, {who}: {_why(detail)}")
        case e.PromotionRefused(detail=detail):
            return _ending(release, f"⛔ Stopped just before prod was changed, {who}: {_why(detail)}")
        case e.ProdFailed(detail=detail):
            return _ending(release, f"❌ *Prod of {escape(release.model)} could not be changed*, {who}: {_why(detail)}")
        case e.UpdateRolledBack(stage=stage, config=config, detail=detail):
            back = f"is InService on {code(config)} again" if config else "is InService on its earlier config"
            text = f"⚠️ *SageMaker took the update of {stage.value} back*, {who}: the endpoint {back}. {_why(detail)}"
            return _ending(release, text)
        case e.StepErrored(detail=detail, attempt=attempt) if _is_told(attempt):
            return f"⚠️ {count(attempt, 'error')} in a row, trying on: {code(detail)}"
        case e.Recovered(attempts=attempts) if attempts >= _FIRST_ERROR_TOLD:
            return f"✅ It works again after {count(attempts, 'error')}."
        case e.GaveUp(detail=detail):
            return _ending(release, f"🛠️ Sluice gave up and a person has to look, {who}: {_why(detail)}")
        case _:
            return ""


def _advised(release: Release, event: e.Event, text: str) -> str:
    """Add what a person can do about what AWS said, where that is known."""
    detail = str(getattr(event, "detail", ""))
    place = release.deployment
    staging = isinstance(event, e.StagingFailed) or getattr(event, "stage", None) is Stage.STAGING
    endpoint = place.staging_endpoint if staging or release.pointer is None else place.prod_endpoint
    advice = advice_on(detail, place, endpoint) if text else ""
    return f"{text}\n💡 {escape(advice)}" if advice else text


def _aside_text(release: Release, event: e.Event) -> str:
    match event:
        case e.Rebuilt(detail=detail):
            return f"🧭 *Redis had lost this release*, {mention(release.requested_by)}: {_why(detail)}"
        case e.RegistryNotMarked(detail=detail):
            said = "The model registry does not say what became of this gate"
            return f"📇 {said}: {_why(detail)} Nothing rests on that; the record here is whole."
        case _:
            return ""


def _is_told(attempt: int) -> bool:
    return attempt == _FIRST_ERROR_TOLD or attempt % _ERRORS_TOLD_EVERY == 0


def _why(detail: str) -> str:
    return prose(detail) or "no reason was given."


def _ending(release: Release, text: str) -> str:
    """Add what to do next, once the release has ended."""
    following = next_step(release) if release.phase in TERMINAL else ""
    return f"{text}\n{following}" if following else text


def _cleaning_text(deleted: tuple[str, ...]) -> str:
    if not deleted:
        return ""
    return f"🧹 Deleted, as nothing needs it any more: {listing(map(code, deleted), last='and')}."


def examples() -> dict[str, Message]:
    """Return what the thread says in every story, and of every hostile text."""
    told: dict[str, Message] = {}
    for name, story in STORIES.items():
        release, log = played(*story)
        said = [text for entry in log if (text := thread_message(release, entry))]
        told[name] = message("\n———\n".join(each.text for each in said) or "(nothing yet)")
    for number, event in enumerate(_hostile()):
        said_of = thread_message(REQUEST, LogEntry(number + 1, START, event), People(frozenset({"U0BOB"})))
        told[f"hostile_{type(event).__name__}"] = said_of or message("(nothing)")
    return told


def _hostile() -> list[e.Event]:
    return [
        e.Reminded((NASTY,)),
        e.VoteCast(NASTY, NASTY, ticked=(NASTY,) * 10),
        e.GlassBroken(NASTY, NASTY, (NASTY,) * 10, (NASTY,) * 10),
        e.Rejected(NASTY, NASTY),
        e.Requested(NASTY, NASTY),
        e.Superseded(NASTY, NASTY, 999),
        e.EvidenceStale(NASTY, NASTY),
        e.RerunRequested(NASTY),
        e.ProdFailed(NASTY, NASTY),
        e.EndpointSeen(Stage.PROD, sighting(NASTY, NASTY, pending=NASTY, message=NASTY)),
        e.UpdateRolledBack(Stage.PROD, NASTY, NASTY),
        e.CleanedUp((NASTY,) * 30),
        e.StepErrored(NASTY, 3, START),
        e.RegistryNotMarked(NASTY),
    ]
