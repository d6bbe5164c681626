"""Against the SMSC of another library, smpp34: messages, receipts, parts, USSD, and a clean end."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gateways.smpp.coding import read_text
from tests.gateways.smpp.house import NUMBER, house
from tests.house.tree import ROOT
from tests.ports import free_port

pytestmark = pytest.mark.slow

LAO = "ສະບາຍດີ ນາງ ຄຳຫຼ້າ"


@dataclass
class Other:
    """The process; it has of our test SMSC what the house needs: a port, and waiting."""

    port: int
    process: asyncio.subprocess.Process
    said: list[dict[str, Any]] = field(default_factory=list)

    async def listen(self) -> None:
        assert self.process.stdout
        while line := await self.process.stdout.readline():
            self.said.append(json.loads(line))

    async def until(self, seen: Callable[[], Any]) -> None:
        async with asyncio.timeout(60):
            while not seen():  # noqa: ASYNC110 - the condition is the caller's
                await asyncio.sleep(0.01)

    async def deliver(self, octets: bytes, to: str = "1600", **more: Any) -> int:
        """The status that came back."""
        before = len(self.found("status"))
        self._say(to=to, octets=octets.hex(), source_addr=NUMBER, source_addr_ton=1, **more)
        await self.until(lambda: len(self.found("status")) > before)
        return int(self.found("status")[-1]["status"])

    async def order(self, **words: Any) -> None:
        """Have it do something else; it is done at the return."""
        before = len(self.found("obeyed"))
        self._say(**words)
        await self.until(lambda: len(self.found("obeyed")) > before)

    def _say(self, **words: Any) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(words).encode() + b"\n")

    def found(self, what: str) -> list[dict[str, Any]]:
        return [one for one in self.said if what in one]


@contextlib.asynccontextmanager
async def other() -> AsyncIterator[Other]:
    port = free_port()
    command = [sys.executable, "-m", "tests.gateways.smpp.smsc34", str(port)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=pipe, stdout=pipe)
    made = Other(port, process)
    task = asyncio.create_task(made.listen())
    try:
        await made.until(lambda: made.found("listening"))
        yield made
    finally:
        process.kill()
        await process.wait()
        await asyncio.gather(task, return_exceptions=True)


async def test_messages_and_their_receipts(tmp_path: Path) -> None:
    async with other() as smsc, house(tmp_path, smsc) as home:
        assert await smsc.deliver(LAO.encode("utf-16-be"), data_coding=8) == 0
        await smsc.until(lambda: smsc.found("id"))
        sent = smsc.found("id")[0]
        assert (sent["number"], sent["sender"], sent["coding"]) == (NUMBER, "1600", 8)
        assert read_text(8, bytes.fromhex(sent["octets"])) == f"1 {LAO}"
        receipt = b"id:1 sub:001 dlvrd:001 submit date:2611290312 done date:2611290313 stat:DELIVRD err:000 text:"
        assert await smsc.deliver(receipt, esm_class=4) == 0
        assert await home.states() == ["delivered"]
        # A long one from the phone, and a long one to it.
        words = "x" * 150 + " y" * 100
        for number, part in enumerate((words[:150], words[150:]), 1):
            assert await smsc.deliver(bytes([5, 0, 3, 9, 2, number]) + part.encode(), esm_class=0x40) == 0
        await smsc.until(lambda: len(smsc.found("id")) == 4)
        assert await home.heard() == [f"1 {LAO}", f"2 {words}"]
        assert [one["esm_class"] for one in smsc.found("id")[1:]] == [0x40] * 3


@pytest.mark.parametrize(("dialect", "tag", "close"), [("sixdee", 0x1383, "17"), ("generic", 0x1383, "11")])
async def test_a_dialogue(tmp_path: Path, dialect: str, tag: int, close: str) -> None:
    async with other() as smsc, house(tmp_path, smsc, ussd=dialect):
        shown: list[tuple[str, dict[int, str]]] = []
        for words, operation in (("*999#", "01"), ("1", "12"), ("bye", "12")):
            tlvs = [(0x0501, operation), (tag, "8042")]
            assert await smsc.deliver(words.encode(), "999", service_type="USSD", data_coding=15, tlvs=tlvs) == 0
            await smsc.until(lambda: len(smsc.found("id")) > len(shown))
            screen = smsc.found("id")[-1]
            assert (screen["service_type"], screen["number"], screen["sender"]) == ("USSD", NUMBER, "999")
            shown.append(
                (read_text(screen["coding"], bytes.fromhex(screen["octets"]), ussd=True), dict(screen["tlvs"]))
            )
        assert [words for words, _ in shown] == ["0 ສະບາຍດີ", "1 1", "2 bye"]
        assert shown[1][1] == {0x0501: "02", tag: "8042"}
        assert shown[2][1] == {0x0501: close, tag: "8043"}


async def test_the_end_is_an_unbind(tmp_path: Path) -> None:
    async with other() as smsc:
        async with house(tmp_path, smsc, sending=False):
            await smsc.until(lambda: smsc.found("bound"))
        await smsc.until(lambda: smsc.found("unbound"))
