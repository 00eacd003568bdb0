"""Stale evidence: nothing is decided on it, and it is gathered anew once, for a gate of its own."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from fakes import builders as b
from fakes.driver import MODEL, STAGING, Driver, World

from services.release import events as e
from services.release.model import Phase, Stage
from services.release.naming import config_name
from services.release.policy import Denied
from services.releases import Asker, Decided, InProgress

ASKER, APPROVER, STRANGER = Asker(b.REQUESTER), Asker(b.APPROVER), Asker(b.STRANGER)


def code(answer: object) -> str:
    assert isinstance(answer, Denied)
    return answer.code


def at_the_gate(memory: World, driver: Driver) -> str:
    release_id = memory.request()
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    return release_id


def gone_stale(memory: World, driver: Driver) -> tuple[str, str]:
    """Delete staging under an open gate; return the release and the nonce of its gate."""
    release_id = at_the_gate(memory, driver)
    memory.aws.delete_endpoint(STAGING)
    driver.run_until(release_id, Phase.EVIDENCE_STALE)
    return release_id, memory.nonce(release_id)


def test_stale_evidence_takes_no_decision_but_is_gathered_anew_and_then_decided_on(
    memory: World, driver: Driver
) -> None:
    release_id, nonce = gone_stale(memory, driver)
    assert isinstance(memory.releases.request(MODEL, "6", ASKER), InProgress), "it still has the model's place"
    for refused in (
        memory.releases.approve(release_id, nonce, APPROVER),
        memory.releases.reject(release_id, nonce, APPROVER, "no"),
    ):
        assert isinstance(refused, Denied)
        assert (refused.code, refused.reason) == ("evidence_stale", "The staging endpoint is gone.")
    assert code(memory.releases.run_again(release_id, nonce, STRANGER)) == "not_an_approver"
    assert code(memory.releases.run_again("r0000000z", nonce, APPROVER)) == "unknown_release"
    assert isinstance(memory.releases.run_again(release_id, nonce, APPROVER), Decided)
    assert code(memory.releases.run_again(release_id, nonce, ASKER)) == "already_run_again"
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    assert code(memory.releases.approve(release_id, nonce, APPROVER)) == "stale_button"
    memory.approve(release_id)
    driver.settle()
    release = memory.release(release_id)
    assert release.phase is Phase.RELEASED
    runs = [entry.event.evidence for entry in memory.log(release_id) if isinstance(entry.event, e.SmokePassed)]
    assert release.evidence == runs[-1] != runs[0]
    assert memory.aws.count("create_endpoint") == 3, "staging twice, prod once"


def test_of_many_who_run_it_again_at_once_one_wins(memory: World, driver: Driver) -> None:
    release_id, nonce = gone_stale(memory, driver)
    together = Barrier(8)

    def click(asker: Asker) -> Decided | Denied:
        together.wait()
        return memory.releases.run_again(release_id, nonce, asker)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(click, (APPROVER, ASKER) * 4))
    assert sum(isinstance(answer, Decided) for answer in answers) == 1
    assert {answer.code for answer in answers if isinstance(answer, Denied)} == {"already_run_again"}
    assert memory.story(release_id).count(e.RerunRequested) == 1


def test_stale_evidence_does_not_keep_a_release_from_being_called_off(memory: World, driver: Driver) -> None:
    release_id, nonce = gone_stale(memory, driver)
    memory.cancel(release_id)
    assert code(memory.releases.run_again(release_id, nonce, APPROVER)) == "already_decided"
    driver.settle()
    assert memory.release(release_id).phase is Phase.CANCELLED


def test_an_old_intent_does_not_make_a_second_run_read_as_taken_back(memory: World, driver: Driver) -> None:
    """Someone brings staging back to the very config that this release's first update replaced."""
    first = memory.request(6)
    driver.run_until(first, Phase.AWAITING_APPROVAL)
    memory.approve(first)
    driver.settle()
    replaced = config_name(memory.release(first), Stage.STAGING)
    model = replaced.removesuffix("-staging")
    release_id = at_the_gate(memory, driver)
    memory.aws.create_config(replaced, model, "ml.m5.large", 1)
    memory.aws.update_endpoint(STAGING, replaced)
    memory.aws.settle()
    stale = driver.run_until(release_id, Phase.EVIDENCE_STALE).stale
    assert stale is not None
    assert stale.code == "staging_moved"
    memory.run_again(release_id)
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    staging = memory.aws.endpoint(STAGING)
    assert staging is not None
    assert staging.config == config_name(memory.release(release_id), Stage.STAGING)
    memory.approve(release_id)
    driver.settle()
    assert replaced not in memory.aws.configs
