"""The node's end of the road by hand: everything that waits goes into one file, and receipts come home.

What was carried stays resendable over any road until the agency's own word for it has come back, by whatever road.
"""

import asyncio
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

import structlog

from flows.delivery import EVENT_OF, Event
from flows.errors import Protocol
from store import post
from store.values import Offer, Settlement, SignedAnswer, Trip
from sync import settling, wire
from sync.bundle.container import SUFFIX, BundleFault, Part, bundles_in, decoded, pack, seal, write_file
from sync.bundle.keys import keys_of
from sync.means import Means
from sync.port import Road
from sync.statuses import go_back

MOST: Final = 100_000
"""Requests of one agency in one bundle; what is left goes into the next."""

LEASE: Final = 60

CHUNK: Final = 500
"""Requests in one transaction."""

T = TypeVar("T")

LATE: Final[Mapping[str, Event]] = {**dict[str, Event](EVENT_OF.items()), "forgotten": "forget"}
"""What the words in a hub's feed do."""

_EVER: Final = 2**40
_log = structlog.get_logger("sync")


@dataclass(frozen=True, slots=True)
class Written:
    """A bundle that was written and read back: how many requests it carries for each agency."""

    path: Path
    size: int
    records: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one receipt brought home, or in `problem` why it could not be used."""

    path: Path
    agency: str = ""
    accepted: int = 0
    refused: int = 0
    later: int = 0
    statuses: int = 0
    carried: int = 0
    problem: str = ""


async def write_bundle(
    road: Road, secrets: Mapping[str, bytes], node: str, folder: Path, ledger: Path, means: Means, beat: str = ""
) -> Written:
    """Write all that waits for these agencies into one new file in `folder`, and mark it carried once it was read back.

    `secrets` are the keys shared with each agency; `ledger` is the node's own file of what it wrote, for the chain;
    `beat` is the heartbeat that goes with it.

    Raises:
        BundleFault: the medium is full, gone or harmed; then nothing is marked, and nothing is left in doubt by it.
    """
    bundle = means.batch_id()
    taken: dict[str, list[Offer]] = {}
    try:
        for agency in sorted(secrets):
            taken[agency] = await _take(road, agency, means)
        contents = {agency: await _contents(road, agency, offers, beat) for agency, offers in taken.items()}
        past = _read_ledger(ledger)
        facts = {"bundle": bundle, "kind": "requests", "node": node, "created": means.now()}
        parts = [
            _part(agency, secrets[agency], contents[agency], past, facts | {"records": len(offers)})
            for agency, offers in taken.items()
        ]
        content = pack(parts)
        path = folder / f"sala-{node}-{bundle}{SUFFIX}"
        await asyncio.to_thread(write_file, path, content)
        await asyncio.to_thread(write_file, ledger, json.dumps(past, sort_keys=True).encode())
    except BaseException:
        for agency, offers in taken.items():
            await _mark(road, agency, settling.returned(offers, left=False), bundle, 0, means)
        raise
    for part in parts:
        settlements = [Settlement(offer.seq, "carry", code="on_stick") for offer in taken[part.header.agency]]
        await _mark(road, part.header.agency, settlements, bundle, part.header.size, means)
    counts = {agency: len(offers) for agency, offers in taken.items()}
    _log.info("bundle_written", bundle=bundle, bytes=len(content), records=sum(counts.values()))
    return Written(path, len(content), counts)


def _part(agency: str, secret: bytes, plain: bytes, past: dict[str, Any], facts: Mapping[str, Any]) -> Part:
    """Seal one agency's part, and note it in `past` as the last one of the pair."""
    last = past.get(agency, {"number": 0, "chain": ""})
    part = seal(keys_of(secret), plain, agency=agency, number=last["number"] + 1, previous=last["chain"], **facts)
    past[agency] = {"number": part.header.number, "chain": part.header.chain}
    return part


