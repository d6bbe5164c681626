"""What a case of the SMS kit works with: the operator, the gateway, the node between them, and its clock."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

from sms.kit.standin import HttpPeer
from sms.kit.wire import Peer, Quiet, Taken
from sms.lane import Lane
from sms.port import Capabilities, Gateway
from store.kit import NUMBER, must

PAUSE: Final = 0.01
"""Seconds in which the rate of the kit's channel, 1000 a second, allows more than any case sends at once."""

ECHO: Final = {"mark": "7f-6afe0000"}
"""What `sends` of a wire that reports by our mark would have kept of a message that nobody knows."""


@dataclass
class Bench:
    """What a case works with.

    Attributes:
        peer: the operator. gateway: the one that is tried. lane: what sends. go: lets time pass.
        full: within it nothing can be committed. restart: ends the node, and starts it again on the same disk; with
            other settings of the channel, if given.
        states: of all messages, oldest first. silenced: whether a number has said that it wants no more.
    """

    peer: Peer
    gateway: Gateway
    lane: Lane
    go: Callable[[float], None]
    full: Callable[[], AbstractContextManager[None]]
    restart: Callable[[dict[str, object]], Awaitable[None]]
    states: Callable[[], Awaitable[Sequence[str]]]
    crash: Callable[[], Awaitable[None]]
    silenced: Callable[[str], bool]

    @property
    def can(self) -> Capabilities:
        """What the gateway says that it can do."""
        return self.gateway.capabilities

    async def hear(self, name: str, text: str, number: str = NUMBER) -> None:
        """Have a phone send this, which must be acknowledged."""
        acknowledged = await self.peer.message(name, number, text)
        must(acknowledged, f"the message {text[:40]!r} was not acknowledged{self.why()}")

    def last(self) -> Taken:
        """The last message that was sent to the operator; there must be one."""
        if isinstance(self.peer, HttpPeer):
            self.peer.check()
        must(self.peer.seen, "nothing was sent to the operator")
        return self.peer.seen[-1]

    def why(self) -> str:
        """What the node answered to the last request, if it refused it, and the reason that the gateway gave."""
        return self.peer.why(self.gateway) if isinstance(self.peer, HttpPeer) else ""

    async def send(self) -> None:
        """Send what is due, and wait until it is over."""
        idle = 0
        while idle < 2:  # noqa: PLR2004 - the first time it may be the channel's rate that made it wait
            idle = 0 if await self.lane.drain() else idle + 1
            self.go(PAUSE)
        if isinstance(self.peer, Quiet):
            await self.peer.quiet()

    def got(self) -> list[str]:
        """The texts that the operator took, in order, parts of long messages joined."""
        if isinstance(self.peer, HttpPeer):
            self.peer.check()
        return [taken.text for taken in self.peer.seen if taken.manner == "taken"]


def status_of(peer: Peer, state: str) -> str:
    """One of the operator's words for this state; an invented one for one that nobody knows."""
    return next((one for one, meant in peer.statuses.items() if meant == state), "NEVERHEARDOF")
