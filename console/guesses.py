"""Wrong passwords for names that nobody has: counted as an account's own are, so that an answer tells nothing."""

from dataclasses import dataclass, field
from typing import Final

from store.users import TRIES, rest

MOST: Final = 2_000
"""Names that are remembered; beyond it the oldest is forgotten."""


@dataclass(slots=True)
class Guesses:
    """By name: how many wrong passwords, and until when it rests (epoch seconds)."""

    _names: dict[str, tuple[int, int]] = field(default_factory=dict)

    def resting(self, name: str, now: int) -> bool:
        """Count one more, unless the name rests already; whether it does."""
        wrong, until = self._names.pop(name, (0, 0))
        is_resting = until > now
        if not is_resting:
            wrong += 1
            until = now + rest(wrong) if wrong >= TRIES else 0
        self._names[name] = wrong, until
        while len(self._names) > MOST:
            del self._names[next(iter(self._names))]
        return is_resting
