"""Pictures of every page of the desk, in both languages, at a desk's and a telephone's width: docs/pictures/desk/*.png.

It runs the demonstration with some requests in it, so what is shown is what anybody sees who runs `make demo`.
With names of pages (`node users`) it takes only theirs.
"""

import asyncio
import re
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Page, async_playwright

from console.cookies import COOKIE, LANGUAGE
from console.pages import PAGES
from console.visit import ROOT
from sala import config as configuration
from sala import demo, invented
from store.scope import EVERYTHING
from tests.console.conftest import CHROMIUM, NARROW, SWITCHES, WIDE, Site
from tests.console.town import Wire, births
from tests.ports import free_port
from tests.store.test_queue import refuse

FOLDER = Path(__file__).parent / "desk"
ASKED = {"/queue": "?state=all", "/reports/map": "?level=village&service=birth"}
ROLE = {"/audit": "auditor", "/login": ""}


PLACE = (
    "place => document.querySelectorAll('code').forEach("
    "one => { one.textContent = one.textContent.replace(place, '/var/lib/sala') })"
)


def name_of(path: str) -> str:
    """A file's name for an address."""
    return re.sub(r"\{(\w+)[^}]*\}", r"\1", path).strip("/").replace("/", "-") or "home"


async def shoot(page: Page, site: Site, reference: str) -> None:
    """Each page but those of services, which have pictures of their own, in both languages."""
    for one in PAGES:
        if one.method != "GET" or re.search(r"csv|events|oidc|flows|\{(?!ref)|/link$|^/$", one.path):
            continue
        if sys.argv[1:] and name_of(one.path) not in sys.argv[1:]:
            continue
        role = ROLE.get(one.path, next((role for role in ("officer", "admin") if role in one.roles), ""))
        for language, size, width in (("en", WIDE, "wide"), ("lo", NARROW, "narrow")):
            await page.context.clear_cookies()
            person = await site.person(role) if role else None
            cookies = {LANGUAGE: language} | ({COOKIE: person.cookie} if person else {})
            await page.context.add_cookies([{"name": n, "value": v, "url": site.base} for n, v in cookies.items()])
            await page.set_viewport_size(size)
            path = re.sub(r"\{\w+[^}]*\}", reference, one.path)
            await page.goto(f"{ROOT}{path}{ASKED.get(path, '')}")
            # The folder of this run is nobody else's.
            await page.evaluate(PLACE, str(site.folder))
            await page.screenshot(path=FOLDER / f"{name_of(one.path)}-{language}-{width}.png", full_page=True)


async def main() -> None:
    """Run the demonstration, fill it, take the pictures."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        port = free_port()
        written = await asyncio.to_thread(demo.written, port, Path(place))
        async with demo.running(configuration.load(written), Path(place)) as running, async_playwright() as playwright:
            site = Site(f"http://127.0.0.1:{port}", running.node, Path(place))
            await births(site, [f"+85620555123{n:02d}" for n in range(3)])
            wire = Wire(running.node, "civil-registry")
            wire.cut()
            references = await births(site, [f"+85620555124{n:02d}" for n in range(4)])
            entry = await site.memory.queue.one(EVERYTHING, references[0])
            if entry is not None:
                await refuse(site.memory, entry.latest, "civil-registry", "mother_name")
            await site.memory.figures.invent(*await invented.made_up(running.config))
            await site.memory.review.tell("unmatched", "ຂໍຖາມເລື່ອງໃບເກີດ")
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(SWITCHES))
            context = await browser.new_context(base_url=site.base, locale="en-GB")
            await shoot(await context.new_page(), site, references[0])
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
