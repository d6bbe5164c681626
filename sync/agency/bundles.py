"""The agency's end of the road by hand: bundles go through the same inbox, and receipts go back on the same stick."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import structlog

from sync import heartbeat, signing
from sync.agency import feed, hearing, holding, intake
from sync.agency.book import Book
from sync.agency.nodes import Node
from sync.agency.sealed import Opener
from sync.bundle.container import SUFFIX, BundleFault, Part, bundles_in, decoded, echoed, pack, seal, write_file
from sync.bundle.keys import keys_of

_MOST_EVENTS: Final = 100_000
_log = structlog.get_logger("agency")


@dataclass(frozen=True, slots=True)
class Taken:
    """What one bundle brought, or in `problem` why it could not be used; `notes` are for the person with the stick."""

    path: Path
    node: str = ""
    agency: str = ""
    records: int = 0
    accepted: int = 0
    duplicates: int = 0
    others: int = 0
    receipt: Path | None = None
    notes: tuple[str, ...] = ()
    problem: str = ""


async def read_bundles(book: Book, folder: Path) -> tuple[Taken, ...]:
    """Read every bundle of requests in `folder`, oldest first, and write a receipt next to each.

    A bundle is taken as a whole or not at all; one that was read before changes nothing and gets its receipt again.

    Raises:
        BundleFault: there is no such folder, or a receipt cannot be written (what was taken is taken: read again).
    """
    taken = []
    for path, found in await asyncio.to_thread(bundles_in, folder, "requests"):
        if isinstance(found, BundleFault):
            taken.append(Taken(path, problem=str(found)))
        else:
            taken += await _read(book, path, [part for part in found if part.header.kind == "requests"])
    return tuple(taken)


async def _read(book: Book, path: Path, parts: Sequence[Part]) -> list[Taken]:
    """Take the parts that are for this agency (a node may know it by several names), and write one receipt for all."""
    receipt = path.with_name(f"receipt-{path.stem}{SUFFIX}")
    taken: list[Taken] = []
    answers: list[Part] = []
    for part in parts:
        opened = await book.do(_opened, part)
        if opened is not None:
            one, answer = await _take(book, path, part, *opened)
            taken.append(one if answer is None else replace(one, receipt=receipt))
            answers += [] if answer is None else [answer]
    if answers:
        await asyncio.to_thread(write_file, receipt, pack(answers))
    return taken or [Taken(path, problem="nothing in this bundle is for this agency, or its node is not enrolled")]


def _opened(connection: Any, part: Part) -> tuple[Node, bytes] | None:
    """Return the node whose secret signed this part, and its contents."""
    asked = "SELECT name, secret, hub FROM node WHERE name IN (?, ?) ORDER BY at DESC"
    named = (part.header.node, f"{part.header.node}/{part.header.agency}")
    for name, secret, hub in connection.execute(asked, named):
        key = signing.key_of(secret)
        if keys_of(key).signed(part.header.text, part.signature):
            return Node(name, key, bool(hub)), part.opened(keys_of(key))
    return None


async def _take(book: Book, path: Path, part: Part, node: Node, plain: bytes) -> tuple[Taken, Part | None]:
    first, _, rest = plain.partition(b"\n")
    now = int(time.time())
    try:
        head = decoded(first)
        after, beat = str(head.get("after", "")), heartbeat.said(head.get("beat"))
        echo = echoed(head)
        records = _records(rest, part.header.records)
        results, events, notes = await book.do(_book_in, node, part, records, after, beat, now, book.opener)
    except (BundleFault, intake.Unreadable, intake.Stranger) as fault:
        return Taken(path, node.name, part.header.agency, problem=str(fault)), None
    answer = json.dumps({"results": results, "after": after} | events | echo, ensure_ascii=False).encode()
    words = [result["status"] for result in results]
    accepted, duplicates = words.count("accepted"), words.count("duplicate")
    _log.info("bundle_taken", node=node.name, bundle=part.header.bundle, records=len(words), accepted=accepted)
    others = len(words) - accepted - duplicates
    taken = Taken(path, node.name, part.header.agency, len(words), accepted, duplicates, others, notes=notes)
    return taken, _receipt(node, part, answer, len(results), now)


def _records(lines: bytes, count: int) -> list[intake.Record]:
    records = intake.read(b"[" + lines.replace(b"\n", b",") + b"]")
    if len(records) != count:
        raise BundleFault("the bundle holds another number of requests than it says")
    return records


def _book_in(
    connection: Any,
    node: Node,
    part: Part,
    records: list[intake.Record],
    after: str,
    beat: heartbeat.Heartbeat | None,
    now: int,
    opener: Opener,
) -> tuple[list[dict[str, Any]], dict[str, Any], tuple[str, ...]]:
    """Take all records, note the bundle and collect the statuses, in one transaction."""
    notes = _chained(connection, part, now)
    if beat is not None:
        hearing.hear_late(connection, node.name, beat, part.header.created, now)
    results = intake.take(connection, node, records, now, opener)
    return results, _statuses(connection, node.name, after) | {"held": holding.held(connection, node)}, notes


def _statuses(connection: Any, node: str, after: str) -> dict[str, Any]:
    answer = feed.read(connection, node, after, _MOST_EVENTS)
    if answer["next"] == feed.START and after not in {"", feed.START}:
        # A cursor from a future that a restore has lost: what is still known goes home all the same.
        return feed.read(connection, node, "", _MOST_EVENTS)
    return answer


def _chained(connection: Any, part: Part, now: int) -> tuple[str, ...]:
    """Note a bundle in the ledger, and say in words what is odd about its place in the chain."""
    header = part.header
    asked = "SELECT number, chain FROM bundle WHERE node = ? AND agency = ?"
    known: dict[int, str] = dict(connection.execute(asked, (header.node, header.agency)).fetchall())
    notes = []
    if known.get(header.number) == header.chain:
        notes.append("this bundle was read before")
    elif header.number in known:
        notes.append("another bundle with this number was read before: two machines may run as the same node")
    elif known.get(header.number - 1, header.previous) != header.previous:
        notes.append("it does not follow the bundle before it: two machines may run as the same node")
    elif header.number > 1 and header.number - 1 not in known:
        notes.append(f"bundle {header.number - 1} of {header.node} has not been read here yet")
    noted = (header.node, header.agency, header.number, header.chain, now)
    connection.execute("INSERT OR IGNORE INTO bundle VALUES (?, ?, ?, ?, ?)", noted)
    return tuple(notes)


def _receipt(node: Node, part: Part, answer: bytes, records: int, now: int) -> Part:
    header = part.header
    return seal(
        keys_of(node.key),
        answer,
        bundle=header.bundle,
        kind="receipt",
        node=header.node,
        agency=header.agency,
        number=header.number,
        previous=header.chain,
        created=now,
        records=records,
    )
