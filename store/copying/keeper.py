"""The second copy of one running node, tied to its writer: recorder, copier, and who waits for the medium."""

import asyncio
import contextlib
import secrets
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import TimeoutError as NotYet
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from flows.errors import Busy
from store import sql
from store.copying.copier import Copier, Copies, Ties
from store.copying.generation import Medium
from store.copying.recorder import Engine, Recorder
from store.copying.settings import CopySettings
from store.copying.snapshot import Snapshot
from store.database import Database
from store.sqlite import FILE

PATIENCE: Final = 1.0
"""Seconds that a key press waits for the medium when `wait` is set; then it is answered without."""

STATUS: Final = "copy.json"
"""File in the data folder that tells other processes how the copy stands."""

LIFE: Final = "copy_life"
"""Name of this database's life in `meta`; a restored database begins a new one."""

_STATUS_EVERY: Final = 10
_LONGEST_PIN: Final = 60

Do = Callable[[Callable[[Database], Awaitable[Any]]], Awaitable[Any]]


class Node(NamedTuple):
    """Whose copy it is."""

    data: Path
    name: str
    key: bytes


class Keeper:
    """Made before the writer, begun after it."""

    def __init__(
        self,
        settings: CopySettings,
        node: Node,
        *,
        engine: Engine,
        now: Callable[[], int],
        medium: Medium,
    ) -> None:
        self._settings = settings
        self._data, self._node, self._key = node
        self._now = now
        self._medium = replace(medium, luggage=lambda: {**medium.luggage(), "database.key": self._key})
        self.recorder = Recorder(engine, self._put, self._strange, now)
        self._copier: Copier | None = None
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._done = 0
        self._told: tuple[Any, ...] = ()
        self._ticks = 0
        self._stopping = False

    async def begin(self, do: Do) -> None:
        """Look for the medium from now on. `do` runs something in the writer's transaction."""
        self._do = do
        self._loop = asyncio.get_running_loop()
        life = await do(_life)
        ties = Ties(self._pin, self._saved, self._now, self._medium)
        self._copier = Copier(self._settings, self._data, self._node, life, ties)
        self._copier.start()

    async def close(self) -> None:
        """Write what waits, for a few seconds at most."""
        self._stopping = True
        if self._copier is not None:
            await asyncio.to_thread(self._copier.stop)
            self.tell(now=True)

    async def settled(self) -> None:
        """Return when the last commit is on the medium, or when the medium is not worth waiting for."""
        copier = self._copier
        position = self.recorder.position
        # A batch that has only read has nothing to wait for.
        if not self._settings.wait or copier is None or position <= self._done:
            return
        if not self.recorder.on or not copier.steady:
            return
        future: asyncio.Future[None] = self._loop.create_future()
        self._waiting.append((position, future))
        try:
            await asyncio.wait_for(future, PATIENCE)
        except TimeoutError:
            copier.distrust()

    def reading(self) -> Copies | None:
        """How it stands; None before the beginning."""
        found: Copies | None = self._medium.beyond(self._copier.reading()) if self._copier else None
        return found

    def tell(self, *, now: bool = False) -> None:
        """Write the status for other processes, when it has changed or is ten ticks old."""
        copies = self.reading()
        if copies is None:
            return
        self._ticks += 1
        shown = (copies.copies, copies.reason)
        if not now and shown == self._told and self._ticks % _STATUS_EVERY:
            return
        self._told = shown
        part = self._data / (STATUS + ".part")
        # A full disk must not end the housekeeping; the next tick tells again.
        with contextlib.suppress(OSError):
            part.write_bytes(orjson.dumps(asdict(copies)))
            part.replace(self._data / STATUS)

    def _put(self, commit: Any) -> bool:
        return self._copier is not None and self._copier.put(commit)

    def _strange(self, position: int) -> None:
        if self._copier is not None:
            self._copier.strange(position)

    # --- called in the copier's thread ---------------------------------------------------------------------------

    def _pin(self) -> tuple[Snapshot, int]:
        pinned = asyncio.run_coroutine_threadsafe(self._pinned(), self._loop)
        for _ in range(_LONGEST_PIN):
            with contextlib.suppress(NotYet):
                return pinned.result(timeout=1.0)
            if self._stopping:
                break
        pinned.cancel()
        raise Busy("the writer had no time for a new base")

    async def _pinned(self) -> tuple[Snapshot, int]:
        made: list[Snapshot] = []

        async def run(database: Database) -> int:
            # With the lock of the database held nobody else can commit between the position and the snapshot.
            await database.begin()
            position = await self.recorder.begin_copy()
            made.append(await asyncio.to_thread(Snapshot, self._data / FILE, self._key))
            return position

        try:
            position = int(await self._do(run))
        except BaseException:
            for one in made:
                one.close()
            raise
        for earlier in made[:-1]:
            earlier.close()
        return made[-1], position

    def _saved(self, position: int) -> None:
        if self._settings.wait:
            with contextlib.suppress(RuntimeError):  # the loop has ended while a hanging medium came back
                self._loop.call_soon_threadsafe(self._wake, position)

    def _wake(self, position: int) -> None:
        self._done = position
        while self._waiting and self._waiting[0][0] <= position:
            future = self._waiting.popleft()[1]
            if not future.done():
                future.set_result(None)


async def _life(database: Database) -> str:
    found = await database.rows(sql.META, (LIFE,))
    if found:
        return str(found[0][0])
    life = secrets.token_hex(4)
    await database.rows(sql.SET_META, (LIFE, life))
    return life
