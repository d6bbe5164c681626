"""The thread that writes the copy: whatever the medium does, it is this thread that waits, never a key press."""

import errno
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from flows.errors import Fault
from store.copying.generation import Generation, Medium, open_generation, prune
from store.copying.recorder import Commit
from store.copying.settings import CopySettings
from store.copying.snapshot import Snapshot

MOST: Final = 20_000
"""Commits that may wait for the medium; beyond it they are forgotten and the copy begins again with a new base."""

LATE: Final = 5.0
"""Seconds that a commit may wait for the medium before the node says that it has one copy."""

BEAT: Final = 60.0
"""Seconds without a commit after which the copy says that nothing happened."""

DISTRUST: Final = 60.0
"""Seconds for which no key press waits for a medium that has kept one waiting."""

STRANGE: Final = "another process has written to the database; a new base is on its way"

LONG: Final = 60
"""Looks for the medium after which a base that did not fit beside the file in use is tried again."""

DAY: Final = 86_400

KEEP: Final = 2
"""Whole files of one life that stay on the medium."""

log = structlog.get_logger("copy")


@dataclass(frozen=True, slots=True)
class Copies:
    """How many copies of the node's memory there are now.

    Attributes:
        copies: 2, or 1 when something acknowledged may be missing on the medium.
        since: until when everything is on the medium, epoch seconds; 0: nothing since this start.
        reason: why there is one, in plain words.
        path: of the copy. waiting: commits on their way to it. size: bytes of the file in use.
        bases: begun since the start. saved: commits written since the start.
    """

    copies: int
    since: int
    reason: str
    path: str
    waiting: int
    size: int
    bases: int
    saved: int


@dataclass(frozen=True, slots=True)
class Ties:
    """What the copier is given by the node.

    Attributes:
        pin: returns a snapshot and the position that it has in it; may take long, raises a Fault when it cannot.
        saved: is called with each position up to which everything is on the medium.
        now: wall time, epoch seconds.
    """

    pin: Callable[[], tuple[Snapshot, int]]
    saved: Callable[[int], None]
    now: Callable[[], int]
    medium: Medium


@dataclass(frozen=True, slots=True)
class Beginning:
    """A file whose base is being written, from where."""

    file: Generation
    snapshot: Snapshot
    parts: Iterator[tuple[str, list[tuple[Any, ...]]]]


