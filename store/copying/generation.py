"""One file of the copy while it is written: a base, and every commit since, each on the medium when `save` returns."""

import contextlib
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from store.copying import escrow, frames
from store.copying.recorder import Commit
from store.durable import sync_folder

PART: Final = ".part"
"""Ending of a file whose base is not whole yet."""

_FLUSH: Final = 4 << 20
"""Bytes of a base after which it is brought to the medium: a stick's own cache must not fill up behind our back."""


@dataclass(frozen=True, slots=True)
class Medium:
    """What goes to a medium beside the rows, and how it is touched and looked at; a test fails or hastens that.

    Attributes:
        write: appends. sync: brings it to the medium.
        again: seconds until the medium is looked for again after it failed.
        look: seconds between two looks whether it is still there.
        linger: seconds that a commit waits for company, so that a stick is not synced for every one of them.
        luggage: returns what a new machine needs beside the database, by name.
        beyond: says how many copies there are, when the file goes on from this medium to another one.
    """

    write: Callable[[int, memoryview], int] = os.write
    sync: Callable[[int], None] = os.fsync
    again: float = 5.0
    look: float = 1.0
    linger: float = 0.02
    luggage: Callable[[], Mapping[str, bytes]] = dict
    beyond: Callable[[Any], Any] = lambda copies: copies


def name_of(node: str, life: str, generation: int) -> str:
    """The file's name; names of one life sort by age."""
    return f"{node}.{life}.{generation:06d}{frames.SUFFIX}"


class Generation:
    """A file that is appended to. After any OSError it must be given up: what follows a hole is worth nothing."""

    def __init__(self, folder: Path, head: frames.Head, key: bytes, position: int, medium: Medium) -> None:
        """Begin the file, for commits after `position`.

        Raises:
            OSError: the medium does not take it.
        """
        self.file = folder / (name_of(head.node, head.life, head.generation) + PART)
        self.position = position
        self.whole = False
        self.size = 0
        self.base_size = 0
        self._medium = medium
        self._sealer = frames.Sealer(head, key)
        self._buffer = [self._sealer.opening]
        self._buffered = 0
        self._words: dict[str, int] = {}
        self._fd = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def begin(self, at: int, schema: tuple[list[str], list[str]], luggage: Mapping[str, bytes]) -> None:
        """Say what the base is made of, and what else a new machine needs."""
        self._add(["base", at, self.position, *schema, dict(luggage)])

    def fill(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        """Add rows of the base."""
        self._add(["rows", statement, rows])
        if self._buffered > _FLUSH:
            self.save()

    def finish(self, at: int) -> None:
        """The base is whole: from here on this file alone restores the node."""
        self._add(["whole", at])
        self.save()
        final = self.file.with_name(self.file.name.removesuffix(PART))
        self.file.replace(final)
        self.file = final
        sync_folder(final.parent)
        self.whole = True
        self.base_size = self.size

    def commit(self, commit: Commit) -> None:
        """Add what a commit wrote, unless the base has it."""
        if commit.position <= self.position:
            return
        self._add(["commit", commit.position, commit.at, commit.changes, [self._line(*line) for line in commit.lines]])
        self.position = commit.position

    def beat(self, at: int) -> None:
        """Say that nothing was written until now."""
        self._add(["beat", at])

    def save(self) -> None:
        """Bring everything to the medium."""
        if not self._buffer:
            return
        block = b"".join(self._buffer)
        self._buffer, self._buffered = [], 0
        view = memoryview(block)
        while view:
            view = view[self._medium.write(self._fd, view) :]
        self._medium.sync(self._fd)
        self.size += len(block)

    def there(self) -> bool:
        """Whether the file is still found under its name: a stick that was pulled out takes the name with it."""
        try:
            found, mine = self.file.stat(), os.fstat(self._fd)
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == (mine.st_dev, mine.st_ino)

    def close(self) -> None:
        """Let go of the file; one whose base is not whole is removed."""
        with contextlib.suppress(OSError):
            os.close(self._fd)
        if not self.whole:
            with contextlib.suppress(OSError):
                self.file.unlink(missing_ok=True)

    def _line(self, statement: str, rows: Any) -> list[Any]:
        known = self._words.get(statement)
        if known is not None:
            return [known, rows]
        self._words[statement] = len(self._words)
        return [len(self._words) - 1, rows, statement]

    def _add(self, content: Any) -> None:
        frame = self._sealer.frame(content)
        self._buffer.append(frame)
        self._buffered += len(frame)


def open_generation(
    folder: Path, node: str, life: str, public: str, *, position: int, at: int, medium: Medium
) -> Generation:
    """Begin the next file of this life in `folder`.

    Raises:
        OSError: the medium does not take it.
    """
    key = secrets.token_bytes(frames.KEY_SIZE)
    number = max((generation for generation, _ in of_life(folder, node, life)), default=0) + 1
    head = frames.Head(node, life, number, at, public, escrow.seal(key, public))
    return Generation(folder, head, key, position, medium)


def of_life(folder: Path, node: str, life: str) -> list[tuple[int, Path]]:
    """The whole files of one life on a medium, oldest first; those of other nodes and lives are not ours to judge."""
    found = []
    for path in folder.glob(f"{node}.{life}.*{frames.SUFFIX}"):
        with contextlib.suppress(ValueError):
            found.append((int(path.name.removesuffix(frames.SUFFIX).rpartition(".")[2]), path))
    return sorted(found)


def prune(folder: Path, node: str, life: str, keep: int) -> None:
    """Remove all but the newest `keep` whole files of this life, and what was never finished."""
    with contextlib.suppress(OSError):
        for path in folder.glob(f"{node}.{life}.*{frames.SUFFIX}{PART}"):
            path.unlink(missing_ok=True)
        for _, path in of_life(folder, node, life)[:-keep]:
            path.unlink(missing_ok=True)
