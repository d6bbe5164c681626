"""The yardstick of the door: a bare aiohttp handler that parses the same form, answers a fixed text and writes nothing.

Run as `python -m bench.bare PORT`.
"""

import asyncio
import sys
from urllib.parse import parse_qsl

import uvloop
from aiohttp import web

_ANSWER = "CON ສະບາຍດີ. Hello\n1 ແຈ້ງເກີດ\n2 Help"


async def _ussd(request: web.Request) -> web.Response:
    form = dict(parse_qsl((await request.read()).decode(), keep_blank_values=True))
    form["sessionId"], form["phoneNumber"], form["text"]
    return web.Response(text=_ANSWER, content_type="text/plain", charset="utf-8")


async def _main(port: int) -> None:
    app = web.Application()
    app.router.add_post("/ussd", _ussd)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_main(int(sys.argv[1])))
