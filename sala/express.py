"""The short way for a key press: a plain POST that came in one piece is answered without task, request or response.

These objects of aiohttp's cost half of what a whole key press does. So the gateways' door looks at what arrives first:
a complete request of the plainest form, on a path behind which somebody answers, is read here and answered when its
future is done. Everything else on a connection goes to aiohttp from then on, as it came: another method or version, a
body in pieces or encoded, a wrong secret, a head that leaves any doubt. So no request is ever read in two ways.
"""

import asyncio
import re
import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final

import structlog
from aiohttp import web

from sala.gate import LARGEST_BODY, PREFIX, Gate
from store.values import Answer, Received

LONGEST_HEAD: Final = 4096
"""Bytes of a request's head that are looked at; a longer one is aiohttp's."""

# A request line and field lines as RFC 9112 has them, nothing folded, nothing empty.
_PLAIN = re.compile(
    rb"POST (" + PREFIX.encode() + rb"[!-~]*) HTTP/1\.1\r\n"
    rb"((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\x80-\xff]*\r\n)+)\r\n"
)
# One length and one host must be there; any other field of these changes what the body is, or the manner of answering.
_MATTERS = re.compile(
    rb"^(?:content-length:[ \t]*([0-9]{1,6})[ \t]*\r|(host):"
    rb"|content-length|transfer-encoding|content-encoding|expect|upgrade|te:|connection:(?![ \t]*keep-alive[ \t]*\r))",
    re.IGNORECASE | re.MULTILINE,
)

log = structlog.get_logger("gate")


class Fields(Mapping[str, str]):
    """The head's fields by name in any case, read when the first is asked for: most gateways need none."""

    __slots__ = ("_found", "_lines")

    def __init__(self, lines: bytes) -> None:
        """Take field lines as they came."""
        self._lines = lines
        self._found: dict[str, str] | None = None

    def _all(self) -> dict[str, str]:
        if self._found is None:
            pairs = (line.partition(":") for line in self._lines.decode("utf-8", "surrogateescape").split("\r\n"))
            found: dict[str, str] = {}
            for name, _, value in pairs:
                # The first of a name, as aiohttp's own mapping gives it.
                found.setdefault(name.lower(), value.strip(" \t"))
            found.pop("", None)
            self._found = found
        return self._found

    def __getitem__(self, name: str) -> str:
        """The value of the first field of this name; raises KeyError."""
        return self._all()[name.lower()]

    def __iter__(self) -> Iterator[str]:
        """The names, in small letters."""
        return iter(self._all())

    def __len__(self) -> int:
        """How many names."""
        return len(self._all())


@lru_cache(maxsize=1024)
def length_in(fields: bytes) -> int:
    """The length of the body by these fields; -1 where they are not plain. A gateway sends few different heads."""
    matters = _MATTERS.findall(fields)
    if len(matters) != 2:  # noqa: PLR2004 - the length and the host
        return -1
    length, host = (one or other for one, other in zip(*matters, strict=True))
    return int(length) if host and length and int(length) <= LARGEST_BODY else -1


