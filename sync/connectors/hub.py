"""An agency reached through a hub: the native protocol, with custody in place of acceptance until the agency's word.

One secret is shared with the hub; each agency's road has a key of its own drawn from it, so that nothing signed for one
agency is good for another.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import msgspec
from pydantic import BaseModel
from uuid_utils.compat import uuid7

from flows.errors import Protocol
from sync.connectors import native

NODE_HEADER: Final = "Sala-Node"
"""Whose request it is: which key to look for. It proves nothing."""

DOWN: Final = "down"
"""The road on which parcels come down; no agency can have this name."""

COPY: Final = "copy"
"""The road on which a node's second copy goes to the hub, and its path there."""

PATIENCE: Final = 50.0
"""Seconds that one consignment, or one piece of a copy, may take."""


def road_key(secret: bytes, road: str) -> bytes:
    """The key of one road (`agencies/<name>`, or `DOWN`), from the secret that node and hub share."""
    return hmac.digest(secret, f"sala hub 1 {road}".encode(), hashlib.sha256)


def agency_road(agency: str) -> str:
    """The name of an agency's road, which is also its path at the hub."""
    return f"agencies/{agency}"


class Down(native.Connector):
    """The road on which a hub's parcels come down."""

    def __init__(self, node: str, settings: native.NativeSettings) -> None:
        """`settings` have the hub's address and the secret shared with it."""
        super().__init__(DOWN, node, settings)
        self._key = road_key(self._key, DOWN)
        self._headers = {NODE_HEADER: node}

    async def pull(self, after: int) -> Mapping[str, Any]:
        """Ask for what comes after a number; raises a `RoadFault` unless a signed answer came back."""
        answer = await self._ask("GET", f"/{DOWN}", str(uuid7()), PATIENCE, {}, b"", {"after": str(after)})
        return _object(answer.body)


class CopyLink(native.Connector):
    """The road on which the second copy goes."""

    def __init__(self, node: str, settings: native.NativeSettings) -> None:
        """`settings` have the hub's address and the secret shared with it."""
        super().__init__(COPY, node, settings)
        self._key = road_key(self._key, COPY)
        self._headers = {NODE_HEADER: node}

    async def order(self, order: Mapping[str, Any], piece: bytes = b"") -> Mapping[str, Any]:
        """Give one order with its bytes; raises a `RoadFault` unless a signed answer came back."""
        body = msgspec.json.encode(dict(order)) + b"\n" + piece
        answer = await self._ask("POST", f"/{COPY}", str(uuid7()), PATIENCE, {}, body)
        return _object(answer.body)


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Protocol("the signed answer is not JSON")
    return found


class Connector(native.Connector):
    """One agency through a hub."""

    Settings: ClassVar[type[BaseModel]] = native.NativeSettings
    hub = True

    def __init__(self, agency: str, node: str, settings: native.NativeSettings) -> None:
        """`settings` have the hub's address and the secret shared with it."""
        super().__init__(agency, node, settings)
        self._url = f"{self._url}/{agency_road(agency)}"
        self._key = road_key(self._key, agency_road(agency))
        self._headers = {NODE_HEADER: node}
