"""A node and an agency as processes of their own, with a bad road between them; a test may kill and restart both."""

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import psutil
from aiohttp import web

from sync.agency.book import open_book
from tests.ports import free_port

NODE: Final = "LA-XK-03"
SECRET: Final = "a-secret-for-the-journeys-0123"
AGENCIES: Final = ("civil-registry", "commerce", "agriculture", "inspection", "health", "education")
# A start is an import of everything and the reading of all flows, on a machine that others use as well.
_START: Final = 60.0
_LOOK: Final = 0.02

_CONFIG: Final = """\
node = "{node}"
district = "LA0901"
data = "{folder}/node"
languages = ["en", "lo"]
services = ["flows/library"]

[tables]
{tables}

[http]
port = {door}
[console]
port = {console}
[log]
level = "warning"

[channels.at]
gateway = "africastalking"
secret = "{secret}"
username = "sandbox"
api_key = "k"
base_url = "{sms}"
service_codes = ["*999#"]
short_codes = ["1999"]
reply_deadline = 13
rate = 200
window = 16
"""
_AGENCY: Final = """
[agencies.{agency}]
connector = "native"
url = "http://127.0.0.1:{port}"
secret = "{secret}"
"""


@dataclass
class Process:
    """One process of the house, its output in a file: forked in a nest, or `python -m sala`."""

    arguments: Sequence[str]
    output: Path
    ready: str
    nest: "Nest | None" = None
    lies: bool = False
    pid: int = 0
    _own: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait until it answers."""
        await self.spawn()
        await self.until_ready()

    async def spawn(self) -> None:
        """Start it."""
        if self.nest:
            self.pid = await self.nest.hatch(self.arguments, self.output, lies=self.lies)
            return
        with self.output.open("ab") as output:
            self._own = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "sala", *self.arguments, stdout=output, stderr=output
            )
        self.pid = self._own.pid

    async def until_ready(self) -> None:
        """Wait until it answers."""
        async with aiohttp.ClientSession() as http:
            for _ in range(int(_START / _LOOK)):
                if not self._alive():
                    break
                with contextlib.suppress(aiohttp.ClientError, ConnectionError):
                    async with http.get(self.ready) as answer:
                        if answer.status == web.HTTPOk.status_code:
                            return
                await asyncio.sleep(_LOOK)
        raise AssertionError(f"it did not start:\n{self.output.read_text()[-2000:]}")

    def _alive(self) -> bool:
        # An unreaped child of the nest is a zombie, which `kill 0` takes for alive.
        return psutil.pid_exists(self.pid) and psutil.Process(self.pid).status() != psutil.STATUS_ZOMBIE

    async def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Signal it (`kill -9`), and wait until it is gone."""
        if not self.pid:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, how)
        if self.nest:
            await self.nest.reap(self.pid)
        elif self._own:
            await self._own.wait()
        self.pid = 0


@dataclass
class Nest:
    """`tests/journeys/nest.py` as a process."""

    running: asyncio.subprocess.Process
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls) -> AsyncIterator["Nest"]:
        """Start it; at the end it goes."""
        running = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.journeys.nest", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        try:
            yield cls(running)
        finally:
            running.kill()
            await running.wait()

    async def hatch(self, arguments: Sequence[str], output: Path, *, lies: bool) -> int:
        """Fork a `sala` with these arguments; its process id."""
        return await self._ask({"run": [*arguments], "output": str(output), "lie": lies})

    async def reap(self, pid: int) -> int:
        """The exit code of a process that has been told to end."""
        return await self._ask({"reap": pid})

    async def _ask(self, order: dict[str, Any]) -> int:
        assert self.running.stdin
        assert self.running.stdout
        async with self._turn:
            self.running.stdin.write(json.dumps(order).encode() + b"\n")
            return int(await self.running.stdout.readline())


