"""`python -m docs.pictures.admin`: walks a new admin's first service in a browser, and keeps a picture of each page."""

import asyncio
import contextlib
import shutil
import tempfile
from pathlib import Path

from playwright.async_api import ViewportSize, async_playwright, expect

from console.cookies import COOKIE, LANGUAGE
from sala import demo
from sala.config import load
from sala.loops import new_loop
from store.scope import EVERYTHING
from store.users import Newcomer
from tests.console.first_service import walk
from tests.ports import free_port

OUT = Path(__file__).resolve().parent / "admin"
SIZE = ViewportSize(width=1280, height=800)


async def main() -> None:
    """Start a demonstration, sign in, walk."""
    expect.set_options(timeout=60_000)
    folder, port = Path(tempfile.mkdtemp()), free_port()
    config = load(await asyncio.to_thread(demo.written, port, folder))
    async with contextlib.AsyncExitStack() as stack:
        running = await stack.enter_async_context(demo.running(config, folder))
        users = running.node.memory.users
        await users.add(Newcomer("noy", "", ["admin"], EVERYTHING, shown="Noy", fresh=False), by="pictures")
        cookie, _ = await users.enter("noy", "pictures", "pictures")
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        stack.push_async_callback(browser.close)
        base = f"http://127.0.0.1:{port}"
        context = await browser.new_context(base_url=base, viewport=SIZE)
        await context.add_cookies(
            [{"name": n, "value": v, "url": base} for n, v in ((COOKIE, cookie), (LANGUAGE, "en"))]
        )
        page = await context.new_page()

        async def shoot(name: str) -> None:
            await page.screenshot(path=OUT / f"{name}.png")

        await walk(page, shoot)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(main())
