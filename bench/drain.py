"""Drains waiting births to a local agency beside a bare client posting the same bytes; over 9,600 bit/s; with phones.

    python -m bench drain [--requests 100000] [--slow 1000] [--rounds 4] [--seconds 4]

The node, the agency and the yardstick are processes of their own. The agency answers from its encrypted database, one
synced transaction a batch, for both.
"""

import asyncio
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psutil

from bench import options, pressed, yard
from bench.frames import births
from bench.office import AGENCY, BATCH, NAME, Office, bare, office
from bench.served import Server, node
from flows.turn import Screen, Turn
from sala import keys
from store.memory import open_memory
from store.settings import StoreSettings
from store.values import Call
from sync import wire
from tests.faults.line import Line, Manner
from tests.store.mind import small_mind, submit

LINE: Final = 9600
_AT_ONCE: Final = 400
_last_core = options.core(-1)


# --- what waits ------------------------------------------------------------------------------------------------------


async def fill(folder: Path, count: int) -> None:
    """Take `count` births of fifteen answers through the store's own turns, as many phones would bring them."""
    data = folder / "data"
    drawer = births("held")
    chance = random.Random(1)

    def hear(_office: Any, _talk: Any, _person: Any, _heard: Any, moment: Any) -> Turn:
        answers = drawer.answers(datetime.now(UTC))
        one = submit(moment, agencies=(AGENCY,), answers=answers, language="lo")
        return Turn(Screen(moment.reference, end=True), None, effects=(one,))

    settings = StoreSettings(data=data, node=NAME, reserve_mb=64, free_mb=0)
    async with open_memory(settings, keys.database_key("", data), small_mind(hear=hear), house=False) as memory:
        waiting = iter(range(count))

        async def phone() -> None:
            for number in waiting:
                msisdn = f"+85620{chance.randrange(10**8):08d}"
                await memory.turns.take(Call("at", f"drain-{number}", msisdn, "", "*999#"))

        await asyncio.gather(*(phone() for _ in range(_AT_ONCE)))
        await memory.put_away(0)


async def bodies(folder: Path, count: int) -> list[bytes]:
    """The same events in the batches that a node sends over a fast link, compressed as it compresses them."""
    data = folder / "data"
    settings = StoreSettings(data=data, node=NAME, reserve_mb=64, free_mb=0)
    async with open_memory(settings, keys.database_key("", data), small_mind(), house=False) as memory:
        offers = await memory.road.due(AGENCY, count, 2**40)
    events = [offer.event for offer in offers]
    batches = [events[start : start + BATCH] for start in range(0, len(events), BATCH)]
    return [wire.pack(wire.batch_of(one), zstd=True)[0] for one in batches]


# --- the node ---------------------------------------------------------------------------------------------------------


def drained(server: Server, count: int) -> dict[str, float]:
    """Watch the node until all `count` are accepted; from the first acceptance seen to the last."""
    name = f'sala_deliveries{{agency="{AGENCY}",state="accepted"}}'
    process, most = psutil.Process(server.pid), 0
    first = (time.perf_counter(), server.reading(name))
    used = yard.processor_seconds(server.pid)
    while (done := server.reading(name)) < count:
        most = max(most, process.memory_info().rss)
        time.sleep(0.1)
    seconds = time.perf_counter() - first[0]
    way = f'sala_road_bytes_total{{agency="{AGENCY}",way='
    return {
        "seconds": seconds,
        "rate": (done - first[1]) / seconds,
        "out": server.reading(f'{way}"out"}}') / count,
        "in": server.reading(f'{way}"in"}}') / count,
        "memory_mb": most / 1e6,
        "us": (yard.processor_seconds(server.pid) - used) * 1e6 / max(1, done - first[1]),
    }


# --- a slow line -----------------------------------------------------------------------------------------------------


async def _slow(folder: Path, agency: Office, count: int) -> dict[str, float]:
    async with Line(agency.port, lambda: replace(Manner(), rate=LINE)) as line:
        settings = agency.settings.replace(agency.url, f"{line.url}/sala")
        found = await asyncio.to_thread(_over, folder, settings, count)
        return found | {"line_out": line.up, "line_in": line.down}


