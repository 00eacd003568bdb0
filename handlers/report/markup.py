"""HTML, made of pieces that are escaped where they are made: no text of a person, a model or AWS is ever markup."""

import base64
import html
from collections.abc import Iterable, Sequence
from typing import NewType

from handlers.views.text import visible

Html = NewType("Html", str)
"""Text that is HTML already."""


def text(words: object) -> Html:
    """Return words as HTML; line breaks stay, and a byte that is no UTF-8 becomes a question mark."""
    return Html(html.escape(_printable(words)).replace("\n", "<br>"))


def tag(name: str, *inside: Html, css: str = "") -> Html:
    """Return an element; `css` is its class."""
    return Html(f"<{name}{f' class={css!r}' if css else ''}>{''.join(inside)}</{name}>")


def joined(*pieces: Html) -> Html:
    """Return pieces one after the other."""
    return Html("".join(pieces))


def code(words: object) -> Html:
    """Return words in a fixed-width font; a long one may break anywhere."""
    return tag("code", text(words)) if str(words) else Html("")


def section(title: str, *inside: Html) -> Html:
    """Return a section under its heading; empty where there is nothing to show."""
    return tag("section", tag("h2", text(title)), *inside) if any(inside) else Html("")


def facts(pairs: Iterable[tuple[str, Html]]) -> Html:
    """Return names with their values, those without a value left out."""
    known = [joined(tag("dt", text(name)), tag("dd", value)) for name, value in pairs if value]
    return tag("dl", *known) if known else Html("")


def table(heading: Sequence[str], rows: Sequence[Sequence[Html]], css: str = "") -> Html:
    """Return a table, or nothing where it has no rows."""
    if not rows:
        return Html("")
    head = tag("thead", tag("tr", *(tag("th", text(cell)) for cell in heading)))
    body = tag("tbody", *(tag("tr", *(tag("td", cell) for cell in row)) for row in rows))
    return tag("div", tag("table", head, body, css=css), css="wide")


def picture(png: bytes, alt: str) -> Html:
    """Return a picture that is part of the page."""
    data = base64.b64encode(png).decode()
    return tag("figure", Html(f'<img alt="{html.escape(_printable(alt))}" src="data:image/png;base64,{data}">'))


def _printable(words: object) -> str:
    return visible(str(words)).encode("utf-8", "replace").decode()
