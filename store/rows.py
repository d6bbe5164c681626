"""The two rows that a key press needs, as they lie in memory, and the cache that may lose them at any moment."""

from collections import OrderedDict
from collections.abc import Iterable
from itertools import islice
from typing import Any, Final

import msgspec

from store.mind import Mind
from store.places import Whereabouts

READY: Final = 2_000
"""Sessions, and people, that lie ready: as many as one batch takes turns."""

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
    """What was read or written last. Nothing depends on it: a row can always be read again.

    Those used last lie as objects, the others packed: a third of the memory, for some microseconds when they come back.
    """

    def __init__(self, most: int, mind: Mind) -> None:
        """Keep at most `most` sessions, and as many people."""
        self.where = Whereabouts()
        self._most = most
        self._mind = mind
        self._sessions: OrderedDict[int, Session] = OrderedDict()
        self._people: OrderedDict[bytes, Somebody] = OrderedDict()
        # In the order in which they were packed.
        self._packed_sessions: dict[int, bytes] = {}
        self._packed_people: dict[bytes, bytes] = {}

    def session(self, key: bytes) -> Session | None:
        """The session with this key."""
        found = self.session_at(self.where.session(key))
        return found if found is not None and found.key == key else None

    def session_at(self, id_: int) -> Session | None:
        """The session with this number."""
        found = self._sessions.get(id_)
        if found is not None:
            self._sessions.move_to_end(id_)
        elif (packed := self._packed_sessions.pop(id_, None)) is not None:
            found = self._sessions[id_] = self._unpacked(id_, packed)
        return found

    def person(self, key: bytes) -> Somebody | None:
        """The person with this number key."""
        found = self._people.get(key)
        if found is not None:
            self._people.move_to_end(key)
        elif (packed := self._packed_people.pop(key, None)) is not None:
            found = self._people[key] = Somebody(key, self._mind.decode_person(packed or None))
        return found

    def keep(self, row: Session | Somebody) -> None:
        """Remember a row."""
        if isinstance(row, Session):
            self._packed_sessions.pop(row.id, None)
            self._sessions[row.id] = row
        else:
            self._packed_people.pop(row.key, None)
            self._people[row.key] = row

    def drop(self, sessions: Iterable[Session], people: Iterable[Somebody]) -> None:
        """Forget rows whose writing failed, or which are gone."""
        for session in sessions:
            self._sessions.pop(session.id, None)
            self._packed_sessions.pop(session.id, None)
        for person in people:
            self._people.pop(person.key, None)
            self._packed_people.pop(person.key, None)

    def trim(self) -> None:
        """Pack what was not used for long, and let go what was not used for longest."""
        ready = min(READY, self._most)
        while len(self._sessions) > ready:
            id_, session = self._sessions.popitem(last=False)
            self._packed_sessions[id_] = self._packed(session)
        while len(self._people) > ready:
            key, person = self._people.popitem(last=False)
            self._packed_people[key] = b"" if person.data is None else self._mind.encode(person.data)
        _shorten(self._packed_sessions, self._most - len(self._sessions))
        _shorten(self._packed_people, self._most - len(self._people))

    def clear(self) -> None:
        """Forget all rows; where they lie on the disk is still known."""
        self._sessions.clear()
        self._people.clear()
        self._packed_sessions.clear()
        self._packed_people.clear()

    def __len__(self) -> int:
        sessions = len(self._sessions) + len(self._packed_sessions)
        return sessions + len(self._people) + len(self._packed_people)

    def _packed(self, session: Session) -> bytes:
        talk = None if session.talk is None else self._mind.encode(session.talk)
        row = _Packed(
            session.key,
            session.number,
            session.channel,
            session.heard,
            session.reply,
            session.state,
            talk,
            session.at,
            session.keep_until,
            session.dropped,
        )
        return _encode(row)

    def _unpacked(self, id_: int, packed: bytes) -> Session:
        row = _decode(packed)
        session = Session(id_, row.key, row.number, row.channel)
        session.heard, session.reply, session.state = row.heard, row.reply, row.state
        session.talk = self._mind.decode_talk(row.talk)
        session.at, session.keep_until, session.dropped = row.at, row.keep_until, row.dropped
        return session


class _Packed(msgspec.Struct, array_like=True, gc=False):
    """A session as it is packed."""

    key: bytes
    number: int | None
    channel: str
    heard: str
    reply: str
    state: int
    talk: bytes | None
    at: int
    keep_until: int
    dropped: str


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Packed).decode


def _shorten(packed: dict[Any, bytes], most: int) -> None:
    for key in list(islice(packed, max(0, len(packed) - most))):
        del packed[key]
