"""Who is signed in at the agency's page: sessions in memory, and a brake on guessing."""

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 12 * 3600.0
"""Seconds that a session lasts."""

TRIES: Final = 10
"""Wrong passwords in `WINDOW` seconds from one address, or for one name, after which nobody gets in so."""

WINDOW: Final = 60.0

COOKIE: Final = "sala_agency"


def draw_password() -> str:
    """Draw a password that can be read aloud: 16 letters and digits that look different, 79 bits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    groups = ("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in: her name (empty: by the office's one password), the token that her forms carry."""

    name: str
    token: str
    stamp: bytes = b""
    until: float = 0.0

    def right(self, token: str) -> bool:
        """Whether a form came from a page of this session."""
        return hmac.compare_digest(self.token.encode(), token.encode("utf-8", "replace"))


class Login:
    """Sessions of one process: a restart signs everybody out."""

    def __init__(self, password: str) -> None:
        """Take the office's one password, which opens the page until there are clerks."""
        self._password = password.encode()
        self._sessions: dict[str, Visitor] = {}
        self._wrong: list[tuple[str, float]] = []

    def is_shared(self, password: str) -> bool:
        """Whether this is the office's one password."""
        return hmac.compare_digest(password.encode("utf-8", "replace"), self._password)

    def braked(self, sources: Iterable[str], now: float) -> bool:
        """Say whether too many wrong passwords came lately from one of these sources: an address, a name."""
        self._wrong = [one for one in self._wrong if now - one[1] < WINDOW]
        named = [source for source, _ in self._wrong]
        return any(named.count(source) >= TRIES for source in sources)

    def mark(self, sources: Iterable[str], now: float) -> None:
        """Note a wrong password."""
        self._wrong += [(source, now) for source in sources]

    def enter(self, name: str, stamp: bytes, now: float) -> str:
        """Begin a session; `stamp` changes with the password."""
        self._sessions = {key: value for key, value in self._sessions.items() if now < value.until}
        session = secrets.token_urlsafe(24)
        self._sessions[session] = Visitor(name, secrets.token_urlsafe(24), stamp, now + LONGEST)
        return session

    def visitor(self, session: str, now: float) -> Visitor | None:
        """Whose session this is; None when it is none, or over."""
        found = self._sessions.get(session)
        return found if found is not None and now < found.until else None

    def leave(self, session: str) -> None:
        """End a session."""
        self._sessions.pop(session, None)
