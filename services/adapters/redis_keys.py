"""The names of what is kept in Redis, and what comes back from it as text."""

import secrets

PREFIX = "sluice:"


def key_of(*parts: str) -> str:
    """Return the key of what these words name, from the general to the particular."""
    return PREFIX + ":".join(parts)


def chain_keys(chain: str) -> tuple[str, str]:
    """Return the keys of an audit log: of its lines, and of its head."""
    return key_of("audit", chain), key_of("audit", chain, "head")


def new_writer() -> str:
    """Return a word of its own for a call, by which a repeat of it is known."""
    return secrets.token_hex(8)


def raw_text(value: bytes | str | None) -> str:
    """Return what is stored, none as an empty text; a byte that is no UTF-8 is kept, as digests are of bytes."""
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value or ""


def text_of(value: bytes | str) -> str:
    """Return what is stored as text."""
    return value.decode() if isinstance(value, bytes) else value
