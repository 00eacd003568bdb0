"""What people can ask to see. Who looked at what is on record, in an audit log of the month."""

from services.ports import Clock, Ids, Inquiry, ReleaseStore
from services.release.audit import Looked, looks
from services.release.catalog import Catalog
from services.results import Asked, Asker, Detail, Listing, UnknownModel, unknown_model


class Looking:
    """Reads the store; what needs a look at AWS, or a file brought to Slack, is left to the worker."""

    def __init__(self, catalog: Catalog, store: ReleaseStore, clock: Clock, ids: Ids) -> None:
        self._catalog = catalog
        self._store = store
        self._clock = clock
        self._ids = ids

    def ask(self, topic: str, model: str, asker: Asker) -> Asked | UnknownModel:
        """Keep a question for the worker, which may look at AWS; an empty model means all of them."""
        if model and model not in self._catalog:
            return unknown_model(model, self._catalog)
        self.looked(topic, model, asker)
        return Asked(self._inquire(topic, model, asker))

    def looked(self, what: str, about: str, asker: Asker) -> None:
        """Witness that a person looked at something, in the audit log of the month."""
        now = self._clock.now()
        self._store.witness(looks(now), Looked(now, asker.user, what, about))

    def evidence(self, release_id: str, asker: Asker) -> Detail | None:
        """Return one release, or None, and have the worker bring its report to the thread of its card."""
        found = self.detail(release_id)
        self.looked("evidence", release_id, asker)
        if found is not None and found.told.place:
            self._inquire("evidence", found.release.model, asker, release_id)
        return found

    def detail(self, release_id: str) -> Detail | None:
        """Return one release with its log, or None."""
        release = self._store.load(release_id)
        if release is None:
            return None
        return Detail(release, tuple(self._store.log(release_id)), self._store.told(release_id))

    def listing(self, limit: int = 10) -> Listing:
        """Return the releases in progress and the newest `limit`."""
        found = self._store.listed(limit)
        ids = dict.fromkeys(release.id for release in (*found.in_progress, *found.recent))
        links = dict(zip(ids, self._store.links(tuple(ids)), strict=True))
        return Listing(
            tuple((release, links[release.id]) for release in found.in_progress),
            tuple((release, links[release.id]) for release in found.recent),
            found.newer,
        )

    def known_versions(self, model: str) -> tuple[int, ...]:
        """Return the deployable versions that the worker last saw, newest first; empty if it has not looked yet."""
        note = self._store.note(f"versions:{model}")
        return tuple(int(version) for version in note.split()) if note else ()

    def _inquire(self, topic: str, model: str, asker: Asker, release_id: str = "") -> Inquiry:
        now = self._clock.now()
        inquiry = Inquiry(self._ids.nonce(), topic, model, asker.user, asker.reply_to, now, release_id)
        self._store.ask(inquiry)
        return inquiry
