"""Keeps the model registry's word on a gate up to date; a registry that refuses holds nothing and is told once."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

import structlog

from services.ports import Conflict, PortError, Ports, SaidNo
from services.release import events as e
from services.release.mirror import Mark, marks
from services.release.model import Release
from services.steps.plan import MarkPackage

MOST_TRIES = 6
"""How often a registry that does not answer is tried; with the pauses between, for about a minute."""
_FIRST_PAUSE_SECONDS = 2.0
_KEPT_SECONDS = 7 * 24 * 3600
"""Longer than a release lasts once its gate has ended; a note that is lost has the same said again."""

log = structlog.get_logger()

Send = Callable[[Release, MarkPackage], None]


@dataclass(frozen=True, slots=True)
class Mirrored:
    """How far the registry was told: `digest` is that of the marks, `tries` how often in vain."""

    digest: str = ""
    tries: int = 0
    settled: bool = False

    def encode(self) -> str:
        """Return the text of the note."""
        return f"{self.digest} {self.tries} {int(self.settled)}"


def read_mirrored(note: str | None) -> Mirrored:
    """Return what a note says, the beginning without one, or with one that another Sluice wrote in its own form."""
    try:
        digest, tries, settled = (note or "").split(" ")
        return Mirrored(digest, int(tries), settled == "1")
    except ValueError:
        return Mirrored()


class Mirror:
    """Tells the registry what became of a gate; how far it got is a note, and the document knows nothing of it."""

    def __init__(self, ports: Ports, send: Send) -> None:
        """Use `send` for each order: it witnesses it."""
        self._ports = ports
        self._send = send

    def settle(self, release: Release) -> e.RegistryNotMarked | float | None:
        """Tell what is untold: return None when nothing is left to do, or in how many seconds to try again.

        A registry that refuses, or is away for too long, is given up with an event; one is told a release at most.

        Raises:
            Conflict: the release has moved on; look again.
            Unavailable: the store does not answer.
        """
        wanted = marks(release) if release.deployment.terms.mirrored else ()
        if not wanted:
            return None
        name, digest = f"mirror:{release.id}", sha256(repr(wanted).encode()).hexdigest()[:16]
        known = read_mirrored(self._ports.store.note(name))
        if known.digest != digest:
            known = Mirrored(digest)
        if known.settled:
            return None
        problem, final = self._mark(release, wanted)
        tries = known.tries + bool(problem)
        given_up = bool(problem) and (final or tries >= MOST_TRIES)
        # Not settled before the log has it: a crash in between would lose the word about it.
        owed = given_up and not self._is_told(release)
        settled = not problem or (given_up and not owed)
        self._ports.store.keep_note(name, Mirrored(digest, tries, settled).encode(), _KEPT_SECONDS)
        if owed:
            return e.RegistryNotMarked(problem)
        return None if settled else _FIRST_PAUSE_SECONDS * 2.0 ** (tries - 1)

    def _is_told(self, release: Release) -> bool:
        return any(isinstance(entry.event, e.RegistryNotMarked) for entry in self._ports.store.log(release.id))

    def _mark(self, release: Release, wanted: tuple[Mark, ...]) -> tuple[str, bool]:
        """Send every mark; return why one was not taken, empty if all were, and whether that is final."""
        try:
            for mark in wanted:
                arn = self._package(release, mark)
                if arn:
                    self._send(release, MarkPackage(arn, mark.stage, mark.status, mark.description))
        except Conflict:
            raise
        except PortError as error:
            log.warning("registry not marked", release=release.id, detail=str(error))
            return str(error), isinstance(error, SaidNo)
        return "", True

    def _package(self, release: Release, mark: Mark) -> str:
        """Return the ARN of the package that a mark is about; empty for one that is no longer known."""
        meant = release if mark.release_id == release.id else self._ports.store.load(mark.release_id)
        return meant.package.arn if meant is not None and meant.package is not None else ""
