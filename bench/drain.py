"""Drains waiting births to a local agency beside a bare client posting the same bytes; over 9,600 bit/s; with phones.

    python -m bench.drain [--requests 100000] [--slow 1000]

The node, the agency and the yardstick are processes of their own. The agency answers from its encrypted database, one
synced transaction a batch, for both.
"""

import asyncio
import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiohttp
import psutil
from uuid_utils.compat import uuid7

from bench import options, yard
from bench.frames import births
from bench.offices import script
from bench.served import Server, node
from flows.turn import Screen, Turn
from sala import keys
from store.memory import open_memory
from store.settings import StoreSettings
from store.values import Call
from sync import signing, wire
from sync.agency.app import enrol as enrol_node
from tests.faults.line import Line, Manner
from tests.ports import free_port
from tests.store.mind import small_mind, submit

NAME: Final = "LA-BENCH-01"
AGENCY: Final = "civil-registry"
BATCH: Final = 200
LINE: Final = 9600
WINDOW: Final = 4.0
PACE: Final = 100
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


async def bodies(folder: Path, count: int) -> list[bytes]:
    """The same events in the batches that a node sends over a fast link, compressed as it compresses them."""
    data = folder / "data"
    settings = StoreSettings(data=data, node=NAME, reserve_mb=64, free_mb=0)
    async with open_memory(settings, keys.database_key("", data), small_mind(), house=False) as memory:
        offers = await memory.road.due(AGENCY, count, 2**40)
    events = [offer.event for offer in offers]
    batches = [events[start : start + BATCH] for start in range(0, len(events), BATCH)]
    return [wire.pack(wire.batch_of(one), zstd=True)[0] for one in batches]


# --- the two sides ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Office:
    """A running reference agency, and the secret that it shares with the node."""

    port: int
    secret: str
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        """Where it takes requests."""
        return f"http://127.0.0.1:{self.port}/sala"


