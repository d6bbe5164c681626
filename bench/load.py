"""Phones for the benches: keep-alive connections that press scripted walks key by key, in a closed loop.

Plain sockets and `epoll`: the load costs little beside the server it measures, and each phone's next key leaves as soon
as its answer was read (an event loop may hold it back until it has served all others). Answers are counted by their
first word: `CON`, `END` or anything else (which makes a bench void).
"""

import contextlib
import itertools
import select
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote_plus

_numbers = itertools.count(10_000_000 + int(time.time()) % 50_000_000)
_PATIENCE: Final = 30.0
"""Seconds without any answer after which a round is given up."""
_LARGEST: Final = 65_536


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

    def count(self, body: bytes) -> bool:
        """Count one answer; whether the dialogue is over."""
        if body.startswith(b"CON "):
            self.con += 1
            return False
        if body.startswith(b"END "):
            self.end += 1
            return True
        self.bad += 1
        self.first_bad = self.first_bad or body[:200].decode(errors="replace")
        return False


class Phone:
    """One connection that walks the script again and again, each time with a new number and session."""

    def __init__(self, link: socket.socket, requests: Sequence[bytes], tally: Tally) -> None:
        """Send `requests` in turn over `link`; count the answers in `tally`."""
        self._link, self._requests, self._tally = link, requests, tally
        self._step = 0
        self._buffer = b""
        self._sent = 0.0
        self._who = (b"", b"")

    def press(self) -> None:
        """Send the next key; it is far smaller than what the kernel takes at once."""
        if self._step == 0:
            number = next(_numbers)
            self._who = (b"%032x" % number, b"%08d" % (number % 100_000_000))
        self._sent = time.perf_counter()
        self._link.send(self._requests[self._step] % self._who)

    def hear(self) -> bool:
        """Read what has come; whether that was a whole answer.

        Raises:
            ConnectionError: the server closed the line.
        """
        data = self._link.recv(_LARGEST)
        if not data:
            raise ConnectionError("the server closed the line")
        self._buffer += data
        head, blank, body = self._buffer.partition(b"\r\n\r\n")
        if not blank or len(body) < _length(head):
            return False
        self._buffer = b""
        self._tally.milliseconds.append((time.perf_counter() - self._sent) * 1000)
        over = self._tally.count(body)
        self._step = 0 if over else (self._step + 1) % len(self._requests)
        return True


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])


def requests(path: str, script: Sequence[str]) -> tuple[bytes, ...]:
    """The requests of one walk as templates of session and number; the first input of `script` is the dial."""
    return tuple(_request(path, "*".join(script[1 : step + 1])) for step in range(len(script)))


def _request(path: str, text: str) -> bytes:
    # Where session (32 digits) and number (8) come is marked, since other percent signs belong to the form.
    form = (
        f"sessionId=ATUid_{'S' * 32}&phoneNumber=%2B85620{'N' * 8}&networkCode=45701"
        f"&serviceCode={quote_plus('*999#')}&text={quote_plus(text)}"
    )
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n"
    )
    whole = (head + form).replace("%", "%%").replace("S" * 32, "%s").replace("N" * 8, "%s")
    return whole.encode()


def press(port: int, path: str, script: Sequence[str], phones: int, seconds: float) -> Tally:
    """Let `phones` phones press keys for `seconds`; the tally of the round.

    Raises:
        ConnectionError: the server closed a line, or answered nobody for 30 s.
    """
    tally = Tally()
    templates = requests(path, script)
    with contextlib.ExitStack() as stack:
        events = stack.enter_context(select.epoll())
        there: dict[int, Phone] = {}
        for _ in range(phones):
            link = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            there[link.fileno()] = Phone(link, templates, tally)
            events.register(link.fileno(), select.EPOLLIN)
        _run(events, there, time.monotonic() + seconds)
    return tally


def _run(events: select.epoll, there: dict[int, Phone], until: float) -> None:
    for phone in there.values():
        phone.press()
    while there:
        ready = events.poll(_PATIENCE)
        if not ready:
            raise ConnectionError(f"no answer for {_PATIENCE:.0f} s")
        on = time.monotonic() < until
        for number, _ in ready:
            phone = there[number]
            if not phone.hear():
                continue
            if on:
                phone.press()
            else:
                del there[number]
                events.unregister(number)
