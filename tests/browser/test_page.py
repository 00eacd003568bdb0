"""The page of the local Slack, driven in a real browser, by keyboard wherever a person could."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from browser.cdp import Browser, PageError
from fakes.polling import until
from fakes.records import RECORD
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from handlers.picture import draw
from sandbox.slack.client import SlackPeople
from sandbox.slack.directory import BOT_TOKEN

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Visit = Callable[..., Browser]
CARD = "document.querySelector('.channel .header')"
FOCUSED = "document.activeElement"


def deploy(page: Browser) -> None:
    """Type /deploy with completion, and wait for the card."""
    page.focus("#composer")
    page.type("/dep")
    page.wait_text(".suggestion.active", "/deploy")
    page.press("Tab")
    page.wait_text(".usage", "[model] [version")
    page.type("titanic-survival 7")
    page.press("Enter")
    page.wait(f"{CARD} !== null")


def push(page: Browser, label: str) -> None:
    """Go to a button of the channel by its accessible name and press Enter."""
    named = f"(node) => (node.ariaLabel ?? node.textContent) === {json.dumps(label)}"
    button = f"[...document.querySelectorAll('.channel .btn')].find({named})"
    page.wait(f"Boolean({button})")
    page.evaluate(f"{button}.focus()")
    page.press("Enter")


@pytest.mark.usefixtures("app")
def test_a_release_goes_from_command_to_rejection_by_keyboard_alone(visit: Visit, slack: SlackPeople) -> None:
    page = visit()
    deploy(page)
    page.wait_text(".message.ephemeral", "On its way: titanic-survival 7")
    push(page, "Reject release 1")
    page.wait("document.querySelector('dialog.modal[open]') !== null")
    page.wait(f"{FOCUSED}.tagName === 'INPUT'")
    page.press("Enter")
    page.wait_text(".field-error", "Please complete this required field.")
    slack.say("U0BRUNO", "C0RELEASES", "A new state arrives meanwhile")
    page.wait_text(".message", "meanwhile")
    page.wait_text(".field-error", "Please complete this required field.")
    page.type("no")
    page.press("Enter")
    page.wait_text(".field-error", "Say more than that.")
    assert page.evaluate(f"{FOCUSED}.getAttribute('aria-invalid')") == "true"
    page.type(" evidence")
    page.press("Enter")
    page.wait_text(".message", "Rejected: no evidence")
    page.wait("document.querySelector('dialog[open]') === null")
    assert page.evaluate("problems") == []


@pytest.mark.usefixtures("app")
def test_a_confirm_asks_first_and_the_thread_tells_who_approved(visit: Visit, slack: SlackPeople) -> None:
    page = visit("U0BRUNO")
    deploy(page)
    push(page, "Approve")
    page.wait_text("dialog.confirm", "v5 is kept.")
    page.press("Escape")
    page.wait("document.querySelector('dialog.confirm') === null")
    assert page.evaluate(f"{FOCUSED}.textContent") == "Approve"
    page.press("Enter")
    page.wait_text("dialog.confirm", "Release to prod?")
    page.press("Enter")
    page.wait_text(".channel .section", "Approved")
    page.focus(".thread-line")
    page.press("Enter")
    page.wait_text(".thread .message", "Approved by @Bruno")
    page.press("Escape")
    page.wait("document.querySelector('.thread').hidden")
    assert page.evaluate(f"{FOCUSED}.className") == "thread-line"


@pytest.mark.usefixtures("app")
def test_a_message_that_changes_keeps_what_is_typed_into_it(visit: Visit, slack: SlackPeople) -> None:
    page = visit()
    deploy(page)
    page.focus(".channel .text-input")
    page.type("half a sentence")
    card = next(m for m in slack.messages("C0RELEASES", "U0ANA") if m["blocks"])
    assert slack.click("U0BRUNO", card, "refresh")["ok"]
    page.wait_text(".channel .section", "Refreshed")
    page.type(", and the rest")
    assert page.evaluate(f"{FOCUSED}.value") == "half a sentence, and the rest"


@pytest.mark.usefixtures("app")
def test_a_permalink_opens_the_thread_and_shows_the_message(visit: Visit, slack: SlackPeople) -> None:
    root = slack.say("U0ANA", "C0RELEASES", "Is v7 ready?")["ts"]
    reply = slack.say("U0BRUNO", "C0RELEASES", "Nearly.", root)["ts"]
    page = visit("U0CARLA", f"/archives/C0RELEASES/p{reply.replace('.', '')}?thread_ts={root}")
    page.wait_text(".thread .message.highlight", "Nearly.")
    assert page.evaluate(f"{FOCUSED}.dataset.ts") == reply


@pytest.mark.usefixtures("app")
def test_acting_as_somebody_else_by_keyboard_hides_what_only_the_first_may_see(visit: Visit) -> None:
    page = visit()
    deploy(page)
    page.press("Control+k")
    page.wait("document.querySelector('.menu') !== null")
    page.type("bruno")
    page.press("Enter")
    page.wait_text(".act-as", "Bruno")
    page.wait(f"{CARD} !== null && document.querySelector('.message.ephemeral') === null")
    assert "as=U0BRUNO" in page.evaluate("location.search")


def test_an_unknown_person_in_the_address_gives_way_to_the_first(visit: Visit) -> None:
    page = visit("U0NOBODY")
    page.wait_text(".act-as", "Ana")


def test_without_an_app_the_page_says_so_and_gives_a_failed_command_back(visit: Visit) -> None:
    page = visit()
    page.wait_text(".banner", "Sluice is offline")
    page.focus("#composer")
    page.type("/endpoints")
    page.press("Enter")
    page.wait_text(".command-problem", "is not connected")
    assert page.evaluate("document.querySelector('#composer').value") == "/endpoints"


@pytest.mark.usefixtures("app")
def test_the_inspector_shows_the_envelope_and_its_content(visit: Visit) -> None:
    page = visit()
    deploy(page)
    page.press("Control+.")
    page.wait(f"{FOCUSED}.type === 'search'")
    page.type("slash_commands")
    page.wait_text(".entry-name", "/deploy")
    page.focus(".entry-head")
    page.press("Enter")
    page.wait_text(".entry-body", "titanic-survival 7")


@pytest.mark.usefixtures("app")
def test_the_home_tab_shows_what_the_app_published(visit: Visit) -> None:
    page = visit()
    page.focus("[data-key='nav/app']")
    page.press("Enter")
    page.wait_text(".home .section", "What is live")


@pytest.mark.usefixtures("app")
def test_everything_that_takes_the_focus_has_a_name(visit: Visit) -> None:
    page = visit()
    deploy(page)
    page.press("Control+.")
    page.wait("document.querySelector('.entry-head') !== null")
    push(page, "Reject release 1")
    page.wait("document.querySelector('dialog.modal[open]') !== null")
    nameless = [node for node in focusable(page) if not node["name"]["value"]]
    page.press("Escape")
    page.wait("document.querySelector('dialog.modal[open]') === null")
    nameless += [node for node in focusable(page) if not node["name"]["value"]]
    assert nameless == []


def focusable(page: Browser) -> list[dict[str, Any]]:
    """The accessibility tree's nodes that can take the focus, the document itself left out."""
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    ours = [node for node in nodes if not node["ignored"] and node["role"]["value"] != "RootWebArea"]
    return [node for node in ours if any(each["name"] == "focusable" for each in node.get("properties", []))]


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<javascript:alert(1)|click>",
    '<https://example.com/" onmouseover=alert(1)|here>',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "```<script>alert(1)</script>```",
    "*<b onclick=alert(1)>bold</b>*",
    "<!date^1^{date}^javascript:alert(1)|now>",
    '<@U0ANA" onclick=alert(1)|x> :rocket<svg onload=alert(1)>:',
]


