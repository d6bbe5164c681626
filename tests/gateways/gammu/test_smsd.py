"""Debian's gammu-smsd and a real node: Lao in parts both ways, reports, and both of them killed in mid-traffic."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from flows.text.paging import split_sms
from gateways.gammu import backup
from sala.kit import House
from sms.kit.cases import LONG
from tests.gateways.gammu.smsd import PATIENCE, Smsd, message, needs_peer
from tests.gateways.smpp.ordeal import Killable
from tests.ports import free_port
from tests.sala.nodes import rows_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

NUMBER = "+8562055599999"
PHONES = 5


async def until(seen: Callable[[], Awaitable[Any] | Any]) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            found = seen()
            if await found if isinstance(found, Awaitable) else found:
                return
            await asyncio.sleep(0.05)


@pytest.fixture
async def smsd(tmp_path: Path) -> AsyncIterator[Smsd]:
    needs_peer()
    one = Smsd(tmp_path)
    await one.prepare()
    await one.start()
    try:
        yield one
    finally:
        await one.end()


@pytest.mark.parametrize("references", [False, True])
async def test_lao_in_parts_both_ways_and_its_reports(smsd: Smsd, tmp_path: Path, *, references: bool) -> None:
    data = tmp_path / "data"
    data.mkdir()
    settings = {"spool": str(smsd.spool), "poll": 0.05, "rate": 1000, "references": references}
    house = House("gammu", data, settings)
    await house.open()
    try:
        said = f"SAY {LONG}"
        # The parts come in another order, cut where phones cut: anywhere.
        texts = [said[at : at + 67] for at in range(0, len(said), 67)]
        for number, text in reversed(list(enumerate(texts, 1))):
            smsd.put(message(NUMBER, text, header=f"0500030C{len(texts):02X}{number:02X}"))
        async with asyncio.timeout(PATIENCE):
            while await house.states() != ["sent"]:
                await house.lane.drain()
                house.hands.go(1)
                await asyncio.sleep(0.05)
        await until(lambda: sum(smsd.transmitted().values()) == len(split_sms(LONG)))
        parts = sorted(smsd.transmitted())
        assert set(smsd.transmitted().values()) == {1}
        await until(lambda: all((smsd.spool / "done" / name).exists() for name in parts))
        awaited = [(smsd.spool / "done" / name).read_text() for name in parts]
        # The dummy phone gives every message this reference.
        assert awaited == [f"{NUMBER} {255 if references else -1}"] * len(parts)
        for second, _ in enumerate(parts):
            smsd.put(message(NUMBER, "Delivered", second=second, kind="Status_Report", ref=255))
        await until(lambda: _is(house, ["delivered"]))
        # Whose it was is forgotten.
        await until(lambda: not any((smsd.spool / "done" / name).read_text() for name in parts))
        await until(lambda: not any((smsd.spool / "inbox").iterdir()))
    finally:
        await house.close()


async def _is(house: House, states: list[str]) -> bool:
    return list(await house.states()) == states


async def test_what_smsd_is_given_is_what_was_meant(smsd: Smsd, tmp_path: Path) -> None:
    await smsd.end()
    data = tmp_path / "data"
    data.mkdir()
    house = House("gammu", data, {"spool": str(smsd.spool), "poll": 0.05, "rate": 1000})
    await house.open()
    try:
        smsd.put(message(NUMBER, f"SAY {LONG}"[:67], header="0500030C0201"))
        smsd.put(message(NUMBER, f"SAY {LONG}"[67:134], header="0500030C0202"))
        await smsd.start()
        await until(lambda: _is(house, ["queued"]))
        await smsd.end()
        await house.lane.drain()
        files = sorted((smsd.spool / "outbox").iterdir())
        pieces = [backup.pieces(path.read_bytes())[0] for path in files]
        assert "".join(one.words for one in pieces).replace(" ", "") == LONG[:130].replace(" ", "")
        assert [one.part and (one.part.number, one.part.total) for one in pieces] == [(1, 2), (2, 2)]
    finally:
        await house.close()


class Node:
    """A node whose only channel is the modem."""

    def __init__(self, folder: Path, spool: Path) -> None:
        self.file = folder / "sala.toml"
        self.file.write_text(
            'node = "LA-TEST-01"\ndistrict = "LA0901"\nlanguages = ["en", "lo"]\n'
            f"[http]\nport = {free_port()}\n[console]\nport = {free_port()}\n[store]\nfree_mb = 0\nreserve_mb = 0\n"
            f'[channels.modem]\ngateway = "gammu"\nspool = "{spool}"\npoll = 0.05\nrate = 1000\n'
        )
        command = [sys.executable, "-m", "sala", "serve", "--config", str(self.file)]
        self.process = Killable(command, folder, "node")

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        return await rows_of(self.file, statement)


async def test_kill_of_either_side_in_mid_traffic(smsd: Smsd, tmp_path: Path) -> None:
    """Each phone's message is heard once, and has one answer, whose parts are each sent once."""
    node = Node(tmp_path, smsd.spool)
    await node.process.start()
    try:
        for number in range(PHONES):
            smsd.put(message(f"+85620551{number:05}", "HELP", second=number))
        kills = 0
        for least, killed in ((1, smsd), (2, node.process), (3, smsd)):
            await until(lambda: len(smsd.transmitted()) >= least)  # noqa: B023 - awaited within its round
            await killed.end()
            kills += killed is smsd
            await killed.start()
        await until(lambda: _done(node, smsd))
    finally:
        await node.process.end()
    assert (await node.rows("SELECT count(*) FROM inbox"))[0][0] == PHONES
    answers = await node.rows("SELECT number, state, parts FROM message")
    assert len({number for number, _, _ in answers}) == len(answers) == PHONES
    sent = smsd.transmitted()
    assert len(sent) == sum(parts for _, _, parts in answers)
    # Between the modem's word and the moving of the file smsd itself cannot know: one part for each of its deaths.
    assert sum(sent.values()) - len(sent) <= kills


async def _done(node: Node, smsd: Smsd) -> bool:
    places = [smsd.phone, *(smsd.spool / name for name in ("inbox", "outbox", "sent", "error"))]
    if any(any(place.iterdir()) for place in places):
        return False
    states = [state for (state,) in await node.rows("SELECT state FROM message")]
    return states == ["sent"] * PHONES
