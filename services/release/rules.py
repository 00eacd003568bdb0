"""The rule that each refusal rests on: a key of the catalog, or an invariant that no catalog can change."""

from collections.abc import Mapping
from types import MappingProxyType

ONE_DECISION = "invariant 1: one decision per release"
EXACTLY_WHAT_WAS_TESTED = "invariant 2: exactly what was tested"
EXACTLY_WHAT_WAS_SHOWN = "invariant 2: exactly what was shown"
POINTER_FIRST = "invariant 4: what undo needs is saved before"
FROM_THE_STORE = "invariant 8: what counts is in the store"
ONE_REQUEST = "one request, one act"
FAILS_CLOSED = "invariant 9: who is not known to be allowed is refused"

RULES: Mapping[str, str] = MappingProxyType(
    {
        "no_policy": "approvers and operators: nobody is named",
        "self_approval": "gate.allow_self_approval: false",
        "group_unreadable": FAILS_CLOSED,
        "not_an_approver": FAILS_CLOSED,
        "identity_unreadable": FAILS_CLOSED,
        "bot_or_guest": "only full members of the workspace, unless listed by id",
        "wrong_channel": "channels",
        "already_voted": "gate.quorum: one vote for each person",
        "reason_required": "gate.approve_reason: true",
        "checklist_incomplete": "gate.checklist",
        "outside_window": "gate.windows",
        "already_decided": ONE_DECISION,
        "break_glass_off": "gate.break_glass: nobody is named",
        "not_allowed_to_break_glass": "gate.break_glass",
        "not_confirmed": "gate.break_glass: the release or its model is typed once more",
        "not_as_shown": EXACTLY_WHAT_WAS_SHOWN,
        "place_taken": "one release of a model at a time",
        "superseded": ONE_DECISION,
        "gate_not_open": ONE_DECISION,
        "stale_button": EXACTLY_WHAT_WAS_TESTED,
        "evidence_stale": EXACTLY_WHAT_WAS_TESTED,
        "already_run_again": EXACTLY_WHAT_WAS_TESTED,
        "not_stale": EXACTLY_WHAT_WAS_TESTED,
        "expired": "gate.lifetime",
        "locked": "the model's lock",
        "frozen": "a freeze in force",
        "arrived_before": ONE_REQUEST,
        "no_pointer": POINTER_FIRST,
        "unknown_release": FROM_THE_STORE,
        "too_late": ONE_DECISION,
        "contended": ONE_DECISION,
    }
)
"""Reason code of a refusal -> the rule, unless the refusal itself cites a nearer one."""
