"""Failpoints: the places at which a process may be killed, wrapped around the product in a child of a test.

Nothing of this is in the product. A child that arms itself writes every point that it passes to `<role>.points`, and
kills itself with SIGKILL at the one that stands in `<role>.order` (`serial name nth`), which may change while it runs.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

from aiohttp import http_writer
from aiohttp.web_protocol import RequestHandler

import store.sqlite
import store.writer
from sync import wire
from sync.agency import book, intake


class Points:
    """The points of one process."""

    def __init__(self, folder: Path, role: str) -> None:
        self._order = folder / f"{role}.order"
        self._trail = os.open(folder / f"{role}.points", os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        self._serial = ""
        self._passed = 0
        self._lock = threading.Lock()
        self.label = "start"

    def due(self, name: str) -> bool:
        """Note that this point is passed; says whether the process is to die here."""
        with self._lock:
            os.write(self._trail, name.encode() + b"\n")
            try:
                serial, wanted, nth = self._order.read_text().split()
            except (FileNotFoundError, ValueError):
                return False
            if serial != self._serial:
                self._serial, self._passed = serial, 0
            self._passed += wanted == name
            due = wanted == name and self._passed == int(nth)
            if due:
                # A process that is switched on again is to live.
                self._order.unlink()
            return due

    def hit(self, name: str) -> None:
        """Die here if it is due."""
        if self.due(name):
            die()


def die() -> None:
    """As the electricity dies, but for what the kernel already has."""
    os.kill(os.getpid(), signal.SIGKILL)


def around(points: Points, module: Any, attribute: str, name: str) -> None:
    """Put a point before and after a function."""
    inner: Callable[..., Any] = getattr(module, attribute)

    @wraps(inner)
    def outer(*args: Any, **kwargs: Any) -> Any:
        points.hit(f"{name}.before")
        result = inner(*args, **kwargs)
        points.hit(f"{name}.after")
        return result

    setattr(module, attribute, outer)


def around_bytes(points: Points) -> None:
    """Points before the first byte of every HTTP message that leaves, after exactly one byte, and after the last."""
    inner = http_writer.StreamWriter._write

    def outer(self: http_writer.StreamWriter, chunk: Any) -> None:
        name = "answer" if isinstance(self._protocol, RequestHandler) else _asked(bytes(chunk[:30]))
        points.hit(f"{name}.no-byte")
        if points.due(f"{name}.one-byte"):
            transport = self._protocol.transport
            assert transport is not None
            os.write(transport.get_extra_info("socket").fileno(), bytes(chunk[:1]))
            die()
        inner(self, chunk)
        points.hit(f"{name}.all-bytes")

    def joined(self: http_writer.StreamWriter, chunks: Any) -> None:
        outer(self, b"".join(bytes(chunk) for chunk in chunks))

    http_writer.StreamWriter._write = outer  # type: ignore[method-assign]
    http_writer.StreamWriter._writelines = joined  # type: ignore[method-assign]


def arm_node(points: Points) -> None:
    """Every commit by what it makes durable, every message that leaves, and the reading of an agency's answer."""
    commit, attempt = store.sqlite.Sqlite.commit, store.writer.Writer._attempt

    async def committed(self: Any) -> None:
        made = points.label.split("+")
        for one in made:
            points.hit(f"commit-{one}.before")
        await commit(self)
        for one in made:
            points.hit(f"commit-{one}.after")

    async def attempted(self: Any, asks: Any, works: Any) -> Any:
        names = {_short(work.run.__qualname__) for work in works}
        points.label = "+".join(sorted(names | ({asks[0].kind} if asks else set())))
        return await attempt(self, asks, works)

    store.sqlite.Sqlite.commit = committed  # type: ignore[method-assign]
    store.writer.Writer._attempt = attempted  # type: ignore[method-assign]
    around(points, wire, "read_results", "results")
    around(points, wire, "read_events", "events")
    around_bytes(points)


def arm_agency(points: Points) -> None:
    """Every commit by what it makes durable, the reading of a batch, and every answer that leaves."""
    do = book.Book.do

    async def done(self: Any, function: Any, *args: Any, **kwargs: Any) -> Any:
        @wraps(function)
        def named(*inner: Any, **more: Any) -> Any:
            points.label = function.__name__
            return function(*inner, **more)

        return await do(self, named, *args, **kwargs)

    @contextmanager
    def transaction(connection: Any) -> Iterator[None]:
        points.label = "start"
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        points.hit(f"commit-{points.label}.before")
        connection.execute("COMMIT")
        points.hit(f"commit-{points.label}.after")

    book.Book.do = done  # type: ignore[method-assign]
    book._transaction = transaction
    around(points, intake, "read", "batch")
    around_bytes(points)


def _asked(chunk: bytes) -> str:
    """A name for a request by the last word of its path; the same for its later chunks, whatever they are."""
    for word in (b"submissions", b"statuses", b"messaging"):
        if word in chunk:
            return word.decode()
    return "body"


def _short(qualname: str) -> str:
    return ".".join(part for part in qualname.split(".") if part not in {"<locals>", "<lambda>", "run"})
