"""The hub's end of the road by hand: bundles of its nodes go into custody, and receipts go back on the same stick."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from store.custody import SOURCE, Custody
from store.hub import Beat
from sync import heartbeat
from sync.agency import intake
from sync.bundle.container import SUFFIX, BundleFault, Part, bundles_in, decoded, echoed, pack, seal, write_file
from sync.bundle.keys import BundleKeys, keys_of
from sync.connectors.hub import agency_road, road_key
from sync.hub.door import beat_of, consigned, event_of, result_of

_MOST_EVENTS: Final = 100_000
_log = structlog.get_logger("hub")


@dataclass(frozen=True, slots=True)
class Taken:
    """What one part of a bundle brought into custody, or in `problem` why it could not be used."""

    path: Path
    node: str = ""
    agency: str = ""
    records: int = 0
    carried: int = 0
    problem: str = ""


async def read_bundles(
    custody: Custody,
    secrets: Mapping[str, Sequence[bytes]],
    agencies: Sequence[str],
    folder: Path,
    now: Callable[[], float] = time.time,
    heard: Callable[[Beat], Awaitable[None]] | None = None,
) -> tuple[Taken, ...]:
    """Take every bundle of this hub's nodes in `folder` into custody, oldest first, and write a receipt next to each.

    `secrets` are the nodes' own; each part is taken whole or not at all, and one read before gets its receipt again.
    `now` is the clock by which the hub's own worker asks what is due; `heard` keeps the heartbeats that came along.

    Raises:
        BundleFault: there is no such folder, or a receipt cannot be written (what was taken is taken: read again).
    """
    taken: list[Taken] = []
    for path, found in await asyncio.to_thread(bundles_in, folder, "requests"):
        if isinstance(found, BundleFault):
            taken.append(Taken(path, problem=str(found)))
            continue
        answers = []
        for part in found:
            keys = _keys(secrets.get(part.header.node, ()), part)
            if keys is None or part.header.kind != "requests" or part.header.agency not in agencies:
                continue
            one, answer = await _take(custody, path, part, keys, int(now()))
            if heard is not None and answer is not None and (beat := _beat(part, keys)) is not None:
                await heard(beat)
            taken.append(one)
            answers += [] if answer is None else [answer]
        if answers:
            await asyncio.to_thread(write_file, path.with_name(f"receipt-{path.stem}{SUFFIX}"), pack(answers))
    return tuple(taken)


def _keys(secrets: Sequence[bytes], part: Part) -> BundleKeys | None:
    """The keys with which this node has signed for this agency; None: it is for somebody else."""
    every = (keys_of(road_key(secret, agency_road(part.header.agency))) for secret in secrets)
    return next((keys for keys in every if keys.signed(part.header.text, part.signature)), None)


def _records(part: Part, lines: bytes) -> list[intake.Record]:
    """The requests of one part; raises `BundleFault` for another number than it says, or another node's."""
    records = intake.read(b"[" + lines.replace(b"\n", b",") + b"]")
    if len(records) != part.header.records:
        raise BundleFault("the bundle holds another number of requests than it says")
    if any(record.identity[0] != f"{SOURCE}{part.header.node}" for record in records):
        raise BundleFault(f"{part.header.node} delivers for another node")
    return records


def _beat(part: Part, keys: BundleKeys) -> Beat | None:
    """What the node said of itself when it wrote the bundle."""
    beat = heartbeat.said(decoded(part.opened(keys).partition(b"\n")[0]).get("beat"))
    return None if beat is None else beat_of(part.header.node, beat, part.header.created)


async def _take(custody: Custody, path: Path, part: Part, keys: BundleKeys, now: int) -> tuple[Taken, Part | None]:
    header = part.header
    try:
        first, _, rest = part.opened(keys).partition(b"\n")
        head = decoded(first)
        after = str(head.get("after", ""))
        records = _records(part, rest)
    except (BundleFault, intake.Unreadable) as fault:
        return Taken(path, header.node, header.agency, problem=str(fault)), None
    kept = await custody.take(header.node, header.agency, [consigned(one) for one in records], now)
    words, following = await custody.feed(header.node, header.agency, after, _MOST_EVENTS)
    answer: dict[str, Any] = {
        "results": [result_of(one) for one in kept],
        "after": after,
        "events": [event_of(word) for word in words],
        "next": following,
        "held": await custody.counted(header.node, header.agency),
        **echoed(head),
    }
    _log.info("bundle_taken", node=header.node, agency=header.agency, bundle=header.bundle, records=len(kept))
    receipt = seal(
        keys,
        json.dumps(answer, ensure_ascii=False).encode(),
        bundle=header.bundle,
        kind="receipt",
        node=header.node,
        agency=header.agency,
        number=header.number,
        previous=header.chain,
        created=int(time.time()),
        records=len(kept),
    )
    carried = sum(one.status == "carried" for one in kept)
    return Taken(path, header.node, header.agency, len(kept), carried), receipt
