"""Which rollback pointer undoes what prod serves."""

from collections.abc import Sequence

from services.ports import EndpointDescription, ReleaseStore
from services.release.model import Deployment, RollbackPointer
from services.release.naming import release_in


def pointer_to_follow(
    store: ReleaseStore, where: Deployment, prod: EndpointDescription | None
) -> RollbackPointer | None:
    """Return the pointer by which a rollback of prod, which may be gone, would go now.

    Raises:
        Unavailable, NewerDocument
    """
    pointers = store.pointers(where.prod_endpoint)
    return pointer_from(pointers, prod) if prod is not None else _last_way_back(pointers, store, where.region)


def pointer_from(pointers: Sequence[RollbackPointer], endpoint: EndpointDescription) -> RollbackPointer | None:
    """Return the pointer that undoes what brought the endpoint to its present, or coming, config.

    A rollback is not itself undone (its own pointer leads back to what was rolled back from): what counts is the
    release that first brought the config that prod serves. `pointers` come newest first.
    """
    serving = endpoint.pending_config or endpoint.config
    made = release_in(serving)
    undoing = [pointer for pointer in pointers if pointer.new_config == serving]
    return next((pointer for pointer in undoing if pointer.release_id == made), None)


def _last_way_back(pointers: Sequence[RollbackPointer], store: ReleaseStore, region: str) -> RollbackPointer | None:
    """Return the newest promotion's pointer that leads somewhere: a prod that is gone can be made anew from it.

    An endpoint of the same name in another region, which is another model's, has its pointers in the same history.
    """
    promotions = (pointer for pointer in pointers if release_in(pointer.new_config) == pointer.release_id)
    leading = (pointer for pointer in promotions if pointer.previous_config is not None)
    return next((pointer for pointer in leading if _is_in(region, pointer, store)), None)


def _is_in(region: str, pointer: RollbackPointer, store: ReleaseStore) -> bool:
    release = store.load(pointer.release_id)
    return release is not None and release.deployment.region == region