def _over(folder: Path, settings: str, count: int) -> dict[str, float]:
    with node(folder, settings) as server:
        return drained(server, count)


# --- all of it -------------------------------------------------------------------------------------------------------


def main(said: Sequence[str] = ()) -> None:
    """Measure, write `results/drain.json` and `.md`, print the table."""
    parser = options.parser(__doc__, rounds=4)
    parser.add_argument("--requests", type=int, default=100_000, help="how many wait")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long phones press in each turn")
    parser.add_argument("--slow", type=int, default=1000, help="how many wait at the slow line")
    chosen = parser.parse_args(said)
    os.sched_setaffinity(0, _last_core)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        record = {"machine": yard.machine(folder), "requests": chosen.requests, "slow_requests": chosen.slow}
        record |= _fast(folder, chosen.requests)
        record["phones"] = _with_phones(folder, chosen.requests, chosen.rounds, chosen.seconds)
        record["slow"] = _slowly(folder, chosen.slow)
    options.keep(chosen.results, "drain", record, shown(record))


def _filled(folder: Path, count: int) -> Path:
    folder.mkdir()
    (folder / "data").mkdir()
    asyncio.run(fill(folder, count))
    return folder


def _fast(root: Path, count: int) -> dict[str, Any]:
    folder = _filled(root / "fast", count)
    batches = asyncio.run(bodies(folder, count))
    with office(root / "bare") as agency:
        yardstick = asyncio.run(bare(agency, batches, count))
    with office(root / "office") as agency, node(folder, agency.settings) as server:
        agency.hold()
        pressed.rested(server)
        agency.go_on()
        return {"bare": yardstick, "node": drained(server, count)}


def _with_phones(root: Path, count: int, rounds: int, seconds: float) -> dict[str, Any]:
    folder = _filled(root / "phones", count)
    return pressed.measured(folder, asyncio.run(bodies(folder, count)), count, rounds, seconds)


def _slowly(root: Path, count: int) -> dict[str, float]:
    folder = _filled(root / "slow", count)
    with office(root / "slow-office") as agency:
        return asyncio.run(_slow(folder, agency, count))


def shown(record: dict[str, Any]) -> list[str]:
    """The tables of docs/performance.md."""
    one, other, slow = record["node"], record["bare"], record["slow"]
    least = 8 * slow["line_out"] / LINE
    node_row = (
        f"| node, {record['requests']:,} waiting | {one['rate']:,.0f} | {one['out']:.0f} | {one['in']:.0f}"
        f" | {one['us']:.0f} | {one['memory_mb']:.0f} |"
    )
    over_line = (
        f"Over {LINE:,} bit/s: {record['slow_requests']:,} requests in {slow['seconds']:.0f} s; their"
        f" {slow['line_out']:,.0f} bytes, heads included, take {least:.0f} s at the line's speed."
    )
    return [
        "| | requests/s | bytes out a request | bytes back | us of processor | most memory, MB |",
        "|---|---|---|---|---|---|",
        node_row,
        f"| bare client, the same bytes | {other['rate']:,.0f} | {other['out']:.0f} | {other['in']:.0f} | | |",
        f"| ratio | {one['rate'] / other['rate']:.2f} | | | | |",
        "",
        over_line,
        "",
        *_pressed(record["phones"]),
    ]


def _pressed(phones: dict[str, Any]) -> list[str]:
    p99, left = phones["p99_ms"], phones["left"]
    ratios = {
        turn: yard.shown([a / b for a, b in zip(p99[turn], p99["still"], strict=True)]) for turn in ("drain", "agency")
    }
    rate, times = yard.shown(phones["rate"], 0), {turn: yard.shown(p99[turn], 1) for turn in pressed.TURNS}
    said = [
        f"| {pressed.PACE} key presses a second meanwhile | p99, ms | to that of a still one |",
        "|---|---|---|",
        f"| the outbox is still | {times['still']} | |",
        f"| it drains, {rate} requests/s | {times['drain']} | {ratios['drain']} |",
        f"| it is still; a bare client gives an agency as many | {times['agency']} | {ratios['agency']} |",
    ]
    return said if left > 0 else [*said, "", "No result: all was drained before the phones were done."]


if __name__ == "__main__":
    main(sys.argv[1:])
