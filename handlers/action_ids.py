"""The names by which Slack tells us what was clicked, and the value that a button carries.

A button carries the release id and the gate's nonce, nothing else (invariant 8): authority comes from the store.
"""

import re
from dataclasses import dataclass

APPROVE = "gate_approve"
REJECT = "gate_reject"
CANCEL = "release_cancel"
RUN_AGAIN = "evidence_renew"
LOOK_BACK = "rollback_look"
ROLL_BACK = "rollback_start"
CHOOSE_ROLLBACK = "rollback_model"
OPEN_DEPLOY = "deploy_open"
DEPLOY_MODEL = "deploy_model"
DEPLOY_VERSION = "deploy_version"
REASON = "reason"
CHECKLIST = "checklist"
TYPED = "typed"

DEPLOY_FORM = "deploy_form"
APPROVE_FORM = "approve_form"
REJECT_FORM = "reject_form"
ROLLBACK_FORM = "rollback_form"
GLASS_FORM = "glass_form"
NOTICE = "notice"

MODEL_BLOCK = "model"
VERSION_BLOCK = "version"
REASON_BLOCK = "reason"
CHECKLIST_BLOCK = "checklist"
TYPED_BLOCK = "typed"

_VALUE = re.compile(r"(?P<release>r[0-9a-z]{8})(?::(?P<nonce>[A-Za-z0-9_-]{1,128}))?")


@dataclass(frozen=True, slots=True)
class ButtonValue:
    """What a button of ours carries; `nonce` is empty where no gate is meant."""

    release_id: str
    nonce: str = ""

    def encode(self) -> str:
        """Return the text that Slack keeps in the button."""
        return f"{self.release_id}:{self.nonce}" if self.nonce else self.release_id


def read_value(text: str) -> ButtonValue | None:
    """Return what a button carries, or None if it is none of ours."""
    found = _VALUE.fullmatch(text)
    return ButtonValue(found["release"], found["nonce"] or "") if found else None
