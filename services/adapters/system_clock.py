"""The machine's clock, and its source of chance."""

import secrets
import string
from datetime import UTC, datetime

_ALPHABET = string.digits + string.ascii_lowercase
_RELEASE_ID_LENGTH = 8
_NONCE_BYTES = 12


class SystemClock:
    """Tells the machine's time."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        return datetime.now(UTC)


class RandomIds:
    """Draws identifiers from the operating system's random numbers."""

    def release_id(self) -> str:
        """Return `r` and eight characters: 41 random bits, drawn at once, since a person waits for the ack."""
        number, characters = secrets.randbelow(len(_ALPHABET) ** _RELEASE_ID_LENGTH), []
        for _ in range(_RELEASE_ID_LENGTH):
            number, digit = divmod(number, len(_ALPHABET))
            characters.append(_ALPHABET[digit])
        return "r" + "".join(characters)

    def nonce(self) -> str:
        """Return 96 random bits, URL-safe."""
        return secrets.token_urlsafe(_NONCE_BYTES)
