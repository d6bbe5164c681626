"""Brings the second copy to the hub, piece by piece as it grows, and fetches it from there on a new machine."""

import asyncio
import base64
import binascii
import hashlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import structlog

from flows.errors import ConfigFault, Protocol, RoadFault
from store.copying import frames
from store.copying.copier import Copies
from store.durable import finish
from sync import backoff
from sync.connectors.hub import CopyLink
from sync.means import Means, rest

EVERY: Final = 5.0
"""Seconds between two looks at what was added."""

LATE: Final = 30.0
"""Seconds that something may be on its way to the hub before the node says that it has one copy."""

MOST_BETWEEN: Final = 300.0
"""Seconds between two tries while the hub does not answer."""

SMALLEST: Final = 16 * 1024
LARGEST: Final = 1024 * 1024
"""Bytes of a piece: halved when one takes more than ten seconds, doubled when it takes less than two."""

_SLOW: Final = 10.0
_FAST: Final = 2.0

_log = structlog.get_logger("copy")


@dataclass(slots=True)
class Far:
    """What the hub has of the copy.

    Attributes:
        alone: whether there is no other medium: then the hub's word decides how many copies there are.
        size: bytes of the newest file that the hub has confirmed. at: until when it has everything, epoch seconds.
        reason: why it has not, in plain words.
    """

    alone: bool
    size: int = 0
    at: int = 0
    reason: str = "the hub has nothing of it yet"
    _behind: float | None = field(default=None, init=False)

    def said(self, copies: Copies) -> Copies:
        """How many copies there are, when the file beside the data counts for none."""
        if not self.alone or copies.copies == 1:
            return copies
        now = time.monotonic()
        if self.size == copies.size:
            self._behind = None
            return copies
        self._behind = now if self._behind is None else self._behind
        if self.at and now - self._behind <= LATE:
            return copies
        reason = self.reason or f"{max(0, copies.size - self.size):,} bytes are still on their way to the hub"
        return replace(copies, copies=1, since=self.at, reason=reason)


