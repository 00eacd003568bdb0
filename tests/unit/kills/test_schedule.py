"""The schedule of real kills: the same for the same seed, and nothing that can be killed is left out of it."""

from benchmarks.kills.schedule import BOT_MOMENTS, WORKER_MOMENTS, Blow, Victim, When, schedule


def test_a_seed_is_a_schedule_and_a_longer_one_begins_with_the_shorter() -> None:
    assert schedule(7, 200) == schedule(7, 200)
    assert schedule(7, 200)[:20] == schedule(7, 20)
    assert schedule(7, 20) != schedule(8, 20)


def test_two_hundred_kills_strike_everything_in_every_way() -> None:
    kills = schedule(1, 200)
    assert [kill.number for kill in kills] == list(range(1, 201))
    assert {kill.victim for kill in kills} == set(Victim)
    assert {kill.blow for kill in kills if kill.victim in {Victim.WORKER, Victim.BOT}} == set(Blow)
    moments = [kill.moment for kill in kills if kill.moment is not None]
    assert {moment.operation for moment in moments} == {*WORKER_MOMENTS, *BOT_MOMENTS}
    assert {moment.when for moment in moments} == set(When)
    assert any(kill.moment is None for kill in kills)
    assert all(kill.victim is Victim.BOT for kill in kills if kill.moment and kill.moment.operation in BOT_MOMENTS)
