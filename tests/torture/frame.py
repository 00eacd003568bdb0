"""The frame around the parts of the torture: what each of them reports, the table of it, and its page."""

import gc
import importlib
import inspect
import logging
import os
import pkgutil
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields, replace
from functools import reduce
from multiprocessing import get_context
from operator import add
from pathlib import Path
from typing import TypeVar

import structlog

from torture import parts

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "torture.md"
_SHOWN = 10
A = TypeVar("A")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Counts:
    """What a part did and what went wrong.

    `tried` counts what `unit` names in the plural. `lost` counts releases that did not end as they must and facts that
    nobody was told. A fact told again is `repeated`; `announced` counts all that were told. `notes` are sentences for
    the page; `found` says what went wrong, each with how to see it again.
    """

    unit: str
    tried: int
    lost: int = 0
    double_promotions: int = 0
    wrong_pointers: int = 0
    unanswered_clicks: int = 0
    otherwise_wrong: int = 0
    announced: int = 0
    repeated: int = 0
    notes: tuple[str, ...] = ()
    found: tuple[str, ...] = ()

    @property
    def wrong(self) -> int:
        """Return how much went wrong; a repeat is no wrong."""
        faults = self.lost + self.double_promotions + self.wrong_pointers + self.unanswered_clicks
        return faults + self.otherwise_wrong

    def __add__(self, other: "Counts") -> "Counts":
        """Return the sum of two runs of one part; what both of them say in words is said once."""
        both = {field.name: getattr(self, field.name) + getattr(other, field.name) for field in fields(self)[1:]}
        return replace(self, **{**both, "notes": tuple(dict.fromkeys(both["notes"]))})


@dataclass(frozen=True, slots=True)
class Ran:
    """A part's report, with all that one needs to see it again: `seeds` are none where nothing is left to chance."""

    part: str
    counts: Counts
    seeds: range
    day: str
    seconds: float

    def row(self) -> str:
        """Return the part's row of the table."""
        c = self.counts
        rate = f" ({c.repeated / c.announced:.2%})" if c.announced else ""
        cells = [
            f"{c.tried:,} {c.unit}",
            *map(str, (c.lost, c.double_promotions, c.wrong_pointers, c.unanswered_clicks, c.otherwise_wrong)),
            f"{c.repeated:,} of {c.announced:,}{rate}",
            f"{self.day}, {_named(self.seeds)}, {self.seconds:,.0f} s",
        ]
        return f"| {self.part} | {' | '.join(cells)} |"

    def lines(self) -> list[str]:
        """Return what the page says of the part beside its row."""
        return [f"- {self.part}: {note}" for note in self.counts.notes]


def _named(seeds: range) -> str:
    match len(seeds):
        case 0:
            return "no seed"
        case 1:
            return f"seed {seeds[0]}"
        case _:
            return f"seeds {seeds[0]} to {seeds[-1]}"


def names() -> list[str]:
    """Return the names of all parts, in the order in which they run."""
    return sorted(module.name for module in pkgutil.iter_modules(parts.__path__))


def part(name: str) -> Callable[..., Counts]:
    """Return a part's function, which takes a seed if it leaves something to chance."""
    found: Callable[..., Counts] = importlib.import_module(f"torture.parts.{name}").run
    return found


def played(name: str, run: Callable[..., Counts], seeds: range, day: str) -> Ran:
    """Play a part with each of the seeds, or once if it takes none."""
    began = time.monotonic()
    if not inspect.signature(run).parameters:
        seeds = range(0)
    counts = reduce(add, map(run, seeds)) if seeds else run()
    return Ran(name, counts, seeds, day, time.monotonic() - began)


def be_quiet() -> None:
    """Let the product's log lines cost nothing, and the collector of garbage a fifth of what it does by itself."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def shared_out(work: Callable[[A], R], items: Sequence[A]) -> list[R]:
    """Do the work on all cores of this machine, each item in one process; the results are in the items' order."""
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn"), initializer=be_quiet) as pool:
        return list(pool.map(work, items))


def printed(ran: Ran) -> str:
    """Return what a person at the terminal reads of a part."""
    return "\n".join([ran.row(), *ran.lines(), *(f"  WRONG {each}" for each in ran.counts.found[:_SHOWN])])


def recorded(page: str, ran: Ran) -> str:
    """Return the page with the part's row and its lines renewed.

    Raises:
        ValueError: the page has no row for the part.
    """
    row = re.compile(rf"^\| {ran.part} \|.*$", re.MULTILINE)
    if not row.search(page):
        raise ValueError(f"{PAGE.name} has no row for the part {ran.part}")
    page = re.sub(rf"^- {ran.part}: .*\n", "", row.sub(lambda _: ran.row(), page), flags=re.MULTILINE)
    return page.rstrip("\n") + "\n" + "".join(f"{line}\n" for line in ran.lines())
