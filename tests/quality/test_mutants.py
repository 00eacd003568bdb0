"""The planted bugs of `make torture` are still bugs of this source, and the tests that find them still exist."""

import ast
from pathlib import Path

import pytest
from quality.sources import ROOT
from torture.frame import PAGE
from torture.mutants import MUTANTS, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.bug)
def test_a_planted_bug_is_a_change_of_this_source_with_a_test_that_exists(tmp_path: Path, mutant: Mutant) -> None:
    for edit in mutant.edits:
        (tmp_path / edit.file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / edit.file).write_text((ROOT / edit.file).read_text(encoding="utf-8"), encoding="utf-8")
    mutant.apply_to(tmp_path)
    for edit in mutant.edits:
        ast.parse((tmp_path / edit.file).read_text(encoding="utf-8"))
    file, name = mutant.test.split("::")
    assert f"def {name.partition('[')[0]}(" in (ROOT / file).read_text(encoding="utf-8")


def test_a_source_that_has_changed_is_told(tmp_path: Path) -> None:
    edit = MUTANTS[0].edits[0]
    (tmp_path / edit.file).parent.mkdir(parents=True)
    (tmp_path / edit.file).write_text("something else\n", encoding="utf-8")
    with pytest.raises(ValueError, match="0 times"):
        MUTANTS[0].apply_to(tmp_path)


def test_the_page_lists_them() -> None:
    page = PAGE.read_text(encoding="utf-8")
    listed = [line for line in page.split("## The planted bugs")[1].splitlines() if line.startswith("| ")][2:]
    assert listed == [mutant.row() for mutant in MUTANTS]
