"""What all pictures of the desk share: a demonstration in a folder that is nobody else's, and a browser before it."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

from sala import config as configuration
from sala import demo
from tests.console.conftest import CHROMIUM, SWITCHES, Site
from tests.ports import free_port

PICTURES = Path(__file__).resolve().parent
LOCALES = {"en": "en-GB", "lo": "lo-LA"}
PLACE = (
    "place => document.querySelectorAll('code').forEach("
    "one => { one.textContent = one.textContent.replace(place, '/var/lib/sala') })"
)


@dataclass
class Studio:
    """A running demonstration and a browser."""

    site: Site
    browser: Browser

    async def page(self, language: str, size: ViewportSize) -> Page:
        """Somebody whom the desk does not know yet; her browser asks for this language."""
        context = await self.browser.new_context(base_url=self.site.base, locale=LOCALES[language], viewport=size)
        return await context.new_page()

    async def keep(self, page: Page, file: Path, *, whole: bool = False) -> None:
        """Take the picture; the folder of this run is not in it."""
        await page.evaluate(PLACE, str(self.site.folder))
        await page.screenshot(path=file, full_page=whole, animations="disabled")


@contextlib.asynccontextmanager
async def studio() -> AsyncIterator[Studio]:
    """Run it until the pictures are taken."""
    expect.set_options(timeout=60_000)
    folder, port = Path(tempfile.mkdtemp()), free_port()
    try:
        config = configuration.load(await asyncio.to_thread(demo.written, port, folder))
        async with demo.running(config, folder) as running, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(SWITCHES))
            yield Studio(Site(f"http://127.0.0.1:{port}", running.node, folder), browser)
            await browser.close()
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
