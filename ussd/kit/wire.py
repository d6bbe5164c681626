"""How an operator speaks to a USSD gateway: the one thing that a new gateway adds to the kit."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from store.kit import NUMBER, Failed
from store.values import Answer, Received


@dataclass(frozen=True, slots=True)
class Press:
    """One key press as the operator knows it: all inputs of the session so far, the newest last; none at the start."""

    inputs: tuple[str, ...] = ()
    session: str = "s1"
    number: str = NUMBER
    code: str = "*999#"

    @property
    def text(self) -> str:
        """The inputs as a cumulative gateway sends them."""
        return "*".join(self.inputs)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the phone shows, and whether the session is over; `status` is what came instead of a screen (else 0)."""

    screen: str = ""
    end: bool = False
    status: int = 0


class Peer(Protocol):
    """The operator, as the cases drive it."""

    settings: Mapping[str, Any]

    async def press(self, press: Press) -> Shown:
        """Hand over one key press, and read what came back."""

    async def end(self, session: str) -> bool:
        """Say that a session is over; whether that was acknowledged."""


@dataclass(frozen=True, kw_only=True)
class HttpWire:
    """An operator that calls over HTTP, as data.

    Attributes:
        settings: of a channel for the kit.
        press: what is sent for a key press. shown: what its answer shows, as (screen, is the session over).
        end: session -> what is sent when it is over; None for an operator that does not say.
        malformed: requests that are none of this operator's; each must be refused (4xx) and leave no trace.
        sign: the request with the signature that belongs to its body, whatever that is; None when nothing is signed.
    """

    settings: Mapping[str, Any]
    press: Callable[[Press], Received]
    shown: Callable[[Answer], tuple[str, bool]]
    end: Callable[[str], Received] | None = None
    malformed: tuple[Received, ...] = ()
    sign: Callable[[Received], Received] | None = None


@dataclass(frozen=True, kw_only=True)
class OwnWire:
    """An operator that does not speak HTTP: `operator` gives a peer to whose `settings` the gateway is then made."""

    operator: Callable[[], AbstractAsyncContextManager[Peer]]


class HttpPeer:
    """The operator of an `HttpWire`."""

    def __init__(self, wire: HttpWire, say: Callable[[Received, str], Awaitable[Answer]]) -> None:
        """Send by `say`, which takes a request and the secret to use ("" for the right one)."""
        self.wire = wire
        self.settings = wire.settings
        self._say = say

    async def press(self, press: Press) -> Shown:
        """Post one key press."""
        answer = await self._say(self.wire.press(press), "")
        if answer.status // 100 != 2:  # noqa: PLR2004 - any 2xx is an answer
            return Shown(status=answer.status)
        try:
            return Shown(*self.wire.shown(answer))
        except Exception as strange:
            raise Failed(f"the answer cannot be read: {answer.body[:200]!r} ({strange})") from strange

    async def end(self, session: str) -> bool:
        """Post the end of a session."""
        if self.wire.end is None:
            return True
        return (await self._say(self.wire.end(session), "")).status // 100 == 2  # noqa: PLR2004 - as above

    async def raw(self, received: Received, secret: str = "") -> int:
        """The status that any request gets."""
        return (await self._say(received, secret)).status
