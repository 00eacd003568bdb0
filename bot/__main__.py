"""`python -m bot` is `sluice`."""

import sys

from bot.cli import main

sys.exit(main())
