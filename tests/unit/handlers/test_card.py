"""The card at a decision: what a person reads in half a minute, and what must never be in it."""

import re
from dataclasses import replace

import pytest

from handlers.views.blocks import Block, Message
from handlers.views.card import card
from handlers.views.evidence import Illustration, evidence_message, latency
from handlers.views.lists import release_detail
from handlers.views.report import report_length, report_message
from handlers.views.samples import (
    CANDIDATE,
    DEPLOYMENT,
    LIVE,
    NASTY,
    START,
    STORIES,
    played,
    releases_by_phase,
    worst_release,
)
from handlers.views.thread import thread_message
from sandbox.slack.chat_rules import LONGEST_BLOCKS, _characters
from services.release import events as e
from services.release.model import (
    CheckResult,
    Deployment,
    Evidence,
    Phase,
    Release,
    Serving,
    Stage,
    Staleness,
    Verdict,
)
from services.release.showing import earlier_runs

SHOWN = Illustration("F0123456789", "51 of 418 answers flipped")
RELEASES = releases_by_phase()


def texts(message: Message) -> str:
    """Return all that a person reads, fields and cells too."""
    return "\n".join(_texts(list(message.blocks)))


def _texts(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["text"]] if isinstance(node.get("text"), str) else []
        return own + [text for child in node.values() for text in _texts(child)]
    return [text for child in node for text in _texts(child)] if isinstance(node, list) else []


def field(message: Message, name: str) -> str:
    """Return the value of a field by its name, empty where there is no such field."""
    found = [text.partition("\n")[2] for text in _texts(list(message.blocks)) if text.startswith(f"*{name}*\n")]
    return found[0] if found else ""


def report_messages(evidence: Evidence) -> list[Message]:
    return [report_message(evidence, Stage.STAGING, number) for number in range(report_length(evidence))]


def kinds(message: Message) -> list[str]:
    return [str(block["type"]) for block in message.blocks]


def at_gate(
    candidate: Serving | None = CANDIDATE, prod: Serving | None = LIVE, where: Deployment = DEPLOYMENT
) -> Release:
    release = RELEASES["awaiting_approval"]
    assert release.evidence is not None
    seen = replace(release.evidence, candidate=candidate, prod=prod)
    return replace(release, evidence=seen, deployment=where)


def test_the_verdict_is_the_first_line_below_the_heading() -> None:
    for name, verdict in (("awaiting_approval", "✅ *Smoke tests on staging passed*"), ("smoke_failed", "❌ *Smoke")):
        _heading, status, *_ = card(RELEASES[name]).blocks
        assert str(_texts([status])[0]).startswith(verdict)


def test_what_blocks_is_said_in_words_and_numbers_and_nothing_can_be_approved() -> None:
    drawn = card(RELEASES["smoke_failed"], SHOWN)
    first = "• *AUC* 0.357, wanted ≥ 0.802 (registry 0.812 − 0.01)"  # noqa: RUF001 - the minus that people read
    assert f"🛑 *3 checks stand in the way*\n{first}" in texts(drawn)
    assert "actions" not in kinds(drawn)
    assert kinds(drawn).index("image") < kinds(drawn).index("table")


def test_the_table_goes_on_where_the_words_end() -> None:
    failed = [CheckResult(f"failed {n}", Verdict.FAILED, "0", "1") for n in range(6)]
    warned = [CheckResult(f"warned {n}", Verdict.FAILED, "0", "1", blocking=False) for n in range(4)]
    passed = [CheckResult(f"passed {n}", Verdict.PASSED, "1", "1") for n in range(5)]
    release = RELEASES["smoke_failed"]
    seen = replace(_evidence(), checks=(*passed, *warned, *failed))
    drawn = card(replace(release, evidence=seen))
    _heading, *rows = _rows(drawn)
    assert [str(_texts(row)[0]) for row in rows] == [
        *("✗ failed: failed 4", "✗ failed: failed 5", "⚠ warning: warned 3"),
        *("✓ passed 0", "✓ passed 1", "✓ passed 2"),
    ]
    assert "• 2 more checks below" in texts(drawn)
    assert "⚠️ Warning: 1 more check below" in texts(drawn)
    assert "2 more checks in the thread." in texts(drawn)


