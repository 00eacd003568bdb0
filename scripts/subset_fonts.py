"""Cut the picture's fonts anew: `python scripts/subset_fonts.py FOLDER`, the folder with DejaVu's own TTF files.

The characters are those of `handlers.picture.letters`; the result is committed, so nothing else needs fontTools. The
files are DejaVu 2.37 of Debian's fonts-dejavu-core, which keeps their license beside them.
"""

import sys
from pathlib import Path

from fontTools import subset

from handlers.picture.letters import SPOKEN

FONTS = Path(__file__).resolve().parents[1] / "handlers" / "picture" / "fonts"


def main(folder: Path) -> int:
    """Write each font of the picture, cut from the one of the same name in `folder`."""
    for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"):
        options = subset.Options(hinting=False, layout_features=["kern"], drop_tables=["FFTM", "DSIG"])
        font = subset.load_font(folder / name, options)
        cutter = subset.Subsetter(options)
        cutter.populate(text=SPOKEN)
        cutter.subset(font)
        subset.save_font(font, FONTS / name, options)
        print(name, (FONTS / name).stat().st_size, "bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
