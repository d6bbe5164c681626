"""Who works at the agency's page: each clerk with a name and a password, kept as a slow salted hash."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Any, Final

_COST: Final = 2**14  # 16 MiB and some 40 ms for each try
_BLOCK: Final = 8
_SALT: Final = 16
_NAME: Final = re.compile(r"[^\W_](?:[\w.\u0E80-\u0EFF -]{0,38}[\w\u0E80-\u0EFF])?")


@dataclass(frozen=True, slots=True)
class Clerk:
    """One clerk; `at` is when the password was last set, in epoch seconds."""

    name: str
    at: int
    closed: bool


def is_name(name: str) -> bool:
    """Whether a clerk may be called so: 1 to 40 letters, digits, blanks, dots and hyphens, Lao included."""
    return _NAME.fullmatch(name) is not None


def hashed(password: str, salt: bytes) -> bytes:
    """The slow hash of a password; to be computed outside of any transaction."""
    return hashlib.scrypt(password.encode("utf-8", "replace"), salt=salt, n=_COST, r=_BLOCK, p=1, dklen=32)


def is_right(password: str, kept: tuple[bytes, bytes] | None) -> bool:
    """Whether this is the password of what `secret` returned; takes as long when there is no such clerk."""
    salt, wanted = kept or (bytes(_SALT), b"")
    return hmac.compare_digest(hashed(password, salt), wanted)


def put(connection: Any, name: str, password: str, now: int, *, new: bool) -> bool:
    """Add a clerk (`new`), or give one another password and let her in again; False: there is (no) such one."""
    if (_row(connection, name) is None) != new:
        return False
    salt = secrets.token_bytes(_SALT)
    connection.execute(
        "INSERT INTO clerk VALUES (?, ?, ?, 0, ?) ON CONFLICT (name) DO UPDATE SET salt = excluded.salt,"
        " hash = excluded.hash, closed = 0, at = excluded.at",
        (name, salt, hashed(password, salt), now),
    )
    return True


def close(connection: Any, name: str) -> bool:
    """Let a clerk in no more; what she did keeps her name. False: there is no such one."""
    if _row(connection, name) is None:
        return False
    connection.execute("UPDATE clerk SET closed = 1 WHERE name = ?", (name,))
    return True


def everybody(connection: Any) -> list[Clerk]:
    """All clerks by name."""
    rows = connection.execute("SELECT name, at, closed FROM clerk ORDER BY name").fetchall()
    return [Clerk(name, at, bool(closed)) for name, at, closed in rows]


def secret(connection: Any, name: str) -> tuple[bytes, bytes] | None:
    """Salt and hash of a clerk who may come in."""
    row = _row(connection, name)
    return (row[0], row[1]) if row is not None and not row[2] else None


def stands(connection: Any, name: str, stamp: bytes) -> bool:
    """Whether a session still holds: the clerk may come in and has the same password as when she did.

    The one password of an office (no name) opens only as long as there are no clerks.
    """
    if not name:
        return connection.execute("SELECT 1 FROM clerk LIMIT 1").fetchone() is None
    kept = secret(connection, name)
    return kept is not None and hmac.compare_digest(kept[0], stamp)


def _row(connection: Any, name: str) -> Any:
    return connection.execute("SELECT salt, hash, closed FROM clerk WHERE name = ?", (name,)).fetchone()
