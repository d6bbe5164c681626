"""A real network between node and agency: a namespace of its own, a token bucket and lost packets (root only).

`python -m tests.faults.netns FOLDER HOST PORT` is the agency inside it.
"""

import asyncio
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import aiohttp

from store.memory import open_memory
from store.settings import StoreSettings
from sync.agency import AgencySettings, enrol, serve_agency
from sync.agency.book import open_book
from sync.connectors.native import Connector, NativeSettings
from sync.means import Means
from sync.worker import Worker
from tests.faults.power import fresh_folder
from tests.faults.rows import MOST_SECONDS, Tally
from tests.ports import free_port
from tests.store.conftest import KEY
from tests.store.mind import small_mind
from tests.sync.conftest import NODE
from tests.sync.test_store import AGENCY, states_of, submit

RATE: Final = "64kbit"
MTU: Final = 576
LOSS: Final = 10
"""Packets in a hundred that are dropped by chance in either direction, where nftables or iptables can be had."""

_TOOLS: Final = ("ip", "tc")


def _run(*words: str) -> bool:
    return subprocess.run(words, check=False, capture_output=True).returncode == 0


class Space:
    """A network namespace behind a bad line; addresses 10.231.N.1 (here) and 10.231.N.2 (inside)."""

    def __init__(self, number: int) -> None:
        self.name = f"sala{number}"
        self.here, self.inside = f"10.231.{number}.1", f"10.231.{number}.2"
        self.loses = False

    def make(self) -> bool:
        """Whether it could be made."""
        if os.geteuid() or not all(shutil.which(tool) for tool in _TOOLS):
            return False
        one, two, name = f"{self.name}a", f"{self.name}b", self.name
        steps = (
            f"ip netns add {name}",
            f"ip link add {one} type veth peer name {two} netns {name}",
            f"ip addr add {self.here}/30 dev {one}",
            f"ip -n {name} addr add {self.inside}/30 dev {two}",
            f"ip link set {one} mtu {MTU} up",
            f"ip -n {name} link set {two} mtu {MTU} up",
            # The burst must exceed the MTU; what does not fit into the queue is dropped.
            f"tc qdisc add dev {one} root tbf rate {RATE} burst 3000 latency 400ms",
            f"ip netns exec {name} tc qdisc add dev {two} root tbf rate {RATE} burst 3000 latency 400ms",
        )
        if not all(_run(*step.split()) for step in steps):
            self.remove()
            return False
        self.loses = all(self._drops(hook) for hook in ("input", "output"))
        return True

    def _drops(self, hook: str) -> bool:
        """Whether packets are dropped by chance on this way; by whichever of the two filters there is."""
        inside = ("ip", "netns", "exec", self.name)
        chain = f"add chain inet f {hook} {{ type filter hook {hook} priority 0 ; }}"
        rule = f"add rule inet f {hook} numgen random mod 100 < {LOSS} counter drop"
        if shutil.which("nft") and all(_run(*inside, "nft", line) for line in ("add table inet f", chain, rule)):
            return True
        chance = ("-m", "statistic", "--mode", "random", "--probability", str(LOSS / 100), "-j", "DROP")
        filters = (name for name in ("iptables", "iptables-legacy") if shutil.which(name))
        return any(_run(*inside, name, "-A", hook.upper(), *chance) for name in filters)

    def remove(self) -> None:
        _run("ip", "link", "del", f"{self.name}a")
        _run("ip", "netns", "del", self.name)


async def through_a_namespace(seed: int, runs: int) -> Tally:
    """`runs` requests over 64 kbit/s with lost packets, each once."""
    space = Space(random.Random(seed).randrange(1, 250))
    if not space.make():
        print("  no network namespace to be had here: it needs root, ip and tc")
        return Tally(0, 0)
    print(f"  {RATE}, MTU {MTU}, {f'{LOSS} % of packets dropped' if space.loses else 'drops by the full queue only'}")
    try:
        with fresh_folder() as folder:
            return await _over(space, folder, runs)
    finally:
        space.remove()


async def _over(space: Space, folder: Path, runs: int) -> Tally:
    secret = await enrol(folder / "agency", NODE)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(_agency(space, folder))
        settings = StoreSettings(data=folder / "node", node=NODE, reserve_mb=0, free_mb=0)
        memory = await stack.enter_async_context(open_memory(settings, KEY, small_mind(), house=False))
        road = NativeSettings.model_validate({"url": url, "secret": secret, "timeout": 10})
        connector = Connector(AGENCY, NODE, road)
        stack.push_async_callback(connector.close)
        await submit(memory, runs)
        worker = Worker(AGENCY, connector, memory.road, Means("netns", now=memory.clock.steady))
        deadline = time.monotonic() + 3 * MOST_SECONDS
        while (await memory.road.states())[0].waiting and time.monotonic() < deadline:
            if not (await worker.step()).offers:
                await asyncio.sleep(0.05)
        states = set(await states_of(memory))
    async with open_book(folder / "agency") as book:
        counts = await book.do(lambda link: link.execute("SELECT count(*) FROM request GROUP BY id").fetchall())
    notes = () if states == {"accepted"} else (f"states {states}",)
    return Tally(1, runs, runs - len(counts), sum(n > 1 for (n,) in counts), len(notes), notes)


@asynccontextmanager
async def _agency(space: Space, folder: Path) -> AsyncIterator[str]:
    port = str(free_port())
    module = [sys.executable, "-m", "tests.faults.netns", str(folder / "agency"), space.inside, port]
    quiet = asyncio.subprocess.DEVNULL
    command = ["ip", "netns", "exec", space.name, *module]
    process = await asyncio.create_subprocess_exec(*command, stdout=quiet, stderr=quiet)
    url = f"http://{space.inside}:{port}"
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            await asyncio.wait_for(_there(session, url), MOST_SECONDS)
        yield url
    finally:
        process.kill()
        await process.wait()


async def _there(session: aiohttp.ClientSession, url: str) -> None:
    while True:
        with suppress(aiohttp.ClientError, TimeoutError):
            async with session.get(f"{url}/health") as answer:
                if answer.status == 200:
                    return
        await asyncio.sleep(0.1)


if __name__ == "__main__":
    asyncio.run(serve_agency(AgencySettings(data=Path(sys.argv[1]), host=sys.argv[2], port=int(sys.argv[3]))))
