"""Which rollback pointer undoes what prod serves."""

from collections.abc import Sequence

from services.ports import EndpointDescription
from services.release.model import RollbackPointer
from services.release.naming import release_in


def pointer_to_follow(pointers: Sequence[RollbackPointer], prod: EndpointDescription | None) -> RollbackPointer | None:
    """Return the pointer by which a rollback would go now; `pointers` come newest first."""
    return pointer_from(pointers, prod) if prod is not None else _last_way_back(pointers)


def pointer_from(pointers: Sequence[RollbackPointer], endpoint: EndpointDescription) -> RollbackPointer | None:
    """Return the pointer that undoes what brought the endpoint to its present, or coming, config.

    A rollback is not itself undone (its own pointer leads back to what was rolled back from): what counts is the
    release that first brought the config that prod serves. `pointers` come newest first.
    """
    serving = endpoint.pending_config or endpoint.config
    made = release_in(serving)
    undoing = [pointer for pointer in pointers if pointer.new_config == serving]
    return next((pointer for pointer in undoing if pointer.release_id == made), None)


def _last_way_back(pointers: Sequence[RollbackPointer]) -> RollbackPointer | None:
    """Return the newest promotion's pointer that leads somewhere: a prod that is gone can be made anew from it."""
    promotions = (pointer for pointer in pointers if release_in(pointer.new_config) == pointer.release_id)
    return next((pointer for pointer in promotions if pointer.previous_config is not None), None)
