"""Where rows are found whose keys lie in no order: in memory, sixteen bytes an entry.

A keyed hash falls anywhere in an index on the disk, so that each new row costs a page of a large index: read,
deciphered, enciphered and written. Here it costs a place in a sorted array.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

_SHELVES: Final = 256
_PART: Final = 8
"""Bytes of a hash that are kept: of ten million hashes, two share them once in three hundred thousand databases. Rows
are checked all the same."""

_SHIFT: Final = 56


def part(key: bytes) -> int:
    """What is kept of a keyed hash: its first eight bytes."""
    return int.from_bytes(key[:_PART], "big")


def signed(number: int) -> int:
    """A part as the engine's integers are."""
    return number - (1 << 64) if number >> 63 else number


class Places:
    """Numbers of rows by the parts of their keys; a key may have several. Lookups cost a microsecond at any size."""

    def __init__(self) -> None:
        self._keys = [array("Q") for _ in range(_SHELVES)]
        self._rows = [array("Q") for _ in range(_SHELVES)]

    def add(self, key: int, row: int) -> None:
        """Remember one more row under this key."""
        keys = self._keys[key >> _SHIFT]
        at = bisect_left(keys, key)
        keys.insert(at, key)
        self._rows[key >> _SHIFT].insert(at, row)

    def put(self, key: int, row: int) -> int:
        """Let this be the only row of the key; returns the one before (0: none)."""
        keys, rows = self._keys[key >> _SHIFT], self._rows[key >> _SHIFT]
        at = bisect_left(keys, key)
        if at < len(keys) and keys[at] == key:
            old, rows[at] = rows[at], row
            return old
        keys.insert(at, key)
        rows.insert(at, row)
        return 0

    def one(self, key: int) -> int:
        """The row last remembered under this key; 0 when there is none."""
        keys = self._keys[key >> _SHIFT]
        at = bisect_left(keys, key)
        return self._rows[key >> _SHIFT][at] if at < len(keys) and keys[at] == key else 0

    def all(self, key: int) -> Sequence[int]:
        """All rows of this key, the newest first."""
        keys = self._keys[key >> _SHIFT]
        first = last = bisect_left(keys, key)
        while last < len(keys) and keys[last] == key:
            last += 1
        return self._rows[key >> _SHIFT][first:last]

    def drop(self, key: int, row: int) -> None:
        """Forget this row of the key, if it is there."""
        keys, rows = self._keys[key >> _SHIFT], self._rows[key >> _SHIFT]
        at = bisect_left(keys, key)
        while at < len(keys) and keys[at] == key:
            if rows[at] == row:
                del keys[at], rows[at]
                return
            at += 1

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """All keys and rows, in the order of the keys."""
        for keys, rows in zip(self._keys, self._rows, strict=True):
            yield from zip(keys, rows, strict=True)

    def __len__(self) -> int:
        return sum(map(len, self._keys))


class Whereabouts:
    """The sessions on the disk, by key and by number; made anew at a start, for it is nowhere else."""

    def __init__(self) -> None:
        self._by_key = Places()
        self._by_number = Places()
        self._pointed: dict[int, int] = {}
        self._added: list[tuple[int, int]] = []

    def learn(self, rows: Iterable[tuple[int, bytes, bytes | None]]) -> None:
        """Sessions as they are read at a start, in their order: number, key, key of the phone (None: forgotten)."""
        for id_, key, caller in rows:
            self._by_key.put(part(key), id_)
            if caller is not None:
                self._by_number.put(part(caller), id_)

    def session(self, key: bytes) -> int:
        """The number of the session with this key, or of one that shares its part; 0: there is none."""
        return self._by_key.one(part(key))

    def newest(self, caller: bytes) -> int:
        """The session in which this phone goes on; 0: none."""
        return self._by_number.one(part(caller))

    def begin(self) -> None:
        """From here on `undo` forgets what is told."""
        self._pointed.clear()
        self._added.clear()

    def add(self, key: bytes, id_: int) -> None:
        """A new session."""
        self._by_key.put(part(key), id_)
        self._added.append((part(key), id_))

    def point(self, caller: bytes, id_: int) -> None:
        """This phone goes on in that session; 0: in none."""
        key = part(caller)
        self._pointed.setdefault(key, self._point(key, id_))

    def _point(self, key: int, id_: int) -> int:
        if id_:
            return self._by_number.put(key, id_)
        old = self._by_number.one(key)
        self._by_number.drop(key, old)
        return old

    def undo(self) -> None:
        """The batch was rolled back."""
        for key, id_ in self._added:
            self._by_key.drop(key, id_)
        for key, old in self._pointed.items():
            self._point(key, old)
        self.begin()

    def gone(self, rows: Iterable[tuple[int, bytes, bytes | None]]) -> None:
        """These sessions are no longer on the disk."""
        for id_, key, caller in rows:
            self._by_key.drop(part(key), id_)
            if caller is not None:
                self._by_number.drop(part(caller), id_)

    def __len__(self) -> int:
        return len(self._by_key)
