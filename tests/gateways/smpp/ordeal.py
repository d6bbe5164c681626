"""A real SMSC and a real node, each killed in mid-traffic, and what must be true afterwards."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from sala import config as configuration
from sala import keys
from store.sqlite import FILE, Sqlite
from tests.house.tree import ROOT
from tests.ports import free_port
from tests.sala.nodes import environment

PEERS = ROOT / "tests" / "peers"
PATIENCE = 240


def needs_peer() -> None:
    """Skip where the npm package is not installed; fail where everything must be."""
    if shutil.which("node") and (PEERS / "node_modules" / "smpp").is_dir():
        return
    if os.environ.get("CI"):
        pytest.fail("the peer is missing: sh deploy/peers.sh")
    pytest.skip("node or its package smpp is not installed: sh deploy/peers.sh")


def outbox(file: Path, count: int, words: str = "HELP") -> None:
    """Messages of so many phones, for the SMSC to deliver."""
    lines = [json.dumps({"number": f"85620551{number:05}", "to": "1600", "text": words}) for number in range(count)]
    file.write_text("\n".join(lines) + "\n", "utf-8")


@dataclass
class Killable:
    """One process, started again after each kill."""

    command: list[str]
    folder: Path
    name: str
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.command, cwd=ROOT, env=environment(), stdin=asyncio.subprocess.PIPE, stdout=log, stderr=log
            )

    async def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self.process is not None and self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(how)
            await self.process.wait()


@dataclass
class Ordeal:
    """The two processes, and what is on the disk of either."""

    folder: Path
    port: int
    options: list[str] = field(default_factory=list)
    settings: str = ""
    top: str = ""
    how: list[str] = field(default_factory=list)
    peer: Literal["npm", "smpp34"] = "npm"

    def __post_init__(self) -> None:
        program = {
            "npm": ["node", str(PEERS / "smsc.js")],
            "smpp34": [sys.executable, "-m", "tests.gateways.smpp.store34"],
        }[self.peer]
        files = [f"--outbox={self.folder / 'outbox'}", f"--journal={self.folder / 'journal'}"]
        self.smsc = Killable([*program, str(self.port), *files, *self.options], self.folder, "smsc")
        self.node = Killable(
            [sys.executable, "-m", "tests.gateways.smpp.careless", *(self.how or ["nothing"]), str(self.file)],
            self.folder,
            "node",
        )
        self.file.write_text(self._configuration(), "utf-8")

    @property
    def file(self) -> Path:
        return self.folder / "sala.toml"

    def _configuration(self) -> str:
        http, console = free_port(), free_port()
        return (
            'node = "LA-TEST-01"\ndistrict = "LA0901"\nlanguages = ["lo", "en"]\n'
            f"{self.top}[http]\nport = {http}\n[console]\nport = {console}\n[store]\nfree_mb = 0\nreserve_mb = 0\n"
            f'[channels.smsc]\ngateway = "smpp"\nhost = "127.0.0.1"\nport = {self.port}\nsystem_id = "sala"\n'
            'password = "secret"\nshort_codes = ["1600"]\nrate = 1000\nwindow = 32\noutstanding = 20\n'
            f"reconnect_within = 0.3\nper_number = 1000\nresponse_timeout = 5\n{self.settings}"
        )

    def journal(self) -> list[dict[str, Any]]:
        """What the SMSC has written so far; a line that a kill has cut is none."""
        found = []
        with contextlib.suppress(FileNotFoundError):
            for line in (self.folder / "journal").read_text("utf-8").splitlines():
                with contextlib.suppress(ValueError):
                    found.append(json.loads(line))
        return found

    def acknowledged(self) -> set[int]:
        return {entry["acknowledged"] for entry in self.journal() if "acknowledged" in entry}

    def binds(self) -> int:
        return sum("bound" in entry for entry in self.journal())

    def submitted(self) -> Counter[str]:
        """Messages that the SMSC took, by number."""
        return Counter(entry["number"] for entry in self.journal() if "id" in entry)

    async def until(self, seen: Callable[[], bool]) -> None:
        """Wait for a condition; both processes must live."""
        async with asyncio.timeout(PATIENCE):
            while not seen():
                for one in (self.smsc, self.node):
                    assert one.process is not None
                    assert one.process.returncode is None, (self.folder / f"{one.name}.log").read_text()[-3000:]
                await asyncio.sleep(0.02)

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows of the node's database, while it runs or not."""
        config = configuration.load(self.file)
        key = keys.database_key(config.key_source, config.data)
        database = await Sqlite.open(config.data / FILE, key, reader=True)
        try:
            return [tuple(row) for row in await database.rows(statement)]
        finally:
            await database.close()

    async def settled(self) -> None:
        """Wait until nothing is queued any more."""
        async with asyncio.timeout(PATIENCE):
            while (await self.rows("SELECT count(*) FROM message_queue"))[0][0]:  # noqa: ASYNC110 - another's rows
                await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def ordeal(folder: Path, **more: Any) -> AsyncIterator[Ordeal]:
    """Both running; ended whatever happens."""
    made = Ordeal(folder, free_port(), **more)
    if made.peer == "npm":
        needs_peer()
    await made.smsc.start()
    await made.node.start()
    try:
        yield made
    finally:
        await made.node.end()
        await made.smsc.end()


@dataclass
class Verdict:
    """What is wrong; `open` is not: the messages of which the node itself says that nobody knows."""

    lost_in: int
    doubled_in: int
    lost_out: int
    doubled_out: int
    open: int


async def verdict(one: Ordeal, count: int) -> Verdict:
    """Compare what the SMSC has on its disk with what the node has: each phone's message has one answer."""
    heard = (await one.rows("SELECT count(*) FROM inbox"))[0][0]
    answers = await one.rows("SELECT number, state FROM message")
    written = Counter(str(number) for number, _ in answers)
    unknown = {str(number) for number, state in answers if state == "unknown"}
    taken = one.submitted()
    phones = [f"85620551{number:05}" for number in range(count)]
    return Verdict(
        lost_in=max(count - heard, sum(1 for phone in phones if not written[phone])),
        doubled_in=max(heard - count, sum(written[phone] - 1 for phone in phones if written[phone])),
        lost_out=sum(1 for phone in phones if written[phone] and not taken[phone] and phone not in unknown),
        doubled_out=sum(taken[phone] - 1 for phone in phones if taken[phone]),
        open=len(unknown),
    )
