"""The picture of an evidence record: latency and answers, beside prod's. Pure, but for `draw`."""

from handlers.picture.drawing import draw, svg_of
from handlers.picture.words import alt_text

__all__ = ["alt_text", "draw", "svg_of"]