class Connection(web.RequestHandler):
    """One connection at the gateways' door."""

    __slots__ = ("_answering", "_ending", "_gate", "_held", "_peer", "_usual")

    def __init__(self, gate: Gate, server: web.Server, loop: asyncio.AbstractEventLoop, **settings: Any) -> None:
        """Answer what `gate` knows; leave the rest to aiohttp and `server`'s handler."""
        super().__init__(server, loop=loop, **settings)
        self._gate = gate
        self._usual = False
        self._ending = False
        self._answering: asyncio.Future[Answer] | None = None
        self._held = b""
        self._peer = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note who calls."""
        super().connection_made(transport)
        # aiohttp's clock of an idle line does not see the short way; TCP's own keepalive finds who is gone.
        self.keep_alive(True)
        name = transport.get_extra_info("peername")
        self._peer = str(name[0]) if isinstance(name, tuple) else ""

    def data_received(self, data: bytes) -> None:
        """Take the short way or aiohttp's; what comes before the last answer has gone out waits for it."""
        if self._usual:
            super().data_received(data)
        elif self._answering is not None:
            self._held += data
            if len(self._held) > LARGEST_BODY and self.transport is not None:
                self.transport.close()
        elif not self._ending and not self._begin(data):
            self._usual = True
            super().data_received(data)

    def _begin(self, data: bytes) -> bool:
        """Whether this is a plain key press; then its answer is under way."""
        plain = _PLAIN.match(data, 0, LONGEST_HEAD)
        if plain is None:
            return False
        target, lines = plain.groups()
        body = data[plain.end() :]
        if length_in(lines) != len(body):
            return False
        path, _, query = target.decode().partition("?")
        fields = Fields(lines)
        found = self._gate.find(path, self._peer, fields)
        if found is None:
            return False
        received = Received(body, tail=found.tail, query=query, headers=fields, peer=found.caller)
        self._answering = asyncio.ensure_future(found.hook(received))
        self._answering.add_done_callback(self._answer)
        return True

    def _answer(self, answering: asyncio.Future[Answer]) -> None:
        self._answering = None
        if answering.cancelled():
            self.force_close()
            return
        fault = answering.exception()
        if fault is not None:
            log.error("callback failed", exc_info=fault)
        # Nothing is committed then, and the gateway may say it again.
        answer = answering.result() if fault is None else Answer(503, b"")
        if self.transport is None or self.transport.is_closing():
            return
        self.transport.write(written(answer))
        held, self._held = self._held, b""
        if held:
            self.data_received(held)

    def close(self) -> None:
        """Take no further request."""
        self._ending = True
        super().close()

    async def shutdown(self, timeout: float | None = 15.0) -> None:  # noqa: ASYNC109 - as aiohttp calls it
        """Let the answer that is under way go out, for `timeout` seconds, and close."""
        self._ending = True
        if self._answering is not None:
            await asyncio.wait({self._answering}, timeout=timeout)
        await super().shutdown(timeout)


class Server(web.Server):
    """aiohttp's server, whose connections look for the short way first."""

    def __init__(self, gate: Gate, handler: Callable[[web.BaseRequest], Any]) -> None:
        """Serve what `gate` knows by the short way, all else by `handler`. No access log: paths hold secrets."""
        super().__init__(handler, access_log=None)
        self._gate = gate

    def __call__(self) -> Connection:
        """A connection's protocol."""
        return Connection(self._gate, self, asyncio.get_running_loop(), access_log=None)


_heads: dict[tuple[int, str, tuple[tuple[str, str], ...]], bytes] = {}
_MOST_HEADS: Final = 256
_date = (0, b"")


def written(answer: Answer) -> bytes:
    """An answer as it goes over the wire."""
    global _date  # noqa: PLW0603 - one second of a process has one date
    key = (answer.status, answer.content_type, answer.headers)
    head = _heads.get(key)
    if head is None:
        head = _head(answer)
        if len(_heads) < _MOST_HEADS:
            _heads[key] = head
    second = int(time.time())
    if _date[0] != second:
        _date = (second, formatdate(second, usegmt=True).encode())
    return head % (_date[1], len(answer.body), answer.body)


def _head(answer: Answer) -> bytes:
    kind = "text/plain; charset=utf-8" if answer.content_type == "text/plain" else answer.content_type
    phrase = HTTPStatus(answer.status).phrase
    # A line end in a value would begin a field that nobody wrote.
    own = (f"{name}: {''.join(value.splitlines())}" for name, value in answer.headers)
    lines = (f"HTTP/1.1 {answer.status} {phrase}", f"Content-Type: {kind}", "Cache-Control: no-store", *own)
    return (
        "\r\n".join(lines).replace("%", "%%").encode("utf-8", "replace")
        + b"\r\nDate: %b\r\nContent-Length: %d\r\n\r\n%b"
    )
