"""The desk's list at a hundred thousand requests, and every page's bytes and seconds on a thin link.

    python -m bench desk [--rows 100000] [--rounds 5] [--no-pages]

First the officers' list in a store of a thousand and of `--rows` requests: milliseconds for the first page, one from
the middle, the last, a filter, three kinds of search and the counts of the tabs; the medians of `--rounds`. Then, in a
browser behind 128 kbit/s and 300 ms each way and back, each page of the demonstration: kilobytes on the wire at the
first visit and later, and seconds until it can be used.
"""

import asyncio
import re
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from playwright.async_api import CDPSession, async_playwright

from bench import yard
from bench.options import keep, parser
from console.cookies import COOKIE
from console.pages import PAGES
from console.visit import ROOT
from sala import config as configuration
from sala import demo
from store.memory import Memory, open_memory
from store.queue import Wanted
from store.scope import EVERYTHING, Scope
from store.settings import StoreSettings
from tests.console.conftest import CHROMIUM, SWITCHES, WIDE, Site
from tests.console.town import births
from tests.ports import free_port
from tests.store.desk_kit import submission, write
from tests.store.mind import small_mind

SMALL = 1_000
STEP = 500
LINK = {"offline": False, "latency": 300, "downloadThroughput": 16_000, "uploadThroughput": 16_000}
"""128 kbit/s is 16,000 bytes a second."""

DISTRICT = Scope(("LA0901",), ("*",))
Ask = Callable[[], Awaitable[Any]]


def main(options: Sequence[str] = ()) -> None:
    """Measure, print, keep."""
    found = parser(__doc__, rounds=5)
    found.add_argument("--rows", type=int, default=100_000, help="requests in the large store")
    found.add_argument("--no-pages", action="store_true", help="only the list")
    said = found.parse_args(options)
    lists = asyncio.run(_lists(said.rows, said.rounds))
    pages = {} if said.no_pages or not CHROMIUM else asyncio.run(_pages())
    kept = {"machine": yard.machine(Path.cwd()), "rounds": said.rounds, "lists": lists, "pages": pages}
    keep(said.results, "desk", kept, _table(lists, pages))


async def _lists(rows: int, rounds: int) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for count in dict.fromkeys((min(SMALL, rows), rows)):
        with tempfile.TemporaryDirectory() as folder:
            settings = StoreSettings(data=Path(folder), node="LA-XK-03", reserve_mb=0, free_mb=0)
            async with open_memory(settings, bytes(32), small_mind(), house=False) as memory:
                await _fill(memory, count)
                for name, ask in _questions(memory, count).items():
                    found.setdefault(name, {})[f"{count}"] = await _median(ask, rounds)
    return found


async def _fill(memory: Memory, count: int) -> None:
    for start in range(1, count + 1, STEP):
        numbers = range(start, min(start + STEP, count + 1))
        await write(memory, [_one(n) for n in numbers])
        cards = [
            (seq, (number or 0) % 10_000, f"09010{seq % 50:02d}")
            for seq, number, _, _ in await memory.queue.cardless(STEP)
        ]
        await memory.queue.add_cards(cards)


def _one(n: int) -> Any:
    place = "LA0901" if n % 4 else f"LA04{n % 9 + 1:02d}"
    return submission(n, service=("birth", "farm", "school", "health", "business", "feedback")[n % 6], place=place)


