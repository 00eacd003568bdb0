"""Rehearses the way back of prod before it is needed: looks at all that a rollback would rest on, changes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from services.ports import Aws, EndpointDescription, PortError, Ports, SaidNo
from services.release.audit import GENERAL, Announced
from services.release.catalog import ModelEntry
from services.release.model import Phase
from services.release.naming import version_in
from services.release.rehearsal import Rehearsal, Seen, WayBack, looked, owes_word, read_rehearsal, unseen
from services.way_back import pointer_to_follow

_KEPT_SECONDS = 90 * 24 * 3600
"""A note that is lost costs one look, and a word that was said before."""
_LEASE_SECONDS = 60.0

log = structlog.get_logger()


class Rehearsals:
    """Looks at the ways back, one after the other, with some five calls that read for each."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def known(self, model: str) -> Rehearsal | None:
        """Return what the last rehearsal found, None where there is no way back or nobody has looked."""
        found = self._kept(model)
        return found if found is not None and found.way.target else None

    def _kept(self, model: str) -> Rehearsal | None:
        return read_rehearsal(self._ports.store.note(_note(model)))

    def is_due(self, entry: ModelEntry) -> bool:
        """Say whether a model's way back is to be looked at now: it is time to, or prod has changed since."""
        store, known = self._ports.store, self._kept(entry.name)
        newest = next(iter(store.pointers(entry.deployment.prod_endpoint)), None)
        if newest is None or known is None or known.change != newest.release_id:
            return newest is not None
        interval = timedelta(seconds=entry.rehearse_seconds)
        return self._ports.clock.now() >= known.looked_at + interval or self._owes_card(known)

    def rehearse(self, entry: ModelEntry) -> Rehearsal | None:
        """Look at a model's way back, tell its channel what is news of it, and keep what was found.

        A crash between telling and keeping tells it twice. None where there is no way back.

        Raises:
            Unavailable: the store does not answer.
        """
        store, name, holder = self._ports.store, f"rehearsal:{entry.name}", self._ports.ids.nonce()
        if not store.lease(name, holder, _LEASE_SECONDS):
            return self.known(entry.name)
        try:
            known = self._kept(entry.name)
            found = self._look(entry, known)
            return self._keep(entry, known, found)
        finally:
            store.release_lease(name, holder)

    def _look(self, entry: ModelEntry, known: Rehearsal | None) -> Rehearsal | None:
        """Find the way back and look at it; where AWS cannot be asked, what was known of it stays."""
        now, name = self._ports.clock.now(), entry.deployment.prod_endpoint
        pointers = self._ports.store.pointers(name)
        newest = pointers[0].release_id if pointers else ""
        way = known.way if known is not None else None
        try:
            aws = self._ports.regions.of(entry.deployment)
            prod = aws.hosting.endpoint(name)
            pointer = pointer_to_follow(self._ports.store, entry.deployment, prod)
            if pointer is None or pointer.previous_config is None:
                # Not looked at again before prod changes: there is nothing to see.
                return Rehearsal(WayBack(entry.name, "", ""), now, change=newest)
            version = pointer.previous_version or version_in(pointer.previous_config)
            way = WayBack(entry.name, pointer.release_id, pointer.previous_config, version)
            found = looked(known, way, _seen(aws, way, prod), now)
        except PortError as error:
            if way is None:
                return None
            found = unseen(known, way, str(error), now)
        return replace(found, change=newest)

    def _keep(self, entry: ModelEntry, known: Rehearsal | None, found: Rehearsal | None) -> Rehearsal | None:
        if found is None:
            return None
        if owes_word(found) and self._tell(entry.deployment.channel, found):
            found = replace(found, told=found.is_broken)
        if known is not None and known.way.release_id != found.way.release_id:
            self._draw(known.way.release_id, None)
        drawn = self._draw(found.way.release_id, found)
        kept = replace(found, drawn=drawn)
        self._ports.store.keep_note(_note(entry.name), kept.encode(), _KEPT_SECONDS)
        log.info("rehearsed", model=entry.name, target=found.way.target, problems=found.problems, error=found.error)
        return kept if kept.way.target else None

    def _tell(self, channel: str, found: Rehearsal) -> bool:
        """Tell the channel once, and say whether that is done with: a channel that will not have it is let be."""
        try:
            self._ports.announcer.tell_rehearsal(channel, found)
        except PortError as error:
            log.warning("not told in the channel", channel=channel, detail=str(error))
            return isinstance(error, SaidNo)
        self._ports.store.witness(GENERAL, Announced(self._ports.clock.now(), "channel", 0, place=channel))
        return True

    def _draw(self, release_id: str, found: Rehearsal | None) -> bool:
        """Have the card of a released version show it; return whether that card will not be drawn without it again."""
        store = self._ports.store
        release, told = store.load(release_id), store.told(release_id)
        if release is None or release.phase is not Phase.RELEASED or not told.place:
            return True
        try:
            self._ports.announcer.update_card(release, told.place, rehearsal=found)
        except PortError as error:
            log.warning("card not redrawn", release=release_id, detail=str(error))
        return release.cleaned_up

    def _owes_card(self, known: Rehearsal) -> bool:
        """Say whether the card was drawn before its release was done with: it may have been drawn without it since."""
        if known.drawn:
            return False
        release = self._ports.store.load(known.way.release_id)
        return release is not None and release.cleaned_up


def _note(model: str) -> str:
    return f"rehearsal:{model}"


def _seen(aws: Aws, way: WayBack, prod: EndpointDescription | None) -> Seen:
    """Look at all that a rollback would rest on; return its problems, and what nobody here can check."""
    config = aws.hosting.config(way.target)
    if config is None:
        return (f"EndpointConfig {way.target} no longer exists.",), ()
    model = aws.hosting.model(config.model)
    if model is None:
        return (f"Model {config.model} no longer exists.",), ()
    package = aws.registry.package(model.package_arn) if model.package_arn else None
    if model.package_arn and package is None:
        return (f"ModelPackage {model.package_arn} no longer exists.",), ()
    serving = aws.hosting.config(prod.config) if prod is not None else None
    problems = list[str]()
    if serving is not None and serving.variant != config.variant:
        problems.append(f"Prod serves the variant {serving.variant}, {way.target} has {config.variant}.")
    artifacts = (*(package.artifacts if package is not None else ()), *model.artifacts)
    gone = (artifact for artifact in artifacts if _is_object(artifact) and not aws.objects.exists(artifact))
    problems.extend(f"The model's artifact {artifact} no longer exists." for artifact in gone)
    return tuple(problems), tuple(_unchecked(artifacts))


def _unchecked(artifacts: Sequence[str]) -> Iterator[str]:
    """Return what may be missing for all that a look can tell."""
    if not artifacts or not all(map(_is_object, artifacts)):
        yield "artifact"
    yield "image"


def _is_object(artifact: str) -> bool:
    return artifact.startswith("s3://") and not artifact.endswith("/")
