"""The node's end of the road down: asks its hub for what is new, checks it, and keeps it for the node to use."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from flows.errors import ConfigFault, RoadFault
from store.arrivals import Arrivals
from sync import backoff
from sync.connectors.hub import Down
from sync.hub import parcelfile
from sync.hub.consignment import DownFault, open_
from sync.means import Means, hear_notices, rest

EVERY: Final = 60.0
"""Seconds between two questions, while the hub answers."""

MOST_BETWEEN: Final = 900.0
"""Seconds between two questions to a hub that does not answer."""

Keys = Callable[[], Awaitable[Sequence[Ed25519PublicKey]]]

_log = structlog.get_logger("hub")


class Puller:
    """Asks one hub, for as long as the node runs. `taken` is called after something new was kept."""

    def __init__(self, link: Down, arrivals: Arrivals, node: str, keys: Keys, means: Means) -> None:
        """`keys` gives the hub's public keys that are good now."""
        self._link = link
        self._arrivals = arrivals
        self._node = node
        self._keys = keys
        self._means = means
        self._stopping = asyncio.Event()
        self._woken = asyncio.Event()
        self._failures = 0
        self.taken = asyncio.Event()
        self.sentence = ""

    def nudge(self) -> None:
        """Ask at once: the hub was heard on another road."""
        self._woken.set()

    def stop(self) -> None:
        """Ask no more."""
        self._stopping.set()

    async def close(self) -> None:
        """Close the connection."""
        await self._link.close()

    async def run(self) -> None:
        """Ask until `stop`."""
        while not self._stopping.is_set():
            self._woken.clear()
            try:
                more = await self.pull()
                pause = 0.0 if more else EVERY
                self._failures = 0
            except (RoadFault, DownFault, ConfigFault) as fault:
                self._failures += 1
                self.sentence = str(fault)
                _log.warning("down_unheard", code=fault.code)
                pause = max(2.0, backoff.wait(self._failures, self._means.chance(), MOST_BETWEEN))
            except asyncio.CancelledError:
                raise
            except Exception as fault:  # noqa: BLE001 - the store may be busy or full; the next question comes soon
                _log.error("down_failed", fault=type(fault).__name__)
                pause = EVERY
            if pause:
                await rest(pause, self._woken, self._stopping)

    async def pull(self) -> int:
        """Ask once; returns how many parcels were new.

        Raises:
            RoadFault: the hub was not heard. DownFault: what it sent cannot be used.
        """
        have = await self._arrivals.position()
        answer = await self._link.pull(have)
        hear_notices(self._means, "hub", [one for one in answer.get("notices", ()) if isinstance(one, str)])
        new = await take(self._arrivals, answer.get("consignment"), await self._keys(), self._node)
        self.sentence = ""
        if new:
            _log.info("down_taken", parcels=new)
            self.taken.set()
        return new


async def take(arrivals: Arrivals, closed: Any, keys: Sequence[Ed25519PublicKey], node: str) -> int:
    """Check a consignment and keep what is new; returns how many parcels were. Raises `DownFault`."""
    consignment = open_(closed, keys, node, await arrivals.position())
    return await arrivals.take(consignment.parcels, consignment.upto)


async def take_file(
    arrivals: Arrivals, path: Path, keys: Sequence[Ed25519PublicKey], node: str, secrets: Sequence[bytes]
) -> int:
    """As `take`, from a file that `sala down write` wrote."""
    closed = await asyncio.to_thread(parcelfile.read, path, node, secrets)
    return await take(arrivals, closed, keys, node)
