"""The two rows that a key press needs, as they lie in memory, and the cache that may lose them at any moment."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Final

from store.places import Whereabouts

OPEN: Final = 0
OVER: Final = 1
"""The dialogue came to its end."""
CLOSED: Final = 2
"""The operator ended it, or a newer session of the same number took its talk."""


class Session:
    """One gateway session, or the talk that SMS began. `number` is None once it was forgotten."""

    __slots__ = ("at", "channel", "dropped", "heard", "id", "keep_until", "key", "number", "reply", "state", "talk")

    def __init__(self, id_: int, key: bytes, number: int | None, channel: str) -> None:
        self.id = id_
        self.key = key
        self.number = number
        self.channel = channel
        self.heard = ""
        self.reply = ""
        self.state = OPEN
        self.talk: Any = None
        self.at = 0
        self.keep_until = 0
        self.dropped = ""

    def going(self, now: int) -> Any:
        """The talk, if it is under way or may still be resumed."""
        return self.talk if self.state == OPEN or now < self.keep_until else None


class Somebody:
    """One number, and what the dialogue remembers of it; without that there is no row."""

    __slots__ = ("data", "day", "key")

    def __init__(self, key: bytes, data: Any = None, day: int = 0) -> None:
        self.key = key
        self.data = data
        self.day = day


class Cache:
    """What was read or written last. Nothing depends on it: a row can always be read again."""

    def __init__(self, most: int) -> None:
        self.where = Whereabouts()
        self._most = most
        self._sessions: OrderedDict[int, Session] = OrderedDict()
        self._people: OrderedDict[bytes, Somebody] = OrderedDict()

    def session(self, key: bytes) -> Session | None:
        """The session with this key."""
        found = self.session_at(self.where.session(key))
        return found if found is not None and found.key == key else None

    def session_at(self, id_: int) -> Session | None:
        """The session with this number."""
        found = self._sessions.get(id_)
        if found is not None:
            self._sessions.move_to_end(id_)
        return found

    def person(self, key: bytes) -> Somebody | None:
        """The person with this number key."""
        found = self._people.get(key)
        if found is not None:
            self._people.move_to_end(key)
        return found

    def keep(self, row: Session | Somebody) -> None:
        """Remember a row."""
        if isinstance(row, Session):
            self._sessions[row.id] = row
        else:
            self._people[row.key] = row

    def drop(self, sessions: Iterable[Session], people: Iterable[Somebody]) -> None:
        """Forget rows whose writing failed, or which are gone."""
        for session in sessions:
            self._sessions.pop(session.id, None)
        for person in people:
            self._people.pop(person.key, None)

    def trim(self) -> None:
        """Let the rows go that were not used for longest."""
        while len(self._sessions) > self._most:
            self._sessions.popitem(last=False)
        while len(self._people) > self._most:
            self._people.popitem(last=False)

    def clear(self) -> None:
        """Forget all rows; where they lie on the disk is still known."""
        self._sessions.clear()
        self._people.clear()

    def __len__(self) -> int:
        return len(self._sessions) + len(self._people)