def _questions(memory: Memory, count: int) -> dict[str, Ask]:
    queue = memory.queue
    meant = submission(count // 2).reference
    wrong = meant[:2] + str((int(meant[2]) + 1) % 10) + meant[3:]
    return {
        "first page": lambda: queue.page(EVERYTHING, Wanted(), 41),
        "page from the middle": lambda: queue.page(EVERYTHING, Wanted(at=count // 2), 41),
        "last page, newest first": lambda: queue.page(EVERYTHING, Wanted(newest=True), 41),
        "of one district": lambda: queue.page(DISTRICT, Wanted(at=count // 2), 41),
        "of one district and service": lambda: queue.page(DISTRICT, Wanted(service="farm"), 41),
        "of one village": lambda: queue.page(DISTRICT, Wanted(village="0901007"), 41),
        "older than a day": lambda: queue.page(EVERYTHING, Wanted(before=memory.clock.now() - 86_400), 41),
        "search by reference": lambda: queue.search(EVERYTHING, meant, 40),
        "search with a typing error": lambda: queue.search(EVERYTHING, wrong, 40),
        "search by last digits": lambda: queue.search(EVERYTHING, "4321", 40),
        "count of a tab": lambda: queue.count(EVERYTHING, Wanted(group="wait")),
        "one look of the live list": queue.pulse,
    }


async def _median(ask: Ask, rounds: int) -> float:
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        await ask()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


async def _pages() -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        written = await asyncio.to_thread(demo.written, port, Path(folder))
        async with demo.running(configuration.load(written), Path(folder)) as running, async_playwright() as playwright:
            site = Site(f"http://127.0.0.1:{port}", running.node, Path(folder))
            references = await births(site, [f"+85620555123{n:02d}" for n in range(30)])
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(SWITCHES))
            found = {path: await _weigh(browser, site, role, path) for role, path in _addresses(references[0])}
            await browser.close()
            return found


def _addresses(reference: str) -> Sequence[tuple[str, str]]:
    """Each page that opens by itself, with a role that may."""
    found = []
    for page in PAGES:
        path = re.sub(r"\{id[^}]*\}", "birth", re.sub(r"\{ref[^}]*\}", reference, page.path))
        if page.method != "GET" or re.search(r"csv|xlsx|events|/link$|^/$|/fix|storyboard|/file$|\{", path):
            continue
        role = next((one for one in ("officer", "admin", "auditor") if one in page.roles), "")
        found.append((role, path + ("?state=all" if page.path == "/queue" else "")))
    return found


async def _weigh(browser: Any, site: Site, role: str, path: str) -> dict[str, float]:
    """A first visit with an empty cache, then one more."""
    context = await browser.new_context(base_url=site.base, viewport=WIDE, locale="en-GB")
    if role:
        person = await site.person(role)
        await context.add_cookies([{"name": COOKIE, "value": person.cookie, "url": site.base}])
    page = await context.new_page()
    session: CDPSession = await context.new_cdp_session(page)
    await session.send("Network.enable")
    await session.send("Network.emulateNetworkConditions", LINK)
    taken: list[float] = []
    session.on("Network.loadingFinished", lambda event: taken.append(event["encodedDataLength"]))
    facts: dict[str, float] = {}
    for visit in ("first", "again"):
        taken.clear()
        begun = time.perf_counter()
        await page.goto(ROOT + path, wait_until="domcontentloaded")
        facts[f"{visit}_seconds"] = time.perf_counter() - begun
        await page.wait_for_function("typeof htmx === 'object'")
        facts[f"{visit}_kilobytes"] = sum(taken) / 1000
    await context.close()
    return facts


def _table(lists: dict[str, dict[str, float]], pages: dict[str, dict[str, float]]) -> list[str]:
    counts = list(next(iter(lists.values())))
    lines = ["| the officers' list, ms | " + " | ".join(f"{int(one):,}" for one in counts) + " |"]
    lines.append("|---|" + "---:|" * len(counts))
    for name, facts in lists.items():
        lines.append(f"| {name} | " + " | ".join(f"{facts[one]:.1f}" for one in counts) + " |")
    if pages:
        lines += ["", "| page | kB, first visit | s | kB, later | s |", "|---|---:|---:|---:|---:|"]
    for path, one in pages.items():
        cells = ("first_kilobytes", "first_seconds", "again_kilobytes", "again_seconds")
        told = " | ".join(f"{one[cell]:.1f}" for cell in cells)
        lines.append(f"| `{re.sub('[0-9]{9}', '{ref}', path)}` | {told} |")
    return lines
