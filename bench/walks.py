"""The two walks of the guides behind a thin link: clicks, keys, pages, kilobytes, minutes by the keystroke-level model.

    python -m bench walks [--languages en,lo] [--walks service,morning] [--no-link]

A browser walks what `docs/admin-guide.md` and `docs/officer-guide.md` show, on a node of its own each time, behind
128 kbit/s and 300 ms each way and back, with an empty cache at the start. It acts at once, so its time is what a person
waits for pages, for *Sync now* and for figures that follow her typing. What she needs beside that is by the model:
`tests/console/hand.py` has its operators and where they are from. Reading the guide is told apart, at half the 238
words a minute of Brysbaert, "How many words do we read per minute?", Journal of Memory and Language 109 (2019).
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from playwright.async_api import CDPSession, async_playwright, expect

from bench import yard
from bench.desk import LINK
from bench.options import keep, parser
from sala import config as configuration
from sala import demo
from tests.console import first_service, morning
from tests.console.conftest import CHROMIUM, SWITCHES, WIDE, Site
from tests.console.hand import Hand
from tests.ports import free_port

DOCS: Final = Path(__file__).parent.parent / "docs"
GUIDES: Final = {"service": "admin-guide.md", "morning": "officer-guide.md"}
LOCALES: Final = {"en": "en-GB", "lo": "lo-LA"}
WORDS_A_MINUTE: Final = 238 / 2


def main(options: Sequence[str] = ()) -> None:
    """Measure, print, keep."""
    found = parser(__doc__, rounds=1)
    found.add_argument("--languages", default="en,lo", help="of the desk")
    found.add_argument("--walks", default="service,morning", help="which of them")
    found.add_argument("--no-link", action="store_true", help="without the thin link: to try the bench")
    said = found.parse_args(options)
    if not CHROMIUM:
        raise SystemExit("bench walks needs a browser: sh deploy/peers.sh")
    expect.set_options(timeout=120_000)
    walks = {
        f"{name}, {language}": asyncio.run(_walk(name, language, thin=not said.no_link))
        for name in said.walks.split(",")
        for language in said.languages.split(",")
    }
    keep(said.results, "walks", {"machine": yard.machine(Path.cwd()), "walks": walks}, _table(walks))


async def _walk(name: str, language: str, *, thin: bool) -> dict[str, float]:
    async with _someone(language, thin=thin) as (site, hand, taken):
        begun = time.perf_counter()
        if name == "service":
            await first_service.walk(hand)
            waited = time.perf_counter() - begun
        else:
            async with morning.town(site) as one:
                begun = time.perf_counter()
                await morning.walk(hand, one, first_service.nothing)
                waited = time.perf_counter() - begun
        words = len((DOCS / GUIDES[name]).read_text("utf-8").split())
        return asdict(hand.tally) | {
            "kilobytes": sum(taken) / 1000,
            "waited": waited,
            "reading": words / WORDS_A_MINUTE * 60,
        }


@asynccontextmanager
async def _someone(language: str, *, thin: bool) -> AsyncIterator[tuple[Site, Hand, list[float]]]:
    """A node, somebody in front of it whose link is thin, and the bytes of each answer that she gets."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        written = await asyncio.to_thread(demo.written, port, Path(folder))
        async with demo.running(configuration.load(written), Path(folder)) as running, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(SWITCHES))
            base = f"http://127.0.0.1:{port}"
            context = await browser.new_context(base_url=base, viewport=WIDE, locale=LOCALES[language])
            context.set_default_timeout(120_000)
            page = await context.new_page()
            session: CDPSession = await context.new_cdp_session(page)
            await session.send("Network.enable")
            if thin:
                await session.send("Network.emulateNetworkConditions", LINK)
            taken: list[float] = []
            session.on("Network.loadingFinished", lambda event: taken.append(event["encodedDataLength"]))
            yield Site(base, running.node, Path(folder)), Hand(page, language), taken
            await browser.close()


def _table(walks: dict[str, dict[str, Any]]) -> list[str]:
    heads = ("clicks", "keys", "pages", "parts", "kB", "hands and head, s", "waiting, s", "minutes", "the guide, min")
    lines = ["| walk | " + " | ".join(heads) + " |", "|---|" + "---:|" * len(heads)]
    for name, one in walks.items():
        minutes = (one["seconds"] + one["waited"]) / 60
        cells = [f"{one[key]}" for key in ("clicks", "keys", "loads", "parts")]
        cells += [f"{one[key]:.0f}" for key in ("kilobytes", "seconds", "waited")]
        lines.append(f"| {name} | " + " | ".join([*cells, f"{minutes:.1f}", f"{one['reading'] / 60:.1f}"]) + " |")
    return lines
