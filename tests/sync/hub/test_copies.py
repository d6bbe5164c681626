"""The hub as the second medium: the copy goes there piece by piece as it grows, and a node is made from it."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from flows.errors import ConfigFault, RoadFault
from store.copying import escrow, frames
from store.copying.copier import Copies
from store.copying.generation import Medium
from store.copying.restoring import restore
from store.copying.settings import CopySettings
from store.memory import Memory, open_memory
from store.settings import StoreSettings
from sync import signing
from sync.connectors.hub import CopyLink
from sync.connectors.native import NativeSettings
from sync.hub import shipping
from sync.hub.depot import Depot, DepotDoor, listed
from sync.hub.door import Nodes
from sync.hub.shipping import Far, Shipper, fetch, newest
from sync.means import Means
from tests.ports import free_port
from tests.store.conftest import KEY, dial, rows
from tests.store.mind import small_mind
from tests.sync.conftest import serve
from tests.sync.hub.kit import DISTRICT

COPIES = Copies(2, 100, "", "x", 0, 500, 1, 7)


@dataclass
class Place:
    """A hub's depot, really served, and the roads of its nodes."""

    folder: Path
    port: int
    secrets: Mapping[str, str]

    def link(self, node: str = DISTRICT, secret: str = "") -> CopyLink:
        block = {"url": f"http://127.0.0.1:{self.port}/hub", "secret": secret or self.secrets[node]}
        return CopyLink(node, NativeSettings.model_validate(block))

    @property
    def files(self) -> list[Path]:
        return sorted(self.folder.glob(f"*/*{frames.SUFFIX}"))


@asynccontextmanager
async def place(tmp_path: Path, **limits: int) -> AsyncIterator[Place]:
    secrets = {DISTRICT: signing.new_secret(), "LA-OTHER": signing.new_secret()}
    folder, port = tmp_path / "depot", free_port()
    depot = Depot(folder, limits.get("most_mb", 100), limits.get("free_mb", 0))
    app = web.Application()
    nodes = Nodes({name: (signing.key_of(secret),) for name, secret in secrets.items()})
    app.add_routes(DepotDoor(depot, nodes).routes())
    runner = await serve(app, port)
    try:
        yield Place(folder, port, secrets)
    finally:
        await runner.cleanup()


@dataclass
class Source:
    """A node whose second copy lies in `spool`."""

    memory: Memory
    spool: Path
    secret: str

    async def grow(self, first: int, count: int) -> list[str]:
        """So many requests more, all of them in the copy when this returns."""
        return [
            await dial(self.memory, "SUBMIT", session=f"s{n}", msisdn=f"+85620{n:08d}")
            for n in range(first, first + count)
        ]


@asynccontextmanager
async def source(tmp_path: Path) -> AsyncIterator[Source]:
    secret, public = escrow.make()
    spool = tmp_path / "spool"
    copying = CopySettings(path=spool, key=public, same_disk=True, wait=True)
    settings = StoreSettings(data=tmp_path / "data", node=DISTRICT, reserve_mb=0, free_mb=0, copying=copying)
    medium = Medium(again=0.05, look=0.05, linger=0.0)
    async with open_memory(settings, KEY, small_mind(), house=False, medium=medium) as memory:
        yield Source(memory, spool, secret)


def shipper(link: CopyLink, spool: Path, far: Far | None = None) -> Shipper:
    return Shipper(link, spool, far or Far(alone=True), Means("test"))


async def bring(one: Shipper) -> int:
    """Everything there is; returns in how many pieces."""
    count = 1
    while await one.step():
        count += 1
    return count


async def test_a_node_is_made_from_what_the_hub_has(tmp_path: Path) -> None:
    async with place(tmp_path) as hub:
        async with source(tmp_path) as node:
            one = shipper(hub.link(), node.spool)
            told = await node.grow(1, 5)
            # Until the base is whole nothing can be brought.
            while not list(node.spool.glob(f"*{frames.SUFFIX}")):
                told += await node.grow(100 + len(told), 1)
            await bring(one)
            told += await node.grow(1000, 5)
        # Closed: the spool is complete now.
        await bring(one)
        await one.close()
        link = hub.link()
        (file,) = await fetch(link, tmp_path / "fetched")
        assert await fetch(link, tmp_path / "fetched") == []
        await link.close()
    assert file.read_bytes() == newest(node.spool).read_bytes()
    await restore(tmp_path / "fetched", node.secret, tmp_path / "new")
    settings = StoreSettings(data=tmp_path / "new", node=DISTRICT, reserve_mb=0, free_mb=0)
    async with open_memory(settings, KEY, small_mind(), house=False) as memory:
        found = {f"{row[0]:09d}" for row in await rows(memory, "SELECT reference FROM request")}
    assert set(told) <= found


def copy(spool: Path, size: int, *, node: str = DISTRICT, number: int = 1) -> Path:
    """A file that begins as a copy does; the hub sees no more of it."""
    spool.mkdir(exist_ok=True)
    _, public = escrow.make()
    head = frames.Head(node, "0badcafe", number, 1, public, b"sealed")
    path = spool / f"{node}.0badcafe.{number:06d}{frames.SUFFIX}"
    opening = frames.Sealer(head, bytes(32)).opening
    path.write_bytes(opening + os.urandom(size - len(opening)))
    return path


