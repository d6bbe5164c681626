"""Passing messages on between phones and another system: who gets what, and telling it what became of its own."""

import asyncio
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Protocol

import structlog
from pydantic import BaseModel, ConfigDict, Field

from flows.errors import SendError
from sms.port import Tells
from store.relay import Word
from store.values import Inbound

LOOK: Final = 1.0
"""Seconds between two looks at what is to be told."""

LONGEST_PAUSE: Final = 300.0
"""Seconds: after each failure twice as long as before, up to this."""

log = structlog.get_logger("relay")


class Settings(BaseModel):
    """One system that uses this node's channels; its name is that of the channel by which it is reached.

    Attributes:
        channels: by which its messages go to phones, the first that is likely the number's own; and whose messages
            it gets: all of them, or, with `short_codes` or `keywords`, those that fit one of these.
        short_codes: what phones write to. keywords: a message's first word.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    channels: Annotated[tuple[str, ...], Field(min_length=1)]
    short_codes: tuple[Annotated[str, Field(pattern=r"^[0-9]{3,8}$")], ...] = ()
    keywords: tuple[Annotated[str, Field(pattern=r"^\S+$", max_length=30)], ...] = ()

    @property
    def takes_all(self) -> bool:
        """Whether everything that comes by its channels is its own."""
        return not self.short_codes and not self.keywords

    def takes(self, message: Inbound) -> bool:
        """Whether this message of a phone is for it."""
        if message.channel not in self.channels:
            return False
        words = message.text.split(maxsplit=1)
        own = {_plain(word) for word in self.keywords}
        return self.takes_all or message.to in self.short_codes or (bool(words) and _plain(words[0]) in own)


def _plain(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold()


class Onward(Protocol):
    """Who takes what is not passed on."""

    async def overhear(self, message: Inbound) -> None:
        """Take one message."""


class Rows(Protocol):
    """What is needed of the store."""

    async def to_site(self, message: Inbound, site: str) -> None:
        """Pass on what a phone sent; durable before it returns."""

    async def to_phone(self, message: Inbound, channel: str) -> None:
        """Send what the site gave; durable before it returns."""

    async def untold(self, site: str) -> Sequence[Word]:
        """What the site has not been told yet."""

    async def told(self, word: Word) -> None:
        """The site knows."""


class Switch:
    """Takes messages in a listener's place, and passes on those that are not for this node."""

    def __init__(
        self, sites: Mapping[str, Settings], rows: Rows, onward: Onward, prefixes: Mapping[str, Sequence[str]]
    ) -> None:
        """Know the systems by their channels; `prefixes` of numbers by channel are a hint for what goes to phones."""
        self._sites = sites
        self._rows = rows
        self._onward = onward
        self._prefixes = prefixes

    async def overhear(self, message: Inbound) -> None:
        """Take one message; durable before it returns."""
        if site := self._sites.get(message.channel):
            await self._rows.to_phone(message, self._nearest(site.channels, message.msisdn))
            return
        name = next((name for name, site in self._sites.items() if site.takes(message)), "")
        if name:
            await self._rows.to_site(message, name)
        else:
            await self._onward.overhear(message)

    def _nearest(self, channels: Sequence[str], msisdn: str) -> str:
        def nearness(channel: str) -> int:
            fitting = [len(prefix) for prefix in self._prefixes.get(channel, ()) if msisdn.startswith(prefix)]
            return max(fitting, default=0)

        return max(channels, key=nearness)


class Teller:
    """Tells one system what became of its messages, each word until it was heard."""

    def __init__(self, site: str, gateway: Tells, rows: Rows) -> None:
        self._site = site
        self._gateway = gateway
        self._rows = rows
        self._failed = 0

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            try:
                await self.round()
            except Exception:  # the store is busy or full; the rows are on disk and wait
                log.exception("not told", channel=self._site)
                self._failed += 1
            await asyncio.sleep(min(LONGEST_PAUSE, LOOK * 2 ** min(self._failed, 10)))

    async def round(self) -> None:
        """Tell what is news now, until one word is not heard."""
        for word in await self._rows.untold(self._site):
            try:
                await self._gateway.tell(word.name, word.state)
            except SendError as error:
                if error.retry or error.unknown:
                    # Twice the same word does no harm.
                    self._failed += 1
                    log.warning("not told", channel=self._site, reason=error.code)
                    return
                log.warning("not told", channel=self._site, reason=error.code, outcome="refused")
            self._failed = 0
            await self._rows.told(word)
