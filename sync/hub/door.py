"""The hub's side of the native protocol: batches into custody, each agency's word home, parcels down."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from flows.errors import StoreFault
from store.custody import SOURCE, Consigned, Kept, Word
from store.hub import Beat, Hub
from store.memory import Memory
from sync import heartbeat, signing, wire
from sync.agency import intake
from sync.connectors.hub import DOWN, NODE_HEADER, agency_road, road_key
from sync.hub.consignment import Consignment, close
from sync.serving import LOOK_EVERY, Bell, body_of, headers_of, seconds_asked, signed, stranger, whole

PREFIX: Final = "/hub"
"""Where a hub answers on its console's address."""

MAX_BATCH: Final = 200

_log = structlog.get_logger("hub")


@dataclass(frozen=True, slots=True)
class Nodes:
    """The enrolled nodes with their secrets' key bytes: more than one while a secret is being exchanged."""

    secrets: Mapping[str, Sequence[bytes]]

    def key(self, name: str, road: str, headers: Mapping[str, str], body: bytes) -> bytes | None:
        """The key of this road that has signed this request; None: it is nobody's we know."""
        keys = [road_key(secret, road) for secret in self.secrets.get(name, ())]
        return next((key for key in keys if signing.verify(key, headers, body)), None)


class HubDoor:
    """The addresses that nodes call, for one agency after another and for what comes down."""

    def __init__(
        self, memory: Memory, nodes: Nodes, agencies: Sequence[str], bell: Bell, key: Ed25519PrivateKey
    ) -> None:
        """Take the rows, who may come, where submissions may go, the bell of what goes home, and the hub's own key."""
        self._custody = memory.custody
        self._hub = memory.hub
        self._name = memory.settings.node
        # The time by which the hub's own worker asks what is due.
        self._now = memory.clock.steady
        self._nodes = nodes
        self._agencies = frozenset(agencies)
        self._key = key
        self.bell = bell

    def routes(self, prefix: str = PREFIX) -> list[web.RouteDef]:
        """Return the routes under `prefix`."""
        return [
            web.post(f"{prefix}/agencies/{{agency}}/submissions", self.submissions),
            web.get(f"{prefix}/agencies/{{agency}}/statuses", self.statuses, allow_head=False),
            web.get(f"{prefix}/{DOWN}", self.down, allow_head=False),
        ]

    async def submissions(self, request: web.Request) -> web.Response:
        """Take a batch into custody, and say so for each record."""
        body = await body_of(request)
        if body is None:
            return web.Response(status=413)
        agency = request.match_info["agency"]
        node, key = self._caller(request, body, agency_road(agency))
        if key is None:
            return stranger()
        if agency not in self._agencies:
            # The hub may be given this agency later: nothing is wrong with the records.
            return signed(request, key, {"error": f"this hub delivers to no agency {agency!r}"}, 503)
        try:
            records = intake.read(wire.unpack(body, request.headers.get("Content-Encoding", "")))
        except ValueError as fault:
            return signed(request, key, {"error": str(fault)}, 400)
        if any(record.identity[0] != f"{SOURCE}{node}" for record in records):
            _log.warning("batch_of_a_stranger", node=node)
            return signed(request, key, {"error": f"{node} delivers for another node"}, 403)
        try:
            kept = await self._custody.take(node, agency, [consigned(one) for one in records], self._now())
        except StoreFault as fault:
            _log.error("custody_not_taken", node=node, code=fault.code)
            refusal = signed(request, key, {"error": "this hub cannot write now"}, 503)
            refusal.headers["Retry-After"] = "30"
            return refusal
        _log.info("custody_taken", node=node, agency=agency, records=len(kept))
        self.bell.ring()
        results = [result_of(one) for one in kept]
        answer = {"results": results, "max_batch": MAX_BATCH, "held": await self._custody.counted(node, agency)}
        return signed(request, key, answer | await self._hear(request, node, key))

    async def statuses(self, request: web.Request) -> web.Response:
        """Answer with what goes home to this node from this agency, or wait for it for as long as the node asks."""
        agency = request.match_info["agency"]
        node, key = self._caller(request, b"", agency_road(agency))
        if key is None:
            return stranger()
        notices = await self._hear(request, node, key)
        after = request.query.get("after", "")
        until = time.monotonic() + seconds_asked(request)
        words, following = await self._custody.feed(node, agency, after)
        standing = after or "0"
        while not words and following == standing and time.monotonic() < until and not self.bell.closed:
            await self.bell.wait(min(LOOK_EVERY, max(0.01, until - time.monotonic())))
            words, following = await self._custody.feed(node, agency, after)
        answer = {"events": [event_of(word) for word in words], "next": following}
        held = await self._custody.counted(node, agency)
        return signed(request, key, answer | {"held": held} | notices)

    async def down(self, request: web.Request) -> web.Response:
        """Answer with everything that this node has not read yet, under the hub's own signature."""
        node, key = self._caller(request, b"", DOWN)
        if key is None:
            return stranger()
        notices = await self._hear(request, node, key)
        after = whole(request.query.get("after", ""))
        closed = await closed_for(self._hub, self._name, node, after, self._key)
        return signed(request, key, {"consignment": closed, "agencies": sorted(self._agencies)} | notices)

    def _caller(self, request: web.Request, body: bytes, road: str) -> tuple[str, bytes | None]:
        node = request.headers.get(NODE_HEADER, "")
        key = self._nodes.key(node, road, headers_of(request), body)
        if key is None:
            _log.warning("signature_unknown")
        return node, key

    async def _hear(self, request: web.Request, node: str, key: bytes) -> dict[str, list[str]]:
        """Keep the heartbeat that came with a request; returns what the node's desk must be told, for the answer."""
        headers = headers_of(request)
        beat = heartbeat.read(key, headers)
        if beat is None:
            return {}
        try:
            cloned = await self._hub.heard(beat_of(node, beat, heartbeat.stamp(headers)))
        except StoreFault as fault:
            # How a node is matters less than what it brings.
            _log.error("heartbeat_not_kept", node=node, code=fault.code)
            return {}
        return {"notices": ["cloned"]} if cloned else {}


