"""Standard Webhooks signatures over raw bytes, for both directions of the native protocol.

The scheme is https://github.com/standard-webhooks/standard-webhooks: base64 of HMAC-SHA256 over `id.timestamp.body`.
The body is signed as it travels, compressed or not. Age is no reason to refuse: ids make a replay harmless, and the
clocks of villages are wrong.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping

ID = "webhook-id"
TIMESTAMP = "webhook-timestamp"
_LONGEST_TIME = 11
SIGNATURE = "webhook-signature"
PREFIX = "whsec_"
_VERSION = "v1"
_LONGEST_HEADER = 4096
_READ_ALOUD = 12
"""Digits of a fingerprint: 48 bits are enough to notice a wrong key, and few enough for a telephone."""


def new_secret() -> str:
    """Draw a secret of 32 bytes in its written form, `whsec_` and base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def key_of(secret: str) -> bytes:
    """Return the key bytes of a written secret; raises ValueError when it is not base64 or shorter than 16 bytes."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("a secret is whsec_ followed by base64") from None
    if len(key) < 16:  # noqa: PLR2004 - 128 bits, the least that HMAC keys should have
        raise ValueError("a secret has at least 16 bytes")
    return key


def fingerprint(key: bytes | str) -> str:
    """`3f2a 91bc 04de`: the first digits of SHA-256 over `sala key ` and the key, to be read over the telephone."""
    content = key if isinstance(key, bytes) else key.encode()
    digits = hashlib.sha256(b"sala key " + content).hexdigest()[:_READ_ALOUD]
    return " ".join(digits[start : start + 4] for start in range(0, _READ_ALOUD, 4))


def _mac(key: bytes, message_id: str, timestamp: str, body: bytes) -> bytes:
    return hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)


def sign(key: bytes, message_id: str, now: int, body: bytes) -> dict[str, str]:
    """Return the three headers for `body` exactly as it will travel; `now` in epoch seconds."""
    mac = base64.b64encode(_mac(key, message_id, str(now), body)).decode()
    return {ID: message_id, TIMESTAMP: str(now), SIGNATURE: f"{_VERSION},{mac}"}


def verify(key: bytes, headers: Mapping[str, str], body: bytes) -> bool:
    """Say whether one of the `v1` signatures in `headers` (lower-case names) is right for `body`; never raises."""
    message_id, timestamp, signatures = (headers.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE))
    if not message_id or not timestamp or max(map(len, (message_id, timestamp, signatures))) > _LONGEST_HEADER:
        return False
    try:
        wanted = _mac(key, message_id, timestamp, body)
    except UnicodeEncodeError:
        return False
    return any(_right(wanted, given) for given in signatures.split())


def _right(wanted: bytes, given: str) -> bool:
    version, _, text = given.partition(",")
    if version != _VERSION:
        return False
    try:
        return hmac.compare_digest(wanted, base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return False


def time_of(headers: Mapping[str, str]) -> int:
    """The time that a message was signed at, in epoch seconds by its sender's clock; 0 when it is no time."""
    text = headers.get(TIMESTAMP, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST_TIME else 0
