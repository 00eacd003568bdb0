"""Run the parts of the torture in turn; with `--record`, write what they found to the page."""

import argparse
import platform
import sys
from datetime import UTC, datetime

from torture.frame import PAGE, be_quiet, names, part, played, printed, recorded


def main() -> int:
    """Run the parts; 1 when anything went wrong."""
    parser = argparse.ArgumentParser(prog="make torture", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(names())}; all without any")
    parser.add_argument("--seed", type=int, default=1, help="of everything that is left to chance")
    parser.add_argument("--seeds", type=int, default=1, help="how many in a row; the table has their sum")
    parser.add_argument("--record", action="store_true", help=f"renew the rows of {PAGE.name}")
    options = parser.parse_args()
    be_quiet()
    print(f"Python {platform.python_version()}, {options.seeds} seeds from {options.seed}", flush=True)
    wrong, seeds = 0, range(options.seed, options.seed + options.seeds)
    for name in options.parts or names():
        ran = played(name, part(name), seeds, datetime.now(UTC).date().isoformat())
        print(printed(ran), flush=True)
        wrong += ran.counts.wrong
        if options.record:
            PAGE.write_text(recorded(PAGE.read_text(encoding="utf-8"), ran), encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