async def test_what_grows_goes_on_where_it_stopped_and_a_new_start_finds_the_place(tmp_path: Path) -> None:
    path = copy(tmp_path / "spool", 500_000)
    async with place(tmp_path) as hub:
        first = shipper(hub.link(), path.parent)
        assert await first.step()
        await first.close()
        second = shipper(hub.link(), path.parent)
        assert await bring(second) > 1
        with path.open("ab") as file:
            file.write(b"more")
        assert await bring(second) == 1
        assert hub.files[0].read_bytes() == path.read_bytes()
        await second.close()


async def test_a_piece_that_came_though_its_answer_did_not_does_no_harm(tmp_path: Path) -> None:
    path = copy(tmp_path / "spool", 300_000)
    async with place(tmp_path) as hub:
        one = shipper(hub.link(), path.parent)
        await one.step()
        # The next piece arrives by another hand, as one does whose answer was lost.
        other = hub.link()
        at = hub.files[0].stat().st_size
        piece = path.read_bytes()[at : at + 1000]
        assert (await other.order({"do": "put", "file": path.name, "at": at}, piece))["size"] == at + 1000
        await other.close()
        await bring(one)
        await bring(one)
        assert hub.files[0].read_bytes() == path.read_bytes()
        await one.close()


async def test_an_end_that_the_hub_s_disk_did_not_keep_is_brought_again(tmp_path: Path) -> None:
    path = copy(tmp_path / "spool", 300_000)
    async with place(tmp_path) as hub:
        one = shipper(hub.link(), path.parent)
        await bring(one)
        await one.close()
        torn = bytearray(hub.files[0].read_bytes())
        torn[-5000:] = bytes(5000)
        hub.files[0].write_bytes(torn)
        second = shipper(hub.link(), path.parent)
        await bring(second)
        assert hub.files[0].read_bytes() == path.read_bytes()
        await second.close()


async def test_older_files_go_when_a_newer_one_is_whole(tmp_path: Path) -> None:
    async with place(tmp_path) as hub:
        one = shipper(hub.link(), tmp_path / "spool")
        for number in range(1, 5):
            path = copy(tmp_path / "spool", 90_000, number=number)
            os.utime(path, (number, number))
            await bring(one)
        assert [file.stem[-6:] for file in hub.files] == ["000003", "000004"]
        await one.close()
        assert [row["node"] for row in listed(hub.folder)] == [DISTRICT, DISTRICT]


async def test_nobody_reaches_another_node_s_files(tmp_path: Path) -> None:
    path = copy(tmp_path / "spool", 90_000)
    async with place(tmp_path) as hub:
        one, other = shipper(hub.link(), path.parent), hub.link("LA-OTHER")
        await bring(one)
        await one.close()
        assert await other.order({"do": "list"}) == {"files": {}}
        for name in (path.name, "../x.salacopy", "LA-OTHER.0badcafe.1.salacopy", f"{path.name}/..", "", None, 7):
            for order in ("get", "state", "put"):
                with pytest.raises(RoadFault):
                    await other.order({"do": order, "file": name, "at": 0}, b"x")
        foreign = copy(tmp_path / "foreign", 90_000, node="LA-OTHER")
        told = await other.order({"do": "put", "file": foreign.name, "at": 0}, path.read_bytes())
        assert told == {"size": 0, "problem": "it is no copy of this node"}
        await other.close()
        stranger = hub.link(secret=signing.new_secret())
        with pytest.raises(RoadFault, match="401"):
            await stranger.order({"do": "list"})
        await stranger.close()
        assert [file.parent.name for file in hub.files] == [DISTRICT]


@pytest.mark.parametrize("order", [{}, {"do": "burn"}, {"do": "put", "file": "x", "at": -1}, {"do": "put", "at": True}])
async def test_what_is_no_order_changes_nothing(tmp_path: Path, order: dict[str, Any]) -> None:
    async with place(tmp_path) as hub:
        link = hub.link()
        with pytest.raises(RoadFault, match="400"):
            await link.order(order)
        await link.close()
        assert hub.files == []


async def test_a_hub_without_room_says_so_and_the_node_has_one_copy(tmp_path: Path) -> None:
    path = copy(tmp_path / "spool", 3_000_000)
    async with place(tmp_path, most_mb=1) as hub:
        far = Far(alone=True)
        one = shipper(hub.link(), path.parent, far)
        with pytest.raises(RoadFault, match="they are full"):
            await bring(one)
        await one.close()
    assert far.said(COPIES).copies == 1
    async with place(tmp_path / "second", free_mb=10**9) as hub:
        one = shipper(hub.link(), path.parent, far)
        with pytest.raises(RoadFault, match="nearly full"):
            await bring(one)
        await one.close()


async def test_without_a_copy_there_is_nothing_to_bring(tmp_path: Path) -> None:
    async with place(tmp_path) as hub:
        one = shipper(hub.link(), tmp_path)
        with pytest.raises(ConfigFault):
            await one.step()
        await one.close()


def test_how_many_copies_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    far = Far(alone=True)
    assert (far.said(COPIES).copies, far.said(COPIES).reason) == (1, "the hub has nothing of it yet")
    far.size, far.at, far.reason = 500, 90, ""
    assert far.said(COPIES) == COPIES
    far.size = 400
    assert far.said(COPIES).copies == 2, "it is on its way"
    now[0] += shipping.LATE + 1
    late = far.said(COPIES)
    assert (late.copies, late.since, late.reason) == (1, 90, "100 bytes are still on their way to the hub")
    far.reason = "the hub has not all of it: cannot reach the agency"
    assert far.said(COPIES).reason == far.reason
    beside = Far(alone=False)
    assert beside.said(COPIES) == COPIES, "the stick counts"
