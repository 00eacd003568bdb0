"""The chain of an audit log: whatever is done to what is stored is found, and where."""

from dataclasses import replace

import pytest
from fakes.builders import NOON
from hypothesis import given
from hypothesis import strategies as st

from services.release.audit import (
    Announced,
    Committed,
    Fault,
    Trail,
    chained,
    covered_from,
    digest,
    faults,
    parted,
)

texts = st.lists(st.text(max_size=40), min_size=1, max_size=8)


@st.composite
def trails(draw: st.DrawFn) -> Trail:
    """A whole trail of any texts; what they say is of no matter to the chain."""
    lines, head = chained("", draw(texts))
    return Trail("r1", lines, (Announced(NOON, "card", 1),) * len(lines), head)


def held(trail: Trail, lines: list[str]) -> Fault:
    acts = (Announced(NOON, "card", 1),) * len(lines)
    found = faults(replace(trail, lines=tuple(lines), acts=acts))
    assert len(found) == 1
    return found[0]


@given(trails())
def test_what_nobody_touched_is_whole(trail: Trail) -> None:
    assert faults(trail) == ()
    assert [line and line.number for line in map(parted, trail.lines)] == list(range(1, len(trail.lines) + 1))


@given(trails(), st.data())
def test_one_changed_byte_is_found_in_its_line(trail: Trail, data: st.DataObject) -> None:
    number = data.draw(st.integers(1, len(trail.lines)))
    written = trail.lines[number - 1].encode()
    place, other = data.draw(st.integers(0, len(written) - 1)), data.draw(st.integers(0, 255))
    changed = written[:place] + bytes([other]) + written[place + 1 :]
    lines = list(trail.lines)
    lines[number - 1] = changed.decode("utf-8", "surrogateescape")
    if changed == written:
        assert faults(trail) == ()
    else:
        assert held(trail, lines).line == number


@given(trails(), st.data())
def test_a_removed_line_is_found_in_its_place(trail: Trail, data: st.DataObject) -> None:
    number = data.draw(st.integers(1, len(trail.lines)))
    lines = [line for place, line in enumerate(trail.lines, start=1) if place != number]
    assert held(trail, lines).line == number


@given(trails(), st.data())
def test_two_swapped_lines_are_found_at_the_first(trail: Trail, data: st.DataObject) -> None:
    one, other = (data.draw(st.integers(0, len(trail.lines) - 1)) for _ in range(2))
    lines = list(trail.lines)
    lines[one], lines[other] = lines[other], lines[one]
    if one == other:
        assert faults(replace(trail, lines=tuple(lines))) == ()
    else:
        assert held(trail, lines).line == min(one, other) + 1


@given(trails(), st.data())
def test_a_chain_that_was_cut_off_is_found_at_the_cut(trail: Trail, data: st.DataObject) -> None:
    kept = data.draw(st.integers(0, len(trail.lines) - 1))
    assert held(trail, list(trail.lines[:kept])).line == kept + 1


@given(trails(), st.data(), st.text(max_size=20))
def test_a_line_put_in_between_is_found(trail: Trail, data: st.DataObject, text: str) -> None:
    place = data.draw(st.integers(0, len(trail.lines)))
    head = " ".join(trail.lines[place - 1].split(" ", 2)[:2]) if place else ""
    forged = chained(head, [text])[0][0]
    lines = [*trail.lines[:place], forged, *trail.lines[place:]]
    line = held(trail, lines).line
    assert line is not None
    assert line in {place + 1, place + 2}


@given(trails(), st.text(max_size=80))
def test_another_head_is_found(trail: Trail, head: str) -> None:
    assert faults(replace(trail, head=head)) != () or head == trail.head


def sealed(*facts: str, document: str = "{}", legacy: int = 0) -> Trail:
    commit = Committed(NOON, 1, digest(document), legacy + 1, tuple(map(digest, facts[legacy:])))
    lines, head = chained("", ["sealed"])
    return Trail("r1", lines, (commit,), head, facts, document)


@given(st.lists(st.text(max_size=20), min_size=1, max_size=6, unique=True), st.data())
def test_a_changed_or_removed_fact_is_found(facts: list[str], data: st.DataObject) -> None:
    trail = sealed(*facts)
    assert faults(trail) == ()
    number = data.draw(st.integers(1, len(facts)))
    changed = (*facts[: number - 1], facts[number - 1] + "x", *facts[number:])
    assert [fault.fact for fault in faults(replace(trail, facts=changed))] == [number]
    removed = (*facts[: number - 1], *facts[number:])
    assert [fault.fact for fault in faults(replace(trail, facts=removed))] == list(range(number, len(facts) + 1))
    added = (*facts, "another")
    assert [fault.fact for fault in faults(replace(trail, facts=added))] == [len(added)]


def test_facts_of_before_the_chain_are_not_vouched_for() -> None:
    trail = sealed("old", "old", "new", legacy=2)
    assert (faults(trail), covered_from(trail)) == ((), 3)
    assert faults(replace(trail, facts=("changed", "old", "new"))) == ()


def test_another_document_is_found() -> None:
    assert "document" in faults(replace(sealed("fact"), document="{ }"))[0].problem


def test_a_line_that_only_a_newer_sluice_reads_is_said_to_be_one() -> None:
    lines, head = chained("", ["?"])
    (found,) = faults(Trail("r1", lines, (None,), head))
    assert (found.line, "newer" in found.problem) == (1, True)


@pytest.mark.parametrize("text", ["", "a\nb", "1 2 3", "\x00", "é" * 3])
def test_any_text_is_a_line(text: str) -> None:
    lines, _ = chained("", [text])
    found = parted(lines[0])
    assert found is not None
    assert found.text == text


def test_a_chain_goes_on_from_its_head() -> None:
    whole, head = chained("", ["a", "b", "c"])
    first, middle = chained("", ["a"])
    rest, end = chained(middle, ["b", "c"])
    assert ((*first, *rest), end) == (whole, head)
