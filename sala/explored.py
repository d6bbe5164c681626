"""What the explorer's commands share: which flows, with which tables, day, room and prices."""

import asyncio
import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from flows.errors import ConfigFault
from flows.explorer import Report, Settings, Tariff, explore
from flows.findings import Finding
from flows.model import Flow
from flows.revision import Revision, revise
from sala import author
from sala.author import Material

if TYPE_CHECKING:
    from sala.config import Config
    from store.values import Published

DAY = date(2026, 11, 23)
"""The day on which everything happens, so that the same flow has the same report every day."""


def settings_of(given: Material, tariffs: Iterable[Tariff] = ()) -> Settings:
    """How flows are explored with these tables."""
    return Settings(given.tables, given.phrases, DAY, tariffs=tuple(tariffs))


def revisions(paths: Iterable[Path]) -> list[Revision]:
    """The services in these files, with the parts they run. A part alone is left out: its services walk it.

    Raises:
        FlowFault: a file cannot be read, or a part is missing.
    """
    flows = author.read(paths)
    return bound(flows)


def bound(flows: Sequence[Flow]) -> list[Revision]:
    """The services among these flows, each with its parts."""
    parts = author.parts_for(flows)
    return [revise(flow, parts) for flow in flows if not flow.is_part]


def only(path: Path) -> Revision:
    """The one service in a file.

    Raises:
        ConfigFault: there is none, or more than one. FlowFault: the file cannot be read.
    """
    found = revisions([path])
    if len(found) != 1:
        hint = "give the file of one service; a part is drawn where a service runs it"
        raise ConfigFault(f"{path}: {len(found)} services in it", hint=hint)
    return found[0]


def published(word: str, config: "Config") -> Revision:
    """A published revision: the live one of a service by its id, or any by the first digits of its digest.

    Raises:
        ConfigFault: none is called so, or more than one.
    """
    from sala import services  # noqa: PLC0415 - a walk needs files only; the store is for what a node has published

    return services.revision_of(asyncio.run(_published(word, config)))


async def _published(word: str, config: "Config") -> "Published":
    from sala.beside import beside  # noqa: PLC0415 - as above

    async with beside(config) as memory:
        listed = await memory.library.list()
    digits = word.removeprefix("sha256:")
    found = [one for one in listed if one.live and one.flow == word]
    found = found or [one for one in listed if one.digest.removeprefix("sha256:").startswith(digits)]
    if len(found) != 1:
        raise ConfigFault(f"{word}: {len(found)} revisions are called so", hint="see: sala flow list")
    return found[0]


def explored(paths: Iterable[Path], given: Material, tariffs: Iterable[Tariff] = ()) -> list[Report]:
    """The reports of all services in these files."""
    chosen = settings_of(given, tariffs)
    return [explore(revision, chosen) for revision in revisions(paths)]


def blocking(findings: Iterable[Finding]) -> bool:
    """Whether one of them is an error."""
    return any(finding.severity == "error" for finding in findings)


def tariff(text: str) -> Tariff:
    """A tariff as it is typed: `name:segment[:session[:block/seconds]][:currency]`, amounts in that currency.

    `LTC:100:50` is 100 for an SMS and 50 for a session; `LTC:100:0:20/20:LAK` takes 20 for each 20 seconds.
    """
    name, *rest = text.split(":")
    currency = rest.pop() if rest and re.fullmatch("[A-Z]{3}", rest[-1]) else "LAK"
    try:
        segment, session, block = rest + ["0", "0", "0/0"][len(rest) :]
        amount, _, seconds = (block if "/" in block else "0/0").partition("/")
        return Tariff(name, currency, Decimal(segment), Decimal(session), Decimal(amount), int(seconds))
    except (ArithmeticError, ValueError):
        hint = "--tariff NAME:SMS:SESSION[:BLOCK/SECONDS][:CURRENCY], for example LTC:100:50:LAK"
        raise ConfigFault(f"{text}: this is no tariff", hint=hint) from None
