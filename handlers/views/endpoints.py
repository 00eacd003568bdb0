"""`/endpoints`: what is live where, since when, on what, and which release put it there."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from handlers.views.blocks import Message, context, header, message, section
from handlers.views.phases import status_sign
from handlers.views.rehearsal import badge
from handlers.views.samples import NASTY, START
from handlers.views.text import code, count, elapsed, escape, instances, mention, quote, slack_time
from services.release.model import Lock
from services.release.rehearsal import Rehearsal, WayBack

_MOST_MODELS = 20


@dataclass(frozen=True, slots=True)
class EndpointLine:
    """One endpoint to be shown; `status` is empty when it does not exist, `error` is set when it could not be read."""

    model: str
    stage: str
    name: str
    status: str = ""
    config: str = ""
    pending_config: str = ""
    version: int | None = None
    instance_type: str = ""
    instance_count: int | None = None
    release_id: str = ""
    changed_at: datetime | None = None
    trouble: str = ""
    error: str = ""
    lost_release: str = ""
    broke_glass: bool = False


def endpoints_message(
    lines: Iterable[EndpointLine], locks: Iterable[Lock], looked_at: datetime, rehearsals: Iterable[Rehearsal] = ()
) -> Message:
    """Return every endpoint, grouped by model, with the locks, and whether prod could be rolled back."""
    backs = {found.way.model: found for found in rehearsals}
    locked = {lock.model: lock for lock in locks}
    groups = [(model, list(each)) for model, each in groupby(lines, key=lambda line: line.model)]
    blocks = [header("What is live where")]
    for model, found in groups[:_MOST_MODELS]:
        parts = [f"*{escape(model, 80)}*", *(_endpoint(line, looked_at) for line in found[:4])]
        if model in backs:
            parts.append(badge(backs[model]))
        if model in locked:
            parts.append(_locked(locked[model]))
        blocks.append(section("\n".join(parts)))
    if len(groups) > _MOST_MODELS:
        blocks.append(context(f"… and {len(groups) - _MOST_MODELS} more models. Name one: `/endpoints &lt;model&gt;`"))
    blocks.append(context(f"Looked at SageMaker on {slack_time(looked_at)}"))
    spoken = [_spoken(line) for _, found in groups[:_MOST_MODELS] for line in found[:4]]
    spoken += [f"{escape(model, 80)}: {badge(backs[model])}" for model, _ in groups[:_MOST_MODELS] if model in backs]
    return message("\n".join([f"What is live where: {count(len(groups), 'model')}", *spoken]), *blocks)


def _spoken(line: EndpointLine) -> str:
    """Return an endpoint in one plain line, for notifications and screen readers."""
    if line.error or not line.status:
        return f"{line.stage} {escape(line.name, 80)}: {'could not be read' if line.error else 'no endpoint'}"
    how = ", by break-glass" if line.broke_glass else ""
    return f"{line.stage} {escape(line.name, 80)}: {_version(line)}, {escape(line.status, 40)}{how}"


def _locked(lock: Lock) -> str:
    return f"🔒 locked by {mention(lock.by)}, {slack_time(lock.since)}\n{quote(lock.reason, 300)}"


def _endpoint(line: EndpointLine, now: datetime) -> str:
    begin = f"{line.stage.capitalize()} {code(line.name, 80)}"
    if line.error:
        return f"❔ {begin}: could not be read: {escape(line.error, 250)}"
    if not line.status:
        return f"○ {begin}: no endpoint"
    head = f"{status_sign(line.status)} {begin}: *{_version(line)}* · {escape(line.status, 40)}{_age(line, now)}"
    detail = " · ".join(filter(None, [code(line.config, 80), _capacity(line), _put_by(line)]))
    coming = f"\n⏳ on its way to {code(line.pending_config, 80)}" if line.pending_config else ""
    trouble = f"\n⚠️ {escape(line.trouble, 250)}" if line.trouble else ""
    return f"{head}\n{detail}{coming}{trouble}{_lost(line)}"


def _lost(line: EndpointLine) -> str:
    if not line.lost_release:
        return ""
    return f"\n🧭 Redis has lost how {code(line.lost_release, 40)} brought it there: have `sluice recover` run."


def _version(line: EndpointLine) -> str:
    return f"v{line.version}" if line.version is not None else "not released by Sluice"


def _age(line: EndpointLine, now: datetime) -> str:
    return f" for {elapsed(now - line.changed_at)}" if line.changed_at is not None else ""


def _capacity(line: EndpointLine) -> str:
    return instances(line.instance_type, line.instance_count) if line.instance_type else ""


def _put_by(line: EndpointLine) -> str:
    how = " 🔨 *break-glass*" if line.broke_glass else ""
    return f"by {code(line.release_id, 40)}{how}" if line.release_id else ""


def examples() -> dict[str, Message]:
    """Return answers of every kind."""
    prod = EndpointLine(
        model="titanic-survival",
        stage="prod",
        name="titanic-survival-prod",
        status="InService",
        config="titanic-survival-v6-r0ldrelea-prod",
        version=6,
        instance_type="ml.m5.large",
        instance_count=2,
        release_id="r0ldrelea",
        changed_at=START - timedelta(days=9, hours=4),
    )
    staging = replace(prod, stage="staging", name="titanic-survival-staging", status="", version=None)
    moving = replace(prod, status="Updating", pending_config="titanic-survival-v7-r7k2m9x4q-prod", trouble="Slow today")
    unread = EndpointLine("fare-price", "prod", "fare-price-prod", error="AccessDenied on DescribeEndpoint")
    foreign = replace(prod, model="fare-price", config="by-hand", version=None, release_id="", instance_count=None)
    lock = Lock("titanic-survival", "U0BOB", "rolled back to v6: scores doubled", START, "r3b8undo1")
    bad = replace(moving, name=NASTY, config=NASTY, pending_config=NASTY, trouble=NASTY, release_id=NASTY, status=NASTY)
    bad = replace(bad, lost_release=NASTY)
    worst = [replace(bad, model=f"{number}-{NASTY}"[:63]) for number in range(60) for _ in range(2)]
    whole = Rehearsal(WayBack("titanic-survival", "r0ldrelea", "titanic-survival-v5-r0000000a-prod", 5), START, START)
    broken = [Rehearsal(WayBack(line.model, "r0ldrelea", NASTY), START, problems=(NASTY,) * 9) for line in worst]
    return {
        "lost": endpoints_message([replace(prod, lost_release="r0ldrelea")], [], START),
        "ordinary": endpoints_message([prod, staging, foreign, unread], [lock], START, [whole]),
        "moving": endpoints_message([moving], [], START),
        "none": endpoints_message([], [], START),
        "broke_glass": endpoints_message([replace(prod, broke_glass=True)], [], START),
        "worst": endpoints_message(worst, [Lock(line.model, NASTY, NASTY, START) for line in worst], START, broken),
    }