class Shipper:
    """Brings the newest file of a folder to the hub, for as long as the node runs."""

    def __init__(self, link: CopyLink, folder: Path, far: Far, means: Means) -> None:
        """Take the road, where the copy is written, and what is to say how far the hub is."""
        self._link = link
        self._folder = folder
        self._far = far
        self._means = means
        self._file = ""
        self._sure = False
        self._whole = ""
        self._piece = 4 * SMALLEST
        self._failures = 0
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Bring no more."""
        self._stopping.set()

    async def close(self) -> None:
        """Close the connection."""
        await self._link.close()

    async def run(self) -> None:
        """Bring what is new until `stop`; the link is left to the requests for half of the time at least."""
        while not self._stopping.is_set():
            started = self._means.steady()
            try:
                more = await self.step()
            except RoadFault as fault:
                self._sure = False
                self._failures += 1
                self._far.reason = f"the hub has not all of it: {fault}"
                pause = max(EVERY, backoff.wait(self._failures, self._means.chance(), MOST_BETWEEN))
            except (OSError, ConfigFault) as fault:
                # The file was renewed meanwhile, or there is none yet.
                self._sure = False
                _log.info("copy_not_found", fault=type(fault).__name__)
                pause = EVERY
            except Exception as fault:  # noqa: BLE001 - without this task nothing would come to the hub any more
                self._sure = False
                _log.error("copy_not_brought", fault=type(fault).__name__)
                pause = MOST_BETWEEN
            else:
                self._failures = 0
                pause = self._means.steady() - started if more else EVERY
            await rest(max(0.05, pause), self._stopping)

    async def step(self) -> bool:
        """Bring one piece; returns whether there is more to bring.

        Raises:
            RoadFault: the hub was not heard, or does not take it. ConfigFault, OSError: there is no file to bring.
        """
        path = await asyncio.to_thread(newest, self._folder)
        if path.name != self._file:
            self._file, self._sure, self._far.size = path.name, False, 0
        again = False
        if not self._sure:
            again = await self._compare(path)
        at, now = self._far.size, self._means.now()
        piece, left = await asyncio.to_thread(_read, path, at, self._piece)
        whole = left == 0 and self._whole != path.name
        if piece or whole or again:
            await self._put(path, piece, again=again, whole=whole)
        if left == 0:
            self._far.at, self._far.reason = now, ""
        return left > 0

    async def _compare(self, path: Path) -> bool:
        """Find the place to go on from; returns whether the hub's file is another and must begin again."""
        answer = await self._link.order({"do": "state", "file": path.name})
        size, digest = _size_in(answer), answer.get("sha256")
        same = digest == await asyncio.to_thread(_digest, path, size)
        self._far.size = size if same else 0
        self._sure = True
        return size > 0 and not same

    async def _put(self, path: Path, piece: bytes, *, again: bool, whole: bool) -> None:
        at, started = self._far.size, self._means.steady()
        order = {"do": "put", "file": path.name, "at": at, "again": again, "whole": whole}
        answer = await self._link.order(order, piece)
        took = self._means.steady() - started
        if took > _SLOW:
            self._piece = max(SMALLEST, self._piece // 2)
        elif took < _FAST:
            self._piece = min(LARGEST, self._piece * 2)
        problem = answer.get("problem")
        if isinstance(problem, str) and problem:
            raise Protocol(problem)
        if _size_in(answer) != at + len(piece):
            # Somebody else brings this file as well, or a piece came twice: look again where to go on.
            self._sure = False
            return
        self._far.size = at + len(piece)
        if whole:
            self._whole = path.name


def newest(folder: Path) -> Path:
    """The file that the copy is written to now; raises `ConfigFault` when there is none yet."""
    found = list(folder.glob(f"*{frames.SUFFIX}"))
    if not found:
        raise ConfigFault(f"there is no copy in {folder} yet")
    return max(found, key=lambda path: path.stat().st_mtime_ns)


async def fetch(link: CopyLink, folder: Path) -> list[Path]:
    """Bring every file that the hub has of this node's copies into `folder`; one that is there already is left out.

    Raises:
        RoadFault: the hub was not heard. OSError: the folder takes nothing.
    """
    answer = await link.order({"do": "list"})
    files = answer.get("files")
    if not isinstance(files, dict):
        raise Protocol("the signed answer lists no files")
    await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
    fetched = []
    for name, size in files.items():
        target = folder / Path(str(name)).name
        if target.suffix != frames.SUFFIX or (target.is_file() and target.stat().st_size == size):
            continue
        await _fetch_one(link, target, int(size))
        fetched.append(target)
    return fetched


async def _fetch_one(link: CopyLink, target: Path, size: int) -> None:
    part = target.with_name(target.name + ".part")
    with part.open("wb") as file:
        while file.tell() < size:
            answer = await link.order({"do": "get", "file": target.name, "at": file.tell()})
            try:
                piece = base64.b64decode(str(answer.get("piece", "")), validate=True)
            except binascii.Error:
                piece = b""
            if not piece:
                raise Protocol("the hub gives back less than it has")
            file.write(piece)
    finish(part, target)


def _size_in(answer: Mapping[str, Any]) -> int:
    size = answer.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise Protocol("the signed answer names no size")
    return size


def _read(path: Path, at: int, most: int) -> tuple[bytes, int]:
    """A piece from this place, and how many bytes come after it."""
    with path.open("rb") as file:
        file.seek(at)
        piece = file.read(most)
        return piece, max(0, os.fstat(file.fileno()).st_size - at - len(piece))


def _digest(path: Path, size: int) -> str:
    """SHA-256 of the first bytes of a file; of nothing when it is shorter."""
    digest, left = hashlib.sha256(), size
    with path.open("rb") as file:
        while left and (block := file.read(min(left, LARGEST))):
            digest.update(block)
            left -= len(block)
    return digest.hexdigest() if not left else ""
