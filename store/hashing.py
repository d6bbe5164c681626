"""Keyed hashes: how sessions, numbers, messages and `once` values are found again without being kept."""

import hashlib
import hmac
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

SIZE: Final = 16
"""Bytes of every keyed hash (blake2b): 128 bits, half the room of a full one in millions of index entries."""

_KEY_BYTES: Final = 32
_REMEMBERED: Final = 4096
_SCRYPT: Final = {"n": 2**14, "r": 8, "p": 1}
"""About 35 ms and 16 MiB on the reference machine."""


class Hashing:
    """All hashes of one node. The key must stay the same for the life of the database.

    Attributes:
        session: (channel, id) -> the key of a gateway's session. number: E.164 digits -> the key of a phone number.
    """

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.blake2b(key, digest_size=_KEY_BYTES, person=b"sala-hashing").digest()
        # A dialogue asks for the same two at each key press.
        self.session = lru_cache(_REMEMBERED)(self._session)
        self.number = lru_cache(_REMEMBERED)(self._number)

    def _hash(self, purpose: bytes, text: str) -> bytes:
        data = text.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, digest_size=SIZE, key=self._key, person=purpose).digest()

    def check(self) -> str:
        """Return the value by which a database knows its hashing key."""
        return self._hash(b"check", "sala").hex()

    def _session(self, channel: str, session: str) -> bytes:
        """The key of a gateway's session."""
        return self._hash(b"session", f"{channel}\0{session}")

    def _number(self, number: int) -> bytes:
        """The key of a phone number (its E.164 digits)."""
        return self._hash(b"number", str(number))

    def message(self, channel: str, gateway_id: str) -> bytes:
        """The identity of an SMS that came in."""
        return self._hash(b"message", f"{channel}\0{gateway_id}")

    def often(self, channel: str, number: int) -> bytes:
        """The key of a number that a channel has written to, which cannot be joined with any other of its keys."""
        return self._hash(b"often", f"{channel}\0{number}")

    def talk(self, message: bytes) -> bytes:
        """The key of a session that an SMS began; no gateway session can have it."""
        return self._hash(b"talk", message.hex())

    def once(self, values: Sequence[str], number: int | None = None) -> bytes:
        """The hash of a service and its `once` values; with the number for an anonymous one."""
        purpose = b"once" if number is None else b"once-private"
        return self._hash(purpose, "\0".join([*values, str(number or "")]))

    def contact(self, service: str, who: str) -> str:
        """The name of a sender in exports of one service; two services' exports cannot be joined by it."""
        return self._hash(b"contact", f"{service}\0{who}").hex()

    def case_key(self, digits: str, salt: bytes) -> bytes:
        """The slow hash of a case key, peppered with the hashing key: the database alone is not enough to guess it."""
        peppered = hmac.digest(self._key, digits.encode("utf-8", "surrogatepass"), "sha256")
        return hashlib.scrypt(peppered, salt=salt, dklen=32, **_SCRYPT)