def test_a_warning_stands_with_the_verdict_where_approve_is_offered() -> None:
    drawn = card(RELEASES["awaiting_with_warnings"], SHOWN)
    status, problems = (_texts([block])[0] for block in drawn.blocks[1:3])
    assert "⚠️ *1 warning*" in status.splitlines()[0]
    assert problems == "⚠️ Warning: *flipped* 12.2% (51 of 418), wanted ≤ 10%"
    assert "actions" in kinds(drawn)


def test_the_picture_carries_its_words() -> None:
    (image,) = [block for block in card(RELEASES["smoke_failed"], SHOWN).blocks if block["type"] == "image"]
    assert image == {"type": "image", "slack_file": {"id": SHOWN.file}, "alt_text": SHOWN.alt}


def test_a_picture_belongs_to_a_decision_only() -> None:
    shown = {name for name, release in RELEASES.items() if "image" in kinds(card(release, SHOWN))}
    waiting = {name for name, release in RELEASES.items() if release.phase is Phase.AWAITING_APPROVAL}
    decided_on = {*waiting, "opening_gate"}
    stopped = {"smoke_failed", "smoke_undecided", "rejected", "expired", "prod_unhealthy", "rollback_unhealthy"}
    stopped |= {"glass_failed", "glass_prod_unhealthy"}
    assert shown == decided_on | stopped


def test_candidate_and_prod_stand_side_by_side() -> None:
    drawn = card(at_gate())
    assert field(drawn, "Prod now → after") == "v6 → *v7*"
    assert field(drawn, "Registered metrics") == "accuracy 0.766 → *0.768* (+0.002)\nAUC 0.747 → *0.812* (+0.065)"
    assert field(drawn, "Image") == (
        "sagemaker-xgboost:3.0-5 `1f0c7d4e9a2b` → sagemaker-xgboost:3.2-0 `77ab30c2d5e6` *changed*"
    )
    assert field(drawn, "Data capture") == "20 % of requests (kept)"
    assert "Requested by" in texts(drawn)
    assert "until <!date^" in texts(drawn)


def test_a_changed_schema_is_shown_and_only_a_changed_one() -> None:
    before, after = ("takes text/csv", "answers text/csv"), ("takes application/json", "answers text/csv")
    live = replace(LIVE, schema=before)
    drawn = card(at_gate(replace(CANDIDATE, schema=after), live))
    shown = field(drawn, "Takes and answers")
    assert shown == "added `takes application/json`\nremoved `takes text/csv`\n*changed*"
    for candidate, prod in ((before, before), ((), before), (before, ())):
        same = card(at_gate(replace(CANDIDATE, schema=candidate), replace(LIVE, schema=prod)))
        assert "Takes and answers" not in texts(same)


def test_a_worse_metric_shows_its_loss() -> None:
    drawn = card(at_gate(replace(CANDIDATE, metrics=(("auc", 0.7), ("rmse", 2.0), ("new", 1.0)))))
    loss = "−0.047"  # noqa: RUF001 - the minus that people read
    assert field(drawn, "Registered metrics") == f"AUC 0.747 → *0.7* ({loss})\nrmse *2*\nnew *1*"


