"""Every example of every view: as approved, within Slack's limits, with text beside its blocks, pinging nobody.

After an intended change: SLUICE_SNAPSHOTS=write pytest tests/unit/handlers/test_views.py, then read the difference.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from handlers.action_ids import read_value
from handlers.views import gallery
from handlers.views.blocks import Message, View
from handlers.views.card import card
from handlers.views.phases import SIGNS
from handlers.views.samples import releases_by_phase
from handlers.views.tables import without_tables
from sandbox.slack.blocks import validate
from services.release.model import Phase

SNAPSHOTS = Path(__file__).with_name("snapshots")
_MESSAGES, _VIEWS = gallery.messages(), gallery.views()
MESSAGES = {f"{view}.{name}": shown for view, named in _MESSAGES.items() for name, shown in named.items()}
VIEWS = {f"{view}.{name}": shown for view, named in _VIEWS.items() for name, shown in named.items()}
SURFACES: Mapping[str, Mapping[str, Message | View]] = {**_MESSAGES, **_VIEWS}
HOSTILE = re.compile("worst|hostile|many")
MARKUP = re.compile(
    r"<(?:@[UW][A-Z0-9]+|#[CG][A-Z0-9]+|!subteam\^S[A-Z0-9]+|!date\^\d+\^[^|<>]+\|[^|<>]+"
    r"|https://(?:[a-z0-9-]+\.console\.aws\.amazon\.com|example\.slack\.com)/[^|<>]*\|[^<>]+)>"
)
MOST_CHARACTERS = 13_000


@pytest.mark.parametrize("view", SURFACES)
def test_looks_as_approved(view: str) -> None:
    drawn = "".join(_lines(view))
    approved = SNAPSHOTS / f"{view}.jsonl"
    if os.environ.get("SLUICE_SNAPSHOTS") == "write":
        approved.write_text(drawn, encoding="utf-8")
    assert drawn == approved.read_text(encoding="utf-8")


def _lines(view: str) -> Iterator[str]:
    """Return one line for a text or a block, so that a difference names what changed."""
    for name, shown in SURFACES[view].items():
        if HOSTILE.search(name):
            continue
        parts = [shown.text, *shown.blocks] if isinstance(shown, Message) else _frame(shown)
        yield from (f"{name} {json.dumps(part, ensure_ascii=False)}\n" for part in parts)


def _frame(view: View) -> list[object]:
    blocks = view["blocks"]
    assert isinstance(blocks, list)
    return [{name: value for name, value in view.items() if name != "blocks"}, *blocks]


@pytest.mark.parametrize("name", MESSAGES)
def test_message_is_taken_by_slack(name: str) -> None:
    shown = MESSAGES[name]
    assert validate({"blocks": list(shown.blocks), "text": shown.text}, "message") == []
    assert 0 < len(shown.text) <= 4_000
    assert len(json.dumps(shown.blocks, ensure_ascii=False)) <= MOST_CHARACTERS or _text_size(shown.blocks) <= 12_500


@pytest.mark.parametrize("name", VIEWS)
def test_view_is_taken_by_slack(name: str) -> None:
    shown = VIEWS[name]
    assert validate(shown, str(shown["type"])) == []


def _text_size(node: object) -> int:
    return sum(len(text) for text in _strings(node))


@pytest.mark.parametrize("name", [*MESSAGES, *VIEWS])
def test_pings_nobody_and_links_nowhere_foreign(name: str) -> None:
    shown = MESSAGES.get(name)
    texts = [*_mrkdwn(shown.blocks), shown.text] if shown is not None else [*_mrkdwn(VIEWS[name])]
    for text in texts:
        left = MARKUP.sub("", text)
        assert not re.search("[<>]", re.sub("(?m)^>", "", left)), text
        assert "evil" not in "".join(MARKUP.findall(text))


def _mrkdwn(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("type") == "mrkdwn":
            yield str(node["text"])
        for child in node.values():
            yield from _mrkdwn(child)
    elif isinstance(node, list | tuple):
        for child in node:
            yield from _mrkdwn(child)


def _strings(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        yield from (text for child in node.values() for text in _strings(child))
    elif isinstance(node, list | tuple):
        yield from (text for child in node for text in _strings(child))


def test_every_phase_has_a_sign_and_an_example() -> None:
    assert set(SIGNS) == set(Phase)
    assert {release.phase for release in releases_by_phase().values()} == set(Phase)


@pytest.mark.parametrize("name", releases_by_phase())
def test_a_card_says_its_phase_in_words_and_offers_a_decision_only_at_the_gate(name: str) -> None:
    release = releases_by_phase()[name]
    drawn = card(release)
    assert SIGNS[release.phase][1] in drawn.text
    offered = {element["action_id"] for element in _elements(drawn)}
    assert ({"gate_approve", "gate_reject"} <= offered) == (release.phase is Phase.AWAITING_APPROVAL)


def _elements(message: Message) -> list[dict[str, str]]:
    rows = [block["elements"] for block in message.blocks if block["type"] == "actions"]
    return [element for row in rows if isinstance(row, list) for element in row]


@pytest.mark.parametrize("name", releases_by_phase())
def test_buttons_carry_a_release_and_a_nonce_only(name: str) -> None:
    release = releases_by_phase()[name]
    for element in _elements(card(release)):
        value = read_value(element["value"])
        assert value is not None
        assert value.release_id == release.id
        assert element["value"] in {release.id, f"{release.id}:{release.gate.nonce if release.gate else ''}"}


@pytest.mark.parametrize("name", releases_by_phase())
def test_a_card_without_its_table_says_the_same_in_lines(name: str) -> None:
    plain = without_tables(card(releases_by_phase()[name]))
    assert not [block for block in plain.blocks if block["type"] == "table"]
    assert validate({"blocks": list(plain.blocks), "text": plain.text}, "message") == []


def test_a_release_that_stopped_on_errors_offers_the_way_back_once_prod_may_have_changed() -> None:
    for name, offered in (("errored_on_prod", True), ("errored", False)):
        drawn = card(releases_by_phase()[name])
        assert ("rollback_look" in {each["action_id"] for each in _elements(drawn)}) is offered
        assert ("/rollback titanic-survival" in str(drawn.blocks)) is offered


def test_a_refused_promotion_does_not_vouch_for_a_prod_that_someone_changed() -> None:
    assert "Prod was not touched" not in str(card(releases_by_phase()["promotion_refused"]).blocks)
    assert "Prod was not touched" in str(card(releases_by_phase()["promotion_stale"]).blocks)
