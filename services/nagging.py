"""A word to the channel about locks and freezes that have stood so long that they may have been forgotten."""

from collections.abc import Iterator

import structlog

from services.ports import Ports, SaidNo
from services.release.audit import GENERAL, Announced
from services.release.catalog import Catalog
from services.release.model import Freeze, Lock
from services.release.policy import OLD, in_force, is_old

log = structlog.get_logger()


def nag(catalog: Catalog, ports: Ports) -> None:
    """Tell each model's channel of what has held its promotions back for a week, and again every week.

    A crash between telling and noting tells it twice.

    Raises:
        Unavailable: the store or Slack did not answer; what was not told is told next time.
    """
    for channel, hold in _old_holds(catalog, ports):
        scope = hold.model if isinstance(hold, Lock) else hold.scope
        name = f"nagged:{channel}:{type(hold).__name__}:{scope}:{hold.since.isoformat()}"
        if ports.store.note(name) is None:
            _ask(channel, hold, ports)
            ports.store.keep_note(name, hold.reason, int(OLD.total_seconds()))


def _ask(channel: str, hold: Lock | Freeze, ports: Ports) -> None:
    """Ask once; a channel that will not have it is let be for a week, like one that was told."""
    try:
        ports.announcer.nag(channel, hold)
    except SaidNo as refusal:
        log.warning("not told in the channel", channel=channel, detail=str(refusal))
    else:
        ports.store.witness(GENERAL, Announced(ports.clock.now(), "channel", 0, place=channel))


def _old_holds(catalog: Catalog, ports: Ports) -> Iterator[tuple[str, Lock | Freeze]]:
    now = ports.clock.now()
    for model, entry in sorted(catalog.items()):
        lock = ports.store.lock_of(model)
        found: list[Lock | Freeze] = [freeze for freeze in ports.store.freezes(model) if in_force(freeze, now)]
        for hold in found if lock is None else [lock, *found]:
            if is_old(hold, now):
                yield entry.deployment.channel, hold
