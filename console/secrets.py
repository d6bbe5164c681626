"""Passwords, second factors and one-time codes: pure functions over values."""

import base64
import hashlib
import hmac
import secrets
import struct
from typing import Final
from urllib.parse import quote

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST: Final = 10
LONGEST: Final = 200
"""Characters of a password; nothing else is asked of it but that it is not one of the first that are guessed."""

PERIOD: Final = 30
"""Seconds of one step of the second factor (RFC 6238)."""

STEPS: Final = 1
"""Steps either side that are taken: a village's clock is never right."""

CODES: Final = 8
_GUESSED: Final = ("password", "1234567", "0123456", "qwerty", "laos", "vientiane", "sala")
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"

# 19 MiB, two passes, one lane: 20 ms on the machine of a district (OWASP's second choice; measured).
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

NOBODY: Final = _HASHER.hash(secrets.token_hex(16))
"""Checked for a name that does not exist, so that the time taken tells nothing."""


def hash_password(password: str) -> str:
    """Hash it with argon2id; 20 ms of a processor, so call it in a thread."""
    return _HASHER.hash(password)


def is_password(kept: str, password: str) -> bool:
    """Whether it is the password; 20 ms of a processor, so call it in a thread."""
    try:
        _HASHER.verify(kept or NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(kept)


def weakness(password: str, name: str) -> str:
    """Why this password will not do, as a key of the words; "" when it will."""
    if len(password) < SHORTEST:
        return "password_short"
    if len(password) > LONGEST:
        return "password_long"
    low = password.lower()
    if name.lower() in low or len(set(low)) < 5 or any(low.startswith(one) for one in _GUESSED):  # noqa: PLR2004 - letters
        return "password_guessed"
    return ""


def draw_password() -> str:
    """Draw one that can be read aloud: 16 letters and digits that look different, 79 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def draw_codes(count: int = CODES) -> list[str]:
    """Draw codes that each sign in once: ten letters and digits, 49 bits."""
    return ["-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(2)) for _ in range(count)]


def read_code(typed: str) -> str:
    """A one-time code as it was printed, however it was typed."""
    letters = "".join(typed.split()).replace("-", "").lower()
    return f"{letters[:5]}-{letters[5:]}"


def draw_secret() -> bytes:
    """Draw a key for the second factor: 160 bits, as RFC 4226 advises."""
    return secrets.token_bytes(20)


def totp(secret: bytes, step: int) -> str:
    """The six digits of a step (RFC 6238 with SHA-1, which every authenticator knows)."""
    mac = hmac.digest(secret, struct.pack(">Q", step), hashlib.sha1)
    start = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def step_of(secret: bytes, typed: str, now: float) -> int:
    """Which step these digits are of, `STEPS` either side of now; 0: none."""
    digits, here, found = "".join(typed.split()), int(now) // PERIOD, 0
    for step in range(here - STEPS, here + STEPS + 1):
        if hmac.compare_digest(totp(secret, step).encode(), digits.encode("utf-8", "replace")):
            found = step
    return found


def shown_secret(secret: bytes) -> str:
    """The key as people type it into an authenticator: base32 in groups of four."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def address(secret: bytes, name: str, node: str) -> str:
    """The key as an `otpauth:` address, for the camera of an authenticator."""
    key = base64.b32encode(secret).decode()
    return f"otpauth://totp/Sala%20{quote(node)}:{quote(name)}?secret={key}&issuer=Sala%20{quote(node)}"
