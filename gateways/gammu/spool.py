"""The folders of gammu-smsd as we use them: written whole or not at all, taken away only when told to.

A file that we hand over has the message's own mark in its name, and keeps the name in `sent` or `error`; `done` keeps
an entry of the same name when the file is gone. So a message that is handed over again is known, and goes once.
"""

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateways.gammu import backup
from store.durable import finish
from store.values import Outgoing

INBOX: Final = "inbox"
OUTBOX: Final = "outbox"
SENT: Final = "sent"
ERROR: Final = "error"
DONE: Final = "done"

DAY: Final = 86_400
_MODE: Final = 0o660
"""smsd writes into the files that it sends, so its group needs them too."""

_mine = re.compile(r"OUTC\d{10,}_\d{3}_([0-9a-f]+-[0-9a-f]+(?:-\d+)?)\.smsbackup")


@dataclass(frozen=True, slots=True)
class Came:
    """A file of the inbox: its name, content, and its age in seconds."""

    name: str
    content: bytes
    age: float


class OutboxFullError(OSError):
    """So many messages wait for the modem that no more is handed over."""


class Spool:
    """One spool. Everything here waits for the disk, so it is called in a thread."""

    def __init__(self, folder: Path, waiting: int, *, referred: bool = False) -> None:
        """Let at most so many wait; `referred`: see `backup.written`."""
        self._folder = folder
        self._waiting = waiting
        self._referred = referred

    def check(self) -> None:
        """Raise the `OSError` that names the folder that is not there or cannot be written; makes `done` if it can."""
        (self._folder / DONE).mkdir(mode=0o770, exist_ok=True)
        for name in (INBOX, OUTBOX, SENT, ERROR, DONE):
            folder = self._folder / name
            if not folder.is_dir():
                raise FileNotFoundError(2, "no such folder of the spool", str(folder))
            if not os.access(folder, os.W_OK | os.X_OK):
                raise PermissionError(13, "this folder of the spool may not be written", str(folder))

    def put(self, message: Outgoing) -> None:
        """Hand over one message or part, once: one that smsd has, or has had, is left as it is.

        Raises:
            OutboxFullError: as it says; nothing was handed over.
            OSError: the disk or the folders; nothing was handed over, unless it is known by its name the next time.
        """
        name = file_name(message)
        if any((self._folder / place / name).exists() for place in (OUTBOX, SENT, ERROR, DONE)):
            return
        outbox = self._folder / OUTBOX
        if sum(1 for one in os.scandir(outbox) if one.name.startswith("OUT")) >= self._waiting:
            raise OutboxFullError(28, "the outbox is full", str(outbox))
        self._write(outbox / name, backup.written(message.msisdn, message.text, message.part, referred=self._referred))

    def came(self) -> list[Came]:
        """What smsd has received, by name: by its time, and then by number."""
        now = time.time()
        paths = sorted((self._folder / INBOX).iterdir())
        return [
            Came(path.name, path.read_bytes(), now - path.stat().st_mtime)
            for path in paths
            if path.is_file() and not path.name.startswith(".")
        ]

    def went(self, place: str) -> list[tuple[str, str, bytes]]:
        """What of ours lies in `sent` or `error`: name, mark, content; in the order in which it was handed over."""
        found = [(path, _mine.fullmatch(path.name)) for path in sorted((self._folder / place).iterdir())]
        return [(path.name, match[1], path.read_bytes()) for path, match in found if match]

    def awaited(self) -> Iterator[tuple[str, str, str, int]]:
        """What of ours may still be reported: name, mark, number, reference; oldest first."""
        entries = sorted((self._folder / DONE).iterdir(), key=lambda path: path.stat().st_mtime_ns)
        for path in entries:
            match = _mine.fullmatch(path.name)
            number, _, reference = path.read_text("ascii", "replace").strip().partition(" ")
            if match and number and reference.removeprefix("-").isdecimal():
                yield path.name, match[1], number, int(reference)

    def done(self, place: str, name: str, note: str = "") -> None:
        """Take a file of ours away and keep its name; `note`: the number and reference that a report may come of."""
        self._write(self._folder / DONE / name, note.encode())
        if place != DONE:
            self.drop(place, name)

    def drop(self, place: str, name: str) -> None:
        """Take a file away."""
        (self._folder / place / name).unlink(missing_ok=True)

    def oldest(self) -> float:
        """How many seconds the oldest message has been waiting for the modem."""
        now = time.time()
        ages = [now - path.stat().st_mtime for path in (self._folder / OUTBOX).iterdir() if path.name.startswith("OUT")]
        return max(ages, default=0.0)

    def known(self, name: str) -> bool:
        """Whether it was done."""
        return (self._folder / DONE / name).exists()

    def empty(self) -> set[str]:
        """Files of ours in the outbox in which there is nothing."""
        paths = (self._folder / OUTBOX).iterdir()
        return {path.name for path in paths if _mine.fullmatch(path.name) and path.stat().st_size == 0}

    def sweep(self, days: int) -> None:
        """Forget what was done so many days ago."""
        before = time.time() - days * DAY
        for path in (self._folder / DONE).iterdir():
            if path.stat().st_mtime < before:
                path.unlink(missing_ok=True)

    @staticmethod
    def _write(path: Path, content: bytes) -> None:
        """Whole and on the disk, or not there: smsd passes over a name that begins with a dot."""
        rough = path.with_name(f".{path.name}")
        with rough.open("wb") as file:
            # Before there is anything in it that only its group may read.
            os.fchmod(file.fileno(), _MODE)
            file.write(content)
        finish(rough, path)


def file_name(message: Outgoing) -> str:
    """The name of its file; smsd sends by the order of names, so messages and their parts go in order."""
    part = message.part.number if message.part else 1
    return f"OUTC{message.id:010}_{part:03}_{message.mark}.smsbackup"
