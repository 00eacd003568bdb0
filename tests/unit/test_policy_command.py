"""`sluice policy test`: examples of who may decide what, held against a catalog."""

from pathlib import Path

import pytest

from bot.cli import main

ROOT = Path(__file__).parents[2]
CATALOG = """
models:
  churn:
    package_group: churn
    staging_endpoint: churn-staging
    prod_endpoint: churn-prod
    execution_role_arn: arn:aws:iam::123456789012:role/sagemaker
    channel: C0RELEASES
    channels: [C0RELEASES]
    approvers: {users: [UANA], groups: [SLEADS, SGONE]}
    operators: {users: [UOPS]}
    gate: {lifetime: 2h, quorum: 2, groups_required: [SLEADS], approve_reason: true,
      risk: {image: 3, first_release: 3, warnings: 3, instance_type: 3, environment: 3, role: 3, schema: 3},
      windows: ['mon-fri 09:00-17:00 Europe/Madrid'], break_glass: {users: [UOPS], groups: [SLEADS]}}
"""
HEAD = "catalog: catalog.yaml\ngroups: {SLEADS: [ULEE, UMAX], SGONE: null}\nexamples:\n"
EXAMPLES = """
  - {by: UANA, expect: voted}
  - {by: ULEE, votes: [UANA], expect: approved}
  - {by: ULEE, votes: [UANA], fills_in: false, expect: "refused: reason_required"}
  - {by: UANA, votes: [UANA], expect: "refused: already_voted"}
  - {by: ULEE, requested_by: ULEE, expect: "refused: self_approval"}
  - {by: UZOE, expect: "refused: group_unreadable"}
  - {by: ULEE, votes: [UANA, UMAX], shows: [image], expect: approved}
  - {by: ULEE, votes: [UANA], shows: [image], expect: voted}
  - {by: ULEE, votes: [UANA], shows: [environment], expect: voted}
  - {by: ULEE, votes: [UANA], shows: [instance_type], expect: voted}
  - {by: ULEE, votes: [UANA], shows: [role], expect: voted}
  - {by: ULEE, votes: [UANA], shows: [schema], expect: voted}
  - {by: ULEE, votes: [UANA], shows: [warnings], expect: voted}
  - {by: ULEE, votes: [UANA], shows: [first_release], expect: voted}
  - {by: UANA, at: 2026-01-05T17:00:00+01:00, expect: "refused: outside_window"}
  - {by: UANA, at: 2026-01-10T12:00:00Z, does: reject, expect: rejected}
  - {by: UANA, waited: 119m, expect: voted}
  - {by: UANA, waited: 2h, expect: "refused: expired"}
  - {by: UANA, frozen: true, expect: "refused: frozen"}
  - {by: UANA, locked: true, expect: "refused: locked"}
  - {by: UMAX, does: reject, votes: [UANA], expect: rejected}
  - {by: UANA, does: cancel, requested_by: UANA, expect: cancelled}
  - {by: UANA, does: run again, expect: run again}
  - {by: UOPS, does: break glass, after: smoke_failed, expect: broke glass}
  - {by: UOPS, does: break glass, after: smoke_undecided, waited: 119m, expect: broke glass}
  - {by: UOPS, does: break glass, after: smoke_failed, waited: 2h, expect: "refused: expired"}
  - {by: UOPS, does: break glass, after: recheck_failed, requested_by: UOPS, frozen: true, expect: broke glass}
  - {by: UOPS, does: break glass, after: staging_moved, expect: "refused: evidence_stale"}
  - {by: UMAX, does: break glass, at: 2026-01-10T12:00:00Z, expect: broke glass}
  - {by: UMAX, does: break glass, is_a: guest, expect: "refused: bot_or_guest"}
  - {by: UANA, does: break glass, expect: "refused: not_allowed_to_break_glass"}
  - {by: UMAX, is_a: guest, expect: "refused: bot_or_guest"}
  - {by: UMAX, is_a: unknown, expect: "refused: identity_unreadable"}
  - {by: UANA, is_a: guest, expect: voted}
  - {by: UZOE, does: deploy, channel: C0RELEASES, expect: allowed}
  - {by: UZOE, does: deploy, channel: C0OTHER, expect: "refused: wrong_channel"}
  - {by: UZOE, does: deploy, expect: "refused: wrong_channel"}
  - {by: UZOE, does: deploy, channel: C0RELEASES, is_a: stranger, expect: "refused: bot_or_guest"}
  - {by: UZOE, does: deploy, channel: C0RELEASES, is_a: unknown, expect: allowed}
  - {by: UOPS, does: freeze, expect: allowed}
  - {by: UOPS, does: roll back, locked: true, frozen: true, expect: allowed}
  - {by: UANA, does: roll back, expect: "refused: not_an_approver"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "catalog.yaml").write_text(CATALOG, encoding="utf-8")
    return tmp_path


def run(folder: Path, text: str) -> int:
    (folder / "policy.yaml").write_text(text, encoding="utf-8")
    return main(["policy", "test", str(folder / "policy.yaml")])


def test_the_sandboxs_policy_is_as_its_examples_say(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "test", str(ROOT / "sandbox" / "catalog" / "policy.yaml")]) == 0
    assert ", 0 not as expected" in capsys.readouterr().out


def test_an_example_says_what_the_product_would(folder: Path) -> None:
    assert run(folder, HEAD + EXAMPLES) == 0


def test_a_wrong_expectation_is_told_with_file_line_and_rule(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = HEAD + "  - {by: UANA, expect: voted}\n  - what: Ana alone\n    by: UANA\n    expect: approved\n"
    assert run(folder, text) == 1
    told = capsys.readouterr()
    assert told.err == f"{folder}/policy.yaml:5: Ana alone: expected approved, is voted (approvers.users has UANA)\n"
    assert "2 examples, 1 not as expected" in told.out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD + "  - {by: UANA, expect: voted}\n  - {by: UANA, expect: perhaps}\n", "policy.yaml:5: expect: "),
        (HEAD + "  - {by: UANA, expect: 'refused: never'}\n", "there is no reason code never"),
        (HEAD + "  - {by: UANA, model: fraud, expect: voted}\n", "policy.yaml:4: model fraud is not in the catalog"),
        (HEAD + "  - {by: UANA, hat: red, expect: voted}\n", "policy.yaml:4: hat: "),
        (HEAD, "examples: "),
        ("", "the file: "),
        ("a: [", "not YAML"),
        ("catalog: none.yaml\nexamples: [{by: UANA, expect: voted}]", "none.yaml cannot be read"),
    ],
)
def test_what_cannot_be_used_is_told(folder: Path, text: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, text) == 2
    assert says in capsys.readouterr().err


def test_a_file_that_is_not_there_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "test", str(folder / "none.yaml")]) == 2
    assert "cannot be read" in capsys.readouterr().err
