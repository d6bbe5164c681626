"""The door for agencies that can call in: `POST /agencies/<id>/statuses`, signed as everything else is."""

from typing import Final

import structlog
from aiohttp import web

from flows.errors import RoadFault, StoreFault
from sync.service import SyncService

LONGEST: Final = 1024 * 1024
"""Bytes of one push; an agency with more to say sends several."""

_log = structlog.get_logger("sync")


def routes(service: SyncService) -> list[web.RouteDef]:
    """Return the route to be added to the node's HTTP door."""

    async def take(request: web.Request) -> web.Response:
        return await _take(service, request)

    return [web.post("/agencies/{agency}/statuses", take)]


async def _take(service: SyncService, request: web.Request) -> web.Response:
    name = request.match_info["agency"]
    connector = service.connectors.get(name)
    if connector is None:
        return web.Response(status=404)
    body = await _body(request)
    if body is None:
        return web.Response(status=413)
    headers = {key.lower(): value for key, value in request.headers.items()}
    try:
        answer = connector.pushed(headers, body)
    except RoadFault as fault:
        _log.warning("push_refused", agency=name, code=fault.code)
        return web.Response(status=401)
    try:
        # The cursor stays: pushed events may come out of order, and what lies between is still to be asked for.
        new = await service.listeners[name].take(answer, None)
    except StoreFault as fault:
        _log.error("push_not_kept", agency=name, code=fault.code)
        return web.Response(status=503, headers={"Retry-After": "30"})
    reply = b'{"applied":%d}' % new
    signed = connector.answer(headers, reply)
    return web.Response(body=reply, content_type="application/json", headers=signed)


async def _body(request: web.Request) -> bytes | None:
    parts: list[bytes] = []
    length = 0
    async for part in request.content.iter_chunked(65_536):
        length += len(part)
        if length > LONGEST:
            return None
        parts.append(part)
    return b"".join(parts)
