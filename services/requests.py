"""What is remembered of a request of Slack's: that it arrived, and for as long as it can be used where to answer it."""

from services.ports import Ids, ReleaseStore

_SECONDS = 1800
"""The life of a response_url; a signature vouches for its request for ten minutes at most."""


def remember(store: ReleaseStore, ids: Ids, request: str, answer_url: str) -> bool:
    """Say whether a request arrives for the first time, here or anywhere, and keep the address for its answer.

    The address lets whoever has it post in the app's name, so it is kept nowhere else: documents and reports stay.
    """
    # With a word of this try's own: the store's repeat of a write whose answer got lost is no second arrival.
    return store.keep_first_note(_name(request), f"{ids.nonce()} {answer_url}", _SECONDS)


def answer_url(store: ReleaseStore, request: str) -> str:
    """Return the address for the answer to a request, empty when there is none or it has lapsed."""
    note = store.note(_name(request)) if request else None
    return note.partition(" ")[2] if note is not None else ""


def _name(request: str) -> str:
    return f"request:{request}"
