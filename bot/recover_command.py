"""`sluice recover`: after the store was lost, write down again what AWS and Slack still tell."""

import argparse
import getpass
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.settings import Misconfigured

if TYPE_CHECKING:
    from services.recovering import Rebuilding, Recovery

_STORE_SECONDS = 10.0
_DAYS = 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `[MODEL …] [--apply] [--merge] [--days N]`."""
    parser.add_argument("models", metavar="MODEL", nargs="*", help="these models; all of the catalog otherwise")
    parser.add_argument("--apply", action="store_true", help="write it; otherwise it is only said")
    parser.add_argument("--merge", action="store_true", help="also where Redis knows releases of the model")
    parser.add_argument("--days", type=float, default=_DAYS, help=f"how far back cards are looked for ({_DAYS:.0f})")


def recover(options: argparse.Namespace) -> int:
    """Do it; 0 is success, 1 that a model could not be recovered.

    Raises:
        Misconfigured: the configuration cannot be used, or the catalog has no such model.
    """
    from bot import wiring
    from handlers.found_cards import SlackCards
    from services.adapters.system_clock import SystemClock
    from services.ports import PortError
    from services.recovering import carry_out, look, look_for_cards, plan

    settings, catalog, _ = wiring.configuration(with_suites=False)
    if strangers := sorted(set(options.models) - set(catalog)):
        raise Misconfigured([f"the catalog has no {name}" for name in strangers])
    store, regions = wiring.store_of(settings, _STORE_SECONDS), wiring.regions_of(settings)
    cards, clock, failed, begun = SlackCards(wiring.client_of(settings)), SystemClock(), False, False
    for name in options.models or sorted(catalog):
        entry = catalog[name]
        try:
            seen = look_for_cards(entry, cards, clock.now() - timedelta(days=options.days))
            sight = look(entry, regions.of(entry.deployment), store, seen, clock.now())
            recovery = plan(sight, merge=options.merge)
            _say(recovery)
            failed = failed or bool(recovery.refused)
            if options.apply and (recovery.rebuildings or recovery.redrawn):
                begun = True
                carry_out(recovery, store, f"{getpass.getuser()} (sluice recover)", clock.now())
        except PortError as error:
            print(f"{name}: {error}", file=sys.stderr)
            failed = True
    print(_end(options, begun=begun, failed=failed))
    return 1 if failed else 0


def _end(options: argparse.Namespace, *, begun: bool, failed: bool) -> str:
    if not options.apply:
        return "Nothing was written. With --apply it is."
    if not begun:
        return "Nothing was written."
    return "Written, but for what is said above." if failed else "Written."


def _say(recovery: "Recovery") -> None:
    for sentence in recovery.seen:
        print(f"{recovery.model}: {sentence}")
    for each in recovery.rebuildings:
        print(f"{recovery.model}: + {_line(each)}")
    for release in recovery.redrawn:
        print(f"{recovery.model}: {release.id} is under way and goes on; its card is drawn again")
    if recovery.rebuildings:
        print(f"{recovery.model}: + a freeze, unless one without end stands: what else held it is not known any more")
    if recovery.refused:
        print(f"{recovery.model}: not recovered: {recovery.refused}")
    elif not (recovery.rebuildings or recovery.redrawn):
        print(f"{recovery.model}: nothing to recover")


def _line(each: "Rebuilding") -> str:
    return f"{each.release.id} as {each.release.phase.value}. {each.rebuilt.detail}"
