"""Which channel a message goes by: the one that its number last came by, else by prefix, else the cheapest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

OTHERWISE: Final = 10_000
"""What a segment costs where no price is given, in 1/10000 of the currency."""


@dataclass(frozen=True, slots=True)
class Route:
    """One channel that sends.

    Attributes:
        channel: its name. codes: calling codes that it may write to. prefixes: of numbers that are likely its own.
        prices: of a segment by prefix, in 1/10000 of the currency; the longest that fits decides.
        phones: whether it leads to phones; what leads to another system carries answers to what came by it alone.
    """

    channel: str
    codes: tuple[str, ...]
    prefixes: tuple[str, ...] = ()
    prices: Mapping[str, int] | None = None
    phones: bool = True

    def reaches(self, msisdn: str) -> bool:
        """Whether this number may be written to at all."""
        return msisdn.startswith(self.codes)

    def nearness(self, msisdn: str) -> int:
        """Digits of the longest prefix that fits, 0 for none. A hint only: numbers may have moved."""
        return max((len(prefix) for prefix in self.prefixes if msisdn.startswith(prefix)), default=0)

    def price(self, msisdn: str) -> int:
        """What one segment to this number costs."""
        fitting = [prefix for prefix in self.prices or {} if msisdn.startswith(prefix)]
        return (self.prices or {})[max(fitting, key=len)] if fitting else OTHERWISE


@dataclass(frozen=True, slots=True)
class Routes:
    """All channels that send, in the order of the configuration.

    Attributes:
        send_by: for a channel that does not send, or is not to, the one that does in its place.
        failover: whether a message that a channel certainly did not take may go by another one.
    """

    all: tuple[Route, ...] = ()
    send_by: Mapping[str, str] | None = None
    failover: bool = True

    @property
    def matter(self) -> bool:
        """Whether there is anything to choose."""
        return len(self.all) > 1

    def own(self, came_by: str) -> str:
        """The channel that sends in the place of this one; itself, as a rule."""
        return (self.send_by or {}).get(came_by, came_by)

    def pick(self, came_by: str, msisdn: str) -> str:
        """The channel for a message to this number, which last came by `came_by`."""
        own = self.own(came_by)
        if not self.all or any(route.channel == own and route.reaches(msisdn) for route in self.all):
            return own
        ranked = self._ranked(msisdn)
        return ranked[0].channel if ranked else own

    def after(self, channel: str, tried: str, msisdn: str) -> str:
        """The channel to try when `channel`, and those in `tried`, certainly did not take it; "" if there is none."""
        if not self.failover or any(route.channel == channel and not route.phones for route in self.all):
            return ""
        refused = {channel, *tried.split(",")}
        return next((route.channel for route in self._ranked(msisdn) if route.channel not in refused), "")

    def _ranked(self, msisdn: str) -> Sequence[Route]:
        reaching = [route for route in self.all if route.phones and route.reaches(msisdn)]
        return sorted(reaching, key=lambda route: (-route.nearness(msisdn), route.price(msisdn)))