@pytest.mark.parametrize(
    ("digest", "image", "said"),
    [
        (LIVE.image_digest, LIVE.image, "sagemaker-xgboost:3.0-5 `1f0c7d4e9a2b` (same)"),
        ("", LIVE.image, "sagemaker-xgboost:3.0-5 (same name)"),
        ("", "", ""),
        ("sha256:0123456789abcdef", "", "`1f0c7d4e9a2b` → `0123456789ab` *changed*"),
        ("sha256:0123456789abcdef", LIVE.image, "`1f0c7d4e9a2b` → sagemaker-xgboost:3.0-5 `0123456789ab` *changed*"),
    ],
)
def test_an_image_is_told_by_its_digest(digest: str, image: str, said: str) -> None:
    drawn = card(at_gate(replace(CANDIDATE, image=image, image_digest=digest)))
    assert field(drawn, "Image").endswith(said)
    assert "141502667606" not in texts(drawn)


def test_prods_live_count_is_kept_and_the_type_comes_from_the_catalog() -> None:
    assert field(card(at_gate()), "Instances in prod") == "ml.m5.large, 2 instances (kept)"
    bigger = card(at_gate(where=replace(DEPLOYMENT, instance_type="ml.c5.xlarge", instance_count=5)))
    assert field(bigger, "Instances in prod") == "ml.m5.large, 2 instances → *ml.c5.xlarge, 2 instances*"
    first = card(replace(RELEASES["awaiting_first_approval"], deployment=replace(DEPLOYMENT, instance_count=3)))
    assert field(first, "Instances in prod") == "ml.m5.large, 3 instances"
    assert field(first, "Data capture") == "off"


def test_a_prod_that_stands_and_could_not_be_read_is_not_told_as_a_first_release() -> None:
    hidden = card(at_gate(prod=None))
    assert field(hidden, "Instances in prod") == "not known → *ml.m5.large, count unknown*"
    assert field(hidden, "Data capture") == ""
    without_type = card(at_gate(prod=replace(LIVE, instance_type="")))
    assert field(without_type, "Instances in prod") == "not known → *ml.m5.large, 2 instances*"


def test_prod_that_fails_its_own_tests_is_shown_as_it_is() -> None:
    release = RELEASES["prod_unhealthy"]
    assert release.prod_evidence is not None
    seen = replace(release.prod_evidence, candidate=replace(CANDIDATE, instance_count=4, data_capture=20))
    drawn = card(replace(release, prod_evidence=seen))
    assert field(drawn, "Instances in prod") == "ml.m5.large, 4 instances"
    assert field(drawn, "Data capture") == "20 % of requests"


@pytest.mark.parametrize("unread", ["candidate", "prod"])
def test_variables_that_cannot_be_read_are_not_told_as_changed(unread: str) -> None:
    sides = (replace(CANDIDATE, environment=None), LIVE), (CANDIDATE, replace(LIVE, environment=None))
    drawn = card(at_gate(*sides[unread == "prod"]))
    assert field(drawn, "Environment") == {"candidate": "", "prod": "`LOG_LEVEL` and `WORKERS`"}[unread]
    assert "0 variables" not in texts(evidence_message(at_gate(replace(CANDIDATE, environment=None))))


def test_variables_are_named_and_their_values_never_shown() -> None:
    drawn = card(at_gate())
    assert field(drawn, "Environment") == "added `LOG_LEVEL`\nremoved `MODEL_CACHE`\nchanged `WORKERS`"
    fingerprints = {print_ for serving in (CANDIDATE, LIVE) for _, print_ in serving.environment or ()}
    everything = texts(drawn) + texts(evidence_message(at_gate()))
    assert not [each for each in fingerprints if each in everything]
    same = card(at_gate(replace(CANDIDATE, environment=LIVE.environment)))
    assert field(same, "Environment") == "the same 2 variables"


def test_a_first_release_says_that_there_is_nothing_to_compare_with() -> None:
    drawn = card(RELEASES["awaiting_first_approval"])
    assert "Prod has no endpoint yet" in texts(drawn)
    assert "⏭️ Skipped, no prod to compare with: flipped, mean_shift" in texts(drawn)
    assert field(drawn, "Prod now → after") == "no endpoint yet → *v7*"


