"""Phones for the benches: keep-alive connections that press scripted walks key by key, in a closed loop.

The client is a bare `asyncio.Protocol` so that the load costs little beside the server it measures. Answers are counted
by their first word: `CON`, `END` or anything else (which makes a bench void).
"""

import asyncio
import itertools
import time
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import quote_plus

_numbers = itertools.count(10_000_000 + int(time.time()) % 50_000_000)


@dataclass
class Tally:
    """What came back in one round."""

    con: int = 0
    end: int = 0
    bad: int = 0
    milliseconds: list[float] = field(default_factory=list)
    first_bad: str = ""

    @property
    def answers(self) -> int:
        """All answers of the round."""
        return self.con + self.end + self.bad


class Phone(asyncio.Protocol):
    """One connection that walks the script again and again, each time with a new number and session."""

    def __init__(self, path: str, script: tuple[str, ...], tally: Tally, until: float) -> None:
        """Walk `script` (inputs in order; the first is the dial) at `path` until the clock says `until`."""
        self._path, self._script, self._tally, self._until = path, script, tally, until
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._step = 0
        self._buffer = b""
        self._sent = 0.0
        self._session = self._msisdn = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Dial as soon as the line stands."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class does not inherit from it
        self._press()

    def connection_lost(self, exc: Exception | None) -> None:
        """A line that breaks ends this phone, with its reason."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server closed the line"))

    def data_received(self, data: bytes) -> None:
        """Collect one answer, count it, and press the next key."""
        self._buffer += data
        head, blank, body = self._buffer.partition(b"\r\n\r\n")
        if not blank:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(body) < length:
            return
        self._buffer = b""
        self._count(body)
        if time.monotonic() >= self._until:
            self.done.set_result(None)
            self._transport.close()
            return
        self._press()

    def _count(self, body: bytes) -> None:
        self._tally.milliseconds.append((time.perf_counter() - self._sent) * 1000)
        self._step += 1
        if body.startswith(b"CON "):
            self._tally.con += 1
        elif body.startswith(b"END "):
            self._tally.end += 1
            self._step = 0
        else:
            self._tally.bad += 1
            self._tally.first_bad = self._tally.first_bad or body[:200].decode(errors="replace")
        if self._step >= len(self._script):
            self._step = 0

    def _press(self) -> None:
        if self._step == 0:
            number = next(_numbers)
            self._session = f"ATUid_{number:032x}"
            self._msisdn = f"+85620{number % 100_000_000:08d}"
        text = "*".join(self._script[1 : self._step + 1])
        form = (
            f"sessionId={self._session}&phoneNumber={quote_plus(self._msisdn)}&networkCode=45701"
            f"&serviceCode={quote_plus('*999#')}&text={quote_plus(text)}"
        ).encode()
        head = (
            f"POST {self._path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n"
        ).encode()
        self._sent = time.perf_counter()
        self._transport.write(head + form)


async def press(port: int, path: str, script: tuple[str, ...], phones: int, seconds: float) -> Tally:
    """Let `phones` phones press keys for `seconds`; the tally of the round."""
    tally = Tally()
    until = time.monotonic() + seconds
    loop = asyncio.get_running_loop()
    walks = []
    for _ in range(phones):
        _, phone = await loop.create_connection(lambda: Phone(path, script, tally, until), "127.0.0.1", port)
        walks.append(phone.done)
    await asyncio.gather(*walks)
    return tally
