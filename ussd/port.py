"""What a USSD gateway must be able to do, what the door needs of the store, and how a gateway is found by its name."""

from collections.abc import Awaitable
from importlib.metadata import entry_points
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel, Field

from flows.errors import ConfigFault
from store.values import Answer, Call, Ended, Malformed, Received, Reply

GROUP = "sala.ussd_gateways"


class Settings(BaseModel):
    """What every USSD gateway has; a gateway's own settings extend it.

    Attributes:
        ussd_units_gsm7: septets that one screen holds. The standard allows 182 (TS 23.038, in the 160 octets of
            GSM 04.80); many gateways stop at 160, so raise it only after a test on real phones.
        ussd_units_ucs2: UTF-16 units that one screen holds when it is not all GSM-7. The standard allows 80.
        reply_deadline: seconds after which the door itself ends the session politely; below the operator's own.
        service_codes: the codes that this channel answers, such as `*999#`; empty: whatever the gateway routes here.
    """

    ussd_units_gsm7: int = Field(default=160, ge=60, le=182)
    ussd_units_ucs2: int = Field(default=70, ge=30, le=80)
    reply_deadline: float = Field(default=8.0, gt=0, le=60)
    service_codes: list[str] = []


class Gateway(Protocol):
    """An operator's or aggregator's USSD contract, as two pure functions."""

    Settings: ClassVar[type[Settings]]

    def __init__(self, channel: str, settings: Any) -> None:
        """Serve the channel of this name; `settings` is an instance of this class's `Settings`."""

    def read(self, received: Received) -> Call | Ended | Malformed:
        """Say what the request means. Never raises, whatever the bytes are; never keeps anything."""

    def write(self, reply: Reply) -> Answer:
        """Put one screen into the gateway's form."""


class Turns(Protocol):
    """What the door needs of the store's turns."""

    def take(self, call: Call) -> Awaitable[Reply]:
        """Answer one key press; durable when it is there; the same call again gets the stored reply.

        Raises:
            Busy, DiskFull: nothing was written. WrongNumber: the number may not use this channel.
        """

    async def ended(self, channel: str, session: str, *, whole: bool = False) -> None:
        """Close a session, `whole` if it came to its own end; twice, late or for an unknown one it changes nothing."""


def load(name: str) -> type[Gateway]:
    """The gateway class registered under this name in `sala.ussd_gateways`; imports it, and only it.

    Raises:
        ConfigFault: no installed package offers a USSD gateway of this name.
    """
    offered = entry_points(group=GROUP)
    if name not in offered.names:
        raise ConfigFault(f"no USSD gateway is called {name!r}", hint=f"installed: {', '.join(sorted(offered.names))}")
    found: type[Gateway] = offered[name].load()
    return found
