"""The worker's side of a release: tell what is untold, look, plan, do one thing, and say when to look again."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import structlog

from services.commits import apply
from services.leases import Leases
from services.mirroring import Mirror
from services.ports import Behalf, Busy, Conflict, NewerDocument, PortError, Ports, SaidNo
from services.release import events as e
from services.release.audit import ARCHIVING, OrderAnswered, OrderSent
from services.release.lifecycle import TERMINAL, Refused
from services.release.model import DecisionKind, Phase, Release
from services.steps import (
    approve_package,
    clean_up,
    deploy_staging,
    hold_gate,
    open_gate,
    promote,
    roll_back,
    smoke_test,
    verify_prod,
)
from services.steps.plan import Do, Order, Plan, Record, Step, Wait, arguments_of, carry_out, endpoint_of, stage_changed
from services.telling import Teller, Telling

STEPS: Mapping[Phase, Step[Any]] = MappingProxyType(
    {
        Phase.CHECKING_PACKAGE: approve_package.STEP,
        Phase.DEPLOYING_STAGING: deploy_staging.STEP,
        Phase.SMOKE_TESTING: smoke_test.STEP,
        Phase.OPENING_GATE: open_gate.STEP,
        Phase.AWAITING_APPROVAL: hold_gate.STEP,
        Phase.EVIDENCE_STALE: hold_gate.EXPIRY,
        Phase.PROMOTING: promote.STEP,
        Phase.VERIFYING_PROD: verify_prod.STEP,
        Phase.ROLLING_BACK: roll_back.STEP,
        Phase.VERIFYING_ROLLBACK: verify_prod.STEP,
        **dict.fromkeys(TERMINAL, clean_up.STEP),
    }
)
"""The phase implies the step."""

_MOVES_A_TICK = 25
_MOST_SENDS = 2
"""How often one run sends the same; a second time, as AWS may not show at once what it has begun."""
_BUSY_SECONDS = 2.0
_BUSY_PATIENCE = timedelta(minutes=5)
"""AWS may go on calling an endpoint in progress that Describe shows as settled; nothing says for how long."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Later:
    """When to look again, None when nothing is left to do; `release` is the document that says so."""

    release: Release
    due: datetime | None


