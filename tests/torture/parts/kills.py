"""Real processes that are really killed, under load, while people go on clicking."""

from benchmarks.kills.campaign import CALLED_OFF, Campaign, Outcome
from benchmarks.kills.campaign import run as ran
from benchmarks.kills.oracle import ALLOWANCES
from torture.frame import Counts

_LOST = ("lost releases", "lost promotions", "wrong ends", "lost announcements", "stuck")
_UNANSWERED = ("unanswered clicks", "clicks that lie")
_OTHERWISE = ("orphans", "broken records", "mistakes in the logs")


def run(seed: int) -> Counts:
    """Strike 200 times; what was killed when is in a file that a note names."""
    outcome = ran(Campaign(seed=seed))
    wrong, counts = outcome.findings.wrong, outcome.findings.counts

    def of(*kinds: str) -> int:
        return sum(len(wrong.get(kind, ())) for kind in kinds)

    return Counts(
        "kills",
        tried=len(outcome.struck),
        lost=of(*_LOST),
        double_promotions=of("double promotions"),
        wrong_pointers=of("wrong pointers"),
        unanswered_clicks=of(*_UNANSWERED),
        otherwise_wrong=of(*_OTHERWISE),
        announced=counts["announcements"],
        repeated=counts["repeated announcements"],
        notes=_notes(outcome),
        found=tuple(f"{kind}: {what}" for kind, all_ in wrong.items() for what in all_),
    )


def _notes(outcome: Outcome) -> tuple[str, ...]:
    counts = outcome.findings.counts
    victims = ", ".join(f"{name} {count}" for name, count in outcome.victims().items())
    struck = f"{outcome.in_time} of {outcome.aimed} struck at the very request that they were meant for"
    orders = f"{counts['orders']:,} orders to AWS, {counts['orders without an answer']:,} with no answer on record"
    glass = f"{counts['broke the glass']:,} of them by break-glass"
    shown = f"{counts['shown as failed']:,} of which Slack showed as failed"
    late = f"{counts['took effect though shown as failed']:,} decisions came of one of these"
    allowed = [f"{counts[name]:,} {name}" for name in (*ALLOWANCES, CALLED_OFF) if counts[name]]
    return (
        f"{victims}; {struck}; {outcome.median_in_flight} releases in flight at a kill (median).",
        f"{counts['releases']:,} releases, {counts['promotions and rollbacks']:,} changes of prod, {glass}, {orders}.",
        f"{counts['clicks and commands']:,} clicks and commands, {shown}; {late}.",
        f"allowed: {', '.join(allowed) or 'no end but that which was decided'}.",
        f"what was killed when is in `build/{outcome.report.name}`.",
    )
