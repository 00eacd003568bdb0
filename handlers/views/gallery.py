"""Every example of every view, for snapshots and for looking at."""

from collections.abc import Mapping

from handlers.views import (
    card,
    endpoints,
    evidence,
    glass,
    home,
    lists,
    modals,
    refusals,
    rehearsal,
    report,
    rollback,
    thread,
    usage,
)
from handlers.views.blocks import Message, View


def messages() -> dict[str, Mapping[str, Message]]:
    """Return view name -> example name -> message."""
    return {
        "card": card.examples(),
        "endpoints": endpoints.examples(),
        "evidence": evidence.examples(),
        "usage": usage.examples(),
        "lists": lists.examples(),
        "refusals": refusals.examples(),
        "report": report.examples(),
        "rehearsal": rehearsal.examples(),
        "rollback": rollback.examples(),
        "thread": thread.examples(),
    }


def views() -> dict[str, Mapping[str, View]]:
    """Return view name -> example name -> modal or Home tab."""
    return {"glass": glass.examples(), "home": home.examples(), "modals": modals.examples()}
