"""Debian's Kannel for the bench of SMPP: submits by its sendsms, delivers to it, and until Sala has committed them.

The page docs/gateways/kannel.md configures it, with the bench's SMSC behind it.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from bench import options, yard
from gateways.kannel.gateway import Gateway
from gateways.kannel.settings import Settings
from sala import sockets
from sala.gate import Gate, Way
from sala.web import Site, door_handler
from sms.door import Door
from store.kit import counting_mind
from store.memory import open_memory
from store.settings import StoreSettings
from store.values import Inbound
from store.whole import Whole
from tests.gateways.kannel.page import SECRET, Files

SYSTEM: Final = "ministry"
"""The system_id by which the SMSC knows it."""

PATIENCE: Final = 60
Seen = Callable[[], Awaitable[tuple[int, int]]]
"""How many submits the SMSC has had from Kannel, and when the last came (nanoseconds of the machine's steady clock)."""


def there() -> bool:
    """Whether it is installed."""
    return all(shutil.which(box) for box in ("bearerbox", "smsbox"))


@dataclass
class Kannel:
    """The two boxes at work."""

    files: Files

    @property
    def sendsms(self) -> str:
        """Where messages are handed over."""
        return f"http://127.0.0.1:{self.files.ports[13013]}/cgi-bin/sendsms"

    def status(self) -> str:
        """Its own word; empty while it is not there."""
        url = f"http://127.0.0.1:{self.files.ports[13000]}/status.txt?password=ADMIN-SECRET"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return str(answer.read().decode("utf-8", "replace"))
        except OSError:
            return ""


@contextlib.contextmanager
def running(smsc: int) -> Iterator[Kannel]:
    """Both boxes on the first core, bound to this SMSC; ended whatever happens."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        files = Files(Path(folder), "smpp")
        files.ports[2775] = smsc
        files.write()
        made = Kannel(files)
        for box, sign in (("bearerbox", "running"), ("smsbox", "smsbox:")):
            command = [box, "--verbosity", "4", str(files.kannel)]
            process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
            stack.callback(_end, process)
            os.sched_setaffinity(process.pid, options.core(0))
            _until(made, sign)
        _until(made, "(online")
        yield made


def _end(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _until(kannel: Kannel, sign: str) -> None:
    limit = time.monotonic() + PATIENCE
    while sign not in kannel.status():
        if time.monotonic() > limit:
            raise SystemExit(f"no result: Kannel does not say {sign!r}")
        time.sleep(0.1)


async def submits(kannel: Kannel, count: int, window: int, seen: Seen) -> float:
    """Messages a second from the first request to sendsms until the SMSC has all; connections are kept."""
    before = (await seen())[0]
    numbers = iter(range(count))
    query = {"username": "sala", "password": "ANOTHER-SECRET", "from": "1600", "to": "8562055512345"}
    words = {**query, "smsc": "operator", "coding": "0", "charset": "UTF-8", "text": "Your reference: 482 109 337"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=window)) as http:

        async def one() -> None:
            for _ in numbers:
                async with http.get(kannel.sendsms, params=words) as answer:
                    if answer.status != 202:
                        raise SystemExit(f"no result: sendsms said {answer.status}")

        begun = time.perf_counter_ns()
        await asyncio.gather(*(one() for _ in range(window)))
        while (found := await seen())[0] - before < count:  # noqa: ASYNC110 - another process's count
            await asyncio.sleep(0.01)
    return count / ((found[1] - begun) / 1e9)


@dataclass
class Stamped:
    """Takes messages whose text is when they were sent, and notes how long it took until they were committed."""

    whole: Whole
    times: list[float]

    async def overhear(self, message: Inbound) -> None:
        """Take one; durable before it returns."""
        await self.whole.overhear(message)
        self.times.append((time.perf_counter_ns() - int(message.text)) / 1e6)


@contextlib.asynccontextmanager
async def house(kannel: Kannel) -> AsyncIterator[list[float]]:
    """A node's door for what Kannel brings, over the real store; milliseconds from the SMSC's send to the commit."""
    times: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        settings = StoreSettings(data=Path(folder), node="KIT")
        async with open_memory(settings, b"k" * 32, counting_mind()) as memory:
            given = {"sendsms_url": kannel.sendsms, "username": "sala", "password": "-"}
            gateway = Gateway("kannel", Settings.model_validate(given))
            door = Door("kannel", gateway, Stamped(memory.whole(memory.turns), times), memory.messages)
            gate = Gate({"kannel": Way((SECRET.encode(),), door.hooks())})
            site = Site.of_gate(gate, door_handler(gate, _ready))
            await site.start(sockets.bind("127.0.0.1", kannel.files.ports[8080], "bench"))
            try:
                yield times
            finally:
                await site.stop()
                await gateway.close()


async def _ready() -> str:
    return ""


async def committed(
    kannel: Kannel, count: int, push: Callable[[], Awaitable[tuple[float, float, float]]]
) -> tuple[float, float, float, float]:
    """Delivers that Kannel acknowledges a second; that Sala commits a second; p50 and p99 until the commit, in ms."""
    async with house(kannel) as times:
        begun = time.perf_counter()
        acknowledged = (await push())[0]
        while len(times) < count:  # noqa: ASYNC110 - a list has no event
            await asyncio.sleep(0.005)
        rate = count / (time.perf_counter() - begun)
    return acknowledged, rate, yard.quantile(times, 0.5), yard.quantile(times, 0.99)
