"""The report of a release in a browser: on any width, light and dark, on paper, and without a network."""

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from browser.cdp import Browser
from fakes.reports import report, worst_report

from handlers import picture
from handlers.report.model import Report
from handlers.report.page import html_report
from handlers.views.samples import evidence, record
from services.release.model import Verdict

pytestmark = [pytest.mark.browser, pytest.mark.slow]
RECORD = record(evidence(Verdict.PASSED))
INK_AND_PAPER = "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor].join(' on ')"
LIGHT, DARK = "rgb(29, 34, 40) on rgb(255, 255, 255)", "rgb(230, 233, 236) on rgb(22, 25, 29)"
PAPER = "rgb(0, 0, 0) on rgb(255, 255, 255)"
A4_WIDTH = 688
"""Pixels (96 an inch) between the margins of a sheet: 210 mm less twice 14 mm."""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def good() -> Report:
    return replace(report("released"), pictures={"staging": (picture.draw(RECORD), picture.alt_text(RECORD))})


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Callable[[Report], Browser]:
    def go(shown: Report) -> Browser:
        path = tmp_path / "report.html"
        path.write_text(html_report(shown), encoding="utf-8")
        browser.open(path.as_uri())
        return browser

    return go


@pytest.mark.parametrize("shown", [good(), worst_report()], ids=["good", "worst"])
def test_it_fits_any_width(show: Callable[[Report], Browser], shown: Report) -> None:
    page = show(shown)
    for width in (1280, 768, 375):
        page.resize(width, 900)
        assert page.evaluate(OVERFLOW) == 0
    page.resize(1280, 800)


def test_it_is_light_dark_and_on_paper_black_on_white(show: Callable[[Report], Browser]) -> None:
    page = show(good())
    assert page.evaluate(INK_AND_PAPER) == LIGHT
    page.color_scheme(dark=True)
    assert page.evaluate(INK_AND_PAPER) == DARK
    features = [{"name": "prefers-color-scheme", "value": "dark"}]
    page.call("Emulation.setEmulatedMedia", media="print", features=features)
    assert page.evaluate(INK_AND_PAPER) == PAPER
    page.call("Emulation.setEmulatedMedia", media="", features=[])


def test_its_picture_is_part_of_it_and_it_asks_for_nothing(show: Callable[[Report], Browser]) -> None:
    page = show(good())
    assert page.evaluate("document.images.length") == 1
    assert page.evaluate("document.images[0].naturalWidth > 600 && document.images[0].alt.includes('p95')")
    assert (
        page.evaluate("performance.getEntriesByType('resource').filter((e) => !e.name.startsWith('data:')).length") == 0
    )


def test_it_prints(show: Callable[[Report], Browser]) -> None:
    printed = base64.b64decode(show(good()).call("Page.printToPDF", printBackground=True)["data"])
    assert printed.startswith(b"%PDF-")
    assert 2 <= printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") <= 12


def test_on_a_sheet_of_paper_nothing_is_cut_and_every_column_can_be_read(show: Callable[[Report], Browser]) -> None:
    page = show(good())
    page.call("Emulation.setEmulatedMedia", media="print", features=[])
    page.resize(A4_WIDTH, 1000)
    assert page.evaluate(OVERFLOW) == 0
    assert (
        page.evaluate("Math.min(...[...document.querySelectorAll('.wide')].map(e => e.clientWidth - e.scrollWidth))")
        == 0
    )
    columns = "[...document.querySelectorAll('.lines tbody tr:first-child td')].map(cell => cell.clientWidth)"
    _number, when, kind, who, what, outcome, hash_ = page.evaluate(columns)
    assert min(when, kind, who) > 60
    assert min(what, outcome, hash_) > 120
    page.call("Emulation.setEmulatedMedia", media="", features=[])
    page.resize(1280, 800)