@contextlib.contextmanager
def office(folder: Path) -> Iterator[Office]:
    """A fresh agency on the second core."""
    folder.mkdir()
    secret = asyncio.run(enrol_node(folder / "agency", NAME))
    port = free_port()
    command = [sys.executable, "-m", "sala", "agency", "serve", "--port", str(port), "--data", str(folder / "agency")]
    with (folder / "agency.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        os.sched_setaffinity(process.pid, _last_core)
        try:
            _listening(port)
            yield Office(port, secret, process)
        finally:
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def _listening(port: int) -> None:
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise SystemExit("the agency does not listen")


def settings_of(url: str, secret: str) -> str:
    """The agency's table in the node's configuration."""
    return f'[agencies.{AGENCY}]\nconnector = "native"\nurl = "{url}"\nsecret = "{secret}"\n'


async def bare(agency: Office, batches: Sequence[bytes], count: int) -> dict[str, float]:
    """The yardstick: one connection, one request after another, ready-made bodies; it keeps nothing."""
    key = signing.key_of(agency.secret)
    begun, sent, back = time.perf_counter(), 0, 0
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        for body in batches:
            headers = signing.sign(key, str(uuid7()), int(time.time()), body)
            headers |= {"Content-Type": wire.BATCH_TYPE, "Content-Encoding": "zstd", "Accept-Encoding": "gzip"}
            async with session.post(f"{agency.url}/submissions", data=body, headers=headers) as answer:
                said = await answer.read()
                if answer.status != 200:
                    raise SystemExit(f"the yardstick was answered {answer.status}")
            sent, back = sent + len(body), back + len(said)
    seconds = time.perf_counter() - begun
    return {"seconds": seconds, "rate": count / seconds, "out": sent / count, "in": back / count}


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


# --- phones meanwhile ------------------------------------------------------------------------------------------------


async def paced(server: Server, seconds: float) -> list[float]:
    """Milliseconds of `PACE` key presses a second, each begun at its time whatever became of the one before."""
    texts, tasks = script(), []
    chance = random.Random()

    async def walk(session: aiohttp.ClientSession) -> list[float]:
        who, heard, found = chance.randrange(10**9), "", []
        number = f"+85620{chance.randrange(10**8):08d}"
        for step, text in enumerate(texts):
            heard = f"{heard}*{text}" if heard else text
            form = {"sessionId": f"p{who}", "phoneNumber": number, "serviceCode": "*999#", "text": heard}
            begun = time.perf_counter()
            async with session.post(f"http://127.0.0.1:{server.port}{server.path}", data=form) as answer:
                await answer.read()
            found.append((time.perf_counter() - begun) * 1000)
            await asyncio.sleep(0.05 if step + 1 < len(texts) else 0)
        return found

    async with aiohttp.ClientSession() as session:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            tasks.append(asyncio.create_task(walk(session)))
            await asyncio.sleep(len(texts) / PACE)
        return [one for walked in await asyncio.gather(*tasks) for one in walked]


def beside_phones(server: Server, agency: Office, rounds: int) -> dict[str, list[float]]:
    """p99 of key presses while the drain runs and while its agency is held still, by turns."""
    found: dict[str, list[float]] = {"with": [], "without": []}
    asyncio.run(paced(server, 1.0))
    for _ in range(rounds):
        for name, sign in (("with", signal.SIGCONT), ("without", signal.SIGSTOP)):
            agency.process.send_signal(sign)
            time.sleep(0.5)
            found[name].append(yard.quantile(asyncio.run(paced(server, WINDOW)), 0.99))
            if not server.reading(f'sala_deliveries{{agency="{AGENCY}",state="waiting"}}'):
                raise SystemExit("all was drained before the phones were done: take more requests or fewer rounds")
    agency.process.send_signal(signal.SIGCONT)
    return found


# --- a slow line -----------------------------------------------------------------------------------------------------


async def _slow(folder: Path, agency: Office, count: int) -> dict[str, float]:
    async with Line(agency.port, lambda: replace(Manner(), rate=LINE)) as line:
        found = await asyncio.to_thread(_over, folder, f"{line.url}/sala", agency.secret, count)
        return found | {"line_out": line.up, "line_in": line.down}


def _over(folder: Path, url: str, secret: str, count: int) -> dict[str, float]:
    with node(folder, settings_of(url, secret)) as server:
        return drained(server, count)


# --- all of it -------------------------------------------------------------------------------------------------------


def main(said: Sequence[str] = ()) -> None:
    """Measure, write `results/drain.json` and `.md`, print the table."""
    parser = options.parser(__doc__, rounds=4)
    parser.add_argument("--requests", type=int, default=100_000, help="how many wait")
    parser.add_argument("--slow", type=int, default=1000, help="how many wait at the slow line")
    chosen = parser.parse_args(said)
    os.sched_setaffinity(0, _last_core)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        record = {"machine": yard.machine(folder), "requests": chosen.requests, "slow_requests": chosen.slow}
        record |= _fast(folder, chosen.requests)
        record |= _with_phones(folder, chosen.requests, chosen.rounds)
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
    with office(root / "office") as agency, node(folder, settings_of(agency.url, agency.secret)) as server:
        return {"bare": yardstick, "node": drained(server, count)}


def _with_phones(root: Path, count: int, rounds: int) -> dict[str, Any]:
    folder = _filled(root / "phones", count)
    with office(root / "phones-office") as agency, node(folder, settings_of(agency.url, agency.secret)) as server:
        return {"p99_ms": beside_phones(server, agency, rounds)}


def _slowly(root: Path, count: int) -> dict[str, float]:
    folder = _filled(root / "slow", count)
    with office(root / "slow-office") as agency:
        return asyncio.run(_slow(folder, agency, count))


def shown(record: dict[str, Any]) -> list[str]:
    """The tables of docs/performance.md."""
    one, other, slow, phones = record["node"], record["bare"], record["slow"], record["p99_ms"]
    least = 8 * slow["line_out"] / LINE
    ratios = [a / b for a, b in zip(phones["with"], phones["without"], strict=True)]
    node_row = (
        f"| node, {record['requests']:,} waiting | {one['rate']:,.0f} | {one['out']:.0f} | {one['in']:.0f}"
        f" | {one['us']:.0f} | {one['memory_mb']:.0f} |"
    )
    over_line = (
        f"Over {LINE:,} bit/s: {record['slow_requests']:,} requests in {slow['seconds']:.0f} s; their"
        f" {slow['line_out']:,.0f} bytes, heads included, take {least:.0f} s at the line's speed."
    )
    with_phones = (
        f"{PACE} key presses a second while it drains, and while it is held still: p99"
        f" {yard.shown(phones['with'], 1)} ms and {yard.shown(phones['without'], 1)} ms, ratio {yard.shown(ratios)}."
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
        with_phones,
    ]


if __name__ == "__main__":
    main(sys.argv[1:])