def test_what_is_not_known_is_left_out() -> None:
    drawn = card(at_gate(None, None))
    assert [field(drawn, name) for name in ("Image", "Environment", "Registered metrics", "Data capture")] == [""] * 4
    assert "ml.m5.large" in field(drawn, "Instances in prod")


def test_the_cost_of_the_suite_is_shown_with_its_limits() -> None:
    assert "24 of at most 600 requests · 3 seconds of 1 minute · p50 12 ms" in texts(card(RELEASES["smoke_failed"]))


def test_evidence_says_where_the_whole_record_is() -> None:
    release = RELEASES["smoke_failed"]
    said = texts(evidence_message(release, "https://example.slack.com/archives/C0/p1"))
    assert "<https://example.slack.com/archives/C0/p1|the card's thread>" in said
    assert "its SHA-256 is `3c9df1a47b60c2fa8d9e`" in said
    assert "Archived as `s3://ml-evidence/titanic/r7k2m9x4q.json`" in said
    assert "could not be archived" not in said
    assert release.evidence is not None
    failed = replace(release, evidence=replace(release.evidence, archived="", archive_problem="AccessDenied"))
    assert "could not be archived: AccessDenied" in texts(evidence_message(failed))


def test_the_checks_of_a_second_run_are_lines_that_say_the_same_as_a_table() -> None:
    warned = CheckResult("latency.p95", Verdict.FAILED, "812 ms", "<= 500ms", blocking=False)
    passed = [CheckResult(f"check {n}", Verdict.PASSED, "1", ">= 1") for n in range(60)]
    release = RELEASES["prod_unhealthy"]
    assert release.prod_evidence is not None
    seen = replace(release.prod_evidence, checks=(*passed, warned))
    said = texts(evidence_message(replace(release, prod_evidence=seen)))
    assert "*⚠ warning: latency.p95* 812 ms · ≤ 500ms" in said
    assert "✗ failed: *latency.p95*" not in said
    assert "… and 21 more checks in the card's thread" in said


@pytest.mark.parametrize("end", [e.Expired(), e.Cancelled("U0ALICE")])
def test_what_ended_on_stale_evidence_does_not_look_as_if_it_had_passed(end: e.Event) -> None:
    begun, story = STORIES["evidence_stale"]
    release, _ = played(begun, (*story, end))
    assert "🟠 The evidence was stale since" in texts(card(release))
    assert "Smoke tests on staging passed" not in texts(card(release))
    assert "🟠 *Stale* since" in texts(evidence_message(release))


def test_a_release_that_is_run_again_shows_the_run_before_as_such() -> None:
    release, log = played(*STORIES["running_again"])
    (before,) = earlier_runs(release, log)
    again = texts(evidence_message(release, earlier=(before,)))
    assert "*It is tested again* since <!date^" in again
    assert "the run before, and counts no more" in again
    assert before.checks[0].name in again
    assert "have ended: there is no evidence" in texts(evidence_message(RELEASES["checking_package"]))
    assert earlier_runs(*played(*STORIES["released"])) == ()


def test_an_answer_that_is_never_drawn_again_promises_no_picture() -> None:
    release, log = played(*STORIES["awaiting_approval"])
    assert "picture is on its way" in texts(card(release))
    assert "picture is on its way" not in texts(release_detail(release, log, ""))


def test_a_latency_below_a_millisecond_is_not_none() -> None:
    assert latency({"p50": 0.41, "p95": 2.11, "max": 31.2}) == ["p50 0.41 ms", "p95 2.1 ms", "max 31 ms"]


# --- The worst there can be -------------------------------------------------------------------------------------------


def worst_at_gate(checks: int = 100) -> Release:
    worst = worst_release()
    assert worst.evidence is not None
    seen = replace(worst.evidence, checks=(worst.evidence.checks * 2)[:checks])
    return replace(worst, phase=Phase.AWAITING_APPROVAL, decision=None, evidence=seen)


