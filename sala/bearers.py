"""The SMS bearers of a node: one carrier for each agency whose table has `[agencies.NAME.bearer]`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sala import config as configuration
from sala.config import Config
from sala.editions import Overlay
from sala.plugs import Plugged
from store.bearer import Ear, Listener
from store.memory import Memory
from sync.bearer.node import Carrier, Shared
from sync.bearer.page import Page, page_of
from sync.bearer.settings import BearerSettings
from sync.connectors.native import Connector as Native
from sync.port import Connector, Road
from sync.service import SyncService

_KEPT: Final = 256


def settings(config: Config, roads: Mapping[str, Connector], plugged: Sequence[Plugged]) -> dict[str, BearerSettings]:
    """The bearer of each agency that has one.

    Raises:
        ConfigFault: its channel is not there or carries no messages, or two agencies share a number.
    """
    found = {name: road.bearer for name, road in roads.items() if isinstance(road, Native) and road.bearer is not None}
    carrying = {one.name for one in plugged if one.messages is not None}
    numbers: dict[str, str] = {}
    for name, one in found.items():
        where = ("agencies", name, "bearer")
        if one.channel not in carrying:
            said = f"no such channel carries messages; there are: {', '.join(sorted(carrying)) or 'none'}"
            raise configuration.mistake(config, (*where, "channel"), said)
        if one.number in numbers:
            raise configuration.mistake(config, (*where, "number"), f"is that of {numbers[one.number]} already")
        numbers[one.number] = name
    return found


def listener(memory: Memory, found: Mapping[str, BearerSettings], onward: Listener) -> Listener:
    """Who takes messages in: `onward`, after those of agencies' modems were taken out."""
    return Ear(memory.bearer, onward, [one.number for one in found.values()]) if found else onward


def add(service: SyncService, found: Mapping[str, BearerSettings], road: Road, memory: Memory, made: "Pages") -> None:
    """Give the service a carrier for each of these; they run from its start."""
    for name, one in found.items():
        connector = service.connectors[name]
        secret = connector.bundle_secret()
        if secret is None:
            continue
        given = Shared(road, memory.bearer, service.means, made.now, lambda: memory.epoch)
        service.carriers[name] = Carrier(name, one, secret, given, _position(service, name), connector)


def _position(service: SyncService, name: str) -> Callable[[], str]:
    return lambda: service.workers[name].breaker.position


class Pages:
    """The pages of everything that is published, made anew when the words on the screens have changed."""

    def __init__(self, config: Config, memory: Memory, overlay: Overlay) -> None:
        """Take where revisions, tables and phrases are."""
        self._config = config
        self._memory = memory
        self._overlay = overlay
        self._made: dict[tuple[str, int], Page] = {}

    def now(self) -> Mapping[str, Page]:
        """Revision -> page."""
        phrases = self._overlay.material.phrases
        pages: dict[str, Page] = {}
        for digest, revision in self._memory.office.known.items():
            key = (digest, id(phrases))
            if key not in self._made:
                self._made = self._made if len(self._made) < _KEPT else {}
                self._made[key] = page_of(
                    revision.flow,
                    tuple(revision.parts.values()),
                    digest,
                    node=self._config.node,
                    district=self._config.district,
                    country=self._config.country,
                    phrases=phrases,
                    ussd=self._overlay.base.node.ussd,
                )
            pages[digest] = self._made[key]
        return pages
