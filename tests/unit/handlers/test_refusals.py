"""Every reason code that the services can give has a sentence of its own."""

import ast
from collections.abc import Iterator
from pathlib import Path

import services
from handlers.action_ids import ButtonValue, read_value
from handlers.reply_address import ReplyAddress, read_reply_address
from handlers.views import refusals
from handlers.views.rollback import _REFUSALS
from services.release.policy import Denied
from services.release.rules import RULES

SOURCES = sorted(Path(services.__file__).parent.rglob("*.py"))


def _first_arguments(of: str) -> Iterator[str]:
    """Return the literal reason codes with which a class is made, anywhere in the services."""
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == of and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value


def test_every_denial_has_a_sentence() -> None:
    codes = set(_first_arguments("Denied"))
    assert codes
    assert codes <= refusals.KNOWN


def test_every_denial_rests_on_a_rule_that_the_clicker_is_shown() -> None:
    assert set(RULES) == refusals.KNOWN
    for reason in refusals.KNOWN:
        assert f"`{RULES[reason]}`" in str(refusals.refusal(Denied(reason)).blocks)
    nearer = Denied("not_an_approver", cites="operators")
    assert "Rule: `operators` · Reason code: `not_an_approver`" in str(refusals.refusal(nearer).blocks)


def test_every_unreadable_version_has_a_sentence() -> None:
    assert set(_first_arguments("Unreadable")) <= set(refusals._UNREADABLE)


def test_every_refused_rollback_has_a_sentence() -> None:
    assert {"no_prod", "no_pointer", "store_behind", "first_release", "target_gone"} <= set(_REFUSALS)


def test_an_unlisted_code_is_told_all_the_same() -> None:
    assert "something\\_new" not in refusals.refusal_text(Denied("something_new"))
    assert "something_new" in refusals.refusal_text(Denied("something_new"))


def test_a_refusal_names_the_phase_as_the_card_does() -> None:
    assert "“Changing prod”" in refusals.refusal_text(Denied("too_late", reason="promoting"))
    assert "“elsewhere”" in refusals.refusal_text(Denied("too_late", reason="<!channel>"))


def test_the_lock_sign_stands_only_where_another_person_or_time_would_do() -> None:
    signs = {reason: refusals.refusal(Denied(reason)).text[0] for reason in refusals.KNOWN}
    assert {reason for reason, sign in signs.items() if sign == "✋"} == {
        "unknown_release",
        "too_late",
        "no_pointer",
        "already_run_again",
        "not_stale",
        "already_voted",
        "arrived_before",
    }
    assert set(signs.values()) == {"✋", "🔒"}


def test_another_account_is_not_told() -> None:
    said = refusals.unreadable_text("other_account", "999988887777", "123456789012")
    assert "another AWS account" in said
    assert not any(account in said for account in ("999988887777", "123456789012"))


def test_button_values_come_back_as_they_went() -> None:
    for value in (ButtonValue("r7k2m9x4q"), ButtonValue("r7k2m9x4q", "Zk3-_9")):
        assert read_value(value.encode()) == value
    for foreign in ("", "r1", "r7k2m9x4q:", "r7k2m9x4q:a:b", "R7K2M9X4Q", "r7k2m9x4q\n", "deploy"):
        assert read_value(foreign) is None


def test_reply_addresses_come_back_as_they_went() -> None:
    address = ReplyAddress("U1", "C1", "4bf5122f344554c53bde2ebb8cd2b7e3")
    assert read_reply_address(address.encode()) == address
    for foreign in ("", "x", "[]", "{}", '{"user": 1}', '{"user": ""}'):
        assert read_reply_address(foreign) is None
