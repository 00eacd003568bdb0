"""Looks up what a decision depends on beside the release: who is in which group, what people are, what is held."""

from dataclasses import dataclass

from services.ports import Clock, Directory, ReleaseStore
from services.release.catalog import Catalog, Membership, ModelEntry, People
from services.release.deciding import Circumstances
from services.release.model import Release


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where what a decision depends on is looked up."""

    catalog: Catalog
    store: ReleaseStore
    directory: Directory
    clock: Clock

    def groups(self, entry: ModelEntry | None, release: Release | None = None) -> dict[str, frozenset[str] | None]:
        """Return the members of every group that a rule about the model, or about the release, may name."""
        named = set[str]()
        if entry is not None:
            named |= entry.approvers.groups | entry.operators.groups | entry.break_glass.groups
        if release is not None:
            named |= set(release.deployment.terms.groups_required)
        return dict(self.directory.members(People(groups=frozenset(named))))

    def membership(self, entry: ModelEntry | None, user: str) -> Membership | None:
        """Return what the person is to the workspace; whoever is listed by id need not be looked up."""
        listed = entry is not None and user in entry.listed
        return Membership.MEMBER if listed else self.directory.membership(user)

    def around(self, release: Release, user: str) -> Circumstances:
        """Return everything that a decision of `user` about the release depends on now.

        Raises:
            Unavailable: the store does not answer.
        """
        entry = self.catalog.get(release.model)
        return Circumstances(
            entry=entry,
            groups=self.groups(entry, release),
            now=self.clock.now(),
            lock=self.store.lock_of(release.model),
            freezes=self.store.freezes(release.model),
            membership=self.membership(entry, user),
        )
