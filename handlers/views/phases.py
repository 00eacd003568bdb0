"""Each phase in a sign and a word, the steps of a release, and what to do after one has ended."""

from handlers.views.text import code, version_name
from services.release.lifecycle import TERMINAL
from services.release.model import DecisionKind, Evidence, Kind, Phase, Release, Verdict
from services.release.naming import version_in

SIGNS: dict[Phase, tuple[str, str]] = {
    Phase.CHECKING_PACKAGE: ("🔎", "Checking the package"),
    Phase.DEPLOYING_STAGING: ("🚚", "Deploying to staging"),
    Phase.SMOKE_TESTING: ("🧪", "Testing staging"),
    Phase.OPENING_GATE: ("🧪", "Staging passed, opening the gate"),
    Phase.AWAITING_APPROVAL: ("🟡", "Waiting for approval"),
    Phase.EVIDENCE_STALE: ("🟠", "Evidence is stale"),
    Phase.PROMOTING: ("🚀", "Changing prod"),
    Phase.VERIFYING_PROD: ("🧪", "Testing prod"),
    Phase.ROLLING_BACK: ("⏪", "Rolling prod back"),
    Phase.VERIFYING_ROLLBACK: ("🧪", "Testing prod after the rollback"),
    Phase.RELEASED: ("✅", "Released"),
    Phase.PACKAGE_REFUSED: ("⛔", "Package refused"),
    Phase.STAGING_FAILED: ("❌", "Staging failed"),
    Phase.SMOKE_FAILED: ("❌", "Smoke tests failed"),
    Phase.SMOKE_UNDECIDED: ("❔", "Smoke tests undecided"),
    Phase.REJECTED: ("🚫", "Rejected"),
    Phase.EXPIRED: ("⌛", "Expired"),
    Phase.CANCELLED: ("⚪", "Cancelled"),
    Phase.SUPERSEDED: ("↪️", "Superseded"),
    Phase.PROMOTION_REFUSED: ("⛔", "Promotion refused"),
    Phase.PROMOTION_FAILED: ("❌", "Prod update failed"),
    Phase.SILENTLY_ROLLED_BACK: ("⚠️", "Taken back by SageMaker"),
    Phase.PROD_UNHEALTHY: ("🚨", "Prod fails its tests"),
    Phase.ROLLED_BACK: ("⏪", "Rolled back"),
    Phase.ROLLBACK_FAILED: ("🚨", "Rollback failed"),
    Phase.ERRORED: ("🛠️", "Stopped on errors"),
}
"""Phase -> (emoji, words); the emoji never stands alone."""

_STEPS = ("Package", "Staging", "Smoke tests", "Approval", "Prod")
_AT_STEP = {
    Phase.CHECKING_PACKAGE: 0,
    Phase.PACKAGE_REFUSED: 0,
    Phase.DEPLOYING_STAGING: 1,
    Phase.STAGING_FAILED: 1,
    Phase.SMOKE_TESTING: 2,
    Phase.SMOKE_FAILED: 2,
    Phase.SMOKE_UNDECIDED: 2,
    Phase.OPENING_GATE: 3,
    Phase.AWAITING_APPROVAL: 3,
    Phase.EVIDENCE_STALE: 2,
    Phase.REJECTED: 3,
    Phase.EXPIRED: 3,
    Phase.SUPERSEDED: 3,
}
_ROLLBACK_STEPS = ("Prod update", "Prod tests")


_STATUS_SIGNS = {
    "InService": "✅",
    "Failed": "❌",
    "RollingBack": "⚠️",
    "OutOfService": "⚠️",
    "UpdateRollbackFailed": "❌",
}


def status_sign(status: str) -> str:
    """Return the sign of an EndpointStatus; what is neither good nor bad is under way."""
    return _STATUS_SIGNS.get(status, "⏳")


def badge(phase: Phase) -> str:
    """Return the sign and the words of a phase."""
    return " ".join(SIGNS[phase])


def subject(release: Release) -> str:
    """Return what the release is about, for a heading: `titanic-survival v7 → prod`."""
    if release.kind is Kind.ROLLBACK:
        target = f"v{release.target_version}" if release.target_version is not None else "the previous config"
        return f"{release.model}: prod back to {target}"
    marked = "🔨 BREAK-GLASS · " if release.broke_glass else ""
    return f"{marked}{release.model} {wanted_version(release)} → prod"


def wanted_version(release: Release) -> str:
    """Return the version in its shortest form: `v7`, or `latest` until the package has been looked up."""
    if release.package is not None:
        return f"v{release.package.version}"
    if release.wanted.isdigit():
        return f"v{release.wanted}"
    tail = release.wanted.rsplit("/", 1)[-1]
    return f"v{tail}" if tail.isdigit() else release.wanted


def steps(release: Release) -> str:
    """Return the way of the release in one line, the step it is at in bold."""
    names = _ROLLBACK_STEPS if release.kind is Kind.ROLLBACK else _STEPS
    at = _position(release)
    ended = release.phase in TERMINAL
    marked = [_marked(name, number - at, failed=ended) for number, name in enumerate(names)]
    if release.broke_glass:
        unsound = release.stale is not None or (release.evidence is not None and not _passed(release.evidence))
        marked[2:4] = ["✗ Smoke tests" if unsound else marked[2], "🔨 *Break-glass*"]
    return "  ·  ".join(marked)