def test_no_text_becomes_markup(visit: Visit, slack: SlackPeople) -> None:
    for text in HOSTILE:
        slack.say("U0BRUNO", "C0RELEASES", text)
    page = visit()
    page.wait(f"document.querySelectorAll('.message .text').length === {len(HOSTILE)}")
    within = "[...document.querySelectorAll('.message .text *')]"
    tags = set(page.evaluate(f"{within}.map((node) => node.localName)"))
    assert tags <= {"a", "br", "code", "em", "pre", "span", "strong", "time"}
    attributes = set(page.evaluate(f"{within}.flatMap((node) => node.getAttributeNames())"))
    assert not {name for name in attributes if name.startswith("on")}
    protocols = page.evaluate(f"{within}.filter((node) => node.localName === 'a').map((node) => node.protocol)")
    assert set(protocols) <= {"http:", "https:", "mailto:"}


MRKDWN = {
    "*bold* _it_ ~gone~ `a*b*`": "<strong>bold</strong> <em>it</em> <s>gone</s> <code>a*b*</code>",
    "snake_case_name 2*3*4": "snake_case_name 2*3*4",
    "*bold with `code` and _it_*": "<strong>bold with <code>code</code> and <em>it</em></strong>",
    "a &lt;b&gt; &amp;amp;": "a &lt;b&gt; &amp;amp;",
    "one\ntwo": "one<br>two",
    "&gt; said\n&gt; twice\nno": "<blockquote>said<br>twice</blockquote>no",
    "```x = `1`\ny```": "<pre>x = `1`\ny</pre>",
    "<!subteam^S1|@ml-approvers>": '<span class="mention">@ml-approvers</span>',
    "<!date^43200^{date_num}|then>": '<time datetime="1970-01-01T12:00:00.000Z" title="then">1970-01-01</time>',
    ":nosuch: 10:30:00": ":nosuch: 10:30:00",
}


