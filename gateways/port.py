"""What a gateway must offer that serves key presses and messages at once, and how it is found by its name."""

from collections.abc import Iterable
from importlib.metadata import entry_points
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

import sms.port
import ussd.port
from flows.errors import ConfigFault

GROUP = "sala.gateways"

Kind = Literal["total", "seconds_total", "now"]


class Settings(ussd.port.Settings, sms.port.Settings):
    """What both sides have; such a gateway's own settings extend it."""


class Sink(ussd.port.Sink, sms.port.Sink, Protocol):
    """The core as `run` of such a gateway gets it."""


@runtime_checkable
class Measured(Protocol):
    """A gateway of whatever side that has figures of its own for `/metrics`."""

    def figures(self) -> Iterable[tuple[Kind, str, float]]:
        """What it counts: (`total` or `seconds_total` since it was made, or as it is `now`; what; how much).

        Reads no network. No number, name or text of anybody is in it.
        """


class Gateway(Protocol):
    """One channel with two sides, which share what this object holds: a connection, a map, a spool.

    It may also be `ussd.port.Runs` and `Healthy`: then it is run, and asked, once for both sides.

    Attributes:
        ussd: the side of the key presses; None when these settings leave it out. sms: the side of the messages.
        called: whether the operator calls us over HTTP, so that the channel needs a `secret`.
    """

    Settings: ClassVar[type[Settings]]
    called: ClassVar[bool]
    ussd: ussd.port.Gateway | None
    sms: sms.port.Gateway | None

    def __init__(self, channel: str, settings: Any) -> None:
        """Serve the channel of this name; `settings` is an instance of this class's `Settings`."""


def load(name: str) -> type[Gateway]:
    """The class registered under this name in `sala.gateways`; imports it, and only it.

    Raises:
        ConfigFault: no installed package offers a gateway of this name.
    """
    offered = entry_points(group=GROUP)
    if name not in offered.names:
        raise ConfigFault(f"no gateway is called {name!r}", hint=f"installed: {', '.join(sorted(offered.names))}")
    found: type[Gateway] = offered[name].load()
    return found
