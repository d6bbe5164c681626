"""What comes down: signed, numbered, each node's own; anything else is refused in plain words and leaves nothing."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from store.hub import Parcel
from sync import signing
from sync.connectors.hub import Down
from sync.connectors.native import NativeSettings
from sync.heartbeat import Heartbeat
from sync.hub import parcelfile
from sync.hub.consignment import Consignment, DownFault, close, open_
from sync.hub.door import closed_for
from sync.hub.pull import Puller, take, take_file
from tests.sync.hub.kit import DISTRICT, HUB, Hub, Node

KEY = Ed25519PrivateKey.generate()
KEYS = [KEY.public_key()]
FEES = {"text": "code,fee\nbirth,5000\n"}


def parcel(seq: int) -> Parcel:
    return Parcel(seq, "table", "fees", 100, FEES)


def closed(after: int, *seqs: int, node: str = DISTRICT, key: Ed25519PrivateKey = KEY) -> dict[str, str]:
    upto = seqs[-1] if seqs else after
    return close(Consignment(HUB, node, after, upto, 5, tuple(map(parcel, seqs))), key)


def test_what_is_new_and_in_order_is_opened() -> None:
    found = open_(closed(3, 4, 7), KEYS, DISTRICT, 3)
    assert [one.seq for one in found.parcels] == [4, 7]
    assert open_(closed(3), KEYS, DISTRICT, 3).parcels == (), "nothing new is no fault"
    assert open_(closed(1, 2, 4), KEYS, DISTRICT, 3).upto == 4, "an overlap is harmless"


@pytest.mark.parametrize(
    ("what", "have", "words"),
    [
        (closed(3, 4, node="LA-OTHER"), 3, "it is for LA-OTHER"),
        (closed(3, 4), 4, "read before"),
        (closed(0, 1, 2), 9, "read before, or is older"),
        (closed(5, 6), 3, "something before it is missing"),
        (closed(3, 4, key=Ed25519PrivateKey.generate()), 3, "not signed with the hub's key"),
        ({"text": "{}"}, 3, "nothing that a hub sends"),
        (None, 3, "nothing that a hub sends"),
        ({"text": "{}", "signature": "?"}, 3, "not signed"),
    ],
)
def test_anything_else_is_refused_in_plain_words(what: Any, have: int, words: str) -> None:
    with pytest.raises(DownFault, match=words):
        open_(what, KEYS, DISTRICT, have)


def test_a_consignment_of_a_newer_hub_says_so() -> None:
    text = json.dumps({"hub": HUB, "parcels": 3})
    signature = base64.b64encode(KEY.sign(b"sala down 1\n" + text.encode())).decode()
    with pytest.raises(DownFault, match="newer hub"):
        open_({"text": text, "signature": signature}, KEYS, DISTRICT, 0)


def test_every_changed_letter_is_found() -> None:
    good = closed(3, 4)
    for place in range(0, len(good["text"]), 3):
        text = good["text"]
        changed = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
        with pytest.raises(DownFault, match="not signed"):
            open_(good | {"text": changed}, KEYS, DISTRICT, 3)


@pytest.fixture
def link(hub: Hub) -> Down:
    return Down(DISTRICT, NativeSettings.model_validate({"url": hub.url, "secret": hub.secrets[DISTRICT]}))


def puller(district: Node, hub: Hub, link: Down) -> Puller:
    async def keys() -> Any:
        return [hub.key.public_key()]

    return Puller(link, district.memory.arrivals, DISTRICT, keys, district.clock.means(DISTRICT))


async def test_a_node_pulls_what_is_for_it_and_for_all_once(district: Node, hub: Hub, link: Down) -> None:
    send = hub.node.memory.hub.send
    await send("table", "fees", FEES, actor="test")
    await send("pause", "birth", {"paused": True}, actor="test", node="LA-OTHER")
    await send("pause", "farm", {"paused": True}, actor="test", node=DISTRICT)
    one = puller(district, hub, link)
    assert await one.pull() == 2
    assert await one.pull() == 0
    assert one.taken.is_set()
    arrived = await district.memory.arrivals.list()
    assert [(a.parcel.kind, a.parcel.name, a.state) for a in arrived] == [
        ("table", "fees", "waiting"),
        ("pause", "farm", "waiting"),
    ]
    assert await district.memory.arrivals.position() == 3
    await link.close()


async def test_a_hub_whose_key_is_another_is_not_believed(district: Node, hub: Hub, link: Down) -> None:
    await hub.node.memory.hub.send("table", "fees", FEES, actor="test")
    hub.door._key = Ed25519PrivateKey.generate()
    with pytest.raises(DownFault, match="another hub"):
        await puller(district, hub, link).pull()
    assert await district.memory.arrivals.list() == []
    await link.close()


async def test_a_hub_that_lost_its_disk_numbers_after_what_its_nodes_have_read(
    district: Node, hub: Hub, link: Down
) -> None:
    for _ in range(5):
        await hub.node.memory.hub.send("table", "fees", FEES, actor="test")
    one = puller(district, hub, link)
    assert await one.pull() == 5
    await hub.stop()
    hub.lose_disk()
    await hub.start()
    link.pulse = lambda: Heartbeat("1", "ab12", down=5, blocks=["4821"], left=9000).text
    await one.pull()
    await hub.node.memory.hub.send("table", "fees", FEES, actor="test")
    await one.pull()
    arrived = [one.parcel for one in await district.memory.arrivals.list()]
    assert [parcel.kind for parcel in arrived] == ["table"] * 5 + ["blocks", "table"]
    assert arrived[-1].seq == 7
    assert ("4821", DISTRICT) in await hub.node.rows("SELECT block, node FROM block"), "learnt from the heartbeat"
    await link.close()


async def test_a_file_brings_the_same_and_only_to_its_node(district: Node, hub: Hub, tmp_path: Path) -> None:
    memory = hub.node.memory
    await memory.hub.send("table", "fees", FEES, actor="test")
    names = (DISTRICT, "LA-OTHER")
    secrets = {DISTRICT: signing.key_of(hub.secrets[DISTRICT]), "LA-OTHER": b"o" * 32}
    made = {name: await closed_for(memory.hub, HUB, name, 0, hub.key) for name in names}
    file = tmp_path / "hub.down"
    parcelfile.write(file, made, secrets)
    keys, ours = [hub.key.public_key()], [secrets[DISTRICT]]
    assert b"fee" not in file.read_bytes(), "a lost stick tells nothing"
    assert await take_file(district.memory.arrivals, file, keys, DISTRICT, ours) == 1
    with pytest.raises(DownFault, match="read before"):
        await take_file(district.memory.arrivals, file, keys, DISTRICT, ours)
    with pytest.raises(DownFault, match="nothing for LA-THIRD"):
        parcelfile.read(file, "LA-THIRD", ours)
    with pytest.raises(DownFault, match="sealed for another"):
        parcelfile.read(file, "LA-OTHER", ours)
    assert len(await district.memory.arrivals.list()) == 1


async def test_a_harmed_file_is_refused_at_every_byte(hub: Hub, tmp_path: Path) -> None:
    await hub.node.memory.hub.send("table", "fees", FEES, actor="test")
    secret = signing.key_of(hub.secrets[DISTRICT])
    file = tmp_path / "hub.down"
    parcelfile.write(
        file, {DISTRICT: await closed_for(hub.node.memory.hub, HUB, DISTRICT, 0, hub.key)}, {DISTRICT: secret}
    )
    good = file.read_bytes()
    for place in range(0, len(good), 7):
        for harmed in (good[:place], good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :]):
            file.write_bytes(harmed)
            with pytest.raises(DownFault):
                parcelfile.read(file, DISTRICT, [secret])


async def test_a_gap_leaves_nothing(district: Node) -> None:
    with pytest.raises(DownFault, match="missing"):
        await take(district.memory.arrivals, closed(5, 6), KEYS, DISTRICT)
    assert await district.memory.arrivals.list() == []
    assert await district.memory.arrivals.position() == 0


async def test_what_is_read_stays_read_through_a_restart(district: Node) -> None:
    arrivals = district.memory.arrivals
    assert await take(arrivals, closed(0, 1, 2), KEYS, DISTRICT) == 2
    assert await arrivals.take([parcel(1), parcel(2)], 2) == 0, "again changes nothing"
    assert [one.parcel.seq for one in await arrivals.waiting(100)] == [1, 2]
    assert await arrivals.waiting(99) == [], "not before its time"
    await arrivals.used(parcel(1))
    await arrivals.used(parcel(2))
    assert [(one.parcel.seq, one.state) for one in await arrivals.list()] == [(1, "replaced"), (2, "active")]
