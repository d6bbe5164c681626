"""The HTTP edge of both doors: finds the channel, checks its secret, reads the body, and hands it on as a value.

The door's paths are `/gateways/<channel>/<secret>/<tail>`. They are looked up in dictionaries and not in aiohttp's
router, whose walk over patterns and middlewares would be a tenth of what a whole key press costs.
"""

import hmac
import ipaddress
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import structlog
from aiohttp import web
from multidict import CIMultiDict

from store.values import Answer, Received

PREFIX = "/gateways/"
# Bodies above this are refused unread (bytes).
LARGEST_BODY = 256 * 1024

Hook = Callable[[Received], Awaitable[Answer]]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

log = structlog.get_logger("gate")

_NO_STORE = {"Cache-Control": "no-store"}
_TEXT = CIMultiDict({"Content-Type": "text/plain; charset=utf-8", **_NO_STORE})


@dataclass(frozen=True, slots=True)
class Way:
    """One channel at the gate.

    Attributes:
        secrets: the live ones; two while they are being exchanged.
        hooks: what answers behind them, by the rest of the path.
        peers: networks that its gateway calls from; empty: any.
    """

    secrets: tuple[bytes, ...]
    hooks: Mapping[str, Hook]
    peers: tuple[Network, ...] = ()


class Found(NamedTuple):
    """What answers a request: the hook, the rest of the path, and where the request comes from."""

    hook: Hook
    tail: str
    caller: str


class Gate:
    """Answers every request under `/gateways/`."""

    def __init__(self, ways: Mapping[str, Way], proxies: Collection[str] = ()) -> None:
        """Serve these channels, by their names; believe the forwarded address that one of `proxies` adds."""
        self._ways = dict(ways)
        self._proxies = frozenset(proxies)

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """One gateway's request. A wrong channel, secret or path is the same 404; none of the three is ever logged."""
        found = self.find(request.rel_url.raw_path, request.remote or "", request.headers)
        if found is None:
            return web.Response(status=404)
        if (request.content_length or 0) > LARGEST_BODY:
            return web.Response(status=413)
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=413)
        if len(body) > LARGEST_BODY:
            return web.Response(status=413)
        received = Received(
            body,
            method=request.method,
            tail=found.tail,
            query=request.rel_url.raw_query_string,
            headers=request.headers,
            peer=found.caller,
        )
        return _response(await _guarded(found.hook, received))

    def find(self, path: str, peer: str, headers: Mapping[str, str]) -> Found | None:
        """What answers at this raw path one who calls from `peer`; None is a 404, whatever the reason."""
        way, tail = self._open(path)
        hook = way.hooks.get(tail) if way else None
        if way is not None and hook is None:
            # Some contracts put the session or the state into the path.
            hook = way.hooks.get(f"{tail.partition('/')[0]}/*")
        if way is None or hook is None:
            return None
        caller = self._caller(peer, headers)
        return None if way.peers and not _is_in(caller, way.peers) else Found(hook, tail, caller)

    def _caller(self, peer: str, headers: Mapping[str, str]) -> str:
        """Where a request comes from. Of a forwarded list only the end counts: our own proxy wrote that."""
        return headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() if peer in self._proxies else peer

    def _open(self, path: str) -> tuple[Way | None, str]:
        channel, _, rest = path.removeprefix(PREFIX).partition("/")
        secret, _, tail = rest.partition("/")
        way = self._ways.get(channel)
        # An unknown channel is compared too, so that the time taken does not tell the channels' names.
        if not _is_one_of(secret.encode("utf-8", "replace"), way.secrets if way else (b"-" * 32,)) or way is None:
            return None, ""
        return way, tail.rstrip("/")


def _is_one_of(offered: bytes, secrets: Sequence[bytes]) -> bool:
    """Whether it is one of the live secrets; every one is compared, each in constant time."""
    found = False
    for secret in secrets:
        found |= hmac.compare_digest(offered, secret)
    return found


def _is_in(peer: str, networks: Sequence[Network]) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    return any(address in network for network in networks)


async def _guarded(hook: Hook, received: Received) -> Answer:
    """The hook's answer; a fault that the door itself did not foresee means that nothing is committed: 503."""
    try:
        return await hook(received)
    except Exception:  # the last fence before the gateway; the place goes to the log
        log.exception("callback failed", route=received.tail)
        return Answer(503, b"")


def _response(answer: Answer) -> web.Response:
    if answer.content_type == "text/plain" and not answer.headers:
        return web.Response(body=answer.body, status=answer.status, headers=_TEXT)
    kind = "text/plain; charset=utf-8" if answer.content_type == "text/plain" else answer.content_type
    headers = CIMultiDict([("Content-Type", kind), *_NO_STORE.items(), *answer.headers])
    return web.Response(body=answer.body, status=answer.status, headers=headers)