class Runner:
    """Moves releases on. Any number may run anywhere: safety is the store's compare-and-set."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._teller = Teller(ports.store, ports.announcer, ports.clock)
        self._leases = Leases(ports.store)
        self._stopping = threading.Event()
        self._mirror = Mirror(ports, self._send)
        self._sent: dict[str, list[Order]] = {}

    def renew(self) -> None:
        """Keep what this runner is at from being taken over; to be called every RENEWAL_SECONDS while it lives.

        Raises:
            Unavailable: the store did not answer; call it again soon.
        """
        self._leases.renew()

    def stop(self) -> None:
        """Begin no further move; releases at work are handed on, due at once, after the move that they are at."""
        self._stopping.set()

    def run(self, release_id: str) -> None:
        """Move a release on until it has to wait; a no-op when someone else is at it.

        Raises:
            Unavailable: the store does not answer; the due index brings the release back.
        """
        name, holder = f"release:{release_id}", self._ports.ids.nonce()
        with self._leases.kept(name, holder) as kept:
            try:
                handed_on = self._run(release_id, name, holder) if kept else None
            finally:
                self._sent.pop(release_id, None)
        if handed_on is not None:
            self._ports.store.reschedule(handed_on, self._ports.clock.now())

    def _run(self, release_id: str, name: str, holder: str) -> Release | None:
        """Return the release if it is to be handed on, without its lease: who takes it next must find that free."""
        for _ in range(_MOVES_A_TICK):
            release = self._ports.store.load(release_id)
            if release is None or self._stopping.is_set():
                return release
            later = self._tick(release)
            if later is not None:
                self._ports.store.reschedule(later.release, later.due)
                return None
            # Asked again after each move: it may have lapsed while this process was stopped.
            if not self._leases.taken(name, holder):
                return None
        return None

    def _tick(self, release: Release) -> Later | None:
        """Tell and advance once; None means: look again at once."""
        told = self._told(release)
        if told.waits:
            return Later(release, self._in(told.retry_after or self._ports.pace.retry_most))
        if told.hopeless is not None and release.phase not in TERMINAL:
            return self._record(release, e.GaveUp(told.hopeless))
        if release.cleaned_up:
            again = self._put_away(release) if told.retry_after is None else told.retry_after
            return Later(release, self._in(again) if again is not None else None)
        later = self._advance_mirrored(release)
        return self._sooner(later, told.retry_after) if later is not None else None

    def _told(self, release: Release) -> Telling:
        """Tell what is untold. A mistake of ours in the telling does not hold what is to be done, least of all prod."""
        try:
            return self._teller.tell(release)
        except PortError:
            raise
        except Exception:
            log.exception("a mistake of ours in telling", release=release.id, phase=release.phase.value)
            return Telling(retry_after=self._ports.pace.retry_most)

    def _advance_mirrored(self, release: Release) -> Later | None:
        """Advance, and tell the registry: first where nothing but cleaning up is left, else once there is time to.

        So a change of prod never waits for the registry, and cleaning up does for about a minute at most.
        """
        if release.phase in TERMINAL:
            told = self._mirrored(Later(release, None))
            return told if told is None or told.due is not None else self._advance(release)
        later = self._advance(release)
        return self._mirrored(later) if later is not None else None

    def _mirrored(self, later: Later) -> Later | None:
        """Bring the registry's word on the gate up to date; come back sooner where it did not take it."""
        try:
            left = self._mirror.settle(later.release)
        except Conflict:
            return None
        if isinstance(left, e.RegistryNotMarked):
            return self._record(later.release, left)
        return self._sooner(later, left)

    def _sooner(self, later: Later, seconds: float | None) -> Later:
        if seconds is None:
            return later
        retry = self._in(seconds)
        return Later(later.release, retry if later.due is None else min(later.due, retry))

    def _advance(self, release: Release) -> Later | None:
        step = STEPS[release.phase]
        try:
            with self._ports.regions.acting(_behalf(release)):
                plan = step.next(release, self._ports)
            return self._follow(release, plan)
        except SaidNo as refusal:
            return self._record(release, step.refused(release, str(refusal)))
        except Busy as busy:
            return self._busy(release, str(busy))
        except Conflict:
            return None
        except NewerDocument:
            # Something beside the release is a newer Sluice's: this one counts no error and leaves it to that one.
            raise
        except PortError as error:
            return self._errored(release, str(error))
        except Exception as error:
            # Not caught, it would come again with every tick and never be told, and the release would hang for ever.
            log.exception("a mistake of ours", release=release.id, phase=release.phase.value)
            return self._errored(release, f"Sluice made a mistake ({type(error).__name__}); its log says more")

    def _follow(self, release: Release, plan: Plan) -> Later | None:
        match plan:
            case Record(event=event):
                return self._record(release, event)
            case Wait() if release.errors_in_a_row:
                return self._record(release, e.Recovered(release.errors_in_a_row))
            case Wait(seconds=seconds):
                return Later(release, self._in(self._ports.pace.poll if seconds is None else seconds))
            case Do(order=order):
                return self._do(release, order)

    def _do(self, release: Release, order: Order) -> Later | None:
        """Carry an order out under its endpoint's lease, so that two releases do not call at once.

        One that AWS accepted just now, and not for the first time, and that is still to be done: that is an error.
        """
        if self._sent.get(release.id, []).count(order) >= _MOST_SENDS:
            return self._errored(release, f"AWS accepts {type(order).__name__}, and nothing comes of it")
        endpoint = endpoint_of(order)
        if endpoint is None:
            self._send(release, order)
            return None
        with self._leases.kept(f"endpoint:{endpoint}", release.id) as kept:
            if not kept:
                return Later(release, self._in(_BUSY_SECONDS))
            self._send(release, order)
        return None

    def _send(self, release: Release, order: Order) -> None:
        """Send an order, unless the release has moved on since it was planned: then look again.

        A process that is stopped between its look and its order may wake up minutes later: others have released by
        then, and perhaps rolled back, and nothing in AWS would refuse to change prod once more.
        """
        name, now = type(order).__name__, self._ports.store.load(release.id)
        if now is None or now.revision != release.revision:
            raise Conflict(f"release {release.id} moved on before {name} was sent")
        log.info("order", release=release.id, order=name, endpoint=endpoint_of(order))
        aws = self._ports.regions.of(release.deployment, stage_changed(order, release.deployment))
        self._witnessed(release, name, arguments_of(order), lambda: carry_out(order, aws))
        self._sent.setdefault(release.id, []).append(order)

    def _put_away(self, release: Release) -> float | None:
        """Put an ended release into the archive that its catalog names; return in how many seconds to try again."""
        archive, place = self._ports.archive, release.deployment.evidence_uri
        if archive is None or not place:
            return None
        try:
            self._witnessed(release, ARCHIVING, (("place", place),), lambda: archive.put_away(release))
        except SaidNo as refusal:
            log.warning("not archived", release=release.id, detail=str(refusal))
        except PortError as error:
            log.warning("not archived yet", release=release.id, detail=str(error))
            return self._ports.pace.retry_most
        return None

    def _witnessed(
        self, release: Release, name: str, arguments: tuple[tuple[str, str], ...], call: Callable[[], None]
    ) -> None:
        """Change AWS between two entries of the audit log: what cannot be witnessed is not done."""
        store, clock = self._ports.store, self._ports.clock
        store.witness(release.id, OrderSent(clock.now(), name, arguments))
        with self._ports.regions.acting(_behalf(release)) as calls:
            try:
                call()
            except PortError as error:
                problem = f"{type(error).__name__}: {error}"
                store.witness(release.id, OrderAnswered(clock.now(), name, tuple(calls), problem))
                raise
        store.witness(release.id, OrderAnswered(clock.now(), name, tuple(calls)))

    def _record(self, release: Release, event: e.Event) -> Later | None:
        try:
            outcome = apply(self._ports.store, release, event, self._ports.clock.now())
        except Conflict:
            return None
        if isinstance(outcome, Refused):
            # A step planned what its phase does not know: our mistake, and looking again would repeat it for ever.
            log.error("refused", release=release.id, phase=outcome.phase.value, fact=type(event).__name__)
            return Later(release, self._in(self._ports.pace.retry_most))
        log.info("recorded", release=release.id, fact=type(event).__name__, phase=outcome.phase.value)
        return None

    def _busy(self, release: Release, detail: str) -> Later | None:
        """Come back soon; after some minutes of its phase, as after any error, so that nobody waits without a word."""
        if self._ports.clock.now() - release.phase_since > _BUSY_PATIENCE:
            return self._errored(release, detail)
        return Later(release, self._in(_BUSY_SECONDS))

    def _errored(self, release: Release, detail: str) -> Later | None:
        """Count an error and come back later and later; give up when there were too many in a row."""
        attempt, pace = release.errors_in_a_row + 1, self._ports.pace
        log.warning("errored", release=release.id, phase=release.phase.value, attempt=attempt, detail=detail)
        if attempt > pace.errors_allowed:
            return self._record(release, e.GaveUp(detail))
        delay = min(pace.retry_first * 2.0 ** min(attempt - 1, 16), pace.retry_most)
        now = self._ports.clock.now()
        retry_at = now + timedelta(seconds=delay)
        try:
            errored = apply(self._ports.store, release, e.StepErrored(detail, attempt, retry_at), now)
        except Conflict:
            return None
        # The wait rests on the document that counts this error: with the one before it, the store would see that the
        # release has moved on and have it looked at again at once.
        return Later(release if isinstance(errored, Refused) else errored, retry_at)

    def _in(self, seconds: float) -> datetime:
        return self._ports.clock.now() + timedelta(seconds=seconds)


def _behalf(release: Release) -> Behalf:
    decision = release.decision
    decides = {DecisionKind.APPROVED, DecisionKind.BREAK_GLASS}
    approver = decision.by if decision is not None and decision.kind in decides else ""
    return Behalf(release.id, release.requested_by, approver)
