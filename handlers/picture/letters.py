"""Text in the picture: only letters that the shipped fonts have, in as much room as there is, safe in XML."""

import re
from xml.sax.saxutils import escape

_SIGNS = (
    "\u2013\u2014\u2018\u2019\u201c\u201d\u201e\u2020\u2022\u2026"
    "\u2032\u2033\u2030\u20ac\u2122\u2190\u2191\u2192\u2193\u0394"
    "\u2212\u221e\u2248\u2260\u2264\u2265\u25a1\u2713\u2717"
)
SPOKEN = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x180)])) + _SIGNS
"""Every character of the two fonts: Latin-1, Latin Extended-A, and the signs that people write with numbers."""

MISSING = "□"
_ELLIPSIS = "…"
_STRANGE = re.compile(f"[^{re.escape(SPOKEN)}]+")
_INVISIBLE = re.compile(r"[\s\u00ad\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")
_WIDTHS = {
    **dict.fromkeys("iljI.,:;' ", 0.36),
    **dict.fromkeys("tfr!()[]-|", 0.45),
    **dict.fromkeys("mwMW@%ÆæŒœŴŵ©®¼½¾\u2122\u2014\u2026\u25a1", 1.07),
    **dict.fromkeys("Ħŉħ", 0.92),
    "\u2030": 1.35,
}
_CAPITAL, _PLAIN, _SIGN = 0.79, 0.66, 0.84
_MOST_READ = 400


def plain(text: str) -> str:
    """Return `text` on one line in letters that the fonts have; a run of others becomes one box."""
    return _STRANGE.sub(MISSING, _INVISIBLE.sub(" ", text[:_MOST_READ])).strip()


def width(text: str, size: float) -> float:
    """Return about how wide `text` is in pixels, rather too wide: DejaVu Sans at `size` pixels, by kinds of letters."""
    return size * sum(_WIDTHS.get(each) or _breadth(each) for each in text)


def _breadth(letter: str) -> float:
    if letter.isupper():
        return _CAPITAL
    return _PLAIN if letter.isalnum() else _SIGN


def fitted(text: str, room: float, size: float) -> str:
    """Return `text` in letters that the fonts have, cut to `room` pixels."""
    whole = plain(text)
    if width(whole, size) <= room:
        return whole
    left = room - width(_ELLIPSIS, size)
    kept = ""
    for each in whole:
        left -= width(each, size)
        if left < 0:
            break
        kept += each
    return kept.rstrip() + _ELLIPSIS


def xml(text: str) -> str:
    """Return `text` for the inside of an element or an attribute of SVG."""
    return escape(plain(text), {'"': "&quot;"})
