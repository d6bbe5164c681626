"""Who may use the agency's page: one password, sessions in memory, and a brake on guessing."""

import hmac
import secrets
from typing import Final

LONGEST: Final = 12 * 3600.0
"""Seconds that a session lasts."""

TRIES: Final = 10
"""Wrong passwords in `WINDOW` seconds, after which nobody gets in until they are past."""

WINDOW: Final = 60.0

COOKIE: Final = "sala_agency"


def draw_password() -> str:
    """Draw a password that can be read aloud: 16 letters and digits that look different, 79 bits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    groups = ("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


class Login:
    """Sessions of one process: a restart signs everybody out."""

    def __init__(self, password: str) -> None:
        """Take the password that opens the page."""
        self._password = password.encode()
        self._sessions: dict[str, tuple[str, float]] = {}
        self._wrong: list[float] = []

    def braked(self, now: float) -> bool:
        """Say whether too many wrong passwords came lately."""
        self._wrong = [at for at in self._wrong if now - at < WINDOW]
        return len(self._wrong) >= TRIES

    def enter(self, password: str, now: float) -> str | None:
        """Return a session for the right password; None, and a mark against the guesser, for another."""
        if self.braked(now) or not hmac.compare_digest(password.encode("utf-8", "replace"), self._password):
            self._wrong.append(now)
            return None
        self._sessions = {key: value for key, value in self._sessions.items() if now < value[1]}
        session = secrets.token_urlsafe(24)
        self._sessions[session] = (secrets.token_urlsafe(24), now + LONGEST)
        return session

    def token(self, session: str, now: float) -> str:
        """Return the form token of a session ("" when it is none, or over)."""
        token, until = self._sessions.get(session, ("", 0.0))
        return token if now < until else ""

    def right(self, session: str, token: str, now: float) -> bool:
        """Say whether a form came from a page of this session."""
        wanted = self.token(session, now)
        return bool(wanted) and hmac.compare_digest(wanted.encode(), token.encode("utf-8", "replace"))

    def leave(self, session: str) -> None:
        """End a session."""
        self._sessions.pop(session, None)
