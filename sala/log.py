"""The log: one JSON line an event, in which no number, name, answer, message or secret can stand.

Three fences, in this order. Only keys on `WORDS`, `TOKENS` and `FIGURES` pass; the value of any other key is withheld.
A token may not hold a blank, so neither a sentence nor a person's full name fits into one. What is left is scrubbed of
digit runs long enough to be a phone number and of everything outside ASCII. Exceptions are logged as their type and the
places they came through, never their message: messages quote input.

Writing happens on a thread of its own behind a bounded queue: a log that cannot be written (a closed pipe, a full disk,
a reader that sleeps) costs lines and is counted in `Sink.lost`, and never a key press.
"""

import logging
import os
import queue
import re
import sys
import threading
import traceback
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Final

import structlog
from structlog.typing import EventDict, ExcInfo, WrappedLogger

# Sentences written in our code. tests/house/test_logs.py asserts that every call site gives a literal.
WORDS: Final = frozenset({"event"})
TOKENS: Final = frozenset(
    {
        "agency", "at", "batch", "bundle", "change", "channel", "code", "connector", "database", "digest", "door",
        "engine", "epoch", "error", "fault", "file", "gateway", "id", "kind", "language", "level", "logger",
        "method", "node", "outcome", "position", "reason", "revision", "room", "route", "service", "signal",
        "state", "step", "task", "timestamp", "version", "where",
    }
)  # fmt: skip
FIGURES: Final = frozenset(
    {
        "accepted", "attempt", "attempts", "bytes", "bytes_in", "bytes_out", "cached", "calls", "claimed",
        "count", "depth", "lapsed", "line", "lost", "mib", "milliseconds", "ms", "offered_again", "parcels", "parts",
        "pid", "port", "queued", "records", "requeued", "retry_after", "returned", "rows", "seconds", "seq",
        "status", "statuses", "unknown", "waiting",
    }
)  # fmt: skip
WITHHELD: Final = "[withheld]"
_TOKEN = re.compile(r"[!-~]{0,120}")
# Seven digits or more in any script, also when written in groups: 020 5551 2345, 020-55-512-345. A reference has nine.
_LONG_NUMBER = re.compile(r"\d(?:[\W_]{0,3}\d){6,}")
_DIGEST = re.compile(r"(sha256:)?[0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FOREIGN = re.compile(r"[^\x20-\x7e]+")
# A phone number is a figure too: nothing of seven digits and more.
_SIX_DIGITS = 1_000_000
_QUEUE = 10_000


def scrub(text: str) -> str:
    """`text` without digit runs of 7 and more and without anything but printable ASCII."""
    return _FOREIGN.sub("[text]", _LONG_NUMBER.sub("[number]", text))


def _figure(value: object) -> object:
    if value is None or (isinstance(value, int | float) and abs(value) < _SIX_DIGITS):
        return value
    return WITHHELD


def _token(value: object) -> object:
    text = str(value)
    if _DIGEST.fullmatch(text):
        return text
    return scrub(text) if _TOKEN.fullmatch(text) else WITHHELD


def fence(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The processor that lets through what may stand in a log, and withholds the rest."""
    safe: EventDict = {}
    for key, value in event.items():
        if key in FIGURES:
            safe[key] = _figure(value)
        elif key in TOKENS:
            safe[key] = value if key == "timestamp" else _token(value)
        elif key in WORDS:
            safe[key] = scrub(str(value))
        elif key == "places":
            safe[key] = [_token(place) for place in value]
        else:
            safe[scrub(str(key))[:40]] = WITHHELD
    return safe


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-12:]
    return [f"{os.path.basename(frame.filename)}:{frame.lineno}:{frame.name}" for frame in frames]  # noqa: PTH119 - a name, not a path


def exceptions(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The processor that turns `exc_info` into a type, a code and the places it came through."""
    info: ExcInfo | BaseException | bool | None = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()  # type: ignore[assignment]  # outside an `except` it is a triple of None, seen below
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if isinstance(info, tuple) and info[1] is not None:
        event["error"] = type(info[1]).__name__
        event.setdefault("code", getattr(info[1], "code", "") or "-")
        event["places"] = _places(info[2])
    return event


class Sink:
    """Where lines go: a file descriptor, written by a thread of its own; lines without room are counted and lost."""

    def __init__(self, descriptor: int, room: int = _QUEUE) -> None:
        """Write to `descriptor`; hold at most `room` lines that wait."""
        self.lost = 0
        self._descriptor = descriptor
        self._waiting: queue.Queue[bytes | None] = queue.Queue(room)
        self._broken_line = False
        self._thread = threading.Thread(target=self._write_all, name="log", daemon=True)
        self._thread.start()

    def msg(self, line: str) -> None:
        """Take one line; never waits, never raises."""
        try:
            self._waiting.put_nowait(line.encode("ascii", "backslashreplace") + b"\n")
        except queue.Full:
            self.lost += 1

    debug = info = warning = warn = error = critical = exception = fatal = log = msg

    def close(self, patience: float = 1.0) -> None:
        """Write what waits, for at most `patience` seconds."""
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            return
        self._thread.join(patience)

    def _write_all(self) -> None:
        while (line := self._waiting.get()) is not None:
            try:
                self._write(line)
            except OSError:
                self.lost += 1

    def _write(self, line: bytes) -> None:
        rest = b"\n" + line if self._broken_line else line
        while rest:
            self._broken_line = True
            rest = rest[os.write(self._descriptor, rest) :]
        self._broken_line = False


class _Library(logging.Handler):
    """Lines of libraries: who spoke and where, never the words, for those may quote a request."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(
            record.levelno,
            "a library reports",
            logger=record.name,
            where=f"{record.module}:{record.lineno}",
            exc_info=record.exc_info,
        )


_sink: Sink | None = None


def processors() -> Iterable[Any]:
    """What a line passes through; the fence comes last before the renderer."""
    return (
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        exceptions,
        fence,
        structlog.processors.JSONRenderer(ensure_ascii=True),
    )


def start(level: str = "info", descriptor: int = 2) -> Sink:
    """Send every line of this process to `descriptor` from now on, from `level` up; libraries' from `warning` up."""
    global _sink  # noqa: PLW0603 - a process has one log
    if _sink is not None:
        _sink.close()
    _sink = sink = Sink(descriptor)
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=list(processors()),
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: sink,
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_Library()], level=max(number, logging.WARNING), force=True)
    return sink


def lost() -> int:
    """Lines that could not be written since the start."""
    return _sink.lost if _sink is not None else 0


def stop() -> None:
    """Write what waits."""
    if _sink is not None:
        _sink.close()
