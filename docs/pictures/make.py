"""`make picture`: starts a demonstration, dials it in a headless Chromium, and keeps what the phone shows in Lao."""

import asyncio
import base64
import contextlib
import json
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

from sala import demo
from sala.config import load
from sala.loops import new_loop
from tests.ports import free_port

OUT = Path(__file__).resolve().parent / "phone.png"
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
WIDTH, HEIGHT, SCALE = 320, 690, 2
# Dials, then chooses Lao: what stands on the screen is the front menu.
STEPS = ("document.querySelector('[data-do=call]').click()", "press('3')")


def browser() -> str:
    """The path of a Chromium; the way out when there is none is one line."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        sys.exit("make picture needs chromium and a Lao font: apt-get install chromium fonts-lao")
    return found


@contextlib.asynccontextmanager
async def chromium(profile: str) -> AsyncIterator[str]:
    """A headless Chromium; gives the address of its DevTools."""
    size = f"--window-size={WIDTH},{HEIGHT}"
    options = ["--headless=new", "--no-sandbox", "--remote-debugging-port=0", f"--user-data-dir={profile}", size]
    process = await asyncio.create_subprocess_exec(browser(), *options, stderr=asyncio.subprocess.PIPE)
    try:
        assert process.stderr
        async for line in process.stderr:
            if found := re.search(rb"ws://([0-9.:]+)/", line):
                yield found[1].decode()
                break
    finally:
        process.terminate()
        await process.wait()


class Page:
    """One page, by the DevTools protocol."""

    def __init__(self, line: aiohttp.ClientWebSocketResponse) -> None:
        self._line = line
        self._count = 0

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One command and its result."""
        self._count += 1
        await self._line.send_json({"id": self._count, "method": method, "params": params})
        while True:
            said = await self._line.receive_json()
            if said.get("id") == self._count:
                return dict(said["result"])


async def picture(port: int, profile: str) -> bytes:
    """What the phone shows after `STEPS`, as PNG."""
    async with chromium(profile) as address, aiohttp.ClientSession() as client:
        async with client.put(f"http://{address}/json/new?http://127.0.0.1:{port}/phone") as answer:
            target = json.loads(await answer.text())["webSocketDebuggerUrl"]
        async with client.ws_connect(target, max_msg_size=0) as line:
            page = Page(line)
            metrics = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": SCALE, "mobile": True}
            await page.call("Emulation.setDeviceMetricsOverride", **metrics)
            for step in STEPS:
                await asyncio.sleep(1)
                await page.call("Runtime.evaluate", expression=step, awaitPromise=True)
            await asyncio.sleep(1)
            return base64.b64decode((await page.call("Page.captureScreenshot", format="png"))["data"])


async def main() -> None:
    """Write the picture."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as profile:
        data = Path(folder)
        file = await asyncio.to_thread(demo.written, port, data)
        async with demo.running(load(file), data):
            shown = await picture(port, profile)
    await asyncio.to_thread(OUT.write_bytes, shown)
    print(f"{OUT}: {len(shown) // 1024} KiB")  # noqa: T201 - for who runs it


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(main())