async def closed_for(hub: Hub, name: str, node: str, after: int, key: Ed25519PrivateKey) -> dict[str, str]:
    """What comes down to a node after a number, closed with the hub's key."""
    parcels = tuple(await hub.parcels(node, after))
    upto = parcels[-1].seq if parcels else after
    return close(Consignment(name, node, after, upto, int(time.time()), parcels), key)


def beat_of(node: str, beat: heartbeat.Heartbeat, stamp: int) -> Beat:
    """A heartbeat as the store keeps it."""
    return Beat(node, beat.epoch, stamp, beat.down, beat.text, tuple(beat.blocks), beat.left)


def consigned(record: intake.Record) -> Consigned:
    """What a hub may know of one event: nothing that is sealed."""
    event = record.event
    data = event.get("data")
    case = data.get("case") if isinstance(data, dict) else None
    case_id = case.get("id") if isinstance(case, dict) else None
    texts = {"reference": event.get("subject"), "epoch": event.get("epoch"), "sequence": event.get("sequence")}
    texts["case_id"] = case_id
    kept = {name: text for name, text in texts.items() if isinstance(text, str)}
    return Consigned(*record.identity, record.digest, record.raw, **kept)


def result_of(one: Kept | Word) -> dict[str, Any]:
    """What is said of one submission, as a result of the protocol."""
    result: dict[str, Any] = {"id": one.id, "status": one.status}
    said = {"agency_ref": one.agency_ref, "reason": one.reason, "fields": list(one.fields)}
    return result | {name: value for name, value in said.items() if value}


def event_of(word: Word) -> dict[str, Any]:
    """The same as an event of a feed."""
    return {"seq": word.seq, "reference": word.reference, **result_of(word), "params": dict(word.params)}
