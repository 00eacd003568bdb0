"""The torture's page has a row for every part, in the form that a run writes, and nothing in it went wrong."""

import re
from datetime import date

import pytest
from torture.frame import PAGE, Counts, Ran, names, part, recorded

ROW = re.compile(
    r"^\| (?P<part>\w+) \| (?P<tried>[\d,]+) [\w ]+ \|(?P<wrong>( \d+ \|){5}) (?P<repeated>[\d,]+) of (?P<told>[\d,]+)"
    r"( \([\d.]+%\))? \| (?P<day>\d{4}-\d\d-\d\d), seed \d+, \d+ s \|$",
    re.MULTILINE,
)
NOT_RECORDED = re.compile(r"^\| (\w+) \| not recorded \|( \|){7}$", re.MULTILINE)
ROWS = {row["part"]: row for row in ROW.finditer(PAGE.read_text(encoding="utf-8"))}


def test_every_part_has_its_row_and_its_words() -> None:
    unplayed = {found[1] for found in NOT_RECORDED.finditer(PAGE.read_text(encoding="utf-8"))}
    assert sorted([*ROWS, *unplayed]) == names()
    assert set(re.findall(r"^\*\*(\w+)\*\*:", PAGE.read_text(encoding="utf-8"), re.MULTILINE)) == set(names())
    assert all(callable(part(name)) for name in names())


@pytest.mark.parametrize("name", ROWS)
def test_nothing_went_wrong(name: str) -> None:
    row = ROWS[name]
    assert int(row["tried"].replace(",", "")) > 0
    assert set(re.findall(r"\d+", row["wrong"])) == {"0"}
    date.fromisoformat(row["day"])


def test_a_run_renews_its_row_and_its_sentences_only() -> None:
    ran = Ran("points", Counts("deaths", 1_234, lost=2, announced=50, repeated=1, notes=("new",)), 7, "2026-01-02", 3.4)
    page = "| points | old |\n| pairs | old |\n\n- points: old\n- pairs: old\n"
    row = "| points | 1,234 deaths | 2 | 0 | 0 | 0 | 0 | 1 of 50 (2.00%) | 2026-01-02, seed 7, 3 s |"
    assert recorded(page, ran) == f"{row}\n| pairs | old |\n\n- pairs: old\n- points: new\n"
    assert recorded(recorded(page, ran), ran) == recorded(page, ran)
    with pytest.raises(ValueError, match="no row"):
        recorded("", ran)
