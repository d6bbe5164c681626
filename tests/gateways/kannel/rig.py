"""Debian's Kannel as the page configures it, an SMSC behind it, and a real node: started, killed, looked into."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sala import config as configuration
from sala import keys
from store.sqlite import FILE, Sqlite
from tests.gateways.kannel.page import Files
from tests.gateways.smpp.ordeal import needs_peer
from tests.house.tree import ROOT
from tests.sala.nodes import environment

FAKE = "/usr/lib/kannel/test/fakesmsc"
PATIENCE = 120


def needs_kannel() -> None:
    """Skip where Kannel is not installed; fail where everything must be."""
    if shutil.which("bearerbox") and shutil.which("smsbox") and Path(FAKE).is_file():
        return
    if os.environ.get("CI"):
        pytest.fail("Kannel is missing: sh deploy/peers.sh")
    pytest.skip("Kannel is not installed: sh deploy/peers.sh")


@dataclass
class Box:
    """One program with its children, in a process group of its own: smsbox begins anew as another process."""

    command: list[str]
    log: Path
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.command, cwd=ROOT, env=environment(), stdout=log, stderr=log, start_new_session=True
            )

    async def end(self) -> None:
        """Kill the group; the first of it is waited for."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()

    def said(self) -> str:
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""


@dataclass
class Rig:
    """The four programs."""

    files: Files
    smsc: list[str] = field(default_factory=list)
    away: bool = False
    """Whether the SMSC is started later."""

    def __post_init__(self) -> None:
        folder = self.files.folder
        own = str(self.files.kannel)
        self.bearerbox = Box(["bearerbox", "--verbosity", "4", own], folder / "bearerbox.out")
        # It dies when it is asked to send before it has found bearerbox; the page says so.
        again = 'while :; do smsbox --verbosity 4 "$0"; sleep 0.5; done'
        self.smsbox = Box(["sh", "-c", again, own], folder / "smsbox.out")
        impatient = [sys.executable, "-m", "tests.gateways.kannel.impatient", str(self.files.sala)]
        self.node = Box(impatient, folder / "node.out")
        self.behind = Box(self.smsc, folder / "smsc.out")
        self.phones: list[Box] = []

    async def start(self) -> None:
        """Start all but phones, in the page's order, and wait until each is there."""
        if self.smsc and not self.away:
            await self.behind.start()
        await self.node.start()
        await self.bearerbox.start()
        await until(lambda: "running" in self.status())
        await self.smsbox.start()
        await self.online()
        await until(self.ready)

    async def end(self) -> None:
        for box in (*self.phones, self.smsbox, self.bearerbox, self.node, self.behind):
            await box.end()

    async def online(self) -> None:
        """Until the smsbox is there, and the SMSC where there is one."""
        there = bool(self.smsc) and not self.away
        await until(lambda: "smsbox:" in self.status() and (not there or "(online" in self.status()))

    async def fakesmsc(self, *words: str) -> Box:
        """A phone behind Debian's fakesmsc: sends one message if there is one, and stays for what comes."""
        command = [FAKE, "-H", "127.0.0.1", "-r", str(self.files.ports[10000]), "-i", "0.1"]
        log = self.files.folder / f"phone{len(self.phones)}.out"
        box = Box([*command, "-m", str(len(words) and 1), *(words or ["0 0 text 0"])], log)
        self.phones.append(box)
        await box.start()
        return box

    def status(self) -> str:
        """Kannel's own word; empty while it is not there."""
        return _page(f"http://127.0.0.1:{self.files.ports[13000]}/status.txt?password=ADMIN-SECRET")

    def ready(self) -> bool:
        return _page(f"http://127.0.0.1:{self.files.ports[8080]}/ready") != ""

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows of the node's database."""
        config = configuration.load(self.files.sala)
        key = keys.database_key(config.key_source, config.data)
        database = await Sqlite.open(config.data / FILE, key, reader=True)
        try:
            return [tuple(row) for row in await database.rows(statement)]
        finally:
            await database.close()

    async def states(self) -> list[str]:
        return [row[0] for row in await self.rows("SELECT state FROM message ORDER BY id")]

    async def reach(self, *states: str) -> None:
        """Wait until the messages stand so."""

        async def there() -> bool:
            return await self.states() == list(states)

        await until_so(there)


def _page(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - a program of this test
            return str(answer.read().decode("utf-8", "replace"))
    except (OSError, urllib.error.URLError):
        return ""


async def until(seen: Callable[[], bool]) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(PATIENCE):
        while not await asyncio.to_thread(seen):  # noqa: ASYNC110 - other programs ring no bell
            await asyncio.sleep(0.05)


async def until_so(seen: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a condition that must be asked for."""
    async with asyncio.timeout(PATIENCE):
        while not await seen():  # noqa: ASYNC110 - another's rows
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def rig(
    folder: Path, smsc: str, *, away: bool = False, options: Sequence[str] = (), files: Files | None = None
) -> AsyncIterator[Rig]:
    """All of it running; ended whatever happens."""
    needs_kannel()
    if smsc == "smpp":
        needs_peer()
    files = files or Files(folder, smsc)
    files.write()
    own = ["node", str(ROOT / "tests" / "peers" / "smsc.js"), str(files.ports[2775]), *options]
    made = Rig(files, own if smsc == "smpp" else [], away)
    try:
        await made.start()
        yield made
    finally:
        await made.end()


def journal(one: Rig) -> list[dict[str, Any]]:
    """What the SMSC over SMPP has written so far; a line that a kill has cut is none."""
    found = []
    with contextlib.suppress(FileNotFoundError):
        for line in (one.files.folder / "journal").read_text("utf-8").splitlines():
            with contextlib.suppress(ValueError):
                found.append(json.loads(line))
    return found


def acknowledged(one: Rig) -> set[int]:
    return {entry["acknowledged"] for entry in journal(one) if "acknowledged" in entry}


def number_of(phone: int) -> str:
    return f"85620551{phone:05}"
