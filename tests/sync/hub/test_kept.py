"""By whatever road an agency's word comes home, what it was signed or sealed as is kept, and can be looked at again."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sala.evidence import looked_at
from store.memory import Memory
from sync import signing
from sync.agency.bundles import read_bundles
from sync.bundle.node import read_receipts, write_bundle
from sync.connectors.hub import agency_road, road_key
from tests.sync.bearer import kit as births
from tests.sync.bearer.air import AGENCY, world
from tests.sync.conftest import Agency
from tests.sync.hub.kit import DISTRICT, Hub, Node, home


async def kept(memory: Memory, reference: str, key: bytes, through: tuple[str, ...] = ()) -> Mapping[str, Any]:
    """What was kept of the one delivery of a request, looked at again."""
    hops = looked_at(await memory.trail(reference), {AGENCY: key}, through)
    return next(hop.details for hop in hops if hop.kind == "delivery")


async def test_of_a_message(tmp_path: Path) -> None:
    async with world(tmp_path) as one:
        (event,) = await one.submit()
        await one.break_link()
        await one.up()
        await one.answers()
        secret = one.connector.bundle_secret()
        details = await kept(one.memory, json.loads(event)["subject"], secret)
    assert (details["answer_road"], details["looked_at"]) == ("sms", "good")


async def test_of_a_receipt(tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    async with world(tmp_path) as one:
        (event,) = await one.submit()
        keys = {AGENCY: one.connector.bundle_secret()}
        means = one.carrier._means
        await write_bundle(one.memory.road, keys, births.NODE, stick, tmp_path / "ledger", means)
        await read_bundles(one.book, stick)
        await read_receipts(one.memory.road, keys, births.NODE, stick, means)
        details = await kept(one.memory, json.loads(event)["subject"], keys[AGENCY])
    assert (details["answer_road"], details["looked_at"]) == ("bundle", "good")


async def test_of_a_hub_s_feed(district: Node, hub: Hub, agency: Agency) -> None:
    (reference,) = await district.submit(1)
    await district.now()
    await hub.relay()
    await home(district)
    key = road_key(signing.key_of(hub.secrets[DISTRICT]), agency_road(AGENCY))
    details = await kept(district.memory, reference, key, (AGENCY,))
    assert (details["answer_road"], details["looked_at"]) == ("feed", "relayed")
    assert (await kept(district.memory, reference, bytes(32)))["looked_at"] == "bad", "the control"
