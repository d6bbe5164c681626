"""Against npm's `smpp` as SMSC: each way to bind, and USSD and messages over a pair of sessions."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.gateways.smpp.house import NUMBER, house
from tests.gateways.smpp.ordeal import PEERS, needs_peer
from tests.gateways.smpp.said import queue
from tests.house.tree import ROOT
from tests.ports import free_port

pytestmark = pytest.mark.slow


@dataclass
class Npm:
    """The process, and what it prints."""

    port: int
    process: asyncio.subprocess.Process
    said: list[dict[str, Any]] = field(default_factory=list)
    listening: bool = False

    async def listen(self) -> None:
        assert self.process.stdout
        while line := await self.process.stdout.readline():
            if line.startswith(b"{"):
                self.said.append(json.loads(line))
            self.listening = True

    async def until(self, seen: Callable[[], Any]) -> None:
        async with asyncio.timeout(60):
            while not seen():  # noqa: ASYNC110 - the condition is the caller's
                await asyncio.sleep(0.01)

    def found(self, what: str) -> list[dict[str, Any]]:
        return [one for one in self.said if what in one]

    def deliver(self, words: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{NUMBER} 1600 {words}\n".encode())


@contextlib.asynccontextmanager
async def npm() -> AsyncIterator[Npm]:
    needs_peer()
    port, pipe = free_port(), asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        "node", str(PEERS / "smsc.js"), str(port), cwd=ROOT, stdin=pipe, stdout=pipe
    )
    made = Npm(port, process)
    task = asyncio.create_task(made.listen())
    try:
        await made.until(lambda: made.listening)
        yield made
    finally:
        process.kill()
        await process.wait()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    ("bind", "kinds"),
    [
        ("transceiver", ["bind_transceiver"]),
        ("pair", ["bind_receiver", "bind_transmitter"]),
        ("receiver", ["bind_receiver"]),
        ("transmitter", ["bind_transmitter"]),
    ],
)
async def test_each_way_to_bind(tmp_path: Path, bind: str, kinds: list[str]) -> None:
    sends, hears = bind != "receiver", bind != "transmitter"
    async with npm() as smsc, house(tmp_path, smsc, bind=bind, sending=sends) as home:
        await smsc.until(lambda: len(smsc.found("bound")) == len(kinds))
        assert sorted(one["by"] for one in smsc.found("bound")) == kinds
        if hears:
            smsc.deliver("hello")
            await smsc.until(lambda: home.gateway.line.tally.counts["acknowledged"])
            assert await home.heard() == ["1 hello"]
        else:
            await queue(home, "1 hello")
        if sends:
            await smsc.until(lambda: smsc.found("id"))
            await home.reach("sent")
            assert [one["text"] for one in smsc.found("id")] == ["1 hello"]
            assert {one["over"] for one in smsc.found("id")} <= {"bind_transceiver", "bind_transmitter"}
