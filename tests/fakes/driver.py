"""A whole Sluice in memory, and the hand that runs what is due and moves the clock on; nothing ever sleeps."""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from fakes.announcer import RecordingAnnouncer
from fakes.aws import FakeAws
from fakes.builders import APPROVER, DEPLOYMENT, ENTRY, OPERATOR, REQUESTER, evidence
from fakes.clock import FakeClock, SequentialIds
from fakes.crash import Crash, CrashingRegions, CrashSchedule, crashing
from fakes.directory import FakeDirectory
from fakes.store import MemoryStore
from services.inquiries import Inquiries
from services.leases import LEASE_SECONDS
from services.ports import EndpointDescription, Pace, PortError, Ports, Unfinished
from services.release.catalog import ModelEntry
from services.release.deciding import GlassForm
from services.release.events import Event, LogEntry
from services.release.glass import shown
from services.release.model import Deployment, Evidence, Phase, Release, Serving, Verdict
from services.releases import Asker, Breakable, Decided, Releases, Started
from services.runner import Runner

MODEL = ENTRY.name
PROD, STAGING = DEPLOYMENT.prod_endpoint, DEPLOYMENT.staging_endpoint
_MOST_ROUNDS = 2_000
_BREAKER = Asker(OPERATOR)


class FakeTester:
    """The SmokeTester port: passes every endpoint that is not named in `verdicts`, beside what `prod` serves.

    A suite takes `slices` calls more than one. `meanwhile` holds, for an endpoint, a call of FakeAws that is made at
    the end of its suite. The evidence is kept as `record`, empty for nowhere.
    """

    def __init__(self, clock: FakeClock, aws: FakeAws) -> None:
        self.slices = 0
        self.record = ""
        self.meanwhile: dict[str, tuple[str, tuple[object, ...]]] = {}
        self._asked: dict[tuple[str, Phase, str], int] = {}
        self._aws = aws
        self.verdicts: dict[str, Verdict] = {}
        self.rechecks: list[Verdict] = []
        self.rechecked: list[tuple[str, str, str]] = []
        self.unfinished = 0
        self.prod: Serving | None = None
        self.tested: list[tuple[str, str]] = []
        self._clock = clock

    def test(self, release: Release, endpoint: str, config: str) -> Evidence | Unfinished:
        """Return what a suite of one check sees, in the end."""
        run = (release.id, release.phase, release.phase_since.isoformat())
        self._asked[run] = self._asked.get(run, 0) + 1
        if self._asked[run] <= self.slices:
            return Unfinished(self._asked[run], 5.0)
        self.tested.append((endpoint, config))
        if endpoint in self.meanwhile:
            method, arguments = self.meanwhile.pop(endpoint)
            getattr(self._aws, method)(*arguments)
        seen = evidence(self.verdicts.get(endpoint, Verdict.PASSED), config)
        kept = seen.record or self.record
        return replace(seen, endpoint=endpoint, started_at=self._clock.now(), prod=self.prod, record=kept)

    def recheck(self, release: Release, endpoint: str, config: str, run: str) -> Evidence | Unfinished:
        """Return the verdicts of `rechecks` one after the other, then what the suite would say."""
        self.rechecked.append((endpoint, config, run))
        if self.unfinished:
            self.unfinished -= 1
            return Unfinished(1, 5.0)
        verdict = self.rechecks.pop(0) if self.rechecks else self.verdicts.get(endpoint, Verdict.PASSED)
        return replace(evidence(verdict, config), endpoint=endpoint, started_at=self._clock.now())


