"""The parts of the picture that are right or wrong by themselves: letters, numbers, ticks."""

from importlib.resources import files

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from handlers.picture.drawing import FONTS
from handlers.picture.letters import SPOKEN, fitted, plain, width, xml
from handlers.picture.scale import Axis, duration, even_range, log_range, percent, written

BOLD_BY = {"DejaVuSans.ttf": 1.0, "DejaVuSans-Bold.ttf": 1.12}
NUMBERS = st.floats(-1e150, 1e150)


@pytest.mark.parametrize("name", FONTS)
def test_the_shipped_fonts_have_every_letter_and_none_is_wider_than_is_counted_with(name: str) -> None:
    with TTFont(str(files("handlers.picture") / "fonts" / name)) as font:
        letters, advances, em = font.getBestCmap(), font["hmtx"], font["head"].unitsPerEm
        for letter in SPOKEN:
            real = advances[letters[ord(letter)]][0] / em
            assert real <= BOLD_BY[name] * width(letter, 1), letter


@given(st.text(max_size=60), st.floats(20, 400))
def test_fitted_text_fits_and_is_made_of_known_letters(text: str, room: float) -> None:
    shown = fitted(text, room, 12)
    assert width(shown, 12) <= room
    assert set(shown) <= set(SPOKEN)
    if width(plain(text), 12) <= room:
        assert shown == plain(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("caf\u00e9 \u0141\u00f3d\u017a", "caf\u00e9 \u0141\u00f3d\u017a"),
        ("a \U0001f680\U0001f680 b", "a \u25a1 b"),
        ("\u0645\u0631\u062d\u0628\u0627", "\u25a1"),
        ("one\n\ttwo\u202e", "one two"),
        ("\x00", "\u25a1"),
    ],
)
def test_foreign_letters_become_a_box(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_markup_is_escaped() -> None:
    assert xml('<b a="1">&\'') == "&lt;b a=&quot;1&quot;&gt;&amp;'"


@pytest.mark.parametrize(
    ("value", "step", "words"),
    [
        (0.0, 0.0, "0"),
        (-0.0, 0.25, "0"),
        (1e-17, 0.25, "0"),
        (0.25, 0.25, "0.25"),
        (1.0, 0.25, "1"),
        (2.5, 2.5, "2.5"),
        (1500.0, 500.0, "1,500"),
        (200_000.0, 200_000.0, "200k"),
        (2_500_000.0, 500_000.0, "2.5M"),
        (262_144.0, 0.0, "262k"),
        (5092.4, 0.0, "5,092"),
        (0.012345, 0.0, "0.0123"),
        (-3.14159, 0.0, "-3.14"),
        (1e150, 0.0, "1e+150"),
        (1e-9, 0.0, "1e-09"),
    ],
)
def test_numbers_are_written_shortly(value: float, step: float, words: str) -> None:
    assert written(value, step) == words


@pytest.mark.parametrize(
    ("value", "words"), [(0.3812, "0.381"), (12.44, "12.4"), (999.7, "1,000"), (1250.0, "1,250"), (1e9, "1e+09")]
)
def test_milliseconds_are_written_shortly(value: float, words: str) -> None:
    assert duration(value) == words


def test_shares_are_written_shortly() -> None:
    assert [percent(264, 418), percent(1, 418), percent(1, 2000), percent(0, 418), percent(0, 0)] == [
        "63.2%",
        "0.24%",
        "0.05%",
        "0%",
        "0%",
    ]


@given(st.lists(NUMBERS, max_size=5), NUMBERS)
def test_an_even_axis_holds_its_values_and_has_round_ticks(values: list[float], other: float) -> None:
    axis = Axis(*even_range([*values, other]), 100, 500)
    assert all(100 <= axis.at(value) <= 500 for value in [*values, other])
    ticks = axis.ticks(5)
    assert 2 <= len(ticks) <= 7
    places = [axis.at(value) for value, _ in ticks]
    assert places == sorted(places)
    assert all(words for _, words in ticks)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_of_a_usual_range_are_told_apart(low: float, span: float) -> None:
    words = [words for _, words in Axis(low, low + max(span, abs(low) / 100), 0, 1).ticks(5)]
    assert len(set(words)) == len(words)
    assert all(len(each) <= 8 for each in words)


@given(st.lists(st.floats(1e-3, 1e9), min_size=1, max_size=5))
def test_a_log_axis_holds_its_values_and_has_round_ticks(values: list[float]) -> None:
    axis = Axis(*log_range(values), 100, 500, log=True)
    assert all(100 <= axis.at(value) <= 500 for value in values)
    ticks = axis.ticks(6)
    assert 1 <= len(ticks) <= 9
    assert len({words for _, words in ticks}) == len(ticks)


def test_what_is_beyond_an_axis_stands_at_its_edge() -> None:
    assert Axis(0, 1, 10, 20).at(7) == 20
    assert Axis(1, 10, 10, 20, log=True).at(-3) == 10