class Copier:
    """Owns the files on the medium. `put`, `strange` and `reading` are called from outside of its thread."""

    def __init__(self, settings: CopySettings, data: Path, node: str, life: str, ties: Ties) -> None:
        self._settings = settings
        self._data = data
        self._node = node
        self._life = life
        self._ties = ties
        self._queue: deque[Commit] = deque()
        self._wake = threading.Event()
        self._stop = False
        self._thread = threading.Thread(target=self._run, name="store-copy", daemon=True)
        self._current: Generation | None = None
        self._next: Beginning | None = None
        self._stale: int | None = None
        self._listening = False
        self._trust_at = 0.0
        self._waiting_since = 0.0
        self._renew_at = self._whole_at = 0.0
        self._looked_at = self._beaten_at = 0.0
        self._reason = "the first base is on its way"
        self._saved_at = 0
        self._bases = self._saved = 0

    def start(self) -> None:
        """Begin to look for the medium."""
        self._thread.start()

    def stop(self, patience: float = 3.0) -> None:
        """Write what waits and end; a medium that hangs is left hanging."""
        self._stop = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(patience)

    @property
    def steady(self) -> bool:
        """Whether a commit given now can be expected on the medium at once."""
        return self._current is not None and self._stale is None and time.monotonic() >= self._trust_at

    def distrust(self) -> None:
        """Somebody has waited too long: nobody waits for this medium in the next minute."""
        self._trust_at = time.monotonic() + DISTRUST

    def put(self, commit: Commit) -> bool:
        """Take a commit; False when too many wait: give no more until the next snapshot."""
        if not self._listening:
            return False
        if len(self._queue) >= MOST:
            self._listening = False
            self._stale = 0
            return False
        self._queue.append(commit)
        if not self._waiting_since:
            self._waiting_since = time.monotonic()
        if not self._wake.is_set():
            self._wake.set()
        return True

    def strange(self, position: int) -> None:
        """Another process has written after `position`: what follows needs a new base."""
        self._stale = position
        self._wake.set()

    def reading(self) -> Copies:
        """How it stands."""
        current = self._current
        behind = time.monotonic() - self._waiting_since if self._waiting_since else 0.0
        reason = self._reason if current is None or self._stale is not None else ""
        if current is not None and behind > LATE:
            reason = f"the medium is slow: {len(self._queue)} commits wait, the oldest for {behind:.0f} s"
        return Copies(
            copies=1 if reason else 2,
            since=self._saved_at,
            reason=reason,
            path=str(self._settings.path),
            waiting=len(self._queue),
            size=current.size if current else 0,
            bases=self._bases,
            saved=self._saved,
        )

    # --- in the thread -------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stop or self._queue:
            self._wait()
            try:
                self._turn()
            except OSError as fault:
                self._lose(_said(fault))
            except Fault as fault:
                self._lose(str(fault))
            except Exception:  # the copy must not end silently: it is begun again, and said to be one copy until then
                log.exception("the copy failed")
                self._lose("the copy failed; see the log")
            if self._stop and self._current is None:
                break
        self._drop()

    def _wait(self) -> None:
        if self._next is not None or self._stop:
            return
        self._wake.wait(self._ties.medium.look)
        if self._queue and not self._settings.wait:
            time.sleep(self._ties.medium.linger)

    def _turn(self) -> None:
        self._wake.clear()
        self._save_queue()
        if self._stop:
            return
        now = time.monotonic()
        if self._next is not None:
            self._fill(self._next)
        elif now >= self._renew_at and self._wants_base():
            self._begin()
        elif self._current is not None and now - self._looked_at >= self._ties.medium.look:
            self._look(self._current, now)

    def _save_queue(self) -> None:
        stale = self._stale
        batch = [self._queue.popleft() for _ in range(len(self._queue))]
        beginning = self._next.file if self._next is not None else None
        files = [file for file in (self._current, beginning) if file is not None]
        if batch and files:
            for file in files:
                for commit in batch:
                    if stale is None or commit.position <= stale:
                        file.commit(commit)
                file.save()
            self._saved += len(batch)
            self._beaten_at = time.monotonic()
            self._ties.saved(batch[-1].position)
        self._waiting_since = time.monotonic() if self._queue else 0.0
        if stale is not None:
            self._lose(STRANGE)
            self._stale = None
            self._renew_at = 0.0
        elif self._current is not None and not self._queue:
            self._saved_at = self._ties.now()

    def _wants_base(self) -> bool:
        current = self._current
        if current is None:
            return True
        if time.monotonic() - self._whole_at > self._settings.renew_days * DAY:
            return True
        # A node with a large base would otherwise write its base again and again.
        return current.size - current.base_size > max(self._settings.renew_mb << 20, current.base_size)

    def _begin(self) -> None:
        self._renew_at = time.monotonic() + self._ties.medium.again
        folder = self._settings.path
        refusal = self._no_medium(folder)
        if refusal:
            self._lose(refusal)
            return
        self._listening = True
        snapshot, position = self._ties.pin()
        try:
            self._next = self._beginning(folder, snapshot, position)
        except BaseException:
            snapshot.close()
            raise
        self._bases += 1

    def _beginning(self, folder: Path, snapshot: Snapshot, position: int) -> Beginning:
        if self._stale is not None:
            self._end_current(position)
        at = self._ties.now()
        prune(folder, self._node, self._life, KEEP)
        public, medium = self._settings.key, self._ties.medium
        file = open_generation(folder, self._node, self._life, public, position=position, at=at, medium=medium)
        file.begin(at, snapshot.schema(), medium.luggage())
        return Beginning(file, snapshot, snapshot.parts())

    def _end_current(self, position: int) -> None:
        """What was put before somebody else wrote belongs to the old file only, and ends it."""
        while self._queue and self._queue[0].position <= position:
            commit = self._queue.popleft()
            if self._current is not None:
                self._current.commit(commit)
        if self._current is not None:
            self._current.save()
            self._current.close()
            self._current = None
        self._reason = STRANGE
        self._stale = None

    def _fill(self, base: Beginning) -> None:
        began = time.monotonic()
        try:
            part = next(base.parts, None)
            if part is not None:
                base.file.fill(*part)
            else:
                self._finish(base)
        except OSError as fault:
            if self._current is None:
                raise
            # The file in use goes on; room for a new one may come later.
            log.warning("a new base was not finished", reason=_said(fault))
            self._drop_next()
            self._renew_at = time.monotonic() + LONG * self._ties.medium.again
        # Half of the time at most: key presses are served by the same interpreter.
        time.sleep(min(0.05, time.monotonic() - began))

    def _finish(self, base: Beginning) -> None:
        base.file.finish(self._ties.now())
        base.snapshot.close()
        if self._current is not None:
            self._current.close()
        self._current, self._next = base.file, None
        self._whole_at = time.monotonic()
        self._saved_at = self._ties.now()
        self._reason = ""
        prune(self._settings.path, self._node, self._life, KEEP)
        log.info("two copies", bytes=base.file.size)

    def _look(self, file: Generation, now: float) -> None:
        self._looked_at = now
        if not file.there():
            raise FileNotFoundError(errno.ENOENT, "the medium is gone")
        if now - self._beaten_at >= BEAT:
            self._beaten_at = now
            file.beat(self._ties.now())
            file.save()

    def _no_medium(self, folder: Path) -> str:
        """Why there is no medium to write to; empty when there is."""
        if not folder.is_dir():
            if not folder.parent.is_dir() or self._on_same_disk(folder.parent):
                return f"there is no medium at {folder}"
            folder.mkdir(mode=0o700)
        if self._on_same_disk(folder):
            return f"{folder} lies on the same disk as the data: is the medium mounted?"
        return ""

    def _on_same_disk(self, folder: Path) -> bool:
        return not self._settings.same_disk and folder.stat().st_dev == self._data.stat().st_dev

    def _lose(self, reason: str) -> None:
        """Give up the files in use; the next base begins when the medium is there again."""
        if self._current is not None or reason != self._reason:
            log.warning("one copy", reason=reason)
        self._reason = reason
        self._listening = False
        self._drop()
        self._queue.clear()
        self._waiting_since = 0.0
        self._renew_at = time.monotonic() + self._ties.medium.again

    def _drop(self) -> None:
        if self._current is not None:
            self._current.close()
            self._current = None
        self._drop_next()

    def _drop_next(self) -> None:
        if self._next is not None:
            self._next.file.close()
            self._next.snapshot.close()
            self._next = None


def _said(fault: OSError) -> str:
    if fault.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "the medium is full"
    if fault.errno in {errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ESTALE}:
        return "the medium is gone"
    return f"the medium cannot be written ({os.strerror(fault.errno) if fault.errno else fault})"
