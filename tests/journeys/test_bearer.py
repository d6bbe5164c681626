"""A birth by key presses at a node whose link is cut: to the agency by SMS through the node's own channel, and home."""

import asyncio
import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sync.agency import AgencySettings, make_agency_app
from sync.agency import nodes as nodes_of
from sync.agency.app import BOOK
from sync.agency.settings import MessageSettings
from tests.at_standin import Standin
from tests.ports import free_port
from tests.sala.nodes import SECRET, started, written
from tests.sala.test_serve import register
from tests.sync.proxy import Proxy

HOOK = "hook-secret-of-the-gateway"
AGENCY_NUMBER, NODE_NUMBER = "+8562099900002", "+8562099900001"


async def until(what: Any, seconds: float = 120) -> Any:
    """Wait for something true."""
    end = asyncio.get_running_loop().time() + seconds
    while not (found := await what()):
        assert asyncio.get_running_loop().time() < end, "it did not come to pass in time"
        await asyncio.sleep(0.1)
    return found


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_birth_reaches_the_agency_though_the_link_is_cut(tmp_path: Path) -> None:
    brought: asyncio.Queue[str] = asyncio.Queue()

    async def send(request: web.Request) -> web.Response:
        form = await request.post()
        brought.put_nowait(str(form["text"]))
        return web.Response()

    hook = free_port()
    link = Proxy(hook)
    settings = MessageSettings.model_validate(
        {"secret": HOOK, "send_url": f"http://127.0.0.1:{hook}/send", "patience": 0}
    )
    app = make_agency_app(AgencySettings(data=tmp_path / "agency", bearer=settings))
    app.router.add_post("/send", send)
    runner = web.AppRunner(app, auto_decompress=False, access_log=None, handle_signals=False, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", hook).start()
    await link.__aenter__()
    book = app[BOOK]
    secret = await book.do(nodes_of.enrol, "LA-TEST-01")
    agencies = f"""
[agencies.civil-registry]
connector = "native"
url = "{link.url}"
secret = "{secret}"
timeout = 2
[agencies.civil-registry.bearer]
number = "{AGENCY_NUMBER}"
channel = "at"
after = 0
"""
    async with Standin() as at:
        file, http, console = written(tmp_path, agencies)
        file.write_text(file.read_text("utf-8").replace("http://127.0.0.1:9", at.url), "utf-8")
        with started_in_thread(file, http, console) as starting:
            node = await starting
            await until(lambda: book.do(count, "bearer_page"))

            async def both_know() -> bool:
                return "pages_taken" in node.log()

            await until(both_know)
            await link.__aexit__(None, None, None)
            phone = node.another("+8562055500001")
            await asyncio.to_thread(phone.dial)
            await asyncio.to_thread(register, phone, "ລາວ")

            async def frame() -> str:
                return next((text for number, text in at.taken if number == AGENCY_NUMBER), "")

            text = await until(frame)
            assert len(text) <= 160
            async with aiohttp.ClientSession() as session:
                form = {"from": NODE_NUMBER, "text": text}
                async with session.post(f"http://127.0.0.1:{hook}/bearer/{HOOK}/sms", data=form) as response:
                    assert response.status == 200
                assert await book.do(count, "request") == 1
                answer = {"from": AGENCY_NUMBER, "to": "1999", "id": "m1", "date": "2026-11-23 02:30:00"}
                answer["text"] = await asyncio.wait_for(brought.get(), 120)
                async with session.post(f"http://127.0.0.1:{http}/gateways/at/{SECRET}/sms", data=answer) as response:
                    assert response.status == 200

            async def accepted() -> bool:
                _, figures = await asyncio.to_thread(node.get, "/metrics")
                found = re.search(r'sala_deliveries\{agency="civil-registry",state="accepted"\} (\d+)', figures)
                return found is not None and found[1] == "1"

            await until(accepted)
            assert not any(number == AGENCY_NUMBER for number, other in at.taken if other != text)
    await runner.cleanup()


def count(connection: Any, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - names of this test


class started_in_thread:  # noqa: N801 - used like the function that it wraps
    """`started`, which waits, beside an event loop that serves the agency."""

    def __init__(self, *arguments: Any) -> None:
        self._context = started(*arguments)

    def __enter__(self) -> Any:
        return asyncio.to_thread(self._context.__enter__)

    def __exit__(self, *fault: object) -> None:
        self._context.__exit__(*fault)  # type: ignore[arg-type] # handed on as it came