@dataclass
class Road:
    """A proxy before the agency: what lies between a village and a ministry."""

    agency: int
    rng: random.Random
    bad: float
    port: int = field(default_factory=free_port)
    happened: Counter[str] = field(default_factory=Counter)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Carry requests until left."""
        runner = web.ServerRunner(web.Server(self._carry, access_log=None, auto_decompress=False), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        async with aiohttp.ClientSession(auto_decompress=False, timeout=aiohttp.ClientTimeout(total=40)) as http:
            self._http = http
            yield
        await runner.cleanup()

    async def _carry(self, request: web.BaseRequest) -> web.StreamResponse:
        fate = "good"
        if self.rng.random() < self.bad:
            fate = self.rng.choice(["busy", "cut before", "cut after", "twice", "hotspot", "slow", "late 500"])
        self.happened[fate] += 1
        body = await request.read()
        if fate == "busy":
            return web.Response(status=503, headers={"Retry-After": "0"})
        if fate == "hotspot":
            return web.Response(text="<html>Welcome to our hotspot</html>", content_type="text/html")
        if fate == "slow":
            await asyncio.sleep(0.3)
        if fate != "cut before":
            answer = await self._forward(request, body)
            if fate == "twice":
                answer = await self._forward(request, body)
            if fate == "late 500":
                return web.Response(status=500)
            if fate != "cut after":
                return answer
        if request.transport:
            request.transport.close()
        return web.Response(status=502)

    async def _forward(self, request: web.BaseRequest, body: bytes) -> web.Response:
        url = f"http://127.0.0.1:{self.agency}{request.raw_path}"
        kept = {name: value for name, value in request.headers.items() if name.lower() not in {"host", "connection"}}
        try:
            async with self._http.request(request.method, url, data=body or None, headers=kept) as answer:
                heard = await answer.read()
                dropped = {"transfer-encoding", "connection", "content-length", "date", "server"}
                headers = {name: value for name, value in answer.headers.items() if name.lower() not in dropped}
                return web.Response(status=answer.status, body=heard, headers=headers)
        except aiohttp.ClientError:
            return web.Response(status=502)


@dataclass
class Site:
    """The whole house of one journey."""

    folder: Path
    rng: random.Random
    sms: str
    bad_road: float = 0.2
    nest: Nest | None = None
    lies: bool = False
    door: int = field(default_factory=free_port)
    console: int = field(default_factory=free_port)
    agency_port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        """The channel's address, with its secret."""
        return f"http://127.0.0.1:{self.door}/gateways/at/{SECRET}"

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["Site"]:
        """Enrol, configure and start everything; at the end everything is stopped."""
        self.road = Road(self.agency_port, self.rng, self.bad_road)
        secret = await self._enrol()
        self._configure(secret)
        data = str(self.folder / "agency")
        self.agency = Process(
            ["agency", "serve", "--port", str(self.agency_port), "--data", data],
            self.folder / "agency.log",
            f"http://127.0.0.1:{self.agency_port}/health",
            self.nest,
        )
        self.node = Process(
            ["serve", "--config", str(self.folder / "sala.toml")],
            self.folder / "node.log",
            f"http://127.0.0.1:{self.door}/ready",
            self.nest,
            self.lies,
        )
        async with self.road.open():
            try:
                await asyncio.gather(self.agency.start(), self.node.start())
                yield self
            finally:
                await asyncio.gather(self.agency.end(signal.SIGTERM), self.node.end(signal.SIGTERM))

    async def received(self) -> list[tuple[str, str]]:
        """(reference, number) of every request that the agency has; the number is empty where it must not be known."""
        async with open_book(self.folder / "agency") as book:
            events = await book.do(_events)
        return [(data["reference"], data.get("applicant", {}).get("msisdn", "")) for data in events]

    async def _enrol(self) -> str:
        from sync.agency import enrol  # noqa: PLC0415 - imports the agency only where it is needed

        return await enrol(self.folder / "agency", NODE)

    def _configure(self, secret: str) -> None:
        tables = Path(__file__).parents[2] / "flows" / "library" / "tables"
        named = "\n".join(f'{path.stem} = "{path}"' for path in sorted(tables.glob("*.csv")))
        values: dict[str, Any] = {"node": NODE, "folder": self.folder, "tables": named, "sms": self.sms}
        text = _CONFIG.format(door=self.door, console=self.console, secret=SECRET, **values)
        for agency in AGENCIES:
            text += _AGENCY.format(agency=agency, port=self.road.port, secret=secret)
        (self.folder / "sala.toml").write_text(text)


def _events(connection: Any) -> list[dict[str, Any]]:
    return [json.loads(event)["data"] for (event,) in connection.execute("SELECT event FROM request").fetchall()]
