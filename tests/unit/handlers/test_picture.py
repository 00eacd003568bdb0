"""The picture of the evidence: what it says of each kind of record, and that any record can be drawn."""

import struct
from xml.etree import ElementTree as ET

import pytest
from fakes.pictured import GALLERY

from handlers import picture
from handlers.picture.letters import width
from services.release.record import EvidenceRecord

NAMES = list(GALLERY)
MOST_BYTES = 200_000


def tree(record: EvidenceRecord) -> ET.Element:
    """Return the picture's document, without its namespace."""
    return ET.fromstring(picture.svg_of(record).replace(' xmlns="http://www.w3.org/2000/svg"', ""))  # noqa: S314 - ours


def said(record: EvidenceRecord) -> list[str]:
    """Return every text of the picture, in the order of the document."""
    return [element.text or "" for element in tree(record).iter("text")]


def boxes(record: EvidenceRecord) -> list[tuple[str, float, float, float, float]]:
    """Return each text with about the rectangle that it takes: left, top, right, bottom."""
    found = []
    for element in tree(record).iter("text"):
        words, size = element.text or "", float(element.get("font-size", "0"))
        x, y, long = float(element.get("x", "0")), float(element.get("y", "0")), 0.9 * width(words, size)
        left = x - {"start": 0.0, "middle": long / 2, "end": long}[element.get("text-anchor", "start")]
        if "rotate" in element.get("transform", ""):
            found.append((words, x - 0.75 * size, y - long / 2, x + 0.2 * size, y + long / 2))
        else:
            found.append((words, left, y - 0.75 * size, left + long, y + 0.2 * size))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_is_a_small_png_of_one_size_and_the_same_each_time(name: str) -> None:
    record = GALLERY[name]()
    png = picture.draw(record)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png[16:24]) == (1500, 660)
    assert len(png) < MOST_BYTES
    assert picture.draw(record) == png


@pytest.mark.parametrize("name", NAMES)
def test_no_text_lies_on_another_or_leaves_the_picture(name: str) -> None:
    shown = boxes(GALLERY[name]())
    assert shown
    for words, left, top, right, bottom in shown:
        assert left >= 0, words
        assert top >= 0, words
        assert right <= 1500, words
        assert bottom <= 660, words
    for index, (words, left, top, right, bottom) in enumerate(shown):
        for others, left2, top2, right2, bottom2 in shown[index + 1 :]:
            apart = right <= left2 or right2 <= left or bottom <= top2 or bottom2 <= top
            assert apart, (words, others)
