"""An agency reached through a hub: the native protocol, with custody in place of acceptance until the agency's word.

One secret is shared with the hub; each agency's road has a key of its own drawn from it, so that nothing signed for one
agency is good for another.
"""

import hashlib
import hmac
from typing import ClassVar, Final

from pydantic import BaseModel

from sync.connectors import native

NODE_HEADER: Final = "Sala-Node"
"""Whose request it is: which key to look for. It proves nothing."""

DOWN: Final = "down"
"""The road on which parcels come down; no agency can have this name."""


def road_key(secret: bytes, road: str) -> bytes:
    """The key of one road (`agencies/<name>`, or `DOWN`), from the secret that node and hub share."""
    return hmac.digest(secret, f"sala hub 1 {road}".encode(), hashlib.sha256)


def agency_road(agency: str) -> str:
    """The name of an agency's road, which is also its path at the hub."""
    return f"agencies/{agency}"


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