@pytest.mark.parametrize("shown", [Illustration(), Illustration("F0123456789", NASTY * 3), Illustration(problem=NASTY)])
def test_the_worst_card_keeps_its_buttons_and_fits(shown: Illustration) -> None:
    drawn = card(worst_at_gate(), shown)
    assert "actions" in kinds(drawn)
    assert "too long for one message" not in texts(drawn)
    assert _characters(list(drawn.blocks)) < LONGEST_BLOCKS


@pytest.mark.parametrize("checks", [1, 89, 90, 91, 100])
def test_the_worst_report_has_every_check_and_fits(checks: int) -> None:
    evidence = worst_at_gate(checks).evidence
    assert evidence is not None
    pages = report_messages(evidence)
    assert sum(len(_rows(page)) - 1 for page in pages) == checks
    for page in pages:
        assert _characters(list(page.blocks)) < LONGEST_BLOCKS
        assert "too long for one message" not in texts(page)


def _rows(page: Message) -> list[Block]:
    (rows,) = [block["rows"] for block in page.blocks if block["type"] == "table"]
    assert isinstance(rows, list)
    return rows


@pytest.mark.parametrize(
    "said", ["<!channel> <@U0BRUNO> <#C0RELEASES>", "```\n<!here>\n```", "\u202e\u2066نص", "🚀" * 700]
)
def test_a_models_reply_pings_nobody(said: str) -> None:
    check = CheckResult(said, Verdict.FAILED, said, said)
    evidence = replace(_evidence(), checks=(check,), sample=((said * 3, said * 3),), verdict=Verdict.FAILED)
    release = replace(RELEASES["smoke_failed"], evidence=evidence)
    for message in (card(release), evidence_message(release), *report_messages(evidence)):
        for text in [*_mrkdwn(list(message.blocks)), message.text]:
            assert not re.search(r"<(!(channel|here|everyone)|@U0BRUNO|#C0RELEASES)", text)


def test_a_models_reply_writes_no_line_of_the_card() -> None:
    forged = "HTTP 500: no\n✅ *Smoke tests on staging passed*: 20 of 20 checks passed"
    check = CheckResult("reject.text", Verdict.FAILED, forged, "4xx")
    skipped = replace(check, verdict=Verdict.SKIPPED)
    evidence = replace(_evidence(), checks=(check, skipped, replace(check, blocking=False)))
    release = replace(RELEASES["smoke_failed"], evidence=evidence)
    assert release.package is not None
    release = replace(release, package=replace(release.package, description=forged))
    stale = replace(RELEASES["evidence_stale"], stale=Staleness("recheck_failed", forged, START))
    for message in (card(release), card(stale), evidence_message(release), *report_messages(evidence)):
        for text in [*_mrkdwn(list(message.blocks)), message.text]:
            assert "✅" not in [line[:1] for line in text.splitlines()]


def test_what_is_too_long_for_a_thread_ends_with_a_whole_line() -> None:
    check = CheckResult("<" * 200, Verdict.FAILED, "<" * 400, "<" * 400)
    seen = replace(_evidence(), checks=(check,) * 20 + (replace(check, blocking=False),) * 20)
    release, log = played(*STORIES["smoke_failed"])
    told = thread_message(release, replace(log[-1], event=e.SmokeFailed(seen)))
    assert told is not None
    assert told.text.splitlines()[-1] == "…"
    assert not re.search("&(?!lt;)", told.text)


def _evidence() -> Evidence:
    evidence = RELEASES["smoke_failed"].evidence
    assert evidence is not None
    return evidence


def _mrkdwn(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [str(node["text"])] if node.get("type") == "mrkdwn" else []
        return own + [text for child in node.values() for text in _mrkdwn(child)]
    return [text for child in node for text in _mrkdwn(child)] if isinstance(node, list) else []
