"""The two doors as aiohttp servers: the gateways', and the other one with figures, schemas and pages."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final

from aiohttp import web

from sala import metrics, openapi
from sala.express import Server
from sala.gate import LARGEST_BODY, PREFIX, Gate

FAREWELL: Final = 3.0
"""Seconds that a running request gets at the end; the whole end takes at most 5."""

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
Ready = Callable[[], Awaitable[str]]
Figures = Callable[[], Awaitable[Iterable[tuple[str, metrics.Labels, float]]]]
Schema = Callable[[str, str], Awaitable[dict[str, object] | None]]

_NO_STORE = {"Cache-Control": "no-store"}


async def health(_request: web.BaseRequest) -> web.Response:
    """Alive: the loop turns. Says nothing of the store."""
    return web.json_response({"status": "alive"}, headers=_NO_STORE)


def ready_handler(ready: Ready) -> Handler:
    """200 when `ready()` says "", else 503 with its word."""

    async def handle(_request: web.BaseRequest) -> web.Response:
        why_not = await ready()
        body = {"status": "ready"} if not why_not else {"status": "not ready", "reason": why_not}
        return web.json_response(body, status=503 if why_not else 200, headers=_NO_STORE)

    return handle


def door_handler(gate: Gate, ready: Ready) -> Handler:
    """The gateways' door: no router, no middleware, because each key press would pay for them."""
    pages: Mapping[str, Handler] = {"/health": health, "/ready": ready_handler(ready)}

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if request.rel_url.raw_path.startswith(PREFIX):
            return await gate.handle(request)
        page = pages.get(request.path)
        return await page(request) if page and request.method in {"GET", "HEAD"} else web.Response(status=404)

    return handle


def console_app(ready: Ready, figures: Figures, schema: Schema) -> web.Application:
    """The other door, without the pages that `sala/app.py` adds."""
    app = web.Application(client_max_size=LARGEST_BODY)
    app.router.add_get("/health", health)
    app.router.add_get("/ready", ready_handler(ready))
    app.router.add_get("/metrics", _metrics_handler(figures))
    app.router.add_get("/openapi.json", _openapi)
    app.router.add_get("/schemas/{service}/{revision}", _schema_handler(schema))
    return app


def _metrics_handler(figures: Figures) -> Handler:
    async def handle(_request: web.BaseRequest) -> web.Response:
        text = metrics.render(await figures())
        return web.Response(body=text.encode(), headers={"Content-Type": metrics.CONTENT_TYPE, **_NO_STORE})

    return handle


def _schema_handler(schema: Schema) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        found = await schema(request.match_info["service"], request.match_info["revision"])
        if found is None:
            return problem(404, "no such revision")
        return web.json_response(found, content_type="application/schema+json")

    return handle


async def _openapi(_request: web.BaseRequest) -> web.Response:
    return web.json_response(openapi.DOCUMENT)


def problem(status: int, title: str) -> web.Response:
    """An error as RFC 9457 has it."""
    body = {"type": "about:blank", "status": status, "title": title}
    return web.json_response(body, status=status, content_type="application/problem+json", headers=_NO_STORE)


class Site:
    """One server on sockets that are bound already."""

    def __init__(self, runner: web.ServerRunner | web.AppRunner) -> None:
        self._runner = runner

    @classmethod
    def of_gate(cls, gate: Gate, handler: Handler) -> "Site":
        """A server without router, where key presses may take the short way."""
        return cls(web.ServerRunner(Server(gate, handler), shutdown_timeout=FAREWELL))

    @classmethod
    def of_app(cls, app: web.Application) -> "Site":
        """A server with routes. No access log: paths hold secrets."""
        # What an agency pushes is verified as it travelled, so nothing may unpack a body on the way.
        return cls(web.AppRunner(app, access_log=None, shutdown_timeout=FAREWELL, auto_decompress=False))

    async def start(self, bound: socket.socket) -> None:
        """Answer at this socket."""
        await self._runner.setup()
        await web.SockSite(self._runner, bound, backlog=1024).start()

    async def stop(self) -> None:
        """Take nothing new, let what runs be answered for `FAREWELL` seconds, then close."""
        async with asyncio.timeout(FAREWELL + 1):
            await self._runner.cleanup()