def _marked(name: str, distance: int, *, failed: bool) -> str:
    if distance < 0:
        return f"✓ {name}"
    if distance > 0:
        return f"○ {name}"
    return f"✗ *{name}*" if failed else f"● *{name}*"


def _position(release: Release) -> int:
    """Return the number of the step that the release is at or ended at; beyond the last when it went well."""
    if release.phase in {Phase.RELEASED, Phase.ROLLED_BACK}:
        return len(_STEPS)
    if release.kind is Kind.ROLLBACK:
        return 1 if release.phase in {Phase.VERIFYING_ROLLBACK, Phase.PROD_UNHEALTHY} else 0
    return _AT_STEP.get(release.phase, _reached(release))


def _reached(release: Release) -> int:
    """Return the step by what the document holds, for phases that can follow several steps."""
    if release.pointer is not None or _approved(release):
        return 4
    if release.evidence is not None:
        return 3 if _passed(release.evidence) else 2
    return 1 if release.package is not None else 0


def _passed(evidence: Evidence) -> bool:
    return evidence.verdict is Verdict.PASSED


def _approved(release: Release) -> bool:
    decision = release.decision
    return decision is not None and decision.kind in {DecisionKind.APPROVED, DecisionKind.BREAK_GLASS}


def prod_touched(release: Release) -> bool:
    """Say whether the release began to change prod."""
    return release.pointer is not None


def can_be_undone(release: Release) -> bool:
    """Say whether the release has ended with something on prod, or half on it, that a rollback can take back."""
    undoable = {Phase.RELEASED, Phase.PROD_UNHEALTHY, Phase.PROMOTION_FAILED, Phase.ERRORED}
    pointer = release.pointer
    held = pointer is not None and pointer.previous_config is not None
    return held and release.kind is Kind.DEPLOY and release.phase in undoable


_AGAIN = "When the cause is mended, ask again: {deploy}."
_LOOK = "Look at the endpoint and its logs (links on the card); {endpoints} shows what is live."

_NEXT = {
    Phase.PACKAGE_REFUSED: (
        "Nothing was changed. Choose another version, or mend the package in the registry and ask again."
    ),
    Phase.STAGING_FAILED: f"Prod was not touched. {_AGAIN}",
    Phase.SMOKE_FAILED: "Prod was not touched. Mend the model or the suite, register a new version, release that one.",
    Phase.SMOKE_UNDECIDED: "Prod was not touched. The model may be fine: see the checks on the card, then {deploy}.",
    Phase.REJECTED: "Prod was not touched. A new version starts a new release.",
    Phase.EXPIRED: "Prod was not touched. To offer it again: {deploy}.",
    Phase.CANCELLED: "Prod was not touched. To start over: {deploy}.",
    Phase.SUPERSEDED: "Prod was not touched. The newer release goes on with a card of its own.",
    Phase.PROMOTION_FAILED: f"{_LOOK} To bring back what prod served before: {{rollback}}.",
    Phase.ROLLBACK_FAILED: _LOOK,
    Phase.ROLLED_BACK: "Prod is locked for promotions. When it is safe again: {thaw}.",
}


def next_step(release: Release) -> str:
    """Return what a person can do now that the release has ended; empty while it goes on."""
    command = {
        "deploy": code(f"/deploy {release.model} {wanted_version(release).removeprefix('v')}"),
        "rollback": code(f"/rollback {release.model}"),
        "endpoints": code(f"/endpoints {release.model}"),
        "thaw": code(f"/thaw {release.model}"),
    }
    template = _NEXT.get(release.phase) or _other_next(release)
    for name, text in command.items():
        template = template.replace("{" + name + "}", text)
    return template


def _other_next(release: Release) -> str:
    match release.phase:
        case Phase.RELEASED:
            return _undo_offer(release)
        case Phase.PROMOTION_REFUSED:
            return _after_a_refusal(release)
        case Phase.SILENTLY_ROLLED_BACK if prod_touched(release):
            return f"Prod serves what it did before. The reason is in its logs (links on the card). {_AGAIN}"
        case Phase.SILENTLY_ROLLED_BACK:
            return f"Staging serves what it did before, prod was not touched. The reason is in its logs. {_AGAIN}"
        case Phase.PROD_UNHEALTHY if release.kind is Kind.ROLLBACK:
            return f"Prod serves the earlier config, and its tests still fail. {_LOOK}"
        case Phase.PROD_UNHEALTHY:
            return f"Prod serves the new version. {_undo_offer(release)}"
        case Phase.ERRORED if prod_touched(release):
            back = " To bring back what prod served before: {rollback}." if can_be_undone(release) else ""
            return f"Prod may be changed or half changed. {_LOOK}{back}"
        case Phase.ERRORED:
            return f"Prod was not touched. {_AGAIN}"
        case _:
            return ""


def _after_a_refusal(release: Release) -> str:
    if release.outcome is not None and release.outcome.code == "prod_changed":
        found = "This release did not touch prod, but something else did: {endpoints} shows what is live."
    else:
        found = "Prod was not touched."
    spent = "break-glass" if release.broke_glass else "approval"
    return f"{found} The {spent} is spent. To test and decide afresh: {{deploy}}."


def _undo_offer(release: Release) -> str:
    pointer = release.pointer
    if pointer is None or pointer.previous_config is None:
        return "It is the first release to prod, so there is nothing to roll back to yet."
    version = pointer.previous_version or version_in(pointer.previous_config)
    return f"To bring {version_name(version)} back ({code(pointer.previous_config)}): {{rollback}}."
