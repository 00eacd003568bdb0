"""What someone with access to the server does to an audit log, and where that is found."""

from typing import Any

import pytest
from fakes.builders import NOON, after
from fakes.stores import change, created

from services.adapters.redis_store import RedisStore
from services.release import audit as a
from services.release import events as e

pytestmark = pytest.mark.contract
TRIED = a.Attempted(NOON, "UEVE", "approve", code="not_an_approver", rule="approvers.users", detail="🙈 <!channel>\n")
SENT = a.OrderSent(after(1), "UpdateEndpoint", (("name", "titanic-prod"),))
ANSWERED = a.OrderAnswered(after(2), "UpdateEndpoint", (a.AwsCall("UpdateEndpoint", "4f1b-77", 200),), "Busy: later")


@pytest.fixture
def told(valkey: Any) -> RedisStore:
    store = RedisStore(valkey)
    release = created(store)
    store.witness(release.id, TRIED)
    store.commit(change(release, e.Approved("UBOB"), acts=(TRIED,)))
    store.witness(release.id, SENT, ANSWERED)
    assert a.faults(store.trail(release.id)) == ()
    return store


CHAIN, LOG, RELEASE = "sluice:audit:r0000000a", "sluice:release:r0000000a:log", "sluice:release:r0000000a"


def fault(store: RedisStore) -> a.Fault:
    found = a.faults(store.trail("r0000000a"))
    assert len(found) == 1
    return found[0]


def test_every_byte_of_every_line_counts(told: RedisStore, valkey: Any) -> None:
    for number, written in enumerate(valkey.lrange(CHAIN, 0, -1), start=1):
        for place in range(0, len(written), 7):
            for other in (b"x", b"\xff"):
                if written[place : place + 1] != other:
                    valkey.lset(CHAIN, number - 1, written[:place] + other + written[place + 1 :])
                    assert fault(told).line == number
        valkey.lset(CHAIN, number - 1, written)


def test_a_changed_fact_is_found_in_the_log(told: RedisStore, valkey: Any) -> None:
    written = valkey.lindex(LOG, 1)
    assert written is not None
    valkey.lset(LOG, 1, written.replace(b"UBOB", b"UEVE"))
    assert (fault(told).fact, fault(told).line) == (2, None)


def test_a_removed_and_an_added_fact_are_found(told: RedisStore, valkey: Any) -> None:
    taken = valkey.rpop(LOG)
    assert fault(told).fact == 2
    valkey.rpush(LOG, taken, b"another")
    assert fault(told).fact == 3


def test_a_changed_document_is_found(told: RedisStore, valkey: Any) -> None:
    document = valkey.hget(RELEASE, "document")
    valkey.hset(RELEASE, "document", document.replace(b"titanic", b"iris"))
    assert "document" in fault(told).problem


def test_a_chain_that_was_cut_off_or_taken_away_is_found(told: RedisStore, valkey: Any) -> None:
    valkey.rpop(CHAIN)
    assert fault(told).line == 6
    valkey.delete(CHAIN)
    assert fault(told).line == 1


def test_a_head_that_was_changed_is_found(told: RedisStore, valkey: Any) -> None:
    valkey.set(f"{CHAIN}:head", "6 " + "0" * 64)
    assert "head" in fault(told).problem
    valkey.delete(f"{CHAIN}:head")
    assert "head" in fault(told).problem


def test_a_release_of_before_the_chain_is_readable_and_sealed_from_now_on(valkey: Any) -> None:
    store = RedisStore(valkey)
    release = created(store)
    valkey.delete(CHAIN, f"{CHAIN}:head")
    assert a.faults(store.trail(release.id)) == ()
    assert a.covered_from(store.trail(release.id)) is None
    store.commit(change(release, e.Recovered(1)))
    trail = store.trail(release.id)
    assert (a.faults(trail), a.covered_from(trail), len(trail.facts)) == ((), 2, 2)
    valkey.lset(LOG, 1, b"changed")
    assert fault(store).fact == 2


def test_an_act_sent_twice_after_a_broken_connection_is_written_once(valkey: Any) -> None:
    store: Any = RedisStore(valkey)
    run, sent = store._run, []

    def twice(*call: Any) -> Any:
        sent.append(run(*call))
        return run(*call)

    store._run = twice
    store.witness("r0000000a", TRIED)
    store.witness("r0000000a", SENT)
    assert store.trail("r0000000a").acts == (TRIED, SENT)
    assert len(sent) == 2
    assert store.trail("r0000000a").lines[-1].startswith("2 ")
