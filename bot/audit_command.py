"""`sluice audit …`: verify the audit logs, and bring them to those who look into them."""

import argparse
import itertools
import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.settings import Misconfigured, store_address

if TYPE_CHECKING:
    from services.adapters.redis_store import RedisStore
    from services.release.audit import Trail

_STORE_SECONDS = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `verify [RELEASE]`, `export` and `report RELEASE`."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    verify = actions.add_parser("verify", help="hold every audit log against its hashes; exit 1 if one was changed")
    export = actions.add_parser("export", help="print audit logs for a spreadsheet or another archive")
    for action, run_it in ((verify, _verify), (export, _export)):
        action.add_argument("release", metavar="RELEASE", nargs="?", help="one release; all of them otherwise")
        action.set_defaults(action=run_it)
    report = actions.add_parser("report", help="print the report of one release, with account ids and pictures")
    report.add_argument("release", metavar="RELEASE", help="the release")
    report.add_argument("--format", choices=("html", "json"), default="html")
    report.set_defaults(action=_report)
    verify.add_argument("--against", metavar="FILE", help="the release's JSON report, made earlier and kept elsewhere")
    export.add_argument("--since", metavar="DATE", type=_date, help="2026-11-23, or with a time; UTC unless it says")
    export.add_argument("--format", choices=("jsonl", "csv"), default="jsonl")


def audit(options: argparse.Namespace) -> int:
    """Do it; 0 is success, 1 a record that is not what was written or is not there, 2 a copy that cannot be read.

    Raises:
        Misconfigured: the store does not answer.
    """
    from bot.wiring import store_at
    from services.ports import PortError, Unavailable

    store = store_at(store_address(), _STORE_SECONDS)
    try:
        code: int = options.action(store, options)
    except Unavailable as error:
        raise Misconfigured([f"REDIS_URL: {error}"]) from None
    except PortError as error:
        print(error, file=sys.stderr)
        return 1
    return code


def _verify(store: "RedisStore", options: argparse.Namespace) -> int:
    from services.release.audit import departure, faults

    chain, copy = _copy(options)
    broken = verified = 0
    for trail in _trails(store, chain):
        departed = departure(trail, copy)
        found = [*faults(trail), *([departed] if departed is not None else [])]
        for fault in found:
            at = f"line {fault.line}" if fault.line else f"fact {fault.fact}" if fault.fact else "the whole"
            print(f"{trail.name}: {at}: {fault.problem}")
        if not found:
            print(f"{trail.name}: {_wholeness(trail)}")
        broken += bool(found)
        verified += 1
    if chain and not verified:
        return _unknown(chain)
    print(f"{verified} verified, {broken} broken.")
    return 1 if broken else 0


def _copy(options: argparse.Namespace) -> tuple[str | None, list[str]]:
    """Return which chain to verify, and the lines of its copy, none where no copy was named.

    Raises:
        Misconfigured: the copy is no JSON report, or that of another release.
    """
    if options.against is None:
        return options.release, []
    try:
        held = json.loads(Path(options.against).read_text(encoding="utf-8"))
        name, lines = str(held["release_id"]), [str(line) for line in held["lines"]]
    except (OSError, ValueError, TypeError, KeyError) as error:
        problem = f"--against {options.against}: no JSON report of Sluice ({type(error).__name__}: {error})"
        raise Misconfigured([problem]) from None
    if options.release not in {None, name}:
        raise Misconfigured([f"--against {options.against}: it is the report of {name}"])
    return name, lines


def _wholeness(trail: "Trail") -> str:
    """Return what an audit log without a fault vouches for; what an older Sluice wrote is under no seal."""
    from services.release.audit import covered_from

    first = covered_from(trail)
    if first is None and trail.facts:
        return f"no audit log; its {len(trail.facts)} facts were written by a Sluice that kept none"
    vouched = f", which vouch for facts {first} to {len(trail.facts)}" if first is not None else ""
    older = f"; facts 1 to {first - 1} are older than the audit log" if first is not None and first > 1 else ""
    return f"whole, {len(trail.lines)} lines{vouched}{older}{_anew(trail)}"


def _anew(trail: "Trail") -> str:
    """Say that an audit log begins with a recovery: what was before it is in no log, and in reports only.

    A worker may have witnessed how an order went that it had sent before the store was lost.
    """
    from services.recovering import RECOVER
    from services.release.audit import Attempted, Committed

    opening = itertools.takewhile(lambda act: not isinstance(act, Committed), trail.acts)
    first = next((act for act in opening if isinstance(act, Attempted) and act.what == RECOVER), None)
    if first is None:
        return ""
    return f"; begun anew by sluice recover, {first.at:%Y-%m-%d %H:%M} UTC: what was before Redis was lost is not in it"


def _export(store: "RedisStore", options: argparse.Namespace) -> int:
    from handlers.report.rows import to_csv, to_jsonl

    trails = list(_trails(store, options.release))
    write = to_csv if options.format == "csv" else to_jsonl
    sys.stdout.write(write(trails, options.since))
    return _unknown(options.release) if options.release and not trails else 0


def _report(store: "RedisStore", options: argparse.Namespace) -> int:
    from bot.wiring import exhibits_of, reports_of
    from handlers.report.document import json_report
    from handlers.report.page import html_report

    report = reports_of(store, exhibits_of(store)).of(options.release)
    if report is None:
        return _unknown(options.release)
    sys.stdout.write(json_report(report) if options.format == "json" else html_report(report))
    return 0


def _unknown(release: str) -> int:
    print(f"{release}: there is no such release", file=sys.stderr)
    return 1


def _trails(store: "RedisStore", release: str | None) -> Iterable["Trail"]:
    """Return one audit log or all; one that is empty and vouches for nothing is none."""
    for name in [release] if release else store.chains():
        trail = store.trail(name)
        if trail.lines or trail.facts or trail.head:
            yield trail


def _date(text: str) -> datetime:
    """Read a date or a time in ISO 8601.

    Raises:
        ValueError: it is neither; argparse says so.
    """
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
