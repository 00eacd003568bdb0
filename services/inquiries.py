"""Answers that the worker gives: what is live, where a rollback would go, and the report of a release."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import structlog

from services.ports import (
    Answer,
    Aws,
    EndpointDescription,
    EndpointsAnswer,
    EndpointView,
    EvidenceAnswer,
    Inquiry,
    NewerDocument,
    NoAnswer,
    PortError,
    Ports,
    ReleaseStore,
    RollbackAnswer,
    SaidNo,
)
from services.rehearsing import Rehearsals
from services.release.audit import Announced
from services.release.catalog import Catalog, ModelEntry
from services.release.lifecycle import TERMINAL
from services.release.model import Phase, RollbackPointer, Stage
from services.release.naming import release_in, version_in
from services.way_back import pointer_to_follow

_VERSIONS_KEPT_SECONDS = 7 * 24 * 3600
_MOST_WAITING = timedelta(minutes=10)
"""Less than an answer's address lasts, and an inquiry is kept."""
_WAITING_FOR_NEWER = timedelta(minutes=1)
_ON_PROD = {Phase.RELEASED, Phase.PROD_UNHEALTHY}

log = structlog.get_logger()


class Inquiries:
    """Looks at AWS, or brings a report, on a person's behalf. No release and nothing of AWS is changed."""

    def __init__(self, catalog: Catalog, ports: Ports) -> None:
        self._catalog = catalog
        self._ports = ports
        self._rehearsals = Rehearsals(ports)

    def run(self, inquiry_id: str) -> None:
        """Answer an inquiry and forget it.

        One that cannot be answered comes due again for some minutes; then the person is told.

        Raises:
            NewerDocument: it rests on what only a newer Sluice can read, which may answer it.
            Unavailable: it could not be answered now; the due index brings it back.
        """
        inquiry = self._ports.store.inquiry(inquiry_id)
        if inquiry is None:
            return
        try:
            answer = self._answer_in_time(inquiry)
            if answer is not None:
                self._ports.announcer.answer(inquiry, answer)
        except SaidNo as refusal:
            log.warning("inquiry not answered", inquiry=inquiry_id, detail=str(refusal))
        self._ports.store.answered(inquiry_id)

    def _answer_in_time(self, inquiry: Inquiry) -> Answer | None:
        """Answer, or say that there is no answer, whatever the reason: nobody looks for one after so long."""
        waited = self._ports.clock.now() - inquiry.asked_at
        if waited > _MOST_WAITING:
            return NoAnswer()
        try:
            return self._answer(inquiry)
        except NewerDocument as newer:
            # While Sluice is updated there are newer workers, and it comes due for one of them.
            if waited < _WAITING_FOR_NEWER:
                raise
            return NoAnswer(str(newer))

    def _answer(self, inquiry: Inquiry) -> Answer | None:
        if inquiry.topic == "rollback":
            return self._rollback_answer(inquiry.model)
        if inquiry.topic == "evidence":
            return self._evidence_answer(inquiry)
        entries = [entry for entry in self._catalog.values() if inquiry.model in {"", entry.name}]
        locks = (self._ports.store.lock_of(entry.name) for entry in entries)
        return EndpointsAnswer(
            views=tuple(self._view(entry, stage) for entry in entries for stage in (Stage.PROD, Stage.STAGING)),
            locks=tuple(lock for lock in locks if lock is not None),
            looked_at=self._ports.clock.now(),
            rehearsals=tuple(filter(None, (self._rehearsals.known(entry.name) for entry in entries))),
        )

    def _evidence_answer(self, inquiry: Inquiry) -> EvidenceAnswer | None:
        """Bring the release's report to its thread: files cannot be for one person only, the link to them is.

        The channel decides who may read it; a message to the person alone would show it to whoever asks.
        """
        store = self._ports.store
        release, told = store.load(inquiry.release_id), store.told(inquiry.release_id)
        if release is None or not told.place:
            return None
        try:
            brought = self._ports.announcer.bring_report(release, told.place, inquiry.by)
        except SaidNo as refusal:
            return EvidenceAnswer(release, problem=str(refusal))
        if brought.anew:
            said = Announced(self._ports.clock.now(), "thread", release.log_length, place=told.place)
            store.witness(release.id, said)
        return EvidenceAnswer(release, brought.links)

    def _view(self, entry: ModelEntry, stage: Stage) -> EndpointView:
        deployment = entry.deployment
        name = deployment.prod_endpoint if stage is Stage.PROD else deployment.staging_endpoint
        try:
            hosting = self._ports.regions.of(deployment).hosting
            endpoint = hosting.endpoint(name)
            config = hosting.config(endpoint.config) if endpoint is not None else None
        except PortError as error:
            return EndpointView(entry.name, stage.value, name, None, None, None, None, error=str(error))
        serving = endpoint.config if endpoint is not None else ""
        by = self._put_there_by(name, serving)
        lost = lost_release(self._ports.store, endpoint) if stage is Stage.PROD else None
        put = self._ports.store.load(by) if by is not None and stage is Stage.PROD else None
        view = EndpointView(entry.name, stage.value, name, endpoint, config, version_in(serving), by)
        return replace(view, lost_release=lost or "", broke_glass=put is not None and put.broke_glass)

    def _put_there_by(self, endpoint: str, config: str) -> str | None:
        """Return the release that last brought `config` to the endpoint: a rollback, or the one that made it."""
        brought = (pointer for pointer in self._ports.store.pointers(endpoint) if pointer.new_config == config)
        newest = next(brought, None)
        return newest.release_id if newest is not None else release_in(config)

    def _rollback_answer(self, model: str) -> RollbackAnswer:
        """Answer in any case: a refusal of AWS, or a catalog that no longer has the model, is an answer too."""
        entry = self._catalog.get(model)
        if entry is None:
            return _no_rollback(model, "", "unknown_model", "The worker's catalog does not have it.")
        try:
            return replace(self._rollback(entry), rehearsal=self._rehearsals.rehearse(entry))
        except SaidNo as refusal:
            return _no_rollback(model, entry.deployment.prod_endpoint, "aws_refused", str(refusal))

    def _rollback(self, entry: ModelEntry) -> RollbackAnswer:
        """Find what undoing prod's last change would return to, and check that it still exists."""
        deployment = entry.deployment
        aws = self._ports.regions.of(deployment)
        endpoint = aws.hosting.endpoint(deployment.prod_endpoint)
        pointer = pointer_to_follow(self._ports.store, deployment, endpoint)
        if endpoint is None and pointer is None:
            return _no_rollback(entry.name, deployment.prod_endpoint, "no_prod")
        current = endpoint.config if endpoint is not None else None
        version = version_in(current) if current is not None else None
        refusal, detail = _refusal(aws, pointer, lost_release(self._ports.store, endpoint))
        return RollbackAnswer(entry.name, deployment.prod_endpoint, current, version, pointer, refusal, detail)

    def warn_where_behind(self) -> None:
        """Say loudly, in the log, where prod serves what a release brought that the store has lost."""
        for entry in self._catalog.values():
            with _left_to_newer(entry):
                lost = self._view(entry, Stage.PROD).lost_release
                if lost:
                    log.error("the store is behind prod", model=entry.name, release=lost, todo="run sluice recover")

    def rehearse(self) -> None:
        """Rehearse every way back whose time it is.

        Raises:
            Unavailable: the store does not answer.
        """
        for _, entry in sorted(self._catalog.items()):
            with _left_to_newer(entry):
                if self._rehearsals.is_due(entry):
                    self._rehearsals.rehearse(entry)

    def note_versions(self) -> None:
        """Keep the deployable versions of every model where the deploy modal can read them without AWS."""
        for entry in self._catalog.values():
            try:
                listed = self._ports.regions.of(entry.deployment).registry.versions(entry.deployment.package_group)
            except PortError:
                continue  # the modal shows what was last seen
            deployable = [item for item in listed if item.status == "Completed" and item.approval != "Rejected"]
            text = " ".join(str(item.version) for item in deployable)
            self._ports.store.keep_note(f"versions:{entry.name}", text, _VERSIONS_KEPT_SECONDS)


