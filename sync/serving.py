"""What every receiving side of the native protocol shares: bodies as they travelled, signed answers, and a bell."""

import asyncio
import time
from typing import Any, Final

import msgspec
from aiohttp import web

from sync import signing, wire

LONGEST_WAIT: Final = 25
"""Seconds that a question for statuses may stay open."""

LOOK_EVERY: Final = 1.0
"""Seconds within which the long polls see what another process has written."""

_DIGITS: Final = 12
_CHUNK: Final = 65_536


class Bell:
    """Wakes the long polls when something was written in this process."""

    def __init__(self) -> None:
        """Start silent."""
        self._event = asyncio.Event()
        self.closed = False

    def ring(self) -> None:
        """Wake everyone who waits now."""
        self._event.set()
        self._event = asyncio.Event()

    def close(self) -> None:
        """Wake everyone for good: nobody is to wait any more."""
        self.closed = True
        self.ring()

    async def wait(self, seconds: float) -> None:
        """Wait for the next ring, at most `seconds`."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return


def headers_of(request: web.Request) -> dict[str, str]:
    """The headers under lower-case names, as `signing.verify` reads them."""
    return {name.lower(): value for name, value in request.headers.items()}


async def body_of(request: web.Request) -> bytes | None:
    """The body as it travelled; None when it is longer than `wire.LONGEST`."""
    parts: list[bytes] = []
    length = 0
    async for part in request.content.iter_chunked(_CHUNK):
        length += len(part)
        if length > wire.LONGEST:
            return None
        parts.append(part)
    return b"".join(parts)


def stranger() -> web.Response:
    """The answer to a request that nobody known has signed; it can carry no signature itself."""
    return web.json_response({"error": "no enrolled node has signed this"}, status=401)


def signed(request: web.Request, key: bytes, answer: dict[str, Any], status: int = 200) -> web.Response:
    """Answer with the node's own secret, echoing its id; a long answer travels compressed, and is signed so."""
    plain = msgspec.json.encode(answer)
    accepts = request.headers.get("Accept-Encoding", "")
    body, encoding = wire.pack(plain, zstd=False) if "gzip" in accepts else (plain, "")
    headers = signing.sign(key, request.headers[signing.ID], int(time.time()), body)
    headers["Accept-Encoding"] = "gzip, zstd"
    if encoding:
        headers["Content-Encoding"] = encoding
    return web.Response(body=body, status=status, content_type=wire.JSON_TYPE, headers=headers)


def seconds_asked(request: web.Request) -> float:
    """How long this question may stay open."""
    return float(min(whole(request.query.get("wait", "")), LONGEST_WAIT))


def whole(text: str) -> int:
    """A count in a query; 0 for anything else."""
    return int(text) if text.isdecimal() and len(text) <= _DIGITS else 0
