"""Draw the pictures of the page on reading them, into docs/pictures: real answers of the sandbox's models.

`python scripts/draw_pictures.py`, after a change of `handlers/picture`; then look at each.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from fakes.pictured import GALLERY  # noqa: E402 - the paths come first

from handlers import picture  # noqa: E402 - the paths come first

SHOWN = ("good", "swapped", "first", "slow", "regression", "many_classes")


def main() -> int:
    """Draw each and say its size."""
    for name in SHOWN:
        target = ROOT / "docs" / "pictures" / f"evidence-{name.replace('_', '-')}.png"
        target.write_bytes(picture.draw(GALLERY[name]()))
        print(target.relative_to(ROOT), target.stat().st_size, "bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
