"""The torture's page has a row for every part, in the form that a run writes, and nothing in it went wrong."""

import re
from datetime import date

import pytest
from torture.frame import PAGE, Counts, Ran, names, part, played, recorded

ROW = re.compile(
    r"^\| (?P<part>\w+) \| (?P<tried>[\d,]+) [\w ]+ \|(?P<wrong>( \d+ \|){5}) (?P<repeated>[\d,]+) of (?P<told>[\d,]+)"
    r"( \([\d.]+%\))? \| (?P<day>\d{4}-\d\d-\d\d), (no seed|seeds? \d+( to \d+)?), [\d,]+ s \|$",
    re.MULTILINE,
)
ROWS = {row["part"]: row for row in ROW.finditer(PAGE.read_text(encoding="utf-8"))}


def test_every_part_has_its_row_and_its_words() -> None:
    assert sorted(ROWS) == names()
    assert set(re.findall(r"^\*\*(\w+)\*\*:", PAGE.read_text(encoding="utf-8"), re.MULTILINE)) == set(names())
    assert all(callable(part(name)) for name in names())


@pytest.mark.parametrize("name", ROWS)
def test_nothing_went_wrong(name: str) -> None:
    row = ROWS[name]
    assert int(row["tried"].replace(",", "")) > 0
    assert set(re.findall(r"\d+", row["wrong"])) == {"0"}
    date.fromisoformat(row["day"])


def test_a_run_renews_its_row_and_its_sentences_only() -> None:
    counts = Counts("deaths", 1_234, lost=2, announced=50, repeated=1, notes=("new",))
    ran = Ran("points", counts, range(7, 8), "2026-01-02", 3.4)
    page = "| points | old |\n| pairs | old |\n\n- points: old\n- pairs: old\n"
    row = "| points | 1,234 deaths | 2 | 0 | 0 | 0 | 0 | 1 of 50 (2.00%) | 2026-01-02, seed 7, 3 s |"
    assert recorded(page, ran) == f"{row}\n| pairs | old |\n\n- pairs: old\n- points: new\n"
    assert recorded(recorded(page, ran), ran) == recorded(page, ran)
    with pytest.raises(ValueError, match="no row"):
        recorded("", ran)


def test_seeds_in_a_row_make_one_row() -> None:
    one = Counts("deaths", 5, lost=1, announced=9, repeated=2, notes=("both", "one"), found=("a",))
    other = Counts("deaths", 7, otherwise_wrong=3, announced=1, notes=("both", "other"), found=("b",))
    both = one + other
    assert both == Counts(
        "deaths", 12, 1, otherwise_wrong=3, announced=10, repeated=2, notes=("both", "one", "other"), found=("a", "b")
    )
    row = Ran("points", both, range(7, 9), "2026-01-02", 3.4).row()
    assert row == "| points | 12 deaths | 1 | 0 | 0 | 0 | 3 | 2 of 10 (20.00%) | 2026-01-02, seeds 7 to 8, 3 s |"


def test_what_leaves_nothing_to_chance_is_played_once_whatever_the_seeds() -> None:
    by_chance = played("points", lambda seed: Counts("deaths", seed), range(7, 9), "2026-01-02")
    assert (by_chance.counts.tried, by_chance.seeds) == (7 + 8, range(7, 9))
    always = played("points", lambda: Counts("deaths", 3), range(7, 9), "2026-01-02")
    assert always.counts.tried == 3
    assert "2026-01-02, no seed, " in always.row()
