"""From a record to the picture: SVG, which is pure text, and PNG, which is what Slack shows."""

from importlib.resources import as_file, files

from handlers.picture import svg
from handlers.picture.answers import answers_panel
from handlers.picture.latency import latency_panel
from services.release.record import EvidenceRecord

FONTS = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")


def svg_of(record: EvidenceRecord) -> str:
    """Return the picture as SVG, 1500 x 660: latencies on the left, answers on the right."""
    return svg.document([latency_panel(record), answers_panel(record)])


def draw(record: EvidenceRecord) -> bytes:
    """Return the picture as PNG, 1500 x 660 pixels, the same on every machine: with its own fonts only.

    Slack shows PNG, JPG and GIF (docs.slack.dev/reference/block-kit/composition-objects/slack-file-object).
    """
    import resvg_py  # a native library of 3 MB that only the worker carries

    with as_file(files("handlers.picture") / "fonts") as folder:
        return resvg_py.svg_to_bytes(
            svg_string=svg_of(record),
            skip_system_fonts=True,
            font_files=[str(folder / name) for name in FONTS],
        )