def test_mrkdwn_reads_as_in_slack(visit: Visit) -> None:
    page = visit()
    rendered = page.evaluate(
        f"""import('/page/mrkdwn.js').then(({{ mrkdwn }}) => {json.dumps(list(MRKDWN))}.map((text) => {{
          const box = document.createElement('div');
          box.append(mrkdwn(text, {{ user: () => null, channel: () => null, group: () => null }}));
          return box.innerHTML;
        }}))"""
    )
    assert dict(zip(MRKDWN, rendered, strict=True)) == MRKDWN


def test_a_condition_that_never_comes_true_is_an_error_with_its_text(browser: Browser) -> None:
    with pytest.raises(PageError, match="1 === 2"):
        browser.wait("1 === 2", 0.05)


@pytest.mark.usefixtures("app")
def test_a_picture_in_a_block_is_seen_and_files_are_told_by_kind_and_size(visit: Visit, slack: SlackPeople) -> None:
    web = WebClient(token=BOT_TOKEN, base_url=f"{slack.url}/api/", proxy=None)
    picture = web.files_upload_v2(filename="evidence.png", content=draw(RECORD))["file"]["id"]
    image = {"type": "image", "slack_file": {"id": picture}, "alt_text": "264 of 418 rows flipped"}
    card = until(lambda: _posted(web, [image]), "the picture's being ready")
    files = [{"filename": f"rows.{kind}", "title": "Rows", "content": "x" * 2_400} for kind in ("csv", "json")]
    web.files_upload_v2(file_uploads=files, channel="C0RELEASES", thread_ts=card, initial_comment="The files")
    page = visit()
    shown = "document.querySelector('.channel .image img')"
    page.wait(f"{shown}?.naturalWidth === 1500")
    assert page.evaluate(f"{shown}.alt") == "264 of 418 rows flipped"
    page.evaluate("document.querySelector('.channel .thread-line').click()")
    page.wait_text(".thread .file", "CSV · 2 kB")
    assert page.evaluate("problems") == []


def _posted(web: WebClient, blocks: list[dict[str, Any]]) -> str | None:
    """Return the ts of a message, None while Slack has not the picture ready."""
    try:
        return str(web.chat_postMessage(channel="C0RELEASES", text="card", blocks=blocks)["ts"])
    except SlackApiError:
        return None