class World:
    """Everything outside the worker, and the use cases that people reach."""

    def __init__(
        self,
        deployment: Deployment = DEPLOYMENT,
        entry: ModelEntry = ENTRY,
        clock: FakeClock | None = None,
        ids: SequentialIds | None = None,
        *,
        store: MemoryStore | None = None,
        aws: FakeAws | None = None,
    ) -> None:
        self.clock = clock or FakeClock()
        self.ids = ids or SequentialIds()
        self.store = store or MemoryStore(self.clock)
        self.aws = aws or FakeAws(self.clock)
        self.announcer = RecordingAnnouncer()
        self.directory = FakeDirectory()
        self.tester = FakeTester(self.clock, self.aws)
        self.pace = Pace()
        self.catalog = {entry.name: replace(entry, deployment=deployment)}
        self.releases = Releases(self.catalog, self.store, self.directory, self.clock, self.ids)
        for version in (5, 6, 7):
            self.aws.add_package(deployment.package_group, version)

    def ports(self, schedule: CrashSchedule | None = None) -> Ports:
        """Return the worker's ports; with a schedule, it dies at the call that the schedule says."""
        bare = Ports(self.aws, self.store, self.store, self.announcer, self.tester, self.clock, self.ids, self.pace)
        if schedule is None:
            return bare
        return replace(
            bare,
            regions=CrashingRegions(self.aws, schedule),
            store=crashing(self.store, schedule),
            records=crashing(self.store, schedule),
            announcer=crashing(self.announcer, schedule),
            tester=crashing(self.tester, schedule),
        )

    def request(self, version: int = 7) -> str:
        """Ask for a release and return its id."""
        started = self.releases.request(MODEL, str(version), Asker(REQUESTER))
        assert isinstance(started, Started)
        return started.release.id

    def approve(self, release_id: str) -> None:
        """Click Approve on the open gate."""
        assert isinstance(self.releases.approve(release_id, self.nonce(release_id), Asker(APPROVER)), Decided)

    def reject(self, release_id: str) -> None:
        """Click Reject on the open gate."""
        asker = Asker(APPROVER)
        assert isinstance(self.releases.reject(release_id, self.nonce(release_id), asker, "too slow"), Decided)

    def cancel(self, release_id: str) -> None:
        """Call a release off."""
        assert isinstance(self.releases.cancel(release_id, Asker(REQUESTER), "never mind"), Decided)

    def run_again(self, release_id: str) -> None:
        """Click Run again on the card of a release whose evidence is stale."""
        assert isinstance(self.releases.run_again(release_id, self.nonce(release_id), Asker(REQUESTER)), Decided)

    def glass_form(self, release_id: str, asker: Asker = _BREAKER) -> GlassForm:
        """Open the form that breaks a release's glass, and fill it in."""
        found = self.releases.may_break_glass(release_id, asker)
        assert isinstance(found, Breakable)
        return GlassForm(shown(found.release, found.event.past, found.event.holds), "prod is down", release_id)

    def break_glass(self, release_id: str) -> None:
        """Promote a release past its gate."""
        assert isinstance(self.releases.break_glass(release_id, self.glass_form(release_id), _BREAKER), Decided)

    def roll_back(self, undone_id: str) -> str:
        """Undo what a release did to prod and return the rollback's id."""
        started = self.releases.roll_back(undone_id, Asker(OPERATOR), "wrong answers")
        assert isinstance(started, Started)
        return started.release.id

    def nonce(self, release_id: str) -> str:
        """Return the nonce of a release's gate."""
        gate = self.release(release_id).gate
        assert gate is not None
        return gate.nonce

    def release(self, release_id: str) -> Release:
        """Return a release that exists."""
        found = self.store.load(release_id)
        assert found is not None
        return found

    def log(self, release_id: str) -> list[LogEntry]:
        """Return a release's whole log."""
        return list(self.store.log(release_id))

    def story(self, release_id: str) -> list[type[Event]]:
        """Return what happened to a release, in kinds of events."""
        return [type(entry.event) for entry in self.log(release_id)]

    def prod(self) -> EndpointDescription | None:
        """Return the prod endpoint as it is now."""
        return self.aws.endpoint(PROD)


class Driver:
    """A worker: takes what is due, runs it, and moves the clock to whatever is due next.

    With schedules it dies at the call that the first one says, and a fresh worker takes its place: one that dies at
    the call that the next one says, or never. `taken` holds what was taken and is still to be run.
    """

    def __init__(self, world: World, *schedules: CrashSchedule, taken: Iterable[str] = ()) -> None:
        self.world = world
        self.taken = deque(taken)
        self._schedules = iter(schedules)
        self._employ()

    def run_until(self, release_id: str, phase: Phase) -> Release:
        """Run until a release has come to `phase` and every worker has to wait; return it."""
        for _ in range(_MOST_ROUNDS):
            release = self.world.release(release_id)
            if release.phase is phase and not self._due_now():
                return release
            assert self.round(), f"settled in {release.phase} ({release.outcome}), never came to {phase}"
        raise AssertionError(f"never came to {phase}")

    def settle(self) -> None:
        """Run until nothing is due, however far away."""
        for _ in range(_MOST_ROUNDS):
            if not self.round():
                return
        raise AssertionError("never settled")

    def round(self) -> bool:
        """Move the clock to what is due next and run it; False if nothing is due, ever."""
        if not self.taken:
            due = self.world.store.next_due()
            if due is None:
                return False
            self.world.clock.advance_to(due)
            self.taken.extend(self.world.store.take(self.world.clock.now(), LEASE_SECONDS, 100))
        while self.taken:
            self._run(self.taken.popleft())
        return True

    def busy(self) -> bool:
        """Say whether anything is to be run now."""
        return bool(self.taken) or self._due_now()

    def _due_now(self) -> bool:
        due = self.world.store.next_due()
        return due is not None and due <= self.world.clock.now()

    def _run(self, member: str) -> None:
        """Run one due thing as the worker process does; after its death another process goes on."""
        kind, _, key = member.partition(":")
        try:
            if kind == "release":
                self._runner.run(key)
            else:
                self._inquiries.run(key)
        except PortError:
            return  # it comes due again
        except Crash:
            self._employ()

    def _employ(self) -> None:
        ports = self.world.ports(next(self._schedules, None))
        self._runner = Runner(ports)
        self._inquiries = Inquiries(self.world.catalog, ports)