def _chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut a long list, so that no transaction holds up the key presses that wait behind it."""
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))


async def _take(road: Road, agency: str, means: Means) -> list[Offer]:
    now = means.now()
    due = await road.due(agency, MOST, _EVER)
    taken: list[Offer] = []
    for some in _chunks([offer.seq for offer in due]):
        taken += await road.lease(agency, some, means.owner, now + LEASE, now)
    return taken


async def _contents(road: Road, agency: str, offers: list[Offer], beat: str) -> bytes:
    """Return a part's lines: where we stand in the agency's statuses and how we are, then each event as it is kept."""
    mark = await road.bookmark(agency)
    first = json.dumps({"after": mark.cursor, "mark": mark.mark} | ({"beat": beat} if beat else {})).encode()
    return b"\n".join([first, *(offer.event for offer in offers)])


async def _mark(
    road: Road,
    agency: str,
    settlements: list[Settlement],
    bundle: str,
    size: int,
    means: Means,
    kept: SignedAnswer | None = None,
) -> None:
    for some in _chunks(settlements):
        trip = Trip(agency, "bundle", [one.seq for one in some], f"bundle {bundle}", bytes_out=size, answer=kept)
        await road.settle(agency, some, trip, means.now(), wake=False)
        size = 0


async def read_receipts(
    road: Road, secrets: Mapping[str, bytes], node: str, folder: Path, means: Means, hubs: Collection[str] = ()
) -> tuple[Reading, ...]:
    """Read every receipt in `folder` that is for this node; each is applied whole or not at all, however often.

    `hubs` are the agencies that are reached through a hub: their receipts may speak of custody.
    """
    readings = []
    for path, found in await asyncio.to_thread(bundles_in, folder, "receipt"):
        if isinstance(found, BundleFault):
            readings.append(Reading(path, problem=str(found)))
            continue
        ours = [part for part in found if part.header.kind == "receipt" and part.header.node == node]
        for part in ours:
            hub = part.header.agency in hubs
            readings.append(await _read_part(road, secrets, path, part, means, hub=hub))
    return tuple(readings)


async def _read_part(
    road: Road, secrets: Mapping[str, bytes], path: Path, part: Part, means: Means, *, hub: bool
) -> Reading:
    agency = part.header.agency
    if agency not in secrets:
        return Reading(path, agency, problem=f"no agency {agency!r} is configured")
    try:
        text = part.opened(keys_of(secrets[agency]))
        results, events = wire.read_results(text, hub=hub), wire.read_events(text, hub=hub)
        told = decoded(text)
        after = told.get("after", "")
    except (BundleFault, Protocol) as fault:
        return Reading(path, agency, problem=str(fault))
    must, _, life = str(told.get("mark", "")).partition("-")
    if life and life != str((await road.bookmark(agency)).life):
        # A word from before the other side went back: what it says is there may be what was lost.
        return Reading(path, agency)
    named = {outcome.id for outcome in results.outcomes}
    offers = [offer for offer in await road.due(agency, MOST, _EVER) if offer.id in named]
    when = settling.When(means.now(), means.chance())
    settlements = settling.settle_answer(offers, results.outcomes, when)
    head = part.header
    kept = SignedAnswer(head.bundle, str(head.created), part.signature, pack((part,)), "bundle")
    await _mark(road, agency, settlements, head.bundle, 0, means, kept)
    mark = await road.bookmark(agency)
    cursor = events.next if mark.cursor == after else None
    # Nobody waits for what comes on a stick: its texts keep the quiet hours.
    late = [replace(event, age=post.LATE) for event in events.events]
    new = await road.statuses(agency, late, cursor, means.now(), events.outcomes, answer=kept)
    if life and must.isdecimal() and 0 <= events.held < int(must):
        # Fewer than it must have had when this receipt's bundle was written, however late it is read.
        await go_back(agency, road, means)
    words = [one.event for one in settlements] + [LATE[one.status] for one in events.outcomes]
    reading = Reading(
        path, agency, words.count("accept"), words.count("refuse"), words.count("later"), new, words.count("carry")
    )
    _log.info("receipt_read", bundle=part.header.bundle, agency=agency, accepted=reading.accepted, statuses=new)
    return reading


def _read_ledger(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