@contextmanager
def _left_to_newer(entry: ModelEntry) -> Iterator[None]:
    """Pass over a model of which only a newer Sluice can read what is stored; the others have their turn."""
    try:
        yield
    except NewerDocument as newer:
        log.warning("left to a newer Sluice", model=entry.name, detail=str(newer))


def lost_release(store: ReleaseStore, prod: EndpointDescription | None) -> str | None:
    """Return the release that prod's config names and that the store does not know to have changed prod, or None.

    So it is after the store was emptied, or brought back from a copy that is older than prod.
    """
    maker = release_in(prod.pending_config or prod.config) if prod is not None else None
    release = store.load(maker) if maker is not None else None
    # One that was rebuilt as on prod has no pointer where nothing was left that could tell of one.
    known = release is not None and (release.pointer is not None or release.phase not in TERMINAL - _ON_PROD)
    return None if known else maker


def _no_rollback(model: str, endpoint: str, refusal: str, detail: str = "") -> RollbackAnswer:
    return RollbackAnswer(model, endpoint, None, None, None, refusal, detail)


def _refusal(aws: Aws, pointer: RollbackPointer | None, lost: str | None) -> tuple[str, str]:
    """Return why there is nothing to roll back to as (reason code, detail), or two empty strings.

    `lost` is the release that changed prod and that the store does not know, if there is one.
    """
    if pointer is None and lost is not None:
        return "store_behind", f"The store does not know how {lost} brought it there."
    if pointer is None:
        return "no_pointer", ""
    if pointer.previous_config is None:
        return "first_release", ""
    config = aws.hosting.config(pointer.previous_config)
    if config is None:
        return "target_gone", f"EndpointConfig {pointer.previous_config} no longer exists."
    if aws.hosting.model(config.model) is None:
        return "target_gone", f"Model {config.model} no longer exists."
    return "", ""
