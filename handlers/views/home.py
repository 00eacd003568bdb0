"""The Home tab: what is in progress, the last releases, and a way to begin."""

from collections.abc import Sequence

from handlers import action_ids as ids
from handlers.views.blocks import View, actions, button, context, divider, header, section
from handlers.views.lists import Linked, list_blocks, unread
from handlers.views.samples import many_releases, worst_release
from services.release.model import Phase


def home_view(in_progress: list[Linked], recent: list[Linked], newer: Sequence[str] = ()) -> View:
    """Return the Home tab; waiting decisions come first."""
    waiting = [each for each in in_progress if each[0].phase is Phase.AWAITING_APPROVAL]
    moving = [each for each in in_progress if each[0].phase is not Phase.AWAITING_APPROVAL]
    open_ids = {release.id for release, _ in in_progress}
    ended = [each for each in recent if each[0].id not in open_ids]
    blocks = [
        header("Sluice"),
        section("Releases of SageMaker models: staging, evidence, a gate, prod, and the way back."),
        actions("home", button("Deploy a model…", ids.OPEN_DEPLOY, "deploy", style="primary")),
        divider(),
        *list_blocks("🟡 Waiting for a decision", waiting),
        *list_blocks("In progress", moving),
        divider(),
        *list_blocks("Before that", ended),
        *unread(newer),
        context("`/endpoints` shows what is live, `/rollback` brings prod back, `/release help` explains the rest."),
    ]
    return {"type": "home", "blocks": blocks[:100]}


def examples() -> dict[str, View]:
    """Return the Home tab, empty, ordinary and full."""
    linked = many_releases()
    worst = [(worst_release(), "https://example.slack.com/" + "x" * 400)] * 60
    ordinary = home_view(linked[1:7], linked[8:18])
    return {"empty": home_view([], []), "ordinary": ordinary, "worst": home_view(worst, worst)}
